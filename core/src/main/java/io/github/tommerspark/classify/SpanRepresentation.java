package io.github.tommerspark.classify;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The way in which the hidden states of a span's tokens become one vector. */
public enum SpanRepresentation {
  /** The first token's state, then the last token's: twice the width of a hidden state. */
  CONCAT(2),

  /** The mean over all tokens of the span: the width of a hidden state. */
  AVERAGE(1),

  /** The first token's state, the last token's, and the mean over all: three times the width. */
  FULL(3);

  private final int states;

  SpanRepresentation(int states) {
    this.states = states;
  }

  /**
   * The width of the vector.
   *
   * @param hiddenSize the width of a hidden state
   */
  public long width(int hiddenSize) {
    return (long) states * hiddenSize;
  }

  /** The name in options and in files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The representation with the given {@link #label() label}. */
  public static Optional<SpanRepresentation> ofLabel(String label) {
    return Arrays.stream(values()).filter(value -> value.label().equals(label)).findFirst();
  }
}
