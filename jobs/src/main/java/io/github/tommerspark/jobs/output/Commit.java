package io.github.tommerspark.jobs.output;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A step from one state of an output to the next.
 *
 * @param format of this record; readers refuse a higher one than they know
 * @param number of the commit, from 1 without gaps
 * @param operation the kind of step
 * @param time when it was made, ISO 8601 in UTC
 * @param writer that made it; the names of its data files carry the same id
 * @param transaction that must not be done twice; null for none
 * @param added data files by path relative to the output, with their sizes in bytes
 * @param removed data files that no longer belong to the output
 * @param expired writers taken for dead, whose later commits are void
 * @param batches that version 0.1 wrote, by series; only in its record
 * @param run the provenance of the data; null if nothing was added
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Commit(
    int format,
    long number,
    Operation operation,
    String time,
    String writer,
    Transaction transaction,
    Map<String, Long> added,
    List<String> removed,
    List<String> expired,
    Map<String, List<Long>> batches,
    Provenance run) {

  /** The format that is written. */
  static final int FORMAT = 1;

  /**
   * Copies the collections; absent ones are empty.
   *
   * @throws NullPointerException naming a field that is missing, as in a damaged record
   */
  public Commit {
    Objects.requireNonNull(operation, "it has no operation");
    added = added == null ? Map.of() : Collections.unmodifiableSortedMap(new TreeMap<>(added));
    added.forEach((name, size) -> Objects.requireNonNull(size, "a file has no size"));
    removed = copy(removed);
    expired = copy(expired);
    batches = batches == null ? Map.of() : Map.copyOf(batches);
    batches.values().forEach(Commit::copy);
  }

  private static <T> List<T> copy(List<T> values) {
    List<T> copy = values == null ? List.of() : new ArrayList<>(values);
    copy.forEach(value -> Objects.requireNonNull(value, "a value in a list is missing"));
    return Collections.unmodifiableList(copy);
  }

  /** The kinds of steps. */
  public enum Operation {
    /** The first data of an output. */
    @JsonProperty("new")
    NEW,
    /** Data beside what is there. */
    @JsonProperty("append")
    APPEND,
    /** Data instead of what was there. */
    @JsonProperty("overwrite")
    OVERWRITE,
    /** A batch of an incremental run. */
    @JsonProperty("batch")
    BATCH,
    /** Rows of some files annotated again: new files instead of these, the others stay. */
    @JsonProperty("replace")
    REPLACE,
    /** The files of an output that version 0.1 wrote, recorded once. */
    @JsonProperty("record")
    RECORD,
    /** No data; ends the claims of dead writers. */
    @JsonProperty("clean")
    CLEAN
  }

  /**
   * Work that must be in an output once.
   *
   * @param runId given by the user to a run; null for a batch
   * @param series of incremental runs; null for a run
   * @param batch number of the batch in its series; null for a run
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Transaction(String runId, String series, Long batch) {

    /**
     * Either a run or a batch.
     *
     * @throws NullPointerException if it is neither
     */
    public Transaction {
      if (runId == null) {
        Objects.requireNonNull(series, "its transaction is neither a run nor a batch");
        Objects.requireNonNull(batch, "the batch of its transaction has no number");
      }
    }

    /** A run with an id; null without one. */
    public static Transaction run(String runId) {
      return runId == null ? null : new Transaction(runId, null, null);
    }

    /** A batch. */
    public static Transaction batch(String series, long batch) {
      return new Transaction(null, series, batch);
    }
  }
}
