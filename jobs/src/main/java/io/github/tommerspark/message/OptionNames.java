package io.github.tommerspark.message;

import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Options in messages, as they are called where the message is read. Code below the commands marks
 * an option as {@code ‹maxTokens›}; that is {@code --max-tokens} on the command line, {@code
 * maxTokens} in a pipeline and {@code max_tokens} in SQL.
 */
public final class OptionNames {

  private static final Pattern OPTION = Pattern.compile("‹([a-z]+(?:[A-Z][a-z]+)*)›");
  private static final Pattern CAPITAL = Pattern.compile("[A-Z]");

  /** Options of the command line that neither pipelines nor SQL have. */
  private static final Map<String, String> ELSEWHERE =
      Map.of("trustBackbone", "the setting spark.tommer.trust-backbone=true of the session");

  private OptionNames() {}

  /** The message for those who write {@code --max-tokens}. */
  public static @Nullable String flags(@Nullable String message) {
    return replaced(message, name -> "--" + separated(name, "-"));
  }

  /** The message for those who set {@code maxTokens}. */
  public static @Nullable String camelCase(@Nullable String message) {
    return replaced(message, name -> ELSEWHERE.getOrDefault(name, name));
  }

  /** The message for those who write {@code max_tokens}. */
  public static @Nullable String snakeCase(@Nullable String message) {
    return replaced(message, name -> ELSEWHERE.getOrDefault(name, separated(name, "_")));
  }

  private static String separated(String name, String separator) {
    return CAPITAL
        .matcher(name)
        .replaceAll(capital -> separator + capital.group().toLowerCase(Locale.ROOT));
  }

  private static @Nullable String replaced(@Nullable String message, UnaryOperator<String> rename) {
    return message == null
        ? null
        : OPTION
            .matcher(message)
            .replaceAll(found -> Matcher.quoteReplacement(rename.apply(found.group(1))));
  }
}
