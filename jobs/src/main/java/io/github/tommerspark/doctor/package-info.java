/** Examines a machine before a job runs on it: one line per finding, with the remedy. */
package io.github.tommerspark.doctor;
