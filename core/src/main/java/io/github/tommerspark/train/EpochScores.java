package io.github.tommerspark.train;

/**
 * An epoch of one head.
 *
 * @param phase from 0, which learns from gold; later ones learn from the head itself
 * @param epoch of the phase, from 0
 * @param steps that the head made in it
 * @param loss mean over those steps
 * @param gradientNorm mean over those steps, before clipping
 * @param learningRate after the last step
 * @param precision on the dev data at threshold 0.5
 * @param recall on the dev data at threshold 0.5
 * @param f1 on the dev data at threshold 0.5
 * @param bestF1 on the dev data over all thresholds
 * @param bestThreshold where that is
 */
public record EpochScores(
    int phase,
    int epoch,
    int steps,
    double loss,
    double gradientNorm,
    double learningRate,
    double precision,
    double recall,
    double f1,
    double bestF1,
    double bestThreshold) {}
