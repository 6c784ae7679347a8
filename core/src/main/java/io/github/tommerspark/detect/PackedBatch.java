package io.github.tommerspark.detect;

import io.github.tommerspark.text.TokenizedText;
import io.github.tommerspark.text.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Windows of several texts, token after token, without padding: sequences of equal length stand
 * together, so that attention runs over whole groups of them.
 */
final class PackedBatch {

  /**
   * A window of a text of the call.
   *
   * @param text index of the text
   * @param tokens the text's content tokens
   * @param boundaries which of them a mention may begin or end with; null if no model asks for it
   * @param window which of them, and whose ends it owns
   */
  record Sequence(int text, TokenizedText tokens, WordBoundaries boundaries, Window window) {}

  private final List<Sequence> sequences;
  private final int prefix;
  private final long[] ids;
  private final int[] firsts;
  private final long[] groups;

  private PackedBatch(
      List<Sequence> sequences, int prefix, long[] ids, int[] firsts, long[] groups) {
    this.sequences = sequences;
    this.prefix = prefix;
    this.ids = ids;
    this.firsts = firsts;
    this.groups = groups;
  }

  /**
   * Sequences in the order in which batches are cut from them: longest first, so that memory that
   * runs short does so at once.
   */
  static List<Sequence> sorted(List<Sequence> sequences) {
    List<Sequence> sorted = new ArrayList<>(sequences);
    sorted.sort(
        Comparator.comparingInt((Sequence sequence) -> sequence.window().size()).reversed());
    return sorted;
  }

  /**
   * Packs sequences.
   *
   * @param sequences at least one, sorted by length
   * @param prefix ids of the special tokens before each
   * @param suffix ids of the special tokens after each
   */
  static PackedBatch of(List<Sequence> sequences, int[] prefix, int[] suffix) {
    int specials = prefix.length + suffix.length;
    int total = 0;
    for (Sequence sequence : sequences) {
      total += sequence.window().size() + specials;
    }
    long[] ids = new long[total];
    int[] firsts = new int[sequences.size() + 1];
    List<long[]> runs = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < sequences.size(); i++) {
      firsts[i] = at;
      Sequence sequence = sequences.get(i);
      Window window = sequence.window();
      for (int id : prefix) {
        ids[at++] = id;
      }
      sequence.tokens().copyIds(window.from(), window.to(), ids, at);
      at += window.size();
      for (int id : suffix) {
        ids[at++] = id;
      }
      long length = (long) window.size() + specials;
      if (!runs.isEmpty() && runs.get(runs.size() - 1)[1] == length) {
        runs.get(runs.size() - 1)[0]++;
      } else {
        runs.add(new long[] {1, length});
      }
    }
    firsts[sequences.size()] = at;
    long[] groups = new long[2 * runs.size()];
    for (int i = 0; i < runs.size(); i++) {
      groups[2 * i] = runs.get(i)[0];
      groups[2 * i + 1] = runs.get(i)[1];
    }
    return new PackedBatch(sequences, prefix.length, ids, firsts, groups);
  }

  /** Token ids of all sequences with their specials, (tokens). */
  long[] ids() {
    return ids;
  }

  /**
   * For every token whether a mention may begin with it, and whether one may end with it: 1, else
   * 0, (tokens × 2); empty if no model asks for it.
   */
  byte[] edges() {
    if (sequences.get(0).boundaries() == null) {
      return new byte[0];
    }
    byte[] edges = new byte[2 * ids.length];
    for (int i = 0; i < sequences.size(); i++) {
      Sequence sequence = sequences.get(i);
      int from = sequence.window().from();
      for (int t = from; t < sequence.window().to(); t++) {
        int at = firstContent(i) + t - from;
        edges[2 * at] = (byte) (sequence.boundaries().isStart(t) ? 1 : 0);
        edges[2 * at + 1] = (byte) (sequence.boundaries().isEnd(t) ? 1 : 0);
      }
    }
    return edges;
  }

  /** Tokens of the windows and their specials. */
  int windowTokens() {
    return firsts[sequences.size()];
  }

  /** (count, length) of each run of sequences of equal length, specials included. */
  long[] groups() {
    return groups;
  }

  int size() {
    return sequences.size();
  }

  Sequence sequence(int i) {
    return sequences.get(i);
  }

  /** Index in {@link #ids()} of the first content token of a sequence. */
  int firstContent(int sequence) {
    return firsts[sequence] + prefix;
  }

  /** The sequence that each token of {@link #ids()} belongs to. */
  int[] sequenceOfToken() {
    int[] owner = new int[ids.length];
    for (int i = 0; i < sequences.size(); i++) {
      Arrays.fill(owner, firsts[i], firsts[i + 1], i);
    }
    return owner;
  }
}
