/**
 * Finds mentions in a corpus and writes them beside its rows, all at once or whatever is new since
 * the last run; what that took, how far it is, and which number type it computes in.
 */
package io.github.tommerspark.jobs.annotate;
