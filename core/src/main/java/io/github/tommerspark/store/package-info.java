/**
 * Models that are neither bundled nor on a local disk: the seam through which other stores are
 * reached, and the cache on the local disk that holds what a cut model needs of them.
 */
@NullMarked
package io.github.tommerspark.store;

import org.jspecify.annotations.NullMarked;
