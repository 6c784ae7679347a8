package io.github.tommerspark.jobs.train;

import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.dataset.GoldReading;
import io.github.tommerspark.jobs.output.ResultPlace;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.train.TrainingOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything the train job is told.
 *
 * @param gold the data
 * @param backbone the language model
 * @param layers to train heads for; empty for all
 * @param ranks to train heads of
 * @param training how to train
 * @param cacheBytes of hidden states that may be kept on the driver's disk
 * @param output where heads are written
 * @param resume whether to go on with what is there
 */
record TrainOptions(
    Gold gold,
    Backbone backbone,
    List<Integer> layers,
    List<Integer> ranks,
    TrainingOptions training,
    long cacheBytes,
    ResultPlace output,
    boolean resume) {

  /**
   * The data.
   *
   * @param train gold files to learn from
   * @param dev gold files to choose epochs and thresholds by
   * @param reading how they are read
   * @param keepUnannotated whether documents without a gold mention count
   * @param dropPronouns whether gold mentions that are an English pronoun are left out
   */
  record Gold(
      List<String> train,
      List<String> dev,
      GoldReading reading,
      boolean keepUnannotated,
      boolean dropPronouns) {}

  /**
   * The language model.
   *
   * @param location name of a bundled model, or a snapshot
   * @param bos policy for the beginning-of-sequence token; null for the default of the model
   * @param maxTokens of a window; null for the default of the backbone
   * @param engine how to run it
   */
  record Backbone(
      String location,
      @Nullable BosPolicy bos,
      @Nullable Integer maxTokens,
      EngineOptions engine) {}
}
