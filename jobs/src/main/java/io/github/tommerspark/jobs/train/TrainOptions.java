package io.github.tommerspark.jobs.train;

import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.dataset.GoldSource;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.train.TrainingOptions;
import java.util.List;

/**
 * Everything the train job is told.
 *
 * @param train gold files to learn from
 * @param dev gold files to choose epochs and thresholds by
 * @param goldFormat of all of them; null to go by their names
 * @param goldColumn column of Parquet files with the gold mentions
 * @param keepUnannotated whether documents without a gold mention count
 * @param dropPronouns whether gold mentions that are an English pronoun are left out
 * @param backbone name of a bundled model, or a snapshot
 * @param layers to train heads for; empty for all
 * @param ranks to train heads of
 * @param bos policy for the beginning-of-sequence token; null for the default of the model
 * @param maxTokens of a window; null for the default of the backbone
 * @param engine how to run the backbone
 * @param training how to train
 * @param cacheBytes of hidden states that may be kept on the driver's disk
 * @param output directory to write to
 * @param overwrite whether what is there may be replaced
 * @param resume whether to go on with what is there
 */
record TrainOptions(
    List<String> train,
    List<String> dev,
    GoldSource goldFormat,
    String goldColumn,
    boolean keepUnannotated,
    boolean dropPronouns,
    String backbone,
    List<Integer> layers,
    List<Integer> ranks,
    BosPolicy bos,
    Integer maxTokens,
    EngineOptions engine,
    TrainingOptions training,
    long cacheBytes,
    String output,
    boolean overwrite,
    boolean resume) {}
