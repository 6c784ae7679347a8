/** Formats of the files and tables that jobs read and write, by the names that users give them. */
@NullMarked
package io.github.tommerspark.jobs.format;

import org.jspecify.annotations.NullMarked;
