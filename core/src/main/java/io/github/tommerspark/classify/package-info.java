/**
 * Span classifiers: what kind of thing a mention is.
 *
 * <p>A classifier reads the hidden states of the first and last token of a span, or the mean over
 * its tokens, at one layer of a backbone, which may lie deeper than the detector's, and scores them
 * against one vector per class. The vectors are parameters, or are made at load time from the
 * backbone's own reading of the classes' names (upstream {@code classification.py}). A classifier
 * is untrusted input.
 */
package io.github.tommerspark.classify;
