/**
 * Training heads on a frozen backbone: from gold spans to cells of tokens, the loss, the optimiser,
 * and a sweep over layers and ranks in one pass (Morand et al., arXiv 2510.19410; upstream {@code
 * models/tommer.py}, {@code losses.py}, {@code distillation.py}).
 *
 * <p>Gradients are taken through the TorchScript source that scores spans at inference, {@code
 * engine/head.py}. Nothing here knows Spark: {@link io.github.tommerspark.train.LabelledBatch}es
 * are what is sent to wherever a backbone runs, and hidden states come back.
 */
@NullMarked
package io.github.tommerspark.train;

import org.jspecify.annotations.NullMarked;
