/**
 * From text to the token ids a backbone reads: tokenizer, offsets, windows.
 *
 * <p>{@link io.github.tommerspark.text.TextTokenizer} turns a text into content tokens with
 * offsets, {@link io.github.tommerspark.text.WindowPlan} cuts those into windows that fit a
 * backbone, and {@link io.github.tommerspark.text.CodePointOffsets} is the only place where offsets
 * change their unit. Everything else in core speaks half-open [start, end) in UTF-16 units of the
 * original text.
 */
@NullMarked
package io.github.tommerspark.text;

import org.jspecify.annotations.NullMarked;
