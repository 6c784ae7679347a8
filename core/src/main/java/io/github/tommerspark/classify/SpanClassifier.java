package io.github.tommerspark.classify;

import io.github.tommerspark.checkpoint.Parameters;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A span classifier: its settings and parameters, for hidden states of d numbers, span vectors of s
 * numbers, embeddings of e numbers and k classes.
 *
 * <p>With x the vector of a span, h = A·x + a; then, once less than there are layers, h = B·silu(h)
 * + b. The score of class c is the product of h and the vector of c (upstream {@code
 * classification.py}). All matrices are in row-major order, outputs first, as PyTorch's Linear has
 * them.
 *
 * <p>A classifier for labels given at run time also has a projection of the hidden state of a
 * prompt to a class vector; its outside class always scores 0.
 *
 * <p>The arrays are shared, not copied: whoever makes a classifier gives them away.
 *
 * @param config the settings
 * @param inputWeight A, [e][s]
 * @param inputBias a, [e]
 * @param hiddenWeight B, [e][e]; empty with a single layer
 * @param hiddenBias b, [e]; empty with a single layer
 * @param classVectors [k][e], in the order of the classes
 * @param promptWeight [e][d]; empty without such a projection
 * @param promptBias [e]; empty without such a projection
 */
public record SpanClassifier(
    ClassifierConfig config,
    float[] inputWeight,
    float[] inputBias,
    float[] hiddenWeight,
    float[] hiddenBias,
    float[] classVectors,
    float[] promptWeight,
    float[] promptBias)
    implements MentionClassifier {

  /**
   * Checks that the parameters fit the settings and are finite.
   *
   * @throws IllegalArgumentException naming the parameter, when one does not
   */
  public SpanClassifier {
    Objects.requireNonNull(config, "config");
    long embedding = config.embeddingSize();
    long hidden = config.mlpLayers() > 1 ? embedding : 0;
    long prompt = promptWeight.length > 0 || promptBias.length > 0 ? embedding : 0;
    Parameters.check(ClassifierFields.INPUT_WEIGHT, inputWeight, embedding * config.spanWidth());
    Parameters.check(ClassifierFields.INPUT_BIAS, inputBias, embedding);
    Parameters.check(ClassifierFields.HIDDEN_WEIGHT, hiddenWeight, hidden * hidden);
    Parameters.check(ClassifierFields.HIDDEN_BIAS, hiddenBias, hidden);
    Parameters.check(
        ClassifierFields.CLASS_VECTORS, classVectors, embedding * config.classes().size());
    Parameters.check(ClassifierFields.PROMPT_WEIGHT, promptWeight, prompt * config.hiddenSize());
    Parameters.check(ClassifierFields.PROMPT_BIAS, promptBias, prompt);
    for (int i = 0; config.probability() == ClassProbability.SIGMOID && i < embedding; i++) {
      if (classVectors[i] != 0) {
        throw new IllegalArgumentException(
            "tensor \"%s\" has %s in its first row, which must be 0 where the probability is a sigmoid"
                .formatted(ClassifierFields.CLASS_VECTORS, classVectors[i]));
      }
    }
  }

  @Override
  public String llmName() {
    return config.llmName();
  }

  @Override
  public int layer() {
    return config.layer();
  }

  @Override
  public int hiddenSize() {
    return config.hiddenSize();
  }

  @Override
  public List<String> classes() {
    return config.classes();
  }

  /** Returns whether class vectors can be made from labels given at run time. */
  @Override
  public boolean zeroShot() {
    return promptWeight.length > 0;
  }

  /**
   * This classifier for other classes.
   *
   * @param labels names of the classes, without the outside class
   * @param promptStates per label the hidden state of its prompt's last token, [d] each
   * @throws IllegalStateException if this classifier has no projection of prompts
   * @throws IllegalArgumentException if the labels cannot be names of classes
   */
  public SpanClassifier withLabels(List<String> labels, List<float[]> promptStates) {
    if (!zeroShot()) {
      throw new IllegalStateException("This classifier has classes of its own only");
    }
    int embedding = config.embeddingSize();
    String[] classes = new String[labels.size() + 1];
    classes[0] = ClassifierConfig.OUTSIDE;
    float[] vectors = new float[classes.length * embedding];
    for (int label = 0; label < labels.size(); label++) {
      classes[label + 1] = labels.get(label);
      float[] state = promptStates.get(label);
      for (int row = 0; row < embedding; row++) {
        double sum = promptBias[row];
        for (int column = 0; column < config.hiddenSize(); column++) {
          sum += (double) promptWeight[row * config.hiddenSize() + column] * state[column];
        }
        vectors[(label + 1) * embedding + row] = (float) sum;
      }
    }
    return new SpanClassifier(
        config.withClasses(List.of(classes)),
        inputWeight,
        inputBias,
        hiddenWeight,
        hiddenBias,
        vectors,
        promptWeight,
        promptBias);
  }

  /** The number of parameters. */
  public long parameterCount() {
    return (long) inputWeight.length
        + inputBias.length
        + hiddenWeight.length
        + hiddenBias.length
        + classVectors.length
        + promptWeight.length
        + promptBias.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SpanClassifier that
        && config.equals(that.config)
        && Arrays.equals(inputWeight, that.inputWeight)
        && Arrays.equals(inputBias, that.inputBias)
        && Arrays.equals(hiddenWeight, that.hiddenWeight)
        && Arrays.equals(hiddenBias, that.hiddenBias)
        && Arrays.equals(classVectors, that.classVectors)
        && Arrays.equals(promptWeight, that.promptWeight)
        && Arrays.equals(promptBias, that.promptBias);
  }

  @Override
  public int hashCode() {
    return Objects.hash(config, Arrays.hashCode(inputBias), Arrays.hashCode(classVectors));
  }

  @Override
  public String toString() {
    return "SpanClassifier[%s]".formatted(config);
  }
}
