package io.github.tommerspark.sql;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.spark.MentionColumns;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.types.DataType;

/**
 * The values of the constant arguments of a call.
 *
 * @param model finds the mentions
 * @param engine how it is run
 * @param nullOnError whether a text that cannot be read gives null rather than fail the query
 * @param options as they were given, for plans to be read
 */
public record MentionsCall(
    ModelSpec model, EngineOptions engine, boolean nullOnError, Map<String, String> options)
    implements Serializable {

  /** The function's name. */
  public static final String FUNCTION = "mentions";

  /** Sorts the options. */
  public MentionsCall {
    options = new TreeMap<>(options);
  }

  /** The type of the answer. */
  public DataType type() {
    return MentionColumns.mentions(FUNCTION, model.typing()).dataType();
  }

  /** The call as one may write it. */
  public String sql(String text) {
    StringJoiner sql = new StringJoiner(", ", FUNCTION + "(", ")").add(text);
    if (!options.isEmpty() || !model.name().equals(MentionsArguments.DEFAULT_MODEL)) {
      sql.add(model.name());
    }
    options.forEach((key, value) -> sql.add(key + " => " + value));
    return sql.toString();
  }

  /** An operator's calls and the columns that they become. */
  public static String describe(
      Expression text, List<MentionsCall> calls, List<Attribute> results) {
    StringJoiner described = new StringJoiner(", ", "[", "], " + text);
    for (int c = 0; c < calls.size(); c++) {
      MentionsCall call = calls.get(c);
      String options =
          call.options.isEmpty() ? "" : call.options.toString().replaceAll("^\\{|\\}$", "");
      described.add(
          "%s%s AS %s"
              .formatted(
                  call.model.name(),
                  options.isEmpty() ? "" : " (%s)".formatted(options),
                  results.get(c)));
    }
    return described.toString();
  }

  /** Options that were given say nothing that is not in the others. */
  @Override
  public boolean equals(Object other) {
    return other instanceof MentionsCall that
        && model.equals(that.model)
        && engine.equals(that.engine)
        && nullOnError == that.nullOnError;
  }

  @Override
  public int hashCode() {
    return 31 * model.hashCode() + engine.hashCode();
  }
}
