package io.github.tommerspark.eval;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A mistake, in context.
 *
 * @param kind what sort of mistake
 * @param id of the document
 * @param start where the mention begins in the document, in code points
 * @param end where it ends in the document, in code points, exclusive
 * @param text the mention
 * @param score the model's score of it; null if it is not known because it is too low
 * @param type of a missed gold mention, if there is one
 * @param before the text before it, at most 60 UTF-16 units
 * @param after the text after it, at most 60 UTF-16 units
 */
public record EvaluationExample(
    Kind kind,
    String id,
    int start,
    int end,
    String text,
    @Nullable Float score,
    @Nullable String type,
    String before,
    String after)
    implements Serializable {

  /** Sorts of mistakes. */
  public enum Kind {
    /** A gold mention that was not predicted. */
    MISSED,
    /** A prediction that is not gold. */
    SPURIOUS
  }
}
