/** Columns of a dataset, by the names that its schema gives them. */
package io.github.tommerspark.columns;
