package io.github.tommerspark.sql;

import static org.apache.spark.sql.functions.call_function;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map;

import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;

/**
 * The function of SQL for DataFrames, called as those of Spark's own class of this name. The
 * session needs {@link TommerExtensions}.
 */
public final class functions {

  private functions() {}

  /** The mentions that bge-small finds in a column of texts; null where the text is null. */
  public static Column mentions(Column text) {
    return call_function(MentionsCall.FUNCTION, text);
  }

  /**
   * The mentions that a model finds.
   *
   * @param text a column of strings
   * @param model a bundled model, or one of the user's own as {@code NAME=BACKBONE,HEAD}
   */
  public static Column mentions(Column text, String model) {
    return call_function(MentionsCall.FUNCTION, text, lit(model));
  }

  /**
   * The mentions that a model finds, with options.
   *
   * @param text a column of strings
   * @param model a bundled model, or one of the user's own as {@code NAME=BACKBONE,HEAD}
   * @param options such as {@code Map.of("threshold", "0.9")}
   */
  public static Column mentions(Column text, String model, Map<String, String> options) {
    Column[] entries =
        options.entrySet().stream()
            .flatMap(entry -> Stream.of(lit(entry.getKey()), lit(entry.getValue())))
            .toArray(Column[]::new);
    return call_function(MentionsCall.FUNCTION, text, lit(model), map(entries));
  }
}
