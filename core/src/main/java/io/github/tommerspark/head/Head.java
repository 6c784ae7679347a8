package io.github.tommerspark.head;

import java.util.Arrays;
import java.util.Objects;

/**
 * A head: its settings and its 2·d·r + d + 6 parameters, for hidden states of d numbers.
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
public record Head(
    HeadConfig config,
    int hiddenSize,
    float[] queryWeight,
    float[] keyWeight,
    float[] valueWeight,
    float valueBias,
    float[] featureWeights) {

  /** The number of features of a span. */
  public static final int FEATURES = 5;

  /**
   * Checks that the parameters fit the sizes and are finite.
   *
   * @throws IllegalArgumentException naming the parameter, when one does not
   */
  public Head {
    Objects.requireNonNull(config, "config");
    if (hiddenSize < 1) {
      throw new IllegalArgumentException(
          "the hidden size is %d, and must be at least 1".formatted(hiddenSize));
    }
    long projection = (long) hiddenSize * config.rank();
    check(HeadFields.QUERY_WEIGHT, queryWeight, projection);
    check(HeadFields.KEY_WEIGHT, keyWeight, projection);
    check(HeadFields.VALUE_WEIGHT, valueWeight, hiddenSize);
    check(HeadFields.VALUE_BIAS, new float[] {valueBias}, 1);
    check(HeadFields.FEATURE_WEIGHTS, featureWeights, FEATURES);
  }

  private static void check(String name, float[] values, long expected) {
    if (values.length != expected) {
      throw new IllegalArgumentException(
          "tensor \"%s\" has %d values, and %d are expected"
              .formatted(name, values.length, expected));
    }
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new IllegalArgumentException(
            "tensor \"%s\" contains %s, and must be finite".formatted(name, value));
      }
    }
  }

  /**
   * The number of parameters of the head.
   *
   * @return 2·d·r + d + 6
   */
  public long parameterCount() {
    return 2L * hiddenSize * config.rank() + hiddenSize + 1 + FEATURES;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Head that
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
    return "Head[%s, hiddenSize=%d]".formatted(config, hiddenSize);
  }
}
