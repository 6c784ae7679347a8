package io.github.tommerspark.message;

import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Options in messages, as they are called where the message is read. Messages name them as the
 * command line does, {@code --max-tokens}; a pipeline calls that {@code maxTokens} and SQL {@code
 * max_tokens}.
 */
public final class OptionNames {

  private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--([a-z]+(?:-[a-z]+)*)");

  /** Options of the command line that neither pipelines nor SQL have. */
  private static final Map<String, String> ELSEWHERE =
      Map.of("trust-backbone", "the setting spark.tommer.trust-backbone=true of the session");

  private OptionNames() {}

  /** The message for those who set {@code maxTokens}. */
  public static String camelCase(String message) {
    return replaced(
        message,
        name ->
            Pattern.compile("-(.)")
                .matcher(name)
                .replaceAll(m -> m.group(1).toUpperCase(Locale.ROOT)));
  }

  /** The message for those who write {@code max_tokens}. */
  public static String snakeCase(String message) {
    return replaced(message, name -> name.replace('-', '_'));
  }

  private static String replaced(String message, UnaryOperator<String> rename) {
    return message == null
        ? null
        : OPTION
            .matcher(message)
            .replaceAll(
                found ->
                    Matcher.quoteReplacement(
                        ELSEWHERE.getOrDefault(found.group(1), rename.apply(found.group(1)))));
  }
}
