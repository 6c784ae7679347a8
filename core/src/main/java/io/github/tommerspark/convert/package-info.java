/**
 * Model files of other programs turned into the snapshots that this one reads.
 *
 * <p>They are untrusted input: nothing in them is run, every length is checked against the file
 * before anything is allocated for it, and what is not understood is refused by name.
 */
@NullMarked
package io.github.tommerspark.convert;

import org.jspecify.annotations.NullMarked;
