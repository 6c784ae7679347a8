/**
 * The weights of a model: tensors by name in safetensors files, single or sharded.
 *
 * <p>Checkpoints are untrusted input. Every length, offset and shape is checked against the size of
 * the file before anything is allocated for it, and only the byte ranges of the tensors that are
 * asked for are read.
 */
@NullMarked
package io.github.tommerspark.checkpoint;

import org.jspecify.annotations.NullMarked;
