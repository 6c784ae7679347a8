/** Data that jobs read: corpora, outputs with their mentions, and gold data, in all formats. */
package io.github.tommerspark.jobs.dataset;
