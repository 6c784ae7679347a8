package io.github.tommerspark.sql;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.catalog.TableProvider;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import org.apache.spark.sql.vectorized.ArrowColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * A source of documents that hands over batches of Arrow, of few rows each and always in the same
 * buffers, which it overwrites: whoever keeps a row without a copy finds another one there.
 */
public final class ArrowDocuments implements TableProvider {

  private static final int BATCH = 2;

  private static List<Row> documents;
  private static StructType schema;

  /** Sets what it reads, in this JVM: integers and strings. */
  static void read(List<Row> rows, StructType of) {
    documents = List.copyOf(rows);
    schema = of;
  }

  @Override
  public StructType inferSchema(CaseInsensitiveStringMap options) {
    return schema;
  }

  @Override
  public Table getTable(StructType of, Transform[] partitioning, Map<String, String> properties) {
    return new Documents();
  }

  private static final class Documents implements SupportsRead, ScanBuilder, Scan, Batch {

    @Override
    public String name() {
      return "arrow documents";
    }

    @Override
    public StructType schema() {
      return schema;
    }

    @Override
    public Set<TableCapability> capabilities() {
      return Set.of(TableCapability.BATCH_READ);
    }

    @Override
    public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
      return this;
    }

    @Override
    public Scan build() {
      return this;
    }

    @Override
    public StructType readSchema() {
      return schema;
    }

    @Override
    public Batch toBatch() {
      return this;
    }

    @Override
    public InputPartition[] planInputPartitions() {
      int half = documents.size() / 2;
      return new InputPartition[] {new Part(0, half), new Part(half, documents.size())};
    }

    @Override
    public PartitionReaderFactory createReaderFactory() {
      return new Readers();
    }
  }

  private record Part(int begin, int end) implements InputPartition {}

  private static final class Readers implements PartitionReaderFactory {

    private static final long serialVersionUID = 1L;

    @Override
    public boolean supportColumnarReads(InputPartition partition) {
      return true;
    }

    @Override
    public PartitionReader<InternalRow> createReader(InputPartition partition) {
      throw new UnsupportedOperationException("It reads batches");
    }

    @Override
    public PartitionReader<ColumnarBatch> createColumnarReader(InputPartition partition) {
      return new Reader((Part) partition);
    }
  }

  private static final class Reader implements PartitionReader<ColumnarBatch> {

    private final RootAllocator memory = new RootAllocator();
    private final ValueVector[] vectors = new ValueVector[schema.size()];
    private final ColumnarBatch batch;
    private final int end;
    private int next;

    Reader(Part part) {
      next = part.begin();
      end = part.end();
      ColumnVector[] columns = new ColumnVector[vectors.length];
      for (int c = 0; c < vectors.length; c++) {
        String name = schema.fields()[c].name();
        vectors[c] =
            schema.fields()[c].dataType().typeName().equals("integer")
                ? new IntVector(name, memory)
                : new VarCharVector(name, memory);
        columns[c] = new ArrowColumnVector(vectors[c]);
      }
      batch = new ColumnarBatch(columns);
    }

    @Override
    public boolean next() {
      if (next == end) {
        return false;
      }
      int rows = Math.min(BATCH, end - next);
      for (int c = 0; c < vectors.length; c++) {
        vectors[c].reset();
        for (int r = 0; r < rows; r++) {
          Object value = documents.get(next + r).get(c);
          if (vectors[c] instanceof IntVector integers) {
            integers.setSafe(r, (Integer) value);
          } else if (value != null) {
            ((VarCharVector) vectors[c])
                .setSafe(r, ((String) value).getBytes(StandardCharsets.UTF_8));
          } else {
            ((VarCharVector) vectors[c]).setNull(r);
          }
        }
        vectors[c].setValueCount(rows);
      }
      batch.setNumRows(rows);
      next += rows;
      return true;
    }

    @Override
    public ColumnarBatch get() {
      return batch;
    }

    @Override
    public void close() {
      batch.close();
      memory.close();
    }
  }
}
