package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.jobs.output.Provenance;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** An output of incremental runs: batches of one or more series, each of which is there once. */
interface BatchedOutput extends AutoCloseable {

  /**
   * Makes sure that writing does not destroy what is being read.
   *
   * @param inputs absolute paths or globs
   */
  void checkAgainst(List<String> inputs);

  /** Begins to write, for which other writers may have to be out of the way. */
  void begin() throws IOException;

  /** Returns the format of the data, as users name it. */
  String format();

  /** Returns whether anything is there, of whatever origin. */
  boolean holdsData();

  /** A series that began after this one, if there is one. */
  Optional<String> seriesAfter(String series);

  /** The number of the last batch of a series that it knows of; -1 if it knows none. */
  long lastBatch(String series);

  /** Returns whether batches may be in it of which it knows nothing any more. */
  boolean forgets();

  /** Returns the place of the batches of a series. */
  String placeOf(IncrementalRun run);

  /**
   * Compares a batch that is there with one that is to be added under its name.
   *
   * @param files that the new one reads
   * @return what the one that is there was made of, in words; empty if it is the same
   */
  Optional<String> difference(IncrementalRun run, long batch, List<String> files)
      throws IOException;

  /**
   * Adds a batch.
   *
   * @param files that it reads
   * @param planned provenance of the batch, as far as it is known
   * @return empty if somebody else has added it meanwhile
   */
  Optional<AnnotateResult> add(
      IncrementalRun run, long batch, List<String> files, Provenance planned, RunOutput.Work work)
      throws IOException;

  /** Ends writing. What was not committed is not there. */
  @Override
  void close();

  /** Files in words: a few names, and how many more. */
  static String listed(List<String> files) {
    String first = String.join(", ", files.subList(0, Math.min(3, files.size())));
    return files.size() > 3
        ? String.format(Locale.ROOT, "%s and %,d more", first, files.size() - 3)
        : first;
  }
}
