package io.github.tommerspark.pipeline;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The type of column that a {@link MentionDetectorModel} writes. */
enum OutputType {
  /** As the input: {@link #ANNOTATION} beside annotations, {@link #TYPED} beside strings. */
  AUTO,
  /** An array of mentions, offsets in code points, end exclusive. */
  TYPED,
  /** Spark NLP annotations of type {@code chunk}, offsets in UTF-16 units, end inclusive. */
  ANNOTATION;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static OutputType parse(String label) {
    for (OutputType type : values()) {
      if (type.label().equals(label)) {
        return type;
      }
    }
    throw new IllegalArgumentException(
        "Unknown outputType \"%s\": use one of %s"
            .formatted(
                label,
                Arrays.stream(values()).map(OutputType::label).collect(Collectors.joining(", "))));
  }
}
