package io.github.tommerspark.sparknlp;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The text of a row: a whole, or parts of one.
 *
 * <p>Of the characters between the parts nothing is known but how many there are. They are taken
 * for spaces.
 */
public final class DocumentText {

  /** Characters between parts beyond which a row is taken to be damaged. */
  private static final int MAX_GAPS = 1 << 24;

  private static final DocumentText NONE = new DocumentText(List.of(), null);

  private final List<TextPart> parts;
  private final @Nullable String error;
  private @Nullable String whole;

  private DocumentText(List<TextPart> parts, @Nullable String error) {
    this.parts = parts;
    this.error = error;
  }

  /** A text that is read as a whole; null is no text. */
  static DocumentText of(@Nullable String text) {
    return text == null
        ? NONE
        : new DocumentText(List.of(new TextPart(text, 0, TextPart.FIRST_SENTENCE)), null);
  }

  /**
   * A text that is read in parts.
   *
   * @param parts in any order; they may overlap
   */
  static DocumentText of(List<TextPart> parts) {
    long characters = 0;
    long length = 0;
    for (TextPart part : parts) {
      long end = (long) part.begin() + part.text().length();
      characters += part.text().length();
      length = Math.max(length, end);
      if (part.begin() < 0 || length > characters + MAX_GAPS || end > Integer.MAX_VALUE) {
        return failed(cannotBegin(part.sentence(), part.begin()));
      }
    }
    return new DocumentText(List.copyOf(parts), null);
  }

  /** Says that a part cannot be where it claims to be. */
  static String cannotBegin(String sentence, long begin) {
    return String.format(
        Locale.ROOT, "the annotation of sentence %s cannot begin at %d", sentence, begin);
  }

  /** A text that cannot be read. */
  static DocumentText failed(String error) {
    return new DocumentText(List.of(), error);
  }

  /** Returns the texts to read, part by part; empty if there is no text. */
  public List<TextPart> parts() {
    return parts;
  }

  /** Returns the reason for which the text cannot be read, in one line; null if it can. */
  public @Nullable String error() {
    return error;
  }

  /** The text from its beginning to the end of its last part; null if there is none. */
  public @Nullable String whole() {
    if (whole == null && !parts.isEmpty()) {
      whole =
          parts.size() == 1 && parts.get(0).begin() == 0 ? parts.get(0).text() : assemble(parts);
    }
    return whole;
  }

  private static String assemble(List<TextPart> parts) {
    int length = 0;
    for (TextPart part : parts) {
      length = Math.max(length, part.begin() + part.text().length());
    }
    StringBuilder text = new StringBuilder(" ".repeat(length));
    for (TextPart part : parts) {
      text.replace(part.begin(), part.begin() + part.text().length(), part.text());
    }
    return text.toString();
  }
}
