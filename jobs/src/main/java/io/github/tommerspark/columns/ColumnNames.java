package io.github.tommerspark.columns;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;

/**
 * Names of columns, which Spark reads as expressions: in {@code a.b}, unless quoted, it looks for a
 * field of a column.
 */
public final class ColumnNames {

  private ColumnNames() {}

  /**
   * Quotes a name for an expression.
   *
   * @param name as a schema has it, of any characters
   * @return the name in backticks, with those in it doubled
   */
  public static String quoted(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  /**
   * Returns the column of a name.
   *
   * @param name as a schema has it, of any characters
   */
  public static Column column(String name) {
    return functions.col(quoted(name));
  }
}
