/**
 * Texts with mentions in the formats of other tools.
 *
 * <p>All of these tools count code points, as Python does; {@link
 * io.github.tommerspark.export.AnnotatedText} holds offsets in UTF-16 units, as Java does, and
 * formats convert.
 */
@NullMarked
package io.github.tommerspark.export;

import org.jspecify.annotations.NullMarked;
