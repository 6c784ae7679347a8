/**
 * Texts and mentions as Spark NLP writes and reads them, without Spark NLP: the annotation columns,
 * the texts in them, and mentions as annotations of type {@code chunk}.
 *
 * <p>Offsets in annotations count UTF-16 units of the document, and their end is inclusive.
 */
@NullMarked
package io.github.tommerspark.sparknlp;

import org.jspecify.annotations.NullMarked;
