package io.github.tommerspark.classify;

import java.util.List;

/** The source of mentions' labels: a span classifier, or a label model. */
public sealed interface MentionClassifier permits SpanClassifier, LabelModel {

  /** The backbone that it was trained on, as its trainer named it. */
  String llmName();

  /** The block whose output it reads, from 0. */
  int layer();

  /** The width of the hidden states that it reads. */
  int hiddenSize();

  /** Names of the classes that it chooses among, {@link ClassifierConfig#OUTSIDE} first. */
  List<String> classes();

  /** Returns whether labels can be given at run time. */
  boolean zeroShot();
}
