package io.github.tommerspark.classify;

/** The text that the backbone reads to know a class by its name ({@code classification.py}). */
public final class EntityPrompt {

  private static final String BEFORE = "Entity type: '";

  private EntityPrompt() {}

  /**
   * The prompt of a class.
   *
   * @param label its name
   * @return a text; the hidden state of its last token, special tokens included, stands for the
   *     class
   */
  public static String of(String label) {
    return BEFORE + label;
  }
}
