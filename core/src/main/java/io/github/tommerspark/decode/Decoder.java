package io.github.tommerspark.decode;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The ways to select the mentions of a document among its scored candidates.
 *
 * <p>Results equal those of the functions in {@code decoders.py} of the published implementation.
 * There they take the dense matrix of span scores; here they take the candidates that matter, and a
 * span that was not given counts as score 0. Positions are tokens, both ends inclusive. Two spans
 * <i>overlap</i> if they share a token; they <i>cross</i> if they overlap and neither contains the
 * other.
 *
 * <p>In the costs below n is the number of candidates. Memory is O(n) for all of them, however
 * large the token positions are.
 */
public enum Decoder {
  /**
   * Every span with score &gt; threshold, overlapping or not. O(n log n).
   *
   * <p>As {@code infer_entities}, the published inference path, does it: compared in single
   * precision, the threshold rounded to a float. {@code decoders.decode_threshold}, which inference
   * never calls, compares in double precision and so also returns a score that equals the rounded
   * threshold when rounding went up (0.05 as a float is more than 0.05).
   */
  THRESHOLD(Cut.ABOVE_AS_FLOAT, Selection.ALL),

  /**
   * Mentions without overlap, best score first ({@code decode_greedy}). O(n log n).
   *
   * <p>Of the spans with score &gt; threshold, in order of falling score, then falling length, then
   * rising start, a span is kept if it overlaps none kept before. Compared in double precision.
   */
  GREEDY(Cut.ABOVE_AS_DOUBLE, Greedy::disjoint),

  /**
   * The mentions without overlap whose scores have the largest sum ({@code decode_flat}). O(n log
   * n).
   *
   * <p>Of the spans with score &gt; threshold, compared in double precision. Among equal sums, the
   * one whose first difference, read from the right in the order (end, start), is to leave a span
   * out.
   */
  FLAT(Cut.ABOVE_AS_DOUBLE, IntervalScheduling::select),

  /**
   * Mentions that do not cross, nesting allowed, best score first. O(n log n).
   *
   * <p>Like {@link #GREEDY}, but a span is kept if it crosses none kept before. This is the
   * published <i>function</i> {@code decode_greedy_nested}. The published dispatcher {@code
   * decode(…, "greedy_nested")} never calls it and runs {@code line_col_greedy} instead; whoever
   * wants that asks for {@link #LINE_COL_GREEDY}.
   */
  GREEDY_NESTED(Cut.ABOVE_AS_DOUBLE, Greedy::nonCrossing),

  /**
   * The strictly nested mentions whose scores have the largest sum ({@code decode_well_nested}).
   *
   * <p>Of the spans with score <b>&gt;=</b> threshold, compared in double precision. Two mentions
   * are either disjoint or one lies strictly inside the other, so that no token is the first or
   * last token of two mentions. Among equal sums, the one whose first difference, read from the
   * left and outside in, is to start no mention, or to end it sooner.
   *
   * <p>O(n log n + n · L), where L is the number of tokens of the longest candidate: near-linear
   * when a window bounds the spans. Without a window the worst case is O(n · e), e being the number
   * of distinct ends of candidates; that is cubic in the tokens if every span of a document is a
   * candidate. Worst cases need long spans around many others, which real text has few of.
   */
  WELL_NESTED(Cut.AT_LEAST_AS_DOUBLE, WellNested::select),

  /**
   * At most one mention per first token and one per last token ({@code line_col_greedy}). O(n log
   * n).
   *
   * <p>First the best end of every start is kept (among equal scores the smallest end), then of
   * those the best start of every end (among equal scores the smallest start), then score &gt;
   * threshold decides, in single precision as for {@link #THRESHOLD}. Mentions may overlap and
   * cross.
   */
  LINE_COL_GREEDY(Cut.ABOVE_AS_FLOAT, LineColumnGreedy::select);

  private final Cut cut;
  private final Selection selection;

  Decoder(Cut cut, Selection selection) {
    this.cut = cut;
    this.selection = selection;
  }

  /**
   * Selects the mentions.
   *
   * <p>The result does not depend on the order of the candidates. Of candidates with the same start
   * and end the best score counts. Candidates with {@code start > end} and scores that are not
   * numbers are ignored.
   *
   * @param candidates at least all spans whose score passes {@code threshold} (spans below it make
   *     no difference); not modified
   * @param threshold the score that mentions must exceed ({@link #WELL_NESTED}: reach), 0 or more
   * @return a new list of the mentions with their scores, sorted by (start, end)
   * @throws IllegalArgumentException if {@code threshold} is negative or not a number
   */
  public Candidates decode(Candidates candidates, double threshold) {
    return decode(candidates, threshold, Ranking.BY_SCORE);
  }

  /**
   * Selects the mentions by other numbers than their scores, which still have to pass the
   * threshold: where the above speaks of the best score or of sums of scores, these count.
   *
   * @param candidates as above
   * @param threshold as above
   * @param ranking the numbers
   * @return a new list of the mentions with their scores, sorted by (start, end)
   * @throws IllegalArgumentException if {@code threshold} is negative or not a number
   */
  public Candidates decode(Candidates candidates, double threshold, Ranking ranking) {
    if (!(threshold >= 0)) {
      throw new IllegalArgumentException(
          "Cannot decode with threshold " + threshold + ": it must be a number from 0 to 1");
    }
    Candidates spans = passing(candidates, threshold);
    Candidates ranked = new Candidates(spans.size());
    for (int i = 0; i < spans.size(); i++) {
      int start = spans.start(i);
      int end = spans.end(i);
      ranked.add(start, end, ranking.of(start, end, spans.score(i)));
    }
    return spans.subset(selection.select(ranked));
  }

  /** Returns whether it ever has to choose between spans that pass the threshold. */
  public boolean chooses() {
    return this != THRESHOLD;
  }

  /** The distinct candidates that pass the threshold, sorted by (start, end). */
  private Candidates passing(Candidates candidates, double threshold) {
    int[] order = new int[candidates.size()];
    int passed = 0;
    for (int i = 0; i < candidates.size(); i++) {
      if (candidates.start(i) <= candidates.end(i) && cut.passes(candidates.score(i), threshold)) {
        order[passed++] = i;
      }
    }
    order = Arrays.copyOf(order, passed);
    order = Sorting.stable(order, candidates::end);
    order = Sorting.stable(order, candidates::start);

    Candidates spans = new Candidates(passed);
    for (int i = 0; i < passed; ) {
      int start = candidates.start(order[i]);
      int end = candidates.end(order[i]);
      float score = candidates.score(order[i]);
      for (i++; i < passed && isSpan(candidates, order[i], start, end); i++) {
        score = Math.max(score, candidates.score(order[i]));
      }
      spans.add(start, end, score);
    }
    return spans;
  }

  private static boolean isSpan(Candidates candidates, int i, int start, int end) {
    return candidates.start(i) == start && candidates.end(i) == end;
  }

  /** The name in options and in files, for example {@code "greedy_nested"}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The decoder with the given {@link #label() label}.
   *
   * @throws IllegalArgumentException if there is none; the message lists all labels
   */
  public static Decoder parse(String label) {
    for (Decoder decoder : values()) {
      if (decoder.label().equals(label)) {
        return decoder;
      }
    }
    throw new IllegalArgumentException(
        "Cannot find decoder \""
            + label
            + "\": it must be one of "
            + Arrays.stream(values()).map(Decoder::label).collect(Collectors.joining(", ")));
  }
}
