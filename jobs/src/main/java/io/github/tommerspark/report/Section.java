package io.github.tommerspark.report;

import java.util.List;

/**
 * A part of a page with a heading of its own, which the table of contents lists.
 *
 * @param heading what it is about
 * @param blocks what it shows, in order
 */
public record Section(String heading, List<Block> blocks) {

  /** Copies the list. */
  public Section {
    blocks = List.copyOf(blocks);
  }
}
