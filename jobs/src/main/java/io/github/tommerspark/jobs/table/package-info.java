/**
 * Tables of Iceberg and Delta, which annotate writes and all commands read. What a run has added is
 * told by the format's own commits: here they are found, read and made, through Spark's public API
 * and the formats' options alone, so that the jars that the user brings decide the version.
 */
package io.github.tommerspark.jobs.table;
