/**
 * ToMMeR heads: their parameters and settings, and the files they are published in.
 *
 * <p>A head scores spans of tokens from the hidden states of one layer of a backbone (Morand et
 * al., arXiv 2510.19410). Two file formats are in circulation; both are read, the newer one is
 * written. A head is untrusted input: the older format contains a Python pickle, of which the few
 * operations that a state dict needs are interpreted and nothing else is.
 */
@NullMarked
package io.github.tommerspark.head;

import org.jspecify.annotations.NullMarked;
