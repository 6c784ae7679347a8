package io.github.tommerspark.jobs.cli;

import io.github.tommerspark.message.Redaction;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** Options as they were given on the command line or by properties, without secrets. */
public final class GivenOptions {

  private GivenOptions() {}

  /** Returns options by their names, in the order given. */
  public static Map<String, String> of(ParseResult parsed) {
    Map<String, String> given = new LinkedHashMap<>();
    for (OptionSpec option : parsed.matchedOptions()) {
      String name = option.longestName();
      Object value = option.getValue();
      given.put(name, value instanceof Map<?, ?> map ? redacted(map) : shown(value));
    }
    return given;
  }

  private static String redacted(Map<?, ?> map) {
    return map.entrySet().stream()
        .map(
            entry ->
                entry.getKey()
                    + "="
                    + Redaction.value(entry.getKey().toString(), entry.getValue().toString()))
        .collect(Collectors.joining(" "));
  }

  private static String shown(Object value) {
    return value instanceof List<?> list
        ? list.stream().map(GivenOptions::shown).collect(Collectors.joining(" "))
        : Redaction.uri(String.valueOf(value));
  }
}
