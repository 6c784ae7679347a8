package io.github.tommerspark.train;

import io.github.tommerspark.head.HeadType;
import java.io.Serializable;
import java.util.Locale;
import java.util.Objects;

/**
 * The kind of heads that are trained, and what makes their size beside layer and rank.
 *
 * @param type the kind
 * @param tokenSize numbers per token of a boundary head; unused by published ones
 * @param embeddingSize numbers per token in its context of a boundary head; unused by published
 *     ones
 * @param insideProbes probes of a boundary head whose extremes inside a span count; unused by
 *     published ones
 * @param wordBoundaries whether spans must begin and end at word boundaries, in the loss and
 *     afterwards
 */
public record HeadLayout(
    HeadType type, int tokenSize, int embeddingSize, int insideProbes, boolean wordBoundaries)
    implements Serializable {

  /** The default numbers per token. */
  public static final int TOKEN_SIZE = 96;

  /** The default numbers per token in its context. */
  public static final int EMBEDDING_SIZE = 64;

  /** The default number of probes inside a span. */
  public static final int INSIDE_PROBES = 4;

  /** The paper's. */
  public static final HeadLayout PUBLISHED =
      new HeadLayout(HeadType.PUBLISHED, TOKEN_SIZE, EMBEDDING_SIZE, INSIDE_PROBES, false);

  /** A boundary head of the default size. */
  public static final HeadLayout BOUNDARY =
      new HeadLayout(HeadType.BOUNDARY, TOKEN_SIZE, EMBEDDING_SIZE, INSIDE_PROBES, true);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming the option and its value
   */
  public HeadLayout {
    Objects.requireNonNull(type, "type");
    check("--token-size", tokenSize, 4096);
    check("--embedding-size", embeddingSize, 4096);
    check("--inside-probes", insideProbes, 256);
  }

  private static void check(String option, int value, int most) {
    if (value < 1 || value > most) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%s must be from 1 to %d, but is %d", option, most, value));
    }
  }
}
