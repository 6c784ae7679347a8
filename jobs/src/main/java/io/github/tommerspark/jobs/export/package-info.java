/** Writes annotated datasets in the formats of other tools. */
@NullMarked
package io.github.tommerspark.jobs.export;

import org.jspecify.annotations.NullMarked;
