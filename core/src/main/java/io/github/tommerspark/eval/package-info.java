/**
 * The quality of mentions, and the agreement of models on them.
 *
 * <p>Scoring against gold data: {@link io.github.tommerspark.eval.EvaluationTally} counts one model
 * on one data set, {@link io.github.tommerspark.eval.EvaluationTable} holds the counts of several
 * data sets and their aggregates. The protocol is the published one ({@code NERmodel.evaluate} and
 * {@code count_perf} in {@code models/model.py}, {@code add_agg_metrics} in {@code results.py}).
 *
 * <p>Agreement: {@link io.github.tommerspark.eval.SpanSet} is what one model found in one document,
 * {@link io.github.tommerspark.eval.AgreementTally} adds documents up and merges with other
 * tallies, and {@link io.github.tommerspark.eval.PairAgreement} is what comes out for two models,
 * with the {@link io.github.tommerspark.eval.LabelAgreement} of those that give labels. No text is
 * kept, and no document: memory depends on the number of models and of different labels alone.
 */
@NullMarked
package io.github.tommerspark.eval;

import org.jspecify.annotations.NullMarked;
