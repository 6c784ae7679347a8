package io.github.tommerspark.jobs.dataset;

import io.github.tommerspark.gold.TypeMap;
import org.jspecify.annotations.Nullable;

/**
 * A way to read gold data.
 *
 * @param format of all files; null to go by their names
 * @param column of Parquet files with the mentions
 * @param types other names for the types of mentions
 */
public record GoldReading(@Nullable GoldSource format, String column, TypeMap types) {}
