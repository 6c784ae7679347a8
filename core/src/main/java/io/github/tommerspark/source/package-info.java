/**
 * Sources of the files of a model: a local directory, the class path, or any other store that can
 * read a range of bytes.
 *
 * <p>Everything above this package asks for a file by its name relative to the model, and for bytes
 * by their position in the file, so that a model in the jar, a downloaded snapshot and a remote
 * object look alike.
 */
@NullMarked
package io.github.tommerspark.source;

import org.jspecify.annotations.NullMarked;
