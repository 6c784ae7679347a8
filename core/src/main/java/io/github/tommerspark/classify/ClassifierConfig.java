package io.github.tommerspark.classify;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/**
 * The settings of a span classifier, as its file records them.
 *
 * @param llmName the backbone that it was trained on, as its trainer named it
 * @param layer the block whose output it reads, from 0
 * @param hiddenSize the width d of the hidden states, at least 1
 * @param representation how hidden states become one vector per span
 * @param mlpLayers linear layers from that vector to the embedding, at least 1; all but the first
 *     are one and the same layer applied again, as upstream's are
 * @param embeddingSize the width e of embeddings and class vectors, at least 1
 * @param probability what class scores mean
 * @param classes names of the classes, {@link #OUTSIDE} first
 */
public record ClassifierConfig(
    String llmName,
    int layer,
    int hiddenSize,
    SpanRepresentation representation,
    int mlpLayers,
    int embeddingSize,
    ClassProbability probability,
    List<String> classes) {

  /** The class of spans that are of no other class, always the first. */
  public static final String OUTSIDE = "O";

  /** More classes than any data set has. */
  public static final int MAX_CLASSES = 10_000;

  private static final int MAX_MLP_LAYERS = 16;
  private static final int MAX_NAME = 200;

  /**
   * Checks the ranges of the settings.
   *
   * @throws IllegalArgumentException naming the setting and its value, when one is out of range
   */
  public ClassifierConfig {
    Objects.requireNonNull(llmName, "llmName");
    Objects.requireNonNull(representation, "representation");
    Objects.requireNonNull(probability, "probability");
    if (representation == SpanRepresentation.FULL) {
      throw new IllegalArgumentException(
          "field \"%s\" is \"%s\", and must be \"concat\" or \"average\""
              .formatted(ClassifierFields.REPRESENTATION, representation.label()));
    }
    require(layer >= 0, ClassifierFields.LAYER, layer, "at least 0");
    require(hiddenSize >= 1, ClassifierFields.HIDDEN_SIZE, hiddenSize, "at least 1");
    require(
        mlpLayers >= 1 && mlpLayers <= MAX_MLP_LAYERS,
        ClassifierFields.MLP_LAYERS,
        mlpLayers,
        "between 1 and " + MAX_MLP_LAYERS);
    require(embeddingSize >= 1, ClassifierFields.EMBEDDING_SIZE, embeddingSize, "at least 1");
    classes = List.copyOf(classes);
    if (classes.isEmpty() || !classes.get(0).equals(OUTSIDE)) {
      throw new IllegalArgumentException(
          "field \"%s\" does not begin with \"%s\", the class of what is of no other class"
              .formatted(ClassifierFields.CLASSES, OUTSIDE));
    }
    checkLabels(classes.subList(1, classes.size()));
  }

  private static void require(boolean holds, String field, int value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "field \"%s\" is %d, and must be %s", field, value, expected));
    }
  }

  /**
   * Checks names of classes other than {@link #OUTSIDE}.
   *
   * @throws IllegalArgumentException if there are none or too many, or one is blank, too long,
   *     spread over lines, said twice or the name of the outside class
   */
  public static void checkLabels(List<String> labels) {
    if (labels.isEmpty() || labels.size() > MAX_CLASSES) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "there are %d classes, and there must be 1 to %d besides \"%s\"",
              labels.size(),
              MAX_CLASSES,
              OUTSIDE));
    }
    Set<String> seen = new HashSet<>();
    for (String label : labels) {
      if (label.isBlank() || label.length() > MAX_NAME || !label.equals(label.strip())) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "a class is called \"%s\"; names must have 1 to %d characters and no blanks around them",
                label.length() > MAX_NAME ? "…" : label,
                MAX_NAME));
      }
      if (label.codePoints().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException("the name of a class has a control character in it");
      }
      if (label.equals(OUTSIDE)) {
        throw new IllegalArgumentException(
            "a class is called \"%s\", the name of what is of no class".formatted(OUTSIDE));
      }
      if (!seen.add(label)) {
        throw new IllegalArgumentException("there are two classes \"%s\"".formatted(label));
      }
    }
  }

  /** These settings with other classes. */
  ClassifierConfig withClasses(List<String> others) {
    return new ClassifierConfig(
        llmName, layer, hiddenSize, representation, mlpLayers, embeddingSize, probability, others);
  }

  /** The width of the vector that represents a span. */
  public int spanWidth() {
    return Math.toIntExact(representation.width(hiddenSize));
  }
}
