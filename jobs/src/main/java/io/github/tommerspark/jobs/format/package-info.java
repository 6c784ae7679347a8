/** Formats of the files and tables that jobs read and write, by the names that users give them. */
package io.github.tommerspark.jobs.format;
