/**
 * Results of commands as their JSON files have them: plain records, which the command that measures
 * writes and the one that draws reads. What a file does not say is null.
 */
@NullMarked
package io.github.tommerspark.results;

import org.jspecify.annotations.NullMarked;
