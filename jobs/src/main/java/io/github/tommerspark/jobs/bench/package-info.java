/** Measures the annotate job: how fast it is, how fast it could be, and where the rest goes. */
package io.github.tommerspark.jobs.bench;
