package io.github.tommerspark.spark;

import io.github.tommerspark.detect.DocumentMentions;
import io.github.tommerspark.detect.DocumentMentions.ModelResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;

/**
 * Annotates the rows of a partition: reads ahead a bounded number of rows, so that the detector can
 * fill its batches with texts of like length, and returns them in the order they came in.
 *
 * <p>An output row is the id if one is made, the kept input columns, one array of mentions per
 * model, and the error. A row is never lost and never fails the task (unless asked to): what cannot
 * be annotated comes out with empty mentions and an error.
 */
public final class AnnotatePartition implements FlatMapFunction<Iterator<Row>, Row> {

  /** Rows read ahead at most. */
  static final int LOOK_AHEAD_ROWS = 512;

  /** Characters of text after which no further row is read ahead. */
  static final long LOOK_AHEAD_CHARS = 2_000_000;

  private static final long serialVersionUID = 1L;
  private static final int ID_BYTES = 16;
  private static final int EXCERPT = 200;

  private final AnnotatePlan plan;
  private final PartitionReports reports;

  /**
   * Annotates all rows.
   *
   * <p>On RDDs, because {@code Dataset.mapPartitions} drops the metadata of columns, in which the
   * schema says what unit offsets are in.
   *
   * @param rows the input, laid out as the plan says
   * @param plan what to do
   * @param schema of the output
   * @param reports receives one report per partition; registered with the Spark context
   * @return lazily, the output, with exactly that schema
   */
  public static Dataset<Row> annotate(
      Dataset<Row> rows, AnnotatePlan plan, StructType schema, PartitionReports reports) {
    JavaRDD<Row> annotated = rows.javaRDD().mapPartitions(new AnnotatePartition(plan, reports));
    return rows.sparkSession().createDataFrame(annotated, schema);
  }

  AnnotatePartition(AnnotatePlan plan, PartitionReports reports) {
    this.plan = plan;
    this.reports = reports;
  }

  @Override
  public Iterator<Row> call(Iterator<Row> rows) throws IOException {
    // An empty partition needs no model.
    return rows.hasNext() ? new Annotated(rows) : rows;
  }

  private final class Annotated implements Iterator<Row> {

    private final Iterator<Row> input;
    private final ExecutorModels.Loaded models;
    private final ArrayDeque<Row> ready = new ArrayDeque<>();
    private long rows;
    private long withoutText;
    private long errors;
    private long windowed;
    private final long[] mentions = new long[plan.models().size()];
    private final long[] tokens = new long[plan.models().size()];
    private double seconds;

    Annotated(Iterator<Row> input) throws IOException {
      this.input = input;
      this.models = ExecutorModels.get(plan.models(), plan.engine());
    }

    @Override
    public boolean hasNext() {
      if (ready.isEmpty()) {
        List<Row> chunk = readAhead();
        if (!chunk.isEmpty()) {
          annotate(chunk);
        }
      }
      return !ready.isEmpty();
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return ready.remove();
    }

    private List<Row> readAhead() {
      long begin = System.nanoTime();
      List<Row> chunk = new ArrayList<>();
      long chars = 0;
      while (chunk.size() < LOOK_AHEAD_ROWS && chars < LOOK_AHEAD_CHARS && input.hasNext()) {
        Row row = input.next();
        chunk.add(row);
        String text = row.getString(plan.textIndex());
        chars += text == null ? 0 : text.length();
      }
      ExecutorCounts.INPUT_NANOS.add(System.nanoTime() - begin);
      return chunk;
    }

    private void annotate(List<Row> chunk) {
      List<String> texts = new ArrayList<>(chunk.size());
      for (Row row : chunk) {
        // What was salvaged from a malformed record is not a text to draw conclusions from.
        texts.add(malformed(row) == null ? row.getString(plan.textIndex()) : null);
      }
      long begin = System.nanoTime();
      List<DocumentMentions> found = models.detector().annotate(texts);
      long took = System.nanoTime() - begin;
      seconds += took / 1e9;
      ExecutorCounts.ANNOTATE_NANOS.add(took);
      for (int i = 0; i < chunk.size(); i++) {
        ready.add(output(chunk.get(i), found.get(i)));
      }
      // What is known so far, for those who watch; the last one replaces it.
      report();
    }

    private Row output(Row row, DocumentMentions found) {
      String text = row.getString(plan.textIndex());
      String malformed = malformed(row);
      StringBuilder error = new StringBuilder();
      Object[] values =
          new Object[(plan.makeId() ? 1 : 0) + plan.kept().size() + plan.models().size() + 1];
      int column = 0;
      if (plan.makeId()) {
        values[column++] = text == null ? null : id(text);
      }
      for (int kept : plan.kept()) {
        values[column++] = row.get(kept);
      }
      if (malformed != null) {
        error.append("input: malformed ").append(plan.malformedKind()).append(": ");
        error.append(excerpt(malformed));
      }
      boolean longer = false;
      for (int m = 0; m < plan.models().size(); m++) {
        ModelResult result = found.results().get(m);
        Row[] spans = MentionColumns.rows(text, result.mentions());
        values[column++] = spans;
        mentions[m] += spans.length;
        tokens[m] += result.tokens();
        ExecutorCounts.MENTIONS.add(spans.length);
        ExecutorCounts.TOKENS.add(result.tokens());
        ExecutorCounts.WINDOWS.add(result.windows());
        longer |= result.windows() > 1;
        if (result.error() != null) {
          error.append(error.isEmpty() ? "" : "; ");
          error.append(plan.models().get(m).name()).append(": ").append(result.error());
        }
      }
      rows++;
      ExecutorCounts.ROWS.increment();
      windowed += longer ? 1 : 0;
      if (!error.isEmpty()) {
        errors++;
        ExecutorCounts.ERROR_ROWS.increment();
        values[column] = error.toString();
        if (plan.failFast()) {
          throw new RowFailedException(
              "A row failed and --fail-fast is set: %s (text: %s)"
                  .formatted(error, text == null ? "null" : excerpt(text)));
        }
      } else if (!found.hasText()) {
        withoutText++;
      }
      return RowFactory.create(values);
    }

    private String malformed(Row row) {
      return plan.malformedIndex() < 0 ? null : row.getString(plan.malformedIndex());
    }

    private void report() {
      TaskContext task = TaskContext.get();
      SparkEnv env = SparkEnv.get();
      reports.add(
          Map.entry(
              task == null ? 0 : task.partitionId(),
              new PartitionReport(
                  env == null ? "none" : env.executorId(),
                  models.loads(),
                  models.seconds(),
                  models.device(),
                  models.detector().batchTokens(),
                  rows,
                  withoutText,
                  errors,
                  windowed,
                  Arrays.stream(mentions).boxed().toList(),
                  Arrays.stream(tokens).boxed().toList(),
                  seconds)));
    }
  }

  /** The first 32 hex digits of the SHA-256 of the text in UTF-8. */
  static String id(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, ID_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  /** The beginning of a text, on one line. */
  private static String excerpt(String text) {
    int end = Math.min(text.length(), EXCERPT);
    if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    String head = text.substring(0, end).replaceAll("\\p{Cntrl}+", " ");
    return end < text.length() ? head + "…" : head;
  }
}
