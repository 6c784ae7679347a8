package io.github.tommerspark.sql;

import io.github.tommerspark.detect.DocumentMentions;
import io.github.tommerspark.detect.DocumentMentions.ModelResult;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.spark.AnnotatedRows;
import io.github.tommerspark.spark.ExecutorModels;
import io.github.tommerspark.spark.FileRows;
import io.github.tommerspark.spark.MentionColumns;
import io.github.tommerspark.spark.RowFailedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.types.DataType;

/** The work of an operator on the rows of a partition, done as the annotate job does it. */
public final class MentionsRows implements FlatMapFunction<Iterator<InternalRow>, InternalRow> {

  private static final long serialVersionUID = 1L;

  /** Bytes of a row that count as a character of text: rows that wait take memory, too. */
  private static final int BYTES_PER_CHAR = 32;

  private final Expression text;
  private final ArrayList<MentionsCall> calls;
  private final ArrayList<ModelSpec> models;
  private final DataType[] types;
  private final MentionsMetrics metrics;

  private MentionsRows(
      Expression text, List<MentionsCall> calls, DataType[] types, MentionsMetrics metrics) {
    this.text = text;
    this.calls = new ArrayList<>(calls);
    this.models = distinct(calls);
    this.types = types;
    this.metrics = metrics;
  }

  /**
   * Rows with the answers of calls.
   *
   * @param rows the input
   * @param text reads the text of an input row
   * @param calls no two equal, to be run in the same way
   * @param output the columns of the input, and one for each call
   * @param metrics receive what is done
   * @return in the order of the input
   */
  public static RDD<InternalRow> of(
      RDD<InternalRow> rows,
      Expression text,
      List<MentionsCall> calls,
      List<Attribute> output,
      MentionsMetrics metrics) {
    DataType[] types = output.stream().map(Attribute::dataType).toArray(DataType[]::new);
    return rows.toJavaRDD().mapPartitions(new MentionsRows(text, calls, types, metrics)).rdd();
  }

  /** A detector tells its models by their names. */
  private static ArrayList<ModelSpec> distinct(List<MentionsCall> calls) {
    ArrayList<ModelSpec> models = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (MentionsCall call : calls) {
      ModelSpec model = call.model();
      String name = model.name();
      for (int n = 2; !names.add(name); n++) {
        name = model.name() + "_" + n;
      }
      models.add(model.withName(name));
    }
    return models;
  }

  @Override
  public Iterator<InternalRow> call(Iterator<InternalRow> partition) throws IOException {
    Iterator<InternalRow> rows = new FileRows<>(partition);
    // An empty partition needs no model.
    return rows.hasNext() ? new Answers(rows) : rows;
  }

  /** A row that waits for its answers; a copy, since Spark reuses rows. */
  private record Waiting(InternalRow row, String text) {}

  /** A row and its answers. */
  private record Answered(InternalRow row, InternalRow answers) {}

  private final class Answers implements Iterator<InternalRow> {

    private final Iterator<Answered> answered;
    private final JoinedRow joined = new JoinedRow();
    private final UnsafeProjection output = UnsafeProjection.create(types);

    Answers(Iterator<InternalRow> rows) throws IOException {
      TaskContext task = TaskContext.get();
      UnsafeProjection texts = UnsafeProjection.create(text);
      texts.initialize(task == null ? 0 : task.partitionId());
      Iterator<Waiting> waiting =
          new Iterator<>() {
            @Override
            public boolean hasNext() {
              return rows.hasNext();
            }

            @Override
            public Waiting next() {
              InternalRow row = rows.next();
              UnsafeRow read = texts.apply(row);
              return new Waiting(
                  row.copy(), read.isNullAt(0) ? null : read.getUTF8String(0).toString());
            }
          };
      this.answered = new Annotated(waiting);
    }

    @Override
    public boolean hasNext() {
      return answered.hasNext();
    }

    @Override
    public InternalRow next() {
      Answered next = answered.next();
      return output.apply(joined.apply(next.row(), next.answers()));
    }
  }

  private final class Annotated extends AnnotatedRows<Waiting, Answered> {

    Annotated(Iterator<Waiting> input) throws IOException {
      super(input, ExecutorModels.get(models, calls.get(0).engine()));
    }

    @Override
    protected List<String> texts(Waiting row) {
      return row.text == null ? List.of() : List.of(row.text);
    }

    @Override
    protected long weight(Waiting row, List<String> texts) {
      long bytes = row.row instanceof UnsafeRow unsafe ? unsafe.getSizeInBytes() : 0;
      return Math.max(super.weight(row, texts), bytes / BYTES_PER_CHAR);
    }

    @Override
    protected Answered output(Waiting row, List<DocumentMentions> found) {
      Object[] answers = new Object[calls.size()];
      for (int c = 0; row.text != null && c < answers.length; c++) {
        ModelResult result = found.get(0).results().get(c);
        metrics.tokens().add(result.tokens());
        metrics.windows().add(result.windows());
        metrics.mentions().add(result.mentions().size());
        counted(result.tokens(), result.windows(), result.mentions().size());
        if (result.error() == null) {
          answers[c] = MentionColumns.internal(row.text, result.mentions(), models.get(c).typing());
        } else if (!calls.get(c).nullOnError()) {
          throw RowFailedException.inQuery(models.get(c).name(), result.error(), row.text);
        }
      }
      metrics.rows().add(1);
      return new Answered(row.row, new GenericInternalRow(answers));
    }

    @Override
    protected void done(long annotateNanos, long forwardNanos) {
      metrics.modelMillis().add(annotateNanos / 1_000_000);
      metrics.forwardMillis().add(forwardNanos / 1_000_000);
    }
  }
}
