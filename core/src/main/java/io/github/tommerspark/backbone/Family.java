package io.github.tommerspark.backbone;

import io.github.tommerspark.checkpoint.ModelFormatException;

/**
 * A family of backbones: what the keys of its config.json mean, what its tensors are called, and
 * what its script is told. Defaults for absent keys are those of Hugging Face transformers.
 */
interface Family {

  /** The value of {@code model_type}. */
  String modelType();

  /** The use of each key, except of those that mean the same in all families. */
  KeyUses keys();

  /**
   * Reads what a config.json describes, whose keys were checked.
   *
   * @throws ModelFormatException if a field is missing, wrong, or describes what cannot be computed
   */
  BackboneSpec read(BackboneConfig config) throws ModelFormatException;
}
