package io.github.tommerspark.eval;

import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The predictions of a model in one document, in terms that can be compared with gold mentions. */
public interface DocumentPredictions {

  /**
   * The part of predictions that must equal that of a gold mention.
   *
   * @param start of the gold mention in UTF-16 units, inclusive
   * @param end of the gold mention in UTF-16 units, exclusive
   * @return the key, or null if no prediction can match
   */
  @Nullable MatchKey key(int start, int end);

  /** The predictions at the model's own threshold, without two of the same key. */
  List<Prediction> predictions();

  /**
   * The predictions at another threshold, not below the lowest that is known.
   *
   * @param threshold called with rising values this is cheap
   */
  List<Prediction> predictions(double threshold);

  /** The model's score of a span that was not necessarily predicted; empty if it is not known. */
  OptionalDouble score(MatchKey key);

  /** Returns the number of spans that the model chose among; empty if it is not known. */
  OptionalLong candidateSpans();

  /** Returns the failure to read the document, or null; with one there are no predictions. */
  @Nullable String error();
}
