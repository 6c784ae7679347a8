package io.github.tommerspark.train;

/** The labels that a head learns to reproduce. */
enum Target {
  /** The gold spans. */
  GOLD,
  /** Spans that a teacher is sure of, and the gold ones. */
  TEACHER_LABELS,
  /** A teacher's probabilities, and the gold spans. */
  TEACHER_PROBABILITIES
}
