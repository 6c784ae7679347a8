/**
 * Classifiers: what kind of thing a mention is.
 *
 * <p>A span classifier reads the hidden states of the first and last token of a span, or the mean
 * over its tokens, at one layer of a backbone, which may lie deeper than the detector's, and scores
 * them against one vector per class (upstream {@code classification.py}). A label model compares
 * mentions with labels that are given at run time and that the same truncated backbone has read.
 * Both are untrusted input.
 */
@NullMarked
package io.github.tommerspark.classify;

import org.jspecify.annotations.NullMarked;
