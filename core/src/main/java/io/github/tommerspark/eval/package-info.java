/**
 * What mentions are worth, in numbers: how far several models agree on them.
 *
 * <p>{@link io.github.tommerspark.eval.SpanSet} is what one model found in one document, {@link
 * io.github.tommerspark.eval.AgreementTally} adds documents up and merges with other tallies, and
 * {@link io.github.tommerspark.eval.PairAgreement} is what comes out for two models. No text is
 * kept, and no document: memory depends on the number of models alone.
 */
package io.github.tommerspark.eval;
