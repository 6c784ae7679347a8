package io.github.tommerspark.spark;

import java.io.Serializable;
import java.util.List;

/**
 * The result of annotating one partition.
 *
 * @param executor where it ran, as Spark names executors
 * @param loads how often that executor's JVM has loaded the models
 * @param loadSeconds what that took
 * @param device where its models are, such as {@code cpu} or {@code gpu(0)}
 * @param batchTokens tokens of a forward call at most, at that time: fewer than were asked for once
 *     the device ran out of memory
 * @param rows rows annotated
 * @param withoutText rows whose text is null, empty or blank
 * @param errors rows with an error
 * @param windowed rows that were longer than one window of some model
 * @param mentions mentions, per model
 * @param tokens tokens of the documents without specials and overlaps, per model
 * @param seconds wall time spent in the detector
 */
public record PartitionReport(
    String executor,
    int loads,
    double loadSeconds,
    String device,
    int batchTokens,
    long rows,
    long withoutText,
    long errors,
    long windowed,
    List<Long> mentions,
    List<Long> tokens,
    double seconds)
    implements Serializable {}
