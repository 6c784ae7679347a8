package io.github.tommerspark.jobs.train;

/** The result of training: the content of {@code training.json}. */
public sealed interface TrainingRecord permits TrainedClassifier, TrainedLabelModel {

  /** For people. */
  String summary();
}
