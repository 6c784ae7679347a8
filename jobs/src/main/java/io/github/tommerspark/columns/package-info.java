/** Columns of a dataset, by the names that its schema gives them. */
@NullMarked
package io.github.tommerspark.columns;

import org.jspecify.annotations.NullMarked;
