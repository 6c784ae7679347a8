package io.github.tommerspark.jobs.table;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.tommerspark.jobs.output.Commit;
import io.github.tommerspark.jobs.output.Provenance;
import java.util.Optional;

/**
 * The record in a table's commit of the run that made it.
 *
 * @param format of this record; readers refuse a higher one than they know
 * @param operation the kind of step
 * @param writer names the run
 * @param transaction that must not be done twice; null for none
 * @param inputs SHA-256 of the names of the files that a batch read; null for a run
 * @param run the provenance of the data, without what is known only when it has been written
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TableCommit(
    int format,
    Commit.Operation operation,
    String writer,
    Commit.Transaction transaction,
    String inputs,
    Provenance run) {

  /** The key in snapshot summaries and table properties. */
  static final String KEY = "tommer-spark.commit";

  static final int FORMAT = 1;

  private static final ObjectWriter COMPACT =
      Provenance.JSON.writer().without(SerializationFeature.INDENT_OUTPUT);

  String json() {
    try {
      return COMPACT.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A commit is plain data", e);
    }
  }

  /** A commit of ours; empty if a text, which may be null, is none. */
  static Optional<TableCommit> parse(String text) {
    if (text == null || !text.contains("\"writer\"")) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(Provenance.JSON.readValue(text, TableCommit.class))
          .filter(commit -> commit.format() <= FORMAT && commit.run() != null);
    } catch (JacksonException e) {
      // Anybody may write there.
      return Optional.empty();
    }
  }

  /** The same work, to be done once. */
  boolean isSameAs(TableCommit other) {
    return transaction != null && transaction.equals(other.transaction);
  }
}
