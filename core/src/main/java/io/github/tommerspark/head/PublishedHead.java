package io.github.tommerspark.head;

import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.Parameters;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A head as the paper has it: its settings and its 2·d·r + d + 6 parameters, for hidden states of d
 * numbers.
 *
 * <p>With z<sub>i</sub> the hidden state of token i, the matching score of the span from token j to
 * token i is the cosine (or scaled product) of z<sub>i</sub>·W<sub>Q</sub> and
 * z<sub>j</sub>·W<sub>K</sub>, and the end score of token i is w·z<sub>i</sub> + b. The logit of
 * the span is a weighted sum of five features (upstream {@code models/tommer.py}).
 *
 * <p>The arrays are shared, not copied: whoever makes a head gives them away.
 *
 * @param config the settings
 * @param hiddenSize the width d of the hidden states, at least 1
 * @param queryWeight W<sub>Q</sub>, [d][r] in row-major order
 * @param keyWeight W<sub>K</sub>, [d][r] in row-major order
 * @param valueWeight w, [d]
 * @param valueBias b
 * @param featureWeights the weights of the features, [5]: the matching score, the minimum and the
 *     maximum of the scores of later starts, the end score of the last token, that of the next
 */
public record PublishedHead(
    HeadConfig config,
    int hiddenSize,
    float[] queryWeight,
    float[] keyWeight,
    float[] valueWeight,
    float valueBias,
    float[] featureWeights)
    implements Head {

  /** The number of features of a span. */
  public static final int FEATURES = 5;

  /**
   * Checks that the parameters fit the sizes and are finite.
   *
   * @throws IllegalArgumentException naming the parameter, when one does not
   */
  public PublishedHead {
    Objects.requireNonNull(config, "config");
    if (hiddenSize < 1) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "the hidden size is %d, and must be at least 1", hiddenSize));
    }
    long projection = (long) hiddenSize * config.rank();
    Parameters.check(HeadFields.QUERY_WEIGHT, queryWeight, projection);
    Parameters.check(HeadFields.KEY_WEIGHT, keyWeight, projection);
    Parameters.check(HeadFields.VALUE_WEIGHT, valueWeight, hiddenSize);
    Parameters.check(HeadFields.VALUE_BIAS, new float[] {valueBias}, 1);
    Parameters.check(HeadFields.FEATURE_WEIGHTS, featureWeights, FEATURES);
  }

  /**
   * Makes a head of parameters in the order of {@link #parameters}.
   *
   * @throws IllegalArgumentException naming the parameter, when one does not fit
   */
  static PublishedHead of(HeadConfig config, int hiddenSize, List<float[]> parameters) {
    return new PublishedHead(
        config,
        hiddenSize,
        parameters.get(0),
        parameters.get(1),
        parameters.get(2),
        parameters.get(3)[0],
        parameters.get(4));
  }

  @Override
  public List<FloatTensor> parameters() {
    return List.of(
        new FloatTensor(new long[] {hiddenSize, config.rank()}, queryWeight),
        new FloatTensor(new long[] {hiddenSize, config.rank()}, keyWeight),
        new FloatTensor(new long[] {1, hiddenSize}, valueWeight),
        new FloatTensor(new long[] {1}, new float[] {valueBias}),
        new FloatTensor(new long[] {FEATURES}, featureWeights));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PublishedHead that
        && config.equals(that.config)
        && hiddenSize == that.hiddenSize
        && Arrays.equals(queryWeight, that.queryWeight)
        && Arrays.equals(keyWeight, that.keyWeight)
        && Arrays.equals(valueWeight, that.valueWeight)
        && Float.compare(valueBias, that.valueBias) == 0
        && Arrays.equals(featureWeights, that.featureWeights);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        config, hiddenSize, Arrays.hashCode(featureWeights), Arrays.hashCode(valueWeight));
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "PublishedHead[%s, hiddenSize=%d]", config, hiddenSize);
  }
}
