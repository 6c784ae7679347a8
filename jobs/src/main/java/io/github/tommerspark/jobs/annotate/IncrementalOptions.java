package io.github.tommerspark.jobs.annotate;

/**
 * Settings by which an incremental run keeps track of what it has annotated.
 *
 * @param checkpoint directory of the bookkeeping; null for {@code _tommer/checkpoint} in the output
 * @param maxFilesPerBatch files of each input that one batch takes at most
 * @param newOutput whether to begin again, beside what the output holds already
 */
record IncrementalOptions(String checkpoint, int maxFilesPerBatch, boolean newOutput) {

  /** Enough for a batch to be worth its overhead, few enough to lose little when one is killed. */
  static final int DEFAULT_MAX_FILES_PER_BATCH = 1000;
}
