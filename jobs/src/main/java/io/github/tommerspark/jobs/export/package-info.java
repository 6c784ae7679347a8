/** Writes annotated datasets in the formats of other tools. */
package io.github.tommerspark.jobs.export;
