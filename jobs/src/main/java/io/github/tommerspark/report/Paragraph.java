package io.github.tommerspark.report;

/**
 * Plain words.
 *
 * @param text the words
 */
public record Paragraph(String text) implements Block {
  @Override
  public String kind() {
    return "paragraph";
  }
}
