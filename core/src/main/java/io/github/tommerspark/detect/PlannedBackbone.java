package io.github.tommerspark.detect;

import ai.djl.Device;
import io.github.tommerspark.classify.Label;
import io.github.tommerspark.classify.MentionClassifier;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.source.ModelDirectory;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A source of hidden states that has been found, and read where it is small. No weights are loaded.
 */
sealed interface PlannedBackbone permits PlannedSnapshot, PlannedScript {

  /** The files that it was planned from. */
  BackboneFiles files();

  /** The directory of its tokenizer. */
  default ModelDirectory directory() {
    return files().directory();
  }

  /** The place where it is, for people; two of one place are the same. */
  String location();

  /** Its family, as {@code model_type} in its config.json names it. */
  String family();

  /** Bytes that loading it reads. */
  long bytes();

  /** Number of parameters that loading it reads; 0 if that is not known. */
  long parameters();

  /** Index of the last block that is planned. */
  int lastLayer();

  /** Returns whether it gives hidden states of any planned block, and not of the head's only. */
  boolean givesAnyLayer();

  /** Returns whether a token is known to be read without those behind it. */
  boolean causal();

  /** The beginning-of-sequence token of its config.json. */
  OptionalInt bosTokenId();

  /**
   * The tokens of a window, specials included.
   *
   * @param wanted what was asked for; null for the default
   * @param warnings receives a remark if that is more than it was made for
   * @throws IOException if it cannot take so many
   */
  int maxTokens(Integer wanted, List<String> warnings) throws IOException;

  /**
   * Makes sure that a head and a classifier were made for it, as far as that can be seen.
   *
   * @param classifier null for none
   * @param warnings receives remarks on it and on names that do not match
   * @throws IOException if one does not fit
   */
  void requireFit(
      ModelSpec spec,
      ModelFiles files,
      Head head,
      MentionClassifier classifier,
      List<String> warnings)
      throws IOException;

  /** Opens what determines its answers. */
  Hashes hashes() throws IOException;

  /**
   * Loads it.
   *
   * @param models the models that will share it, planned on it or on a less deep one in the same
   *     place; each is verified
   * @throws IOException if a file cannot be read, or is not the one that was planned with
   * @throws IllegalStateException if the device is not there
   */
  StateSource load(List<ModelPlan> models, EngineOptions options, Device device) throws IOException;

  /** Hashes of what determines a backbone's answers, wherever its files are; SHA-256 in hex. */
  interface Hashes extends AutoCloseable {

    /** The hash of the backbone up to a head's layer and of that head; of a snapshot, sampled. */
    String of(Head head) throws IOException;

    /** The hash of all bytes of the weights up to a layer; empty if they are not known. */
    Optional<String> weights(int layer) throws IOException;

    /** As {@link #weights}; empty also where that would cost too much time. */
    Optional<String> cheapWeights(int layer) throws IOException;

    /** The hash of a classifier and the backbone up to its layer. */
    String of(MentionClassifier classifier, List<Label> labels, Typing typing) throws IOException;

    @Override
    void close() throws IOException;
  }
}
