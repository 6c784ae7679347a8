package io.github.tommerspark.detect;

import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.text.TokenizedText;
import java.util.List;

/**
 * The scored spans of one text by one model, before anything is decoded: for whoever wants several
 * decoders or thresholds from one forward, or the tokens of a mention.
 *
 * @param text the text itself; null if there was none
 * @param tokens its content tokens; none on error or without text
 * @param candidates spans of content tokens whose score passes the model's threshold, in no order;
 *     positions count content tokens, both ends inclusive
 * @param labels of the candidates; null without a classifier
 * @param rankBy the number by which decoders choose among mentions
 * @param candidateSpans how many spans the head scored, special tokens included, as the published
 *     code counts them at batch size 1
 * @param error null when fine, else what went wrong, in one line
 */
public record ScoredText(
    String text,
    TokenizedText tokens,
    Candidates candidates,
    SpanLabels labels,
    RankBy rankBy,
    long candidateSpans,
    String error) {

  /** A text in which nothing was found, for want of text or because of an error. */
  static ScoredText failed(String text, String error) {
    return new ScoredText(
        text,
        TokenizedText.of(new int[0], new int[0], new int[0]),
        new Candidates(),
        null,
        RankBy.MENTION,
        0,
        error);
  }

  /**
   * Selects mentions.
   *
   * @param decoder how
   * @param threshold at least the threshold of the model that scored the text
   * @return spans of content tokens, both ends inclusive, sorted by (start, end)
   */
  public Candidates decode(Decoder decoder, double threshold) {
    return decode(decoder, candidates, threshold);
  }

  /**
   * As {@link #decode(Decoder, double)}, of some of the candidates.
   *
   * @param some of the candidates
   */
  public Candidates decode(Decoder decoder, Candidates some, double threshold) {
    return decode(decoder, some, threshold, labels, rankBy);
  }

  static Candidates decode(
      Decoder decoder, Candidates candidates, double threshold, SpanLabels labels, RankBy rankBy) {
    return rankBy == RankBy.MENTION
        ? decoder.decode(candidates, threshold)
        : decoder.decode(
            candidates,
            threshold,
            (start, end, score) -> {
              SpanLabels.Label label = labels.of(start, end);
              boolean outside = label.name().equals(ClassifierConfig.OUTSIDE);
              return rankBy.of(score, outside ? null : label.score());
            });
  }

  /**
   * The mentions that annotating would write.
   *
   * @param decoded spans of content tokens
   * @return mentions sorted by (start, end), without empty ones and with one for spans of the same
   *     characters; offsets in UTF-16 units
   */
  public List<Mention> mentions(Candidates decoded) {
    return MentionText.mentions(text, tokens, decoded, labels);
  }

  /**
   * The kind of a candidate.
   *
   * @param start its first content token
   * @param end its last content token, inclusive
   * @return its label; null without a classifier
   */
  public SpanLabels.Label label(int start, int end) {
    return labels == null ? null : labels.of(start, end);
  }

  /**
   * Returns the start in the text of a mention that begins with a token: after one leading space.
   *
   * @param token a content token
   * @return an offset in UTF-16 units
   */
  public int start(int token) {
    return MentionText.start(text, tokens, token);
  }

  /**
   * Returns the end in the text of a mention that ends with a token.
   *
   * @param token a content token
   * @return an offset in UTF-16 units, exclusive; for a token without characters it may lie before
   *     {@link #start}
   */
  public int end(int token) {
    return tokens.end(token);
  }
}
