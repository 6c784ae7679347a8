/**
 * Models in llama.cpp's file format, GGUF, as the snapshots that everything else reads: {@link
 * io.github.tommerspark.gguf.GgufSnapshot} shows a file as a directory with {@code config.json},
 * {@code tokenizer.json} and {@code model.safetensors}, made as they are read.
 *
 * <p>A file is untrusted input: lengths are compared with its size before anything is allocated,
 * and architectures, types, pre-tokenizers and tensors that are not known are refused by name.
 */
@NullMarked
package io.github.tommerspark.gguf;

import org.jspecify.annotations.NullMarked;
