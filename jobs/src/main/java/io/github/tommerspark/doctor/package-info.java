/** Examines a machine before a job runs on it: one line per finding, with the remedy. */
@NullMarked
package io.github.tommerspark.doctor;

import org.jspecify.annotations.NullMarked;
