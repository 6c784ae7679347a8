package io.github.tommerspark.train;

import io.github.tommerspark.head.Head;
import java.util.List;

/**
 * A head as it was at the best epoch of its last phase.
 *
 * @param slot its layer and rank
 * @param head calibrated, with the thresholds that its dev data advise
 * @param best that epoch
 * @param curve of that epoch, over calibrated scores
 * @param reliability of those scores
 * @param history of all epochs
 */
public record TrainedHead(
    HeadSlot slot,
    Head head,
    EpochScores best,
    DevCurve curve,
    Reliability reliability,
    List<EpochScores> history) {}
