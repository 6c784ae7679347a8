package io.github.tommerspark.sparknlp;

/**
 * A part of a document that is read by itself, such as a sentence.
 *
 * @param text of the part
 * @param begin where it begins in the document, in UTF-16 units
 * @param sentence its number as Spark NLP counts sentences, from 0
 */
public record TextPart(String text, int begin, String sentence) {

  /** The number of the first sentence, and of a text that was not split into sentences. */
  public static final String FIRST_SENTENCE = "0";
}
