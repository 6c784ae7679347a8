package io.github.tommerspark.eval;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** When a prediction counts as a gold mention. Types never matter. */
public enum SpanMatching {
  /**
   * Same first and same last token of the model's tokenizer, the published protocol. Gold mentions
   * are mapped to tokens, so that boundaries inside a token cannot be missed.
   */
  TOKEN,

  /** Same characters exactly. */
  CHAR;

  /** The name in options and in files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The matching with the given {@link #label() label}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static SpanMatching parse(String label) {
    return Arrays.stream(values())
        .filter(matching -> matching.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Unknown matching \"%s\": use one of %s"
                        .formatted(
                            label,
                            Arrays.stream(values())
                                .map(SpanMatching::label)
                                .collect(Collectors.joining(", ")))));
  }
}
