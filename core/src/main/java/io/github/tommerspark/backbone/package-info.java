/**
 * Frozen language models, cut after a block. A page for each family ({@code Family}: {@code
 * LlamaFamily}, {@code BertFamily} ...) says what the keys of its config.json mean, what its
 * tensors are called and how it computes; the result ({@code BackboneSpec}) names the weights
 * ({@code Slot}) and the script that takes them ({@code Forward}). {@code BackbonePlan} finds them
 * in a checkpoint, {@code Backbone} is the loaded model.
 */
@NullMarked
package io.github.tommerspark.backbone;

import org.jspecify.annotations.NullMarked;
