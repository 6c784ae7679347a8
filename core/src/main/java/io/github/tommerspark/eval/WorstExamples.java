package io.github.tommerspark.eval;

import io.github.tommerspark.eval.EvaluationExample.Kind;
import io.github.tommerspark.text.CodePointOffsets;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mistakes that the model was surest of: gold mentions with the lowest scores, spurious
 * predictions with the highest. One per document, so that a single text does not fill the list.
 */
final class WorstExamples implements Serializable {

  private static final long serialVersionUID = 1L;
  private static final int CONTEXT = 60;

  private final Kind kind;
  private final int limit;
  private final List<EvaluationExample> examples = new ArrayList<>();

  WorstExamples(Kind kind, int limit) {
    this.kind = kind;
    this.limit = limit;
  }

  /** Worst first; among equals from all over the data, but always the same ones. */
  private Comparator<EvaluationExample> order() {
    Comparator<EvaluationExample> byScore =
        Comparator.comparingDouble(example -> example.score() == null ? -1 : example.score());
    return (kind == Kind.MISSED ? byScore : byScore.reversed())
        .thenComparingInt(example -> scatter(example.id()))
        .thenComparing(EvaluationExample::id)
        .thenComparingInt(EvaluationExample::start)
        .thenComparingInt(EvaluationExample::end);
  }

  private static int scatter(String id) {
    int hash = id.hashCode() * 0x9E3779B9;
    return hash ^ (hash >>> 15);
  }

  /** Takes one document's worst mistake. */
  void add(
      String id, String text, int start, int end, @Nullable Float score, @Nullable String type) {
    int to = Math.max(start, end);
    CodePointOffsets offsets = CodePointOffsets.of(text);
    examples.add(
        new EvaluationExample(
            kind,
            id,
            offsets.toCodePoint(start),
            offsets.toCodePoint(to),
            text.substring(start, to),
            score,
            type,
            text.substring(whole(text, Math.max(0, start - CONTEXT)), start),
            text.substring(to, whole(text, Math.min(text.length(), to + CONTEXT)))));
    if (examples.size() > 2 * limit + 64) {
      trim();
    }
  }

  /** The offset itself, or one more if it lies inside a surrogate pair. */
  private static int whole(String text, int offset) {
    boolean inside =
        offset > 0
            && offset < text.length()
            && Character.isSurrogatePair(text.charAt(offset - 1), text.charAt(offset));
    return inside ? offset + 1 : offset;
  }

  void merge(WorstExamples other) {
    examples.addAll(other.examples);
    trim();
  }

  /** The examples, worst first. */
  List<EvaluationExample> list() {
    trim();
    return List.copyOf(examples);
  }

  private void trim() {
    examples.sort(order());
    if (examples.size() > limit) {
      examples.subList(limit, examples.size()).clear();
    }
  }
}
