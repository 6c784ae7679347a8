package io.github.tommerspark.backbone;

/**
 * The heads of attention.
 *
 * @param queries number of heads of queries
 * @param keys number of heads of keys and values, which divides that of queries
 * @param width dimensions of a head
 */
record Heads(int queries, int keys, int width) {

  /** Dimensions of all queries of a token. */
  long queryWidth() {
    return (long) queries * width;
  }

  /** Dimensions of all keys of a token. */
  long keyWidth() {
    return (long) keys * width;
  }
}
