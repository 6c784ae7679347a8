package io.github.tommerspark.detect;

import io.github.tommerspark.classify.ClassifierConfig;
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
   * @param labels of these spans, among others; null without a classifier
   * @return mentions sorted by (start, end)
   */
  static List<Mention> mentions(
      String text, TokenizedText tokens, Candidates spans, SpanLabels labels) {
    List<Mention> mentions = new ArrayList<>(spans.size());
    for (int i = 0; i < spans.size(); i++) {
      int start = start(text, tokens, spans.start(i));
      int end = tokens.end(spans.end(i));
      if (start < end) {
        mentions.add(mention(text, start, end, spans, i, labels));
      }
    }
    mentions.sort(null);
    return distinct(mentions);
  }

  private static Mention mention(
      String text, int start, int end, Candidates spans, int span, SpanLabels labels) {
    String covered = text.substring(start, end);
    float score = spans.score(span);
    if (labels == null) {
      return new Mention(start, end, covered, score);
    }
    SpanLabels.Label label = labels.of(spans.start(span), spans.end(span));
    return label.name().equals(ClassifierConfig.OUTSIDE)
        ? new Mention(start, end, covered, score)
        : new Mention(
            start,
            end,
            covered,
            score,
            label.name(),
            label.score(),
            labels.all(spans.start(span), spans.end(span)));
  }

  /** Returns the start of a mention whose first token is given: after one leading space. */
  static int start(String text, TokenizedText tokens, int token) {
    int start = tokens.start(token);
    return start < text.length() && text.charAt(start) == ' ' ? start + 1 : start;
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
