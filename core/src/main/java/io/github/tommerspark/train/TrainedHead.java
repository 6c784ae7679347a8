package io.github.tommerspark.train;

import io.github.tommerspark.head.Head;
import java.util.List;

/**
 * A head as it was at the best epoch of its last phase.
 *
 * @param slot its layer and rank
 * @param head with the best dev threshold as the recommended one
 * @param best that epoch
 * @param curve of that epoch
 * @param history of all epochs
 */
public record TrainedHead(
    HeadSlot slot, Head head, EpochScores best, DevCurve curve, List<EpochScores> history) {}
