package io.github.tommerspark.spark;

import static org.apache.spark.sql.functions.col;

import io.github.tommerspark.eval.SpanSet;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Models whose mentions are in different datasets: their rows meet by id in one shuffle.
 *
 * <p>What travels is an id, a hash of the text, numbers and labels, not texts: all that needs a
 * text is computed before. An id's rows then follow one another, and are read without holding more
 * than one per dataset, however often an id is repeated.
 */
public final class JoinedAgreement {

  private static final int ID = 0;
  private static final int DATASET = 1;
  private static final int FAILED = 2;
  private static final int TEXT_HASH = 3;
  private static final int SPANS = 4;
  private static final int ORDER = 5;
  private static final int BASE = 6;

  private static final StructType PACKED =
      new StructType()
          .add("id", DataTypes.StringType)
          .add("dataset", DataTypes.IntegerType, false)
          .add("failed", DataTypes.BooleanType, false)
          .add("text_hash", DataTypes.LongType)
          .add("spans", DataTypes.createArrayType(DataTypes.BinaryType, false), false)
          // Decides which of several rows with the same id counts, the same in every run.
          .add("order", DataTypes.IntegerType, false);

  private JoinedAgreement() {}

  /**
   * A dataset to be joined.
   *
   * @param rows as {@link SpanReader} reads them
   * @param columns how many mentions columns they have
   */
  public record Source(Dataset<Row> rows, int columns) {}

  /**
   * Compares the columns of all datasets. An id counts once, and only if every dataset has it.
   *
   * @param sources in the order of the models
   * @param plan of the comparison
   */
  public static AgreementPart count(List<Source> sources, AgreementPlan plan) {
    List<Dataset<Row>> packed = new ArrayList<>();
    for (int d = 0; d < sources.size(); d++) {
      packed.add(pack(sources.get(d), d, false, PACKED));
    }
    return join(packed).toJavaRDD().mapPartitions(new Count(plan)).treeReduce(AgreementPart::merge);
  }

  /**
   * The rows of the first dataset whose ids all have, each id once, with the mentions that enough
   * models found.
   *
   * @param sources in the order of the models; the rows of the first one have, after the mentions,
   *     a struct with the columns to write
   * @param votes how many models must have found a mention
   * @param name of the new column
   * @return the columns of that struct, then the new one
   */
  public static Dataset<Row> consensus(List<Source> sources, int votes, String name) {
    Source first = sources.get(0);
    StructType base =
        (StructType)
            first.rows.schema().fields()[SpanReader.FIRST_MENTIONS + first.columns].dataType();
    StructType schema = PACKED.add(new StructField("base", base, true, Metadata.empty()));
    List<Dataset<Row>> packed = new ArrayList<>();
    for (int d = 0; d < sources.size(); d++) {
      packed.add(pack(sources.get(d), d, true, schema));
    }
    return join(packed)
        .mapPartitions(
            new AddConsensus(sources.size(), votes),
            Encoders.row(base.add(MentionColumns.mentions(name))));
  }

  private static Dataset<Row> pack(
      Source source, int dataset, boolean forConsensus, StructType schema) {
    SpanReader reader = new SpanReader(source.rows.schema(), source.columns, forConsensus);
    int base = forConsensus && dataset == 0 ? SpanReader.FIRST_MENTIONS + source.columns : -1;
    return source.rows.mapPartitions(
        new Pack(reader, dataset, base, schema.size()), Encoders.row(schema));
  }

  private static Dataset<Row> join(List<Dataset<Row>> packed) {
    return packed.stream()
        .reduce(Dataset::union)
        .orElseThrow()
        .repartition(col("id"))
        .sortWithinPartitions("id", "dataset", "order");
  }

  private record Pack(SpanReader reader, int dataset, int base, int width)
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
          return pack(rows.next());
        }
      };
    }

    private Row pack(Row row) {
      List<SpanSet> sets = reader.read(row);
      Object[] values = new Object[width];
      values[ID] = row.getString(SpanReader.ID);
      values[DATASET] = dataset;
      values[FAILED] = row.getBoolean(SpanReader.FAILED);
      values[TEXT_HASH] = row.get(SpanReader.TEXT_HASH);
      values[SPANS] = sets.stream().map(Pack::bytes).toArray(byte[][]::new);
      values[ORDER] = sets.stream().map(Pack::hash).toList().hashCode();
      if (base >= 0) {
        values[BASE] = row.getStruct(base);
      }
      return RowFactory.create(values);
    }

    /** Without the texts, which not every pass needs. */
    private static int hash(SpanSet set) {
      int hash = 0;
      for (SpanSet.Span span : set.spans()) {
        hash = 31 * hash + Objects.hash(span.start(), span.end(), span.score());
        if (set.isLabelled()) {
          hash = 31 * hash + Objects.hashCode(span.label());
        }
      }
      return hash;
    }

    private static byte[] bytes(SpanSet set) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try {
        set.write(new DataOutputStream(bytes));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return bytes.toByteArray();
    }
  }

  /** The first row of each dataset with an id, and what the others of that id came to. */
  private static final class Document {

    private final Row[] rows;
    private final long[] count;
    private boolean differs;
    private Long textHash;

    Document(int datasets) {
      rows = new Row[datasets];
      count = new long[datasets];
    }

    void add(Row row) {
      int dataset = row.getInt(DATASET);
      if (rows[dataset] == null) {
        rows[dataset] = row;
      }
      count[dataset]++;
      if (!row.isNullAt(TEXT_HASH)) {
        differs |= textHash != null && textHash != row.getLong(TEXT_HASH);
        textHash = row.getLong(TEXT_HASH);
      }
    }

    boolean isComplete() {
      return Arrays.stream(count).allMatch(rows -> rows > 0);
    }

    boolean isFailed() {
      return Arrays.stream(rows).anyMatch(row -> row != null && row.getBoolean(FAILED));
    }

    List<SpanSet> spans() {
      List<SpanSet> spans = new ArrayList<>();
      for (Row row : rows) {
        for (byte[] bytes : row.<byte[]>getList(SPANS)) {
          try {
            spans.add(SpanSet.read(new DataInputStream(new ByteArrayInputStream(bytes))));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      }
      return spans;
    }
  }

  /** Puts rows that are sorted by id together. Rows without an id come one by one. */
  private static final class Documents implements Iterator<Document> {

    private final Iterator<Row> rows;
    private final int datasets;
    private Row next;

    Documents(Iterator<Row> rows, int datasets) {
      this.rows = rows;
      this.datasets = datasets;
      next = rows.hasNext() ? rows.next() : null;
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    /** The id of the document that {@link #next()} returns; null if it has none. */
    String id() {
      return next.getString(ID);
    }

    @Override
    public Document next() {
      if (next == null) {
        throw new NoSuchElementException();
      }
      String id = id();
      Document document = new Document(datasets);
      do {
        document.add(next);
        next = rows.hasNext() ? rows.next() : null;
      } while (next != null && id != null && id.equals(next.getString(ID)));
      return document;
    }
  }

  private record Count(AgreementPlan plan)
      implements FlatMapFunction<Iterator<Row>, AgreementPart> {

    @Override
    public Iterator<AgreementPart> call(Iterator<Row> rows) {
      AgreementPart part = plan.newPart();
      Documents documents = new Documents(rows, plan.datasets());
      while (documents.hasNext()) {
        String id = documents.id();
        count(id, documents.next(), part);
      }
      return List.of(part).iterator();
    }

    private static void count(String id, Document document, AgreementPart part) {
      if (id == null) {
        part.addWithoutId(1);
        return;
      }
      for (int d = 0; d < document.count.length; d++) {
        if (document.count[d] == 0) {
          part.addMissing(d);
        } else {
          part.addRepeated(d, document.count[d] - 1);
        }
      }
      if (document.differs) {
        part.addDiffering(id);
      } else if (document.isComplete()) {
        if (document.isFailed()) {
          part.addFailed();
        } else {
          part.tally().add(id, document.spans());
        }
      }
    }
  }

  private record AddConsensus(int datasets, int votes) implements MapPartitionsFunction<Row, Row> {

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
      Documents documents = new Documents(rows, datasets);
      return new Iterator<>() {
        private Document next = advance();

        private Document advance() {
          while (documents.hasNext()) {
            String id = documents.id();
            Document document = documents.next();
            if (id != null && document.isComplete()) {
              return document;
            }
          }
          return null;
        }

        @Override
        public boolean hasNext() {
          return next != null;
        }

        @Override
        public Row next() {
          if (next == null) {
            throw new NoSuchElementException();
          }
          Row base = next.rows[0].getStruct(BASE);
          Row row = ColumnAgreement.withConsensus(base, next.spans(), votes);
          next = advance();
          return row;
        }
      };
    }
  }
}
