package io.github.tommerspark.jobs.train;

/** What training came to: the content of {@code training.json}. */
public sealed interface TrainingRecord permits TrainedClassifier, TrainedLabelModel {

  /** For people. */
  String summary();
}
