package io.github.tommerspark.spark;

import io.github.tommerspark.detect.DocumentMentions;
import io.github.tommerspark.detect.DocumentMentions.ModelResult;
import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.sparknlp.PlacedMention;
import io.github.tommerspark.sparknlp.TextPart;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The mentions of one model in a document, all its parts together.
 *
 * @param placed mentions in the document, sorted by (start, end), no two of the same characters
 * @param error null when fine, else what went wrong in its parts
 * @param tokens of all parts
 * @param windows of all parts
 * @param windowed whether some part was longer than a window
 */
record Findings(
    List<PlacedMention> placed, String error, long tokens, long windows, boolean windowed) {

  /** The best first among mentions of the same characters. */
  private static final Comparator<PlacedMention> BY_PLACE =
      Comparator.comparing(PlacedMention::mention)
          .thenComparing(placed -> placed.mention().score(), Comparator.reverseOrder());

  /**
   * Puts together what was found in parts.
   *
   * @param parts of a document
   * @param found in each of them, in the same order
   * @param model whose findings are wanted
   */
  static Findings of(List<TextPart> parts, List<DocumentMentions> found, int model) {
    List<PlacedMention> placed = new ArrayList<>();
    Set<String> errors = new LinkedHashSet<>();
    long tokens = 0;
    long windows = 0;
    boolean windowed = false;
    for (int p = 0; p < parts.size(); p++) {
      TextPart part = parts.get(p);
      ModelResult result = found.get(p).results().get(model);
      for (Mention mention : result.mentions()) {
        placed.add(new PlacedMention(mention.shift(part.begin()), part.sentence()));
      }
      if (result.error() != null) {
        errors.add(result.error());
      }
      tokens += result.tokens();
      windows += result.windows();
      windowed |= result.windows() > 1;
    }
    return new Findings(
        parts.size() > 1 ? distinct(placed) : placed,
        errors.isEmpty() ? null : String.join("; ", errors),
        tokens,
        windows,
        windowed);
  }

  /** Overlapping parts may have the same mentions. */
  private static List<PlacedMention> distinct(List<PlacedMention> placed) {
    placed.sort(BY_PLACE);
    List<PlacedMention> distinct = new ArrayList<>(placed.size());
    for (PlacedMention next : placed) {
      if (distinct.isEmpty()
          || distinct.get(distinct.size() - 1).mention().compareTo(next.mention()) != 0) {
        distinct.add(next);
      }
    }
    return distinct;
  }

  /** The mentions in the document. */
  List<Mention> mentions() {
    return placed.stream().map(PlacedMention::mention).toList();
  }
}
