/**
 * Directories of this machine that models and code are kept in, and who may have put them there.
 */
@NullMarked
package io.github.tommerspark.disk;

import org.jspecify.annotations.NullMarked;
