package io.github.tommerspark.detect;

import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.text.TokenizedText;
import java.util.ArrayList;
import java.util.List;

/**
 * From token spans to mentions of the text, as upstream does ({@code get_samples_from_outputs}).
 */
final class MentionText {

  private MentionText() {}

  /**
   * The mentions of decoded spans.
   *
   * <p>A span covers its first token's start to its last token's end; one leading space (U+0020,
   * which byte-level tokenizers count to the word) is left out. Spans without characters are
   * dropped, and of several spans over the same characters the best score stays.
   *
   * @param spans token spans, both ends inclusive
   * @return mentions sorted by (start, end)
   */
  static List<Mention> mentions(String text, TokenizedText tokens, Candidates spans) {
    Candidates characters = new Candidates(spans.size());
    for (int i = 0; i < spans.size(); i++) {
      int start = tokens.start(spans.start(i));
      int end = tokens.end(spans.end(i));
      if (start < text.length() && text.charAt(start) == ' ') {
        start++;
      }
      if (start < end) {
        characters.add(start, end, spans.score(i));
      }
    }
    List<Mention> mentions = new ArrayList<>(characters.size());
    for (int i = 0; i < characters.size(); i++) {
      int start = characters.start(i);
      int end = characters.end(i);
      mentions.add(new Mention(start, end, text.substring(start, end), characters.score(i)));
    }
    mentions.sort(null);
    return distinct(mentions);
  }

  private static List<Mention> distinct(List<Mention> sorted) {
    List<Mention> kept = new ArrayList<>(sorted.size());
    for (Mention mention : sorted) {
      int last = kept.size() - 1;
      if (last < 0 || kept.get(last).compareTo(mention) != 0) {
        kept.add(mention);
      } else if (mention.score() > kept.get(last).score()) {
        kept.set(last, mention);
      }
    }
    return List.copyOf(kept);
  }
}
