package io.github.tommerspark.head;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The kinds of heads, which differ in how a span's logit comes about. */
public enum HeadType {
  /** {@link PublishedHead}, the layout of the paper. */
  PUBLISHED(5),
  /** {@link BoundaryHead}. */
  BOUNDARY(11);

  private final int tensors;

  HeadType(int tensors) {
    this.tensors = tensors;
  }

  /** The number of tensors that such a head has. */
  public int tensors() {
    return tensors;
  }

  /** The name in options and files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the type of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static HeadType parse(String label) {
    return Arrays.stream(values())
        .filter(type -> type.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Unknown head type %s: use one of %s"
                        .formatted(
                            label,
                            Arrays.stream(values())
                                .map(HeadType::label)
                                .collect(Collectors.joining(", ")))));
  }
}
