package io.github.tommerspark.jobs.dataset;

import org.jspecify.annotations.Nullable;

/**
 * Documents that are chosen by a hash, the same ones in every run.
 *
 * @param documents at most; null for all
 * @param seed other seeds choose other documents
 */
public record DocumentSample(@Nullable Integer documents, long seed) {}
