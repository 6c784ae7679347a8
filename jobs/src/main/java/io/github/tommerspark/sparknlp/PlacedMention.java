package io.github.tommerspark.sparknlp;

import io.github.tommerspark.detect.Mention;

/**
 * A mention in a document.
 *
 * @param mention with offsets in the document, in UTF-16 units
 * @param sentence number of the part of the document that it was found in
 */
public record PlacedMention(Mention mention, String sentence) {}
