package io.github.tommerspark.classify;

import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.Parameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * A label model: how well any label fits a mention. It has two sides. One turns the hidden states
 * of a mention, the other those of a label's name, into a direction of e numbers:
 *
 * <p>With x the first state, the last and the mean of a mention's tokens, its direction is that of
 * C·gelu(A·x + a) + c; with s the mean state of a label's tokens, the label's is that of the first
 * e numbers of D·gelu(B·s + b) + d, whose last number is the label's own part β. The logit is
 * exp(τ) times the cosine of both directions, plus β − 5. A label with several wordings has the
 * highest of their logits.
 *
 * <p>A label's prior is its mean probability over sampled mentions of the training data, whose
 * directions the model keeps. Of the labels asked for whose probability p reaches the threshold, a
 * mention gets that with the highest log p − α · log prior: so a politician is not just a person.
 *
 * @param config the settings
 * @param parameters the tensors that {@link #shapes} names, in its order
 * @param sample directions of mentions of the training data, (n × e)
 * @param labels to choose among
 * @param labelStates mean states of the tokens of their wordings, label by label, [wordings][d]
 */
public record LabelModel(
    LabelModelConfig config,
    List<FloatTensor> parameters,
    FloatTensor sample,
    List<Label> labels,
    List<float[]> labelStates)
    implements MentionClassifier {

  /** Labels to choose among where none are asked for. */
  public static final List<String> DEFAULT_LABELS =
      List.of("person", "organisation", "location", "date", "event", "award", "work", "product");

  /** More would not sharpen priors. */
  private static final int MAX_SAMPLE = 1 << 16;

  /**
   * Checks that the parameters fit the settings and are finite.
   *
   * @throws IllegalArgumentException naming the parameter, when one does not
   */
  public LabelModel {
    Objects.requireNonNull(config, "config");
    parameters = List.copyOf(parameters);
    labels = List.copyOf(labels);
    labelStates = List.copyOf(labelStates);
    Map<String, long[]> shapes = shapes(config);
    if (parameters.size() != shapes.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "there are %d tensors, and %d are expected",
              parameters.size(),
              shapes.size()));
    }
    int i = 0;
    for (Map.Entry<String, long[]> shape : shapes.entrySet()) {
      check(shape.getKey(), parameters.get(i++), shape.getValue());
    }
    long[] sampled = sample.shape();
    if (sampled.length != 2 || sampled[0] < 1 || sampled[0] > MAX_SAMPLE) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "tensor \"%s\" has shape %s, and must have 1 to %d rows",
              ClassifierFields.SAMPLE,
              Arrays.toString(sampled),
              MAX_SAMPLE));
    }
    check(ClassifierFields.SAMPLE, sample, new long[] {sampled[0], config.embeddingSize()});
    int wordings = labels.stream().mapToInt(label -> label.wordings().size()).sum();
    if (wordings != labelStates.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "there are %d wordings of labels, and states of %d",
              wordings,
              labelStates.size()));
    }
  }

  private static void check(String name, FloatTensor tensor, long[] expected) {
    if (!Arrays.equals(tensor.shape(), expected)) {
      throw new IllegalArgumentException(
          "tensor \"%s\" has shape %s, and %s is expected"
              .formatted(name, Arrays.toString(tensor.shape()), Arrays.toString(expected)));
    }
    Parameters.checkFinite(name, tensor.values());
  }

  /** Names and shapes of the parameters that settings ask for, in the order of the script. */
  public static Map<String, long[]> shapes(LabelModelConfig config) {
    long mention = config.mentionSize();
    long label = config.labelSize();
    long embedding = config.embeddingSize();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put(
        ClassifierFields.MENTION_INPUT + ".weight", new long[] {mention, config.spanWidth()});
    shapes.put(ClassifierFields.MENTION_INPUT + ".bias", new long[] {mention});
    shapes.put(ClassifierFields.MENTION_OUTPUT + ".weight", new long[] {embedding, mention});
    shapes.put(ClassifierFields.MENTION_OUTPUT + ".bias", new long[] {embedding});
    shapes.put(ClassifierFields.LABEL_INPUT + ".weight", new long[] {label, config.hiddenSize()});
    shapes.put(ClassifierFields.LABEL_INPUT + ".bias", new long[] {label});
    shapes.put(ClassifierFields.LABEL_OUTPUT + ".weight", new long[] {embedding + 1, label});
    shapes.put(ClassifierFields.LABEL_OUTPUT + ".bias", new long[] {embedding + 1});
    shapes.put(ClassifierFields.LOG_SCALE, new long[] {1});
    return shapes;
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
    List<String> classes = new ArrayList<>(labels.size() + 1);
    classes.add(ClassifierConfig.OUTSIDE);
    classes.addAll(Label.names(labels));
    return List.copyOf(classes);
  }

  @Override
  public boolean zeroShot() {
    return true;
  }

  /**
   * This model with labels to choose among.
   *
   * @param chosen the labels
   * @param states per wording, label by label, the mean of the states of its tokens, [d] each
   * @throws IllegalArgumentException if the labels cannot be names of classes
   */
  public LabelModel withLabels(List<Label> chosen, List<float[]> states) {
    ClassifierConfig.checkLabels(Label.names(chosen));
    return new LabelModel(config, parameters, sample, chosen, states);
  }

  /**
   * This model with another threshold of labels.
   *
   * @param threshold probability that a label must reach to be given, in [0, 1)
   * @throws IllegalArgumentException if it is out of range
   */
  public LabelModel withThreshold(double threshold) {
    return new LabelModel(config.withThreshold(threshold), parameters, sample, labels, labelStates);
  }

  /** The number of parameters, without the sample. */
  public long parameterCount() {
    return parameters.stream().mapToLong(tensor -> tensor.values().length).sum();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LabelModel that
        && config.equals(that.config)
        && parameters.equals(that.parameters)
        && sample.equals(that.sample)
        && labels.equals(that.labels)
        && Arrays.deepEquals(labelStates.toArray(), that.labelStates.toArray());
  }

  @Override
  public int hashCode() {
    return Objects.hash(config, labels);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "LabelModel[%s, %d labels]", config, labels.size());
  }
}
