package io.github.tommerspark.detect;

import io.github.tommerspark.text.BosPolicy;
import java.io.Serializable;
import java.util.List;

/**
 * The description of a model, read from its small files and from headers only: no weights are
 * loaded.
 *
 * @param spec what was asked for, with the number of its threshold
 * @param family the backbone's family, as {@code model_type} in its config.json names it
 * @param layer index of the block, from 0, whose output the head reads
 * @param hiddenSize width of the backbone
 * @param fingerprint SHA-256 in hex of what determines the model's answers, wherever its files are
 * @param weights SHA-256 in hex of all bytes of the tensors that loading reads; null where the
 *     fingerprint samples them, since more would cost too much time
 * @param truncatedBytes bytes of the tensors that loading it reads
 * @param truncatedParameters parameters of those tensors
 * @param maxTokens tokens of a window including specials
 * @param overlap tokens that consecutive windows share
 * @param bos the policy in force
 * @param classifier what gives mentions their labels; null for mentions without
 * @param warnings remarks worth showing to the user, each one line
 */
public record ModelDescription(
    ModelSpec spec,
    String family,
    int layer,
    int hiddenSize,
    String fingerprint,
    String weights,
    long truncatedBytes,
    long truncatedParameters,
    int maxTokens,
    int overlap,
    BosPolicy bos,
    Classifier classifier,
    List<String> warnings)
    implements Serializable {

  /** The model as it was found: whoever loads it makes sure that it is the same. */
  public ModelSpec pinned() {
    return spec.withIdentity(
        new ModelIdentity(
            fingerprint, weights, classifier == null ? null : classifier.fingerprint()));
  }

  /**
   * The description of a span classifier.
   *
   * @param directory where it was read from
   * @param layer index of the block, from 0, whose output it reads
   * @param classes that it chooses among, without the outside class
   * @param fingerprint SHA-256 in hex of what determines its labels, beside the model's own
   */
  public record Classifier(String directory, int layer, List<String> classes, String fingerprint)
      implements Serializable {}
}
