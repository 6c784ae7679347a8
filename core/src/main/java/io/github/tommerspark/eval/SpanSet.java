package io.github.tommerspark.eval;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The distinct spans that one model found in one document, sorted by (start, end).
 *
 * <p>Offsets are half open, and in whatever unit: only sets in the same unit can be compared.
 * Nothing is asked of them, since files of others hold spans that are empty, or end before they
 * start.
 */
public final class SpanSet {

  /** Stands for a number that is not known because the text is not. */
  public static final int UNKNOWN = Integer.MIN_VALUE;

  /** No spans at all. */
  public static final SpanSet EMPTY = new SpanSet(List.of(), false);

  /**
   * One span.
   *
   * @param start where it begins, inclusive
   * @param end where it ends, exclusive
   * @param score how sure the model is; 1 if it does not say
   * @param words whitespace-separated words in it, or {@link #UNKNOWN}
   * @param lastWord start of the last word of the text that begins before the span's end ({@link
   *     TextWords#lastBefore}), or {@link #UNKNOWN}
   * @param text the characters of the span; null if they are not needed
   * @param label given to it by the model; null for none
   */
  public record Span(
      int start,
      int end,
      float score,
      int words,
      int lastWord,
      @Nullable String text,
      @Nullable String label)
      implements Comparable<Span> {

    /** A span without a label. */
    public Span(int start, int end, float score, int words, int lastWord, @Nullable String text) {
      this(start, end, score, words, lastWord, text, null);
    }

    /** By start, then by end; spans that compare as 0 are the same mention. */
    @Override
    public int compareTo(Span other) {
      int byStart = Integer.compare(start, other.start);
      return byStart != 0 ? byStart : Integer.compare(end, other.end);
    }

    /** Returns whether there is any character in it. */
    boolean isProper() {
      return start < end;
    }
  }

  private final List<Span> spans;
  private final boolean labelled;

  /** Of all spans, ascending, as often as they occur. */
  private final int[] ends;

  private final int[] lastWords;

  /** Of the spans with characters: their starts, ascending, and the farthest end up to each. */
  private final int[] properStarts;

  private final int[] farthestEnds;

  private SpanSet(List<Span> distinct, boolean labelled) {
    spans = distinct;
    this.labelled = labelled;
    ends = new int[distinct.size()];
    lastWords = new int[distinct.size()];
    int[] starts = new int[distinct.size()];
    int[] farthest = new int[distinct.size()];
    int proper = 0;
    for (int i = 0; i < ends.length; i++) {
      Span span = distinct.get(i);
      ends[i] = span.end();
      lastWords[i] = span.lastWord();
      if (span.isProper()) {
        starts[proper] = span.start();
        farthest[proper] = proper == 0 ? span.end() : Math.max(farthest[proper - 1], span.end());
        proper++;
      }
    }
    Arrays.sort(ends);
    Arrays.sort(lastWords);
    properStarts = Arrays.copyOf(starts, proper);
    farthestEnds = Arrays.copyOf(farthest, proper);
  }

  /**
   * The set of these spans, of a model that gives no labels.
   *
   * @param spans in any order
   * @see #of(Collection, boolean)
   */
  public static SpanSet of(Collection<Span> spans) {
    return of(spans, false);
  }

  /**
   * The set of these spans. Of several with the same start and end the highest score stays, and of
   * equal ones the first, as upstream's sets of (document, start, end) keep one.
   *
   * @param spans in any order
   * @param labelled whether the model gives labels, so that a span without one is known to have
   *     none
   */
  public static SpanSet of(Collection<Span> spans, boolean labelled) {
    if (spans.isEmpty()) {
      return EMPTY;
    }
    Span[] sorted = spans.toArray(Span[]::new);
    Arrays.sort(sorted);
    List<Span> distinct = new ArrayList<>(sorted.length);
    for (Span span : sorted) {
      int last = distinct.size() - 1;
      if (last < 0 || distinct.get(last).compareTo(span) != 0) {
        distinct.add(span);
      } else if (span.score() > distinct.get(last).score()) {
        distinct.set(last, span);
      }
    }
    return new SpanSet(List.copyOf(distinct), labelled);
  }

  /** The spans, sorted by (start, end). */
  public List<Span> spans() {
    return spans;
  }

  /** Returns the number of spans. */
  public int size() {
    return spans.size();
  }

  /** Returns whether the model gives labels; false if there are no spans. */
  public boolean isLabelled() {
    return labelled;
  }

  /**
   * Returns the number of these spans that share at least one character with a span of the other
   * set. A span without characters counts if the other set has the very same.
   */
  int overlapping(SpanSet other) {
    int count = 0;
    for (Span span : spans) {
      if (span.isProper() ? other.touches(span) : other.contains(span)) {
        count++;
      }
    }
    return count;
  }

  private boolean touches(Span span) {
    int at = Arrays.binarySearch(properStarts, span.end());
    if (at < 0) {
      at = -at - 1;
    }
    // Equal starts may follow one another: the first of them is where "starts before" ends.
    while (at > 0 && properStarts[at - 1] == span.end()) {
      at--;
    }
    return at > 0 && farthestEnds[at - 1] > span.start();
  }

  private boolean contains(Span span) {
    int low = 0;
    int high = spans.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      int order = spans.get(middle).compareTo(span);
      if (order == 0) {
        return true;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return false;
  }

  /** Returns the number of these spans that end where a span of the other set ends. */
  int sameEnd(SpanSet other) {
    return found(ends, other.ends);
  }

  /** Returns the number of these spans that have the last word of a span of the other set. */
  int sameLastWord(SpanSet other) {
    return found(lastWords, other.lastWords);
  }

  /** Returns whether the last word of a span is not known. */
  boolean isMissingLastWords() {
    return lastWords.length > 0 && lastWords[0] == UNKNOWN;
  }

  /** Returns the number of values that are among others; both ascending. */
  private static int found(int[] values, int[] others) {
    int count = 0;
    int at = 0;
    for (int value : values) {
      while (at < others.length && others[at] < value) {
        at++;
      }
      if (at < others.length && others[at] == value) {
        count++;
      }
    }
    return count;
  }

  /**
   * Writes the set, for another JVM.
   *
   * @throws IOException if the output does
   */
  public void write(DataOutput out) throws IOException {
    out.writeInt(spans.size());
    out.writeBoolean(labelled);
    for (Span span : spans) {
      out.writeInt(span.start());
      out.writeInt(span.end());
      out.writeFloat(span.score());
      out.writeInt(span.words());
      out.writeInt(span.lastWord());
      write(out, span.text());
      if (labelled) {
        write(out, span.label());
      }
    }
  }

  private static void write(DataOutput out, @Nullable String string) throws IOException {
    byte[] bytes = string == null ? null : string.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes == null ? -1 : bytes.length);
    if (bytes != null) {
      out.write(bytes);
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IOException if the input does, or ends too early
   */
  public static SpanSet read(DataInput in) throws IOException {
    int size = in.readInt();
    boolean labelled = in.readBoolean();
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int start = in.readInt();
      int end = in.readInt();
      float score = in.readFloat();
      int words = in.readInt();
      int lastWord = in.readInt();
      String text = readString(in);
      String label = labelled ? readString(in) : null;
      spans.add(new Span(start, end, score, words, lastWord, text, label));
    }
    return spans.isEmpty() ? EMPTY : new SpanSet(List.copyOf(spans), labelled);
  }

  private static @Nullable String readString(DataInput in) throws IOException {
    int length = in.readInt();
    if (length < 0) {
      return null;
    }
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SpanSet set && labelled == set.labelled && spans.equals(set.spans);
  }

  @Override
  public int hashCode() {
    return spans.hashCode();
  }

  @Override
  public String toString() {
    return spans.toString();
  }
}
