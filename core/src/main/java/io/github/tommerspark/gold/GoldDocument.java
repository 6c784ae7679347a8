package io.github.tommerspark.gold;

import io.github.tommerspark.text.CodePointOffsets;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A text and the mentions that somebody marked in it.
 *
 * @param id identifies it within its data set
 * @param text the text
 * @param mentions in the order of the file; the same span may be there twice, as two types
 */
public record GoldDocument(String id, String text, List<GoldSpan> mentions)
    implements Serializable {

  /**
   * Checks that all mentions lie in the text.
   *
   * @throws IllegalArgumentException if one does not
   */
  public GoldDocument {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(text, "text");
    mentions = List.copyOf(mentions);
    for (GoldSpan mention : mentions) {
      if (mention.end() > text.length()) {
        throw outside(mention, text.length(), "UTF-16 units");
      }
    }
  }

  /**
   * A document whose mentions are given as most files and tools outside Java count.
   *
   * @param id identifies it
   * @param text the text
   * @param mentions with offsets in code points, ends exclusive
   * @return the same with offsets in UTF-16 units
   * @throws IllegalArgumentException if a mention does not lie in the text
   */
  public static GoldDocument ofCodePoints(String id, String text, List<GoldSpan> mentions) {
    CodePointOffsets offsets = CodePointOffsets.of(text);
    if (offsets.isIdentity()) {
      return new GoldDocument(id, text, mentions);
    }
    return new GoldDocument(
        id,
        text,
        mentions.stream()
            .map(
                mention -> {
                  if (mention.end() > offsets.codePoints()) {
                    throw outside(mention, offsets.codePoints(), "code points");
                  }
                  return new GoldSpan(
                      offsets.toUtf16(mention.start()),
                      offsets.toUtf16(mention.end()),
                      mention.type(),
                      mention.roles());
                })
            .toList());
  }

  private static IllegalArgumentException outside(GoldSpan mention, int length, String units) {
    return new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "the mention [%d, %d) does not lie in the text, which has %d %s",
            mention.start(),
            mention.end(),
            length,
            units));
  }
}
