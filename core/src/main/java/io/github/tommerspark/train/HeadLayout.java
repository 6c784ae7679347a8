package io.github.tommerspark.train;

import io.github.tommerspark.head.HeadType;
import java.io.Serializable;
import java.util.Objects;

/**
 * The kind of heads that are trained, and what makes their size beside layer and rank.
 *
 * @param type the kind
 * @param embeddingSize numbers per token of a boundary head; unused by published ones
 * @param insideProbes probes of a boundary head whose extremes inside a span count; unused by
 *     published ones
 * @param wordBoundaries whether spans must begin and end at word boundaries, in the loss and
 *     afterwards
 */
public record HeadLayout(HeadType type, int embeddingSize, int insideProbes, boolean wordBoundaries)
    implements Serializable {

  /** The default width of token embeddings. */
  public static final int EMBEDDING_SIZE = 64;

  /** The default number of probes inside a span. */
  public static final int INSIDE_PROBES = 4;

  /** The paper's. */
  public static final HeadLayout PUBLISHED =
      new HeadLayout(HeadType.PUBLISHED, EMBEDDING_SIZE, INSIDE_PROBES, false);

  /** A boundary head of the default size. */
  public static final HeadLayout BOUNDARY =
      new HeadLayout(HeadType.BOUNDARY, EMBEDDING_SIZE, INSIDE_PROBES, true);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming the option and its value
   */
  public HeadLayout {
    Objects.requireNonNull(type, "type");
    if (embeddingSize < 1 || embeddingSize > 4096) {
      throw new IllegalArgumentException(
          "--embedding-size must be from 1 to 4096, but is " + embeddingSize);
    }
    if (insideProbes < 1 || insideProbes > 256) {
      throw new IllegalArgumentException(
          "--inside-probes must be from 1 to 256, but is " + insideProbes);
    }
  }
}
