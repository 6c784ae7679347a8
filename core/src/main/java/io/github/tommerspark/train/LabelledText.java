package io.github.tommerspark.train;

import io.github.tommerspark.detect.FrozenBackbone;
import io.github.tommerspark.detect.WordBoundaries;
import io.github.tommerspark.eval.MatchKey;
import io.github.tommerspark.eval.TokenMatching;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.gold.GoldSpan;
import io.github.tommerspark.text.TokenizedText;
import io.github.tommerspark.text.Window;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A gold document as sequences of tokens with labelled spans.
 *
 * <p>Labels come from the spans themselves: nested, adjacent, text-initial and text-final mentions
 * are all labelled, where upstream's labels, derived from one tag per token, lose some ({@code
 * get_last_attn_pattern}). A span is labelled in the window that owns its last token, so once.
 *
 * @param sequences one per window
 * @param counts what became of its mentions
 */
public record LabelledText(List<Sequence> sequences, GoldCounts counts) implements Serializable {

  /**
   * A window of a text.
   *
   * @param ids token ids with specials
   * @param kept 1 for tokens that a span may begin with, then for those that it may end with, else
   *     0
   * @param goldStarts first token of each gold span
   * @param goldEnds last token of each gold span, inclusive
   */
  public record Sequence(int[] ids, byte[] kept, int[] goldStarts, int[] goldEnds)
      implements Serializable {

    /** Tokens, specials included. */
    public int length() {
      return ids.length;
    }
  }

  /** Copies the list. */
  public LabelledText {
    sequences = new ArrayList<>(sequences);
  }

  /**
   * Labels a document.
   *
   * @param backbone whose tokens and windows count
   * @param options the window and mask of the heads
   * @throws IOException if the tokenizer does not belong to the backbone
   */
  public static LabelledText of(
      GoldDocument document, FrozenBackbone backbone, TrainingOptions options) throws IOException {
    TokenizedText tokens = backbone.tokenize(document.text());
    int[] prefix = backbone.prefixIds();
    int[] suffix = backbone.suffixIds();
    List<Window> windows = backbone.windows(tokens.size());
    WordBoundaries boundaries =
        options.layout().wordBoundaries() ? WordBoundaries.of(document.text(), tokens) : null;
    Labels labels = new Labels(document, tokens, windows, prefix.length, boundaries, options);
    List<Sequence> sequences = new ArrayList<>();
    for (int w = 0; w < windows.size(); w++) {
      Window window = windows.get(w);
      int length = prefix.length + window.size() + suffix.length;
      int[] ids = new int[length];
      System.arraycopy(prefix, 0, ids, 0, prefix.length);
      tokens.copyIds(window.from(), window.to(), ids, prefix.length);
      System.arraycopy(suffix, 0, ids, prefix.length + window.size(), suffix.length);
      byte[] kept = new byte[2 * length];
      int content = prefix.length - window.from();
      Arrays.fill(kept, prefix.length, prefix.length + window.size(), (byte) 1);
      Arrays.fill(
          kept, length + content + window.ownFrom(), length + content + window.ownTo(), (byte) 1);
      if (boundaries != null) {
        for (int t = window.from(); t < window.to(); t++) {
          kept[content + t] &= (byte) (boundaries.isStart(t) ? 1 : 0);
          kept[length + content + t] &= (byte) (boundaries.isEnd(t) ? 1 : 0);
        }
      }
      List<int[]> gold = labels.byWindow.get(w);
      sequences.add(
          new Sequence(
              ids,
              kept,
              gold.stream().mapToInt(span -> span[0]).toArray(),
              gold.stream().mapToInt(span -> span[1]).toArray()));
    }
    return new LabelledText(sequences, labels.counts());
  }

  /** Labelled spans of each window, and those that none can have. */
  private static final class Labels {
    private final List<List<int[]>> byWindow = new ArrayList<>();
    private final long mentions;
    private long labelled;
    private long repeated;
    private long withoutToken;
    private long atSequenceStart;
    private long beyondWindow;
    private long acrossWindows;
    private long insideWords;

    Labels(
        GoldDocument document,
        TokenizedText tokens,
        List<Window> windows,
        int prefix,
        @Nullable WordBoundaries boundaries,
        TrainingOptions options) {
      mentions = document.mentions().size();
      windows.forEach(window -> byWindow.add(new ArrayList<>()));
      // Only the mask without window and without causality admits the first token of a sequence.
      boolean anyStart = !options.causal() && options.window() == 0;
      Set<MatchKey> seen = new HashSet<>();
      for (GoldSpan mention : document.mentions()) {
        Optional<MatchKey> key = TokenMatching.tokens(tokens, mention.start(), mention.end());
        if (key.isEmpty()) {
          withoutToken++;
          continue;
        }
        int first = key.get().start();
        int last = key.get().end();
        int owner = 0;
        while (!windows.get(owner).owns(last)) {
          owner++;
        }
        int shift = prefix - windows.get(owner).from();
        if (!seen.add(key.get())) {
          repeated++;
        } else if (options.window() > 0 && last - first > options.window()) {
          beyondWindow++;
        } else if (first < windows.get(owner).from()) {
          acrossWindows++;
        } else if (boundaries != null && !(boundaries.isStart(first) && boundaries.isEnd(last))) {
          insideWords++;
        } else if (first + shift == 0 && !anyStart) {
          atSequenceStart++;
        } else {
          labelled++;
          byWindow.get(owner).add(new int[] {first + shift, last + shift});
        }
      }
    }

    GoldCounts counts() {
      return new GoldCounts(
          1,
          mentions,
          labelled,
          repeated,
          withoutToken,
          atSequenceStart,
          beyondWindow,
          acrossWindows,
          insideWords);
    }
  }
}
