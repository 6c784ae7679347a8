/** Measures the annotate job: how fast it is, how fast it could be, and where the rest goes. */
@NullMarked
package io.github.tommerspark.jobs.bench;

import org.jspecify.annotations.NullMarked;
