package io.github.tommerspark.export;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Scores in JSON, where tools have no place of their own for them. */
final class Scores {

  private static final String SCORE = "score";
  private static final String LABEL_SCORE = "label_score";

  private Scores() {}

  /** Puts the scores that a mention has. */
  static void put(ObjectNode object, Annotation mention) {
    if (mention.score() != null) {
      object.put(SCORE, mention.score());
    }
    if (mention.labelScore() != null) {
      object.put(LABEL_SCORE, mention.labelScore());
    }
  }
}
