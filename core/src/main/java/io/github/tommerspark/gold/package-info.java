/**
 * Texts with mentions that people have marked, and the files they come in.
 *
 * <p>Gold files are read whole or not at all: a line that makes no sense ends the reading with a
 * message that names the file and the line, because a mention left out would pass for a wrong
 * prediction. Types are labels only; nothing here depends on a set of them.
 */
@NullMarked
package io.github.tommerspark.gold;

import org.jspecify.annotations.NullMarked;
