package io.github.tommerspark.export;

import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.decode.Decoder;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A text to be written.
 *
 * @param id of it
 * @param text not null
 * @param mentions sorted by start and, from the longest, by end
 */
public record AnnotatedText(String id, String text, List<Annotation> mentions)
    implements Serializable {

  private static final Comparator<Annotation> ORDER =
      Comparator.comparingInt(Annotation::start)
          .thenComparing(Comparator.comparingInt(Annotation::end).reversed());

  /**
   * Sorts the mentions.
   *
   * @throws IllegalArgumentException if one does not lie in the text
   */
  public AnnotatedText {
    mentions = mentions.stream().sorted(ORDER).toList();
    for (Annotation mention : mentions) {
      if (mention.end() > text.length()) {
        throw new IllegalArgumentException(
            "the mention [%s, %s) does not lie in the text, which has %s UTF-16 units"
                .formatted(mention.start(), mention.end(), text.length()));
      }
    }
  }

  /** Returns the characters of a mention. */
  public String words(Annotation mention) {
    return text.substring(mention.start(), mention.end());
  }

  /**
   * Leaves out mentions so that those that stay do not overlap.
   *
   * @param decoder that chooses them by their scores; one without a score counts as certain
   * @return this text with the mentions that stay; of equal spans the one with the best score
   */
  public AnnotatedText flat(Decoder decoder) {
    Candidates candidates = new Candidates(mentions.size());
    Map<Long, Annotation> best = new HashMap<>();
    for (Annotation mention : mentions) {
      // Decoders count tokens; here every UTF-16 unit is one.
      candidates.add(mention.start(), mention.end() - 1, score(mention));
      best.merge(
          key(mention.start(), mention.end() - 1), mention, (a, b) -> score(b) > score(a) ? b : a);
    }
    Candidates chosen = decoder.decode(candidates, 0);
    List<Annotation> flat = new ArrayList<>(chosen.size());
    for (int i = 0; i < chosen.size(); i++) {
      flat.add(best.get(key(chosen.start(i), chosen.end(i))));
    }
    return new AnnotatedText(id, text, flat);
  }

  private static long key(int start, int last) {
    return (long) start << 32 | last;
  }

  /** Above 0, which no decoder would choose. */
  private static float score(Annotation mention) {
    return mention.score() == null ? 1 : Math.max(mention.score(), Float.MIN_NORMAL);
  }
}
