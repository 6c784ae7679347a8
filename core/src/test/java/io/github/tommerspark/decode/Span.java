package io.github.tommerspark.decode;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A scored span as a value, for readable expectations. Both ends are inclusive. */
record Span(int start, int end, float score) {

  static final Comparator<Span> BY_START_AND_END =
      Comparator.comparingInt(Span::start).thenComparingInt(Span::end);

  static Span span(int start, int end, double score) {
    return new Span(start, end, (float) score);
  }

  static Candidates candidates(List<Span> spans) {
    Candidates candidates = new Candidates();
    spans.forEach(s -> candidates.add(s.start, s.end, s.score));
    return candidates;
  }

  static List<Span> list(Candidates candidates) {
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < candidates.size(); i++) {
      spans.add(new Span(candidates.start(i), candidates.end(i), candidates.score(i)));
    }
    return spans;
  }

  /** Decodes a copy of {@code spans}. */
  static List<Span> decode(Decoder decoder, List<Span> spans, double threshold) {
    return list(decoder.decode(candidates(spans), threshold));
  }

  boolean overlaps(Span other) {
    return start <= other.end && other.start <= end;
  }

  boolean contains(Span other) {
    return start <= other.start && other.end <= end;
  }

  boolean crosses(Span other) {
    return overlaps(other) && !contains(other) && !other.contains(this);
  }
}
