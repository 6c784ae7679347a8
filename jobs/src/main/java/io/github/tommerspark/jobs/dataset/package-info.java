/**
 * Data at rest: corpora and gold data in all their formats, and outputs with their provenance, who
 * may write them, and how a file appears whole or not at all.
 */
package io.github.tommerspark.jobs.dataset;
