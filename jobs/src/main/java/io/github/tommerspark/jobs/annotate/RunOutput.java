package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.output.Provenance;
import java.io.IOException;
import java.util.Optional;

/** An output of a run in one piece: its rows are there whole, or not at all. */
interface RunOutput {

  /**
   * Makes sure that writing does not destroy what is being read.
   *
   * @param corpus that is read
   */
  void checkAgainst(Corpus corpus);

  /** Returns the format of the data, as users name it. */
  String format();

  /** The provenance of the run that the user gave this id, if its rows are there. */
  Optional<Provenance> done() throws IOException;

  /** Does what a run that is done may have left undone. */
  void tidy() throws IOException;

  /**
   * Makes sure that what is to be written may stand beside what is there.
   *
   * @param planned the provenance of this run, as far as it is known
   */
  void checkAgainst(Provenance planned);

  /** Annotates the rows of a run or a batch. */
  interface Work {

    /** Writes them to a destination, with provenance as far as it is known. */
    AnnotateResult annotate(Provenance planned, AnnotateJob.Destination destination)
        throws IOException;
  }

  /**
   * The outcome of an addition.
   *
   * @param result of this run; null if somebody else has committed the run under its id meanwhile
   * @param done the provenance of what is in the output
   */
  record Added(AnnotateResult result, Provenance done) {}

  /**
   * Adds the rows.
   *
   * @param planned provenance, as far as it is known
   */
  Added add(Provenance planned, Work work) throws IOException;
}
