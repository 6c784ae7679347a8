/** Reads what the other jobs wrote and makes one page of it. */
@NullMarked
package io.github.tommerspark.jobs.report;

import org.jspecify.annotations.NullMarked;
