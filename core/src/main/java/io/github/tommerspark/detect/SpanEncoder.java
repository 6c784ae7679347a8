package io.github.tommerspark.detect;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.classify.MentionClassifier;
import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.text.TokenizedText;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;

/**
 * A model as those see it who train a classifier on it: the spans it detects, and spans as vectors
 * of hidden states, both as they will be when the classifier is used. Thread-safe.
 */
public final class SpanEncoder implements AutoCloseable {

  private final ModelPlan plan;
  private final ModelGroup group;
  private final int layer;
  private final SpanRepresentation representation;

  private SpanEncoder(
      ModelPlan plan, ModelGroup group, int layer, SpanRepresentation representation) {
    this.plan = plan;
    this.group = group;
    this.layer = layer;
    this.representation = representation;
  }

  /**
   * Loads a model.
   *
   * @param spec the model, without typing
   * @param layer block whose output vectors are made of, from 0; null for the head's
   * @param representation how they are made
   * @throws IOException if a file is missing or malformed, a head does not fit its backbone, or
   *     there is no such block
   * @throws IllegalStateException if the device is not there
   */
  public static SpanEncoder load(
      ModelSpec spec, Integer layer, SpanRepresentation representation, EngineOptions options)
      throws IOException {
    if (layer != null && layer < 0) {
      throw new IllegalArgumentException("‹layer› must not be negative, but is " + layer);
    }
    ModelPlan plan =
        ModelPlan.of(spec.withTyping(null), options.trustBackbone(), layer == null ? 0 : layer);
    int headLayer = plan.head().config().layer();
    if (layer != null && layer != headLayer && !plan.backbone().givesAnyLayer()) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot use ‹layer› %d with %s: a TorchScript file gives the layer of its head, %d",
              layer,
              plan.backbone().location(),
              headLayer));
    }
    return new SpanEncoder(
        plan,
        ModelGroup.load(List.of(plan), options),
        layer == null ? headLayer : layer,
        representation);
  }

  /**
   * A classifier to go on training from.
   *
   * @param location the name of a bundled model, for the one that it brings, or a directory
   * @throws IOException if it is missing or malformed
   */
  public static MentionClassifier classifier(String location) throws IOException {
    return ClassifierFiles.read(ModelFiles.classifier(location));
  }

  /** A report on loading. */
  public ModelDescription describe() throws IOException {
    return plan.describe();
  }

  /** The model, with the number of its threshold. */
  public ModelSpec spec() {
    return plan.spec();
  }

  /** The backbone's name in the head's file, or else its directory. */
  public String backboneName() {
    String name = plan.head().config().llmName();
    return name.isEmpty() ? plan.backbone().directory().name() : name;
  }

  /** The block whose output vectors are made of. */
  public int layer() {
    return layer;
  }

  /** The way in which vectors are made. */
  public SpanRepresentation representation() {
    return representation;
  }

  /** Width of the hidden states. */
  public int hiddenSize() {
    return plan.head().hiddenSize();
  }

  /**
   * Scores the spans of texts and makes vectors of candidates and of given spans.
   *
   * @param texts none null
   * @param given per text, by its index and its content tokens, further spans whose vectors are
   *     wanted
   * @return one entry per text, in the same order
   */
  public List<EncodedText> encode(
      List<String> texts, BiFunction<Integer, TokenizedText, Candidates> given) {
    return group.encode(texts, given::apply, layer, representation);
  }

  /**
   * The hidden states that stand for classes.
   *
   * @param labels names of classes
   * @return per label the state, [hidden size]
   * @throws IOException if a label is longer than any name
   */
  public List<float[]> promptStates(List<String> labels) throws IOException {
    return group.promptStates(labels, layer);
  }

  /**
   * The hidden states that stand for labels in a label model: each the mean over its tokens.
   *
   * @param prompt what is read in front of each
   * @param labels any words
   * @return per label the state, [hidden size]
   * @throws IOException if a label is longer than any name
   */
  public List<float[]> labelStates(String prompt, List<String> labels) throws IOException {
    return group.labelStates(prompt, labels, layer);
  }

  /** Returns whether a token is read without those behind it. */
  public boolean causal() {
    return plan.backbone().causal();
  }

  @Override
  public void close() {
    group.close();
  }
}
