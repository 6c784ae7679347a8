package io.github.tommerspark.spark;

import io.github.tommerspark.detect.FrozenBackbone;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.train.TrainingOptions;
import java.io.Serializable;

/**
 * The data that executors need to prepare training.
 *
 * @param backbone that is frozen
 * @param layers whose states are wanted, rising
 * @param engine how to run it
 * @param options of the heads
 */
public record TrainPlan(
    FrozenBackbone.Spec backbone, int[] layers, EngineOptions engine, TrainingOptions options)
    implements Serializable {}
