package io.github.tommerspark.report;

import java.util.List;

/**
 * Single mentions in the words around them.
 *
 * @param caption above them
 * @param excerpts in order
 */
public record Excerpts(String caption, List<Excerpt> excerpts) implements Block {

  /**
   * A mention in context.
   *
   * @param about where it is from, its score and type, in a few words
   * @param before the words before it
   * @param text the mention
   * @param after the words after it
   * @param style how it is underlined
   */
  public record Excerpt(String about, String before, String text, String after, MarkStyle style) {
    String css() {
      return style.css();
    }
  }

  /** Copies the list. */
  public Excerpts {
    excerpts = List.copyOf(excerpts);
  }

  @Override
  public String kind() {
    return "excerpts";
  }
}
