package io.github.tommerspark.spark;

import io.github.tommerspark.gold.GoldDocument;
import java.io.Serializable;

/**
 * A gold document on its way to an executor.
 *
 * @param dataset index of its data set
 * @param document the document
 */
public record GoldItem(int dataset, GoldDocument document) implements Serializable {}
