/**
 * Models of a Hugging Face Hub: the cache on the local disk, in the layout that the Hub's own
 * programs use, and the download of what a model needs, which happens only when it is asked for.
 */
@NullMarked
package io.github.tommerspark.hub;

import org.jspecify.annotations.NullMarked;
