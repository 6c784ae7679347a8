package io.github.tommerspark.spark;

import io.github.tommerspark.eval.Consensus;
import io.github.tommerspark.eval.SpanSet;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;

/**
 * Models whose mentions are columns of the same rows: one pass, and no row leaves its partition.
 */
public final class ColumnAgreement {

  private ColumnAgreement() {}

  /**
   * Compares the columns.
   *
   * @param rows as {@link SpanReader} reads them; each is a document
   * @param plan of the comparison, with one dataset
   */
  public static AgreementPart count(Dataset<Row> rows, AgreementPlan plan) {
    SpanReader reader = new SpanReader(rows.schema(), plan.models(), false);
    // A tree, so that the driver receives a few parts and not one for each of many partitions.
    return rows.toJavaRDD().mapPartitions(new Count(reader, plan)).treeReduce(AgreementPart::merge);
  }

  /**
   * Adds the mentions that enough columns have.
   *
   * @param rows as {@link SpanReader} reads them, and after the mentions a struct with the columns
   *     to write
   * @param columns how many mentions columns there are
   * @param votes how many of them must have a mention
   * @param name of the new column
   * @return the columns of that struct, then the new one
   */
  public static Dataset<Row> consensus(Dataset<Row> rows, int columns, int votes, String name) {
    SpanReader reader = new SpanReader(rows.schema(), columns, true);
    int base = SpanReader.FIRST_MENTIONS + columns;
    StructType schema =
        ((StructType) rows.schema().fields()[base].dataType()).add(MentionColumns.mentions(name));
    return rows.mapPartitions(new AddConsensus(reader, base, votes), Encoders.row(schema));
  }

  /** The columns of a struct, then the mentions that enough of the sets have. */
  static Row withConsensus(Row base, List<SpanSet> found, int votes) {
    List<SpanSet.Span> elected = Consensus.of(found, votes).spans();
    Row[] mentions = new Row[elected.size()];
    for (int i = 0; i < mentions.length; i++) {
      SpanSet.Span span = elected.get(i);
      mentions[i] = RowFactory.create(span.start(), span.end(), span.text(), span.score());
    }
    Object[] values = new Object[base.size() + 1];
    for (int i = 0; i < base.size(); i++) {
      values[i] = base.get(i);
    }
    values[base.size()] = mentions;
    return RowFactory.create(values);
  }

  private record Count(SpanReader reader, AgreementPlan plan)
      implements FlatMapFunction<Iterator<Row>, AgreementPart> {

    @Override
    public Iterator<AgreementPart> call(Iterator<Row> rows) {
      AgreementPart part = plan.newPart();
      while (rows.hasNext()) {
        Row row = rows.next();
        if (row.getBoolean(SpanReader.FAILED)) {
          part.addFailed();
        } else if (row.isNullAt(SpanReader.ID)) {
          part.addWithoutId(1);
        } else {
          part.tally().add(row.getString(SpanReader.ID), reader.read(row));
        }
      }
      return List.of(part).iterator();
    }
  }

  private record AddConsensus(SpanReader reader, int base, int votes)
      implements MapPartitionsFunction<Row, Row> {

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return rows.hasNext();
        }

        @Override
        public Row next() {
          Row row = rows.next();
          return withConsensus(row.getStruct(base), reader.read(row), votes);
        }
      };
    }
  }
}
