package io.github.tommerspark.jobs.output;

/**
 * A place for results.
 *
 * @param path directory on any file system that Hadoop knows
 * @param overwrite whether earlier results there may be replaced
 */
public record ResultPlace(String path, boolean overwrite) {}
