package io.github.tommerspark.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Iterator;
import java.util.function.Supplier;
import org.apache.spark.api.java.function.ForeachPartitionFunction;
import org.apache.spark.rdd.InputFileBlockHolder;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows of files; says which file it is that cannot be read, which Spark does not.
 *
 * @param <R> a row
 */
public final class FileRows<R> implements Iterator<R> {

  private static final Logger LOG = LoggerFactory.getLogger(FileRows.class);

  private final Iterator<R> rows;

  /**
   * The same rows.
   *
   * @param rows read from files
   */
  public FileRows(Iterator<R> rows) {
    this.rows = rows;
  }

  /**
   * Reads everything, to learn which file cannot be read.
   *
   * @param rows read from files
   */
  public static void readAll(Dataset<Row> rows) {
    rows.foreachPartition(
        (ForeachPartitionFunction<Row>)
            partition -> new FileRows<>(partition).forEachRemaining(row -> {}));
  }

  /** Returns whether reading or unpacking a file failed, which is not gone altogether. */
  public static boolean failed(Throwable thrown) {
    return reason(thrown) != null;
  }

  @Override
  public boolean hasNext() {
    return named(rows::hasNext);
  }

  @Override
  public R next() {
    return named(rows::next);
  }

  // Scala throws checked exceptions without declaring them.
  private static <T> T named(Supplier<T> read) {
    try {
      return read.get();
    } catch (Exception e) {
      String file = InputFileBlockHolder.getInputFilePath().toString();
      IOException reason = reason(e);
      if (file.isEmpty() || reason == null) {
        throw e;
      }
      // Without the cause, which would be shown in place of the message.
      LOG.warn("Cannot read {}", file, e);
      String message = reason.getMessage();
      throw new InputFailedException(
          "Cannot read %s: %s; repair or remove the file, or skip what cannot be read with --conf spark.sql.files.ignoreCorruptFiles=true before the command"
              .formatted(file, message == null ? reason.getClass().getSimpleName() : message));
    }
  }

  /** Spark itself tells of files that are gone. */
  private static IOException reason(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof IOException io && !(t instanceof FileNotFoundException)) {
        return io;
      }
    }
    return null;
  }
}
