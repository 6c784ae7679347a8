/** Scores models, or mentions that were written before, against gold data. */
package io.github.tommerspark.jobs.evaluate;
