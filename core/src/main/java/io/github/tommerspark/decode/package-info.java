/**
 * From the scored candidate spans of a document to its mentions, at the level of tokens.
 *
 * <p>{@link io.github.tommerspark.decode.Candidates} holds the spans that scoring found worth
 * keeping, {@link io.github.tommerspark.decode.Decoder} selects the mentions among them. Positions
 * are token positions in the document and both ends of a span are inclusive. A document is decoded
 * once, whatever its length, so every decoder works on the sparse list and never on an n × n
 * matrix.
 *
 * <p>The decoders give the results of {@code decoders.py} of the published implementation
 * (llm2ner), including the strictness of comparisons, tie-breaks and the order of floating-point
 * additions.
 */
@NullMarked
package io.github.tommerspark.decode;

import org.jspecify.annotations.NullMarked;
