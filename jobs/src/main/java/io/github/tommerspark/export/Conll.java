package io.github.tommerspark.export;

import java.util.regex.Pattern;

/**
 * The format of the CoNLL 2003 task: a word a line in four columns, of which the last is its tag
 * (BIO2), and the second and third, parts of speech and chunks, are not known.
 *
 * <p>A text is one sentence and one document. It cannot be had back from its words, nor its id.
 */
public final class Conll {

  private static final String DOCUMENT = "-DOCSTART- -X- O O\n\n";

  private static final Pattern SPACE = Pattern.compile("[\\s\\h\\v\\x1c-\\x1f]+");

  private Conll() {}

  /**
   * Returns the lines of a text, with an empty one behind them.
   *
   * @param flat whose mentions do not overlap
   * @param noLabel the label of a mention without one
   * @return empty for a text without words
   */
  public static String lines(AnnotatedText flat, String noLabel) {
    TaggedWords tagged = TaggedWords.of(flat, noLabel);
    if (tagged.words().isEmpty()) {
      return "";
    }
    StringBuilder lines = new StringBuilder(DOCUMENT);
    for (int i = 0; i < tagged.words().size(); i++) {
      lines
          .append(tagged.words().get(i))
          .append(" -X- _ ")
          .append(SPACE.matcher(tagged.tags().get(i)).replaceAll("_"))
          .append('\n');
    }
    return lines.append('\n').toString();
  }
}
