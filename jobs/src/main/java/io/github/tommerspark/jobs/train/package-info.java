/**
 * Trains heads from hidden states that one pass over the data extracts, a sweep at once and
 * resumable, and classifiers of mentions.
 */
package io.github.tommerspark.jobs.train;
