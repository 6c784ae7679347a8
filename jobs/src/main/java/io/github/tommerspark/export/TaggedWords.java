package io.github.tommerspark.export;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;

/**
 * The words of a text with tags of the scheme BIO2: {@code B-LABEL} for the first word of a
 * mention, {@code I-LABEL} for the others, {@code O} outside.
 *
 * @param words of the text
 * @param tags as many
 */
public record TaggedWords(List<String> words, List<String> tags) {

  private static final String OUTSIDE = "O";

  /**
   * Tags a text.
   *
   * @param flat whose mentions do not overlap
   * @param noLabel the label of a mention without one
   */
  public static TaggedWords of(AnnotatedText flat, String noLabel) {
    Words words = Words.of(flat);
    List<String> tags = new ArrayList<>(Collections.nCopies(words.count(), OUTSIDE));
    for (Annotation mention : flat.mentions()) {
      String label = mention.labelOr(noLabel);
      int first = words.firstFrom(mention.start());
      int last = words.firstFrom(mention.end());
      for (int word = first; word < last; word++) {
        tags.set(word, (word == first ? "B-" : "I-") + label);
      }
    }
    List<String> texts = new ArrayList<>(words.count());
    for (int word = 0; word < words.count(); word++) {
      texts.add(flat.text().substring(words.start(word), words.end(word)));
    }
    return new TaggedWords(texts, tags);
  }

  /**
   * Returns all tags that there may be.
   *
   * @param labels of mentions
   * @return {@code O}, then both tags of each label, in the order of labels
   */
  public static List<String> tagsOf(Collection<String> labels) {
    List<String> tags = new ArrayList<>();
    tags.add(OUTSIDE);
    for (String label : new TreeSet<>(labels)) {
      tags.add("B-" + label);
      tags.add("I-" + label);
    }
    return tags;
  }
}
