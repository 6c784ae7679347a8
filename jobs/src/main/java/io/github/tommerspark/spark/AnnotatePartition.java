package io.github.tommerspark.spark;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.detect.DocumentMentions;
import io.github.tommerspark.detect.Typing;
import io.github.tommerspark.source.Sha256;
import io.github.tommerspark.sparknlp.AnnotationRows;
import io.github.tommerspark.sparknlp.DocumentText;
import io.github.tommerspark.sparknlp.TextPart;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Annotates the rows of a partition, in the order they come in.
 *
 * <p>An output row is the id if one is made, the kept input columns, and the {@link AddedColumns}.
 * A row is never lost. One that cannot be annotated for what is in it comes out with empty mentions
 * and an error, or fails the task if the plan says so. A fault of the environment, such as a
 * device, memory or a model's files, is no row's: it fails the task, which Spark tries again.
 */
public final class AnnotatePartition implements MapPartitionsFunction<Row, Row> {

  private static final long serialVersionUID = 1L;
  private static final int ID_BYTES = 16;

  private final AnnotatePlan plan;
  private final PartitionReports reports;

  /**
   * Annotates all rows, of a stream too.
   *
   * @param rows the input, laid out as the plan says
   * @param plan what to do
   * @param schema of the output
   * @param reports receives one report per partition, registered with the Spark context; null if
   *     nobody wants them
   * @return lazily, the output, with exactly that schema
   */
  public static Dataset<Row> annotate(
      Dataset<Row> rows, AnnotatePlan plan, StructType schema, PartitionReports reports) {
    Dataset<Row> annotated =
        rows.mapPartitions(new AnnotatePartition(plan, reports), Encoders.row(schema));
    // The encoder knows nothing of metadata, in which the schema says what unit offsets are in, and
    // widens intervals.
    Column[] columns = new Column[schema.size()];
    for (int c = 0; c < columns.length; c++) {
      StructField field = schema.fields()[c];
      Column column = annotated.col(ColumnNames.quoted(field.name()));
      boolean same = annotated.schema().fields()[c].dataType().equals(field.dataType());
      columns[c] =
          (same ? column : column.cast(field.dataType())).as(field.name(), field.metadata());
    }
    return annotated.select(columns);
  }

  AnnotatePartition(AnnotatePlan plan, PartitionReports reports) {
    this.plan = plan;
    this.reports = reports;
  }

  @Override
  public Iterator<Row> call(Iterator<Row> partition) throws IOException {
    Iterator<Row> rows = new FileRows<>(partition);
    // An empty partition needs no model.
    return rows.hasNext()
        ? new Annotated(rows, ExecutorModels.get(plan.models(), plan.engine()))
        : rows;
  }

  /**
   * A row to annotate.
   *
   * @param malformed its record, if that could not be read; else null
   */
  private record Input(Row row, DocumentText document, String malformed) {

    /** The texts that the detector reads. */
    List<TextPart> parts() {
      // What was salvaged from a malformed record is not a text to draw conclusions from.
      return malformed == null ? document.parts() : List.of();
    }
  }

  private final class Inputs implements Iterator<Input> {

    private final Iterator<Row> rows;

    Inputs(Iterator<Row> rows) {
      this.rows = rows;
    }

    @Override
    public boolean hasNext() {
      return rows.hasNext();
    }

    @Override
    public Input next() {
      Row row = rows.next();
      String malformed =
          plan.malformed().index() < 0 ? null : row.getString(plan.malformed().index());
      return new Input(row, plan.text().read(row), malformed);
    }
  }

  private final class Annotated extends AnnotatedRows<Input, Row> {

    private final ExecutorModels.Loaded models;
    private long rows;
    private long withoutText;
    private long errors;
    private long windowed;
    private final long[] mentions = new long[plan.models().size()];
    private final long[] tokens = new long[plan.models().size()];
    private double seconds;

    Annotated(Iterator<Row> input, ExecutorModels.Loaded models) {
      super(new Inputs(input), models);
      this.models = models;
    }

    @Override
    protected List<String> texts(Input row) {
      return row.parts().stream().map(TextPart::text).toList();
    }

    @Override
    protected void done(long annotateNanos, long forwardNanos) {
      seconds += annotateNanos / 1e9;
      // What is known so far, for those who watch; the last one replaces it.
      report();
    }

    @Override
    protected Row output(Input row, List<DocumentMentions> found) {
      String text = row.document.whole();
      AddedColumns added = plan.added();
      int count = plan.models().size();
      Object[] values =
          new Object[(plan.makeId() ? 1 : 0) + plan.kept().size() + added.count(count)];
      int column = 0;
      if (plan.makeId()) {
        values[column++] = text == null ? null : id(text);
      }
      for (int kept : plan.kept()) {
        values[column++] = row.row.get(kept);
      }
      List<String> reasons = new ArrayList<>();
      if (row.malformed != null) {
        reasons.add(
            "input: malformed %s: %s"
                .formatted(plan.malformed().kind(), Excerpt.of(row.malformed)));
      } else if (row.document.error() != null) {
        reasons.add("input: " + row.document.error());
      }
      List<Findings> findings = new ArrayList<>(count);
      boolean longer = false;
      for (int m = 0; m < count; m++) {
        Findings finding = Findings.of(row.parts(), found, m);
        findings.add(finding);
        mentions[m] += finding.placed().size();
        tokens[m] += finding.tokens();
        counted(finding.tokens(), finding.windows(), finding.placed().size());
        longer |= finding.windowed();
        if (finding.error() != null) {
          reasons.add(plan.models().get(m).name() + ": " + finding.error());
        }
      }
      if (added.mentions()) {
        for (int m = 0; m < count; m++) {
          Typing typing = plan.models().get(m).typing();
          values[column++] = MentionColumns.rows(text, findings.get(m).mentions(), typing);
        }
      }
      if (added.document()) {
        values[column++] = AnnotationRows.document(text);
      }
      if (added.chunks()) {
        for (Findings finding : findings) {
          values[column++] = AnnotationRows.chunks(finding.placed());
        }
      }
      String error = reasons.isEmpty() ? null : String.join("; ", reasons);
      if (added.error()) {
        values[column] = error;
      }
      rows++;
      windowed += longer ? 1 : 0;
      if (error != null) {
        errors++;
        ExecutorCounts.ERROR_ROWS.increment();
        refuse(error, text);
      } else if (found.stream().noneMatch(DocumentMentions::hasText)) {
        withoutText++;
      }
      return RowFactory.create(values);
    }

    /** Fails the task if a row with an error should, or could not say so. */
    private void refuse(String error, String text) {
      if (plan.failFast()) {
        throw RowFailedException.failFast(error, text);
      }
      if (!plan.added().error()) {
        throw RowFailedException.inStage(error, text);
      }
    }

    private void report() {
      if (reports == null) {
        return;
      }
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
    return HexFormat.of().formatHex(Sha256.of(text), 0, ID_BYTES);
  }
}
