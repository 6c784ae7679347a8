package io.github.tommerspark.jobs.train;

import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.gold.TypeMap;
import io.github.tommerspark.jobs.dataset.GoldSource;
import io.github.tommerspark.train.ClassifierOptions;
import io.github.tommerspark.train.LabelOptions;
import java.util.List;
import java.util.Map;

/**
 * Everything the job that trains classifiers is told.
 *
 * @param train paths of gold files by name of the data set, in the order given
 * @param dev the same for the documents that the best epoch is chosen by; none to hold some out
 * @param goldFormat of all of them; null to go by their names
 * @param goldColumn column of Parquet files with the gold mentions
 * @param types other names for the types of gold mentions
 * @param model the detector
 * @param engine how to run it
 * @param layers blocks to read, each tried; null stands for the head's
 * @param representation how hidden states become one vector per span
 * @param training how to train a span classifier; null to train a label model
 * @param labels how to train a label model; null to train a span classifier
 * @param broader path of a table of broader types, for label models; null for none
 * @param seeds each tried
 * @param initial a bundled model that brings a classifier to go on from, or the directory of one;
 *     null to begin anew
 * @param output directory to write to
 * @param overwrite whether a classifier there may be replaced
 */
record TrainClassifierOptions(
    Map<String, List<String>> train,
    Map<String, List<String>> dev,
    GoldSource goldFormat,
    String goldColumn,
    TypeMap types,
    ModelSpec model,
    EngineOptions engine,
    List<Integer> layers,
    SpanRepresentation representation,
    ClassifierOptions training,
    LabelOptions labels,
    String broader,
    List<Long> seeds,
    String initial,
    String output,
    boolean overwrite) {}
