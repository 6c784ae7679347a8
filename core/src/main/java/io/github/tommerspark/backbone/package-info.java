/**
 * Frozen language models, cut after a block: what config.json says ({@code BackboneConfig}, {@code
 * ConfigKeys}), how each family's tensors map to the weights of a shipped TorchScript source
 * ({@code Families}), and the loaded model ({@code Backbone}).
 */
package io.github.tommerspark.backbone;
