package io.github.tommerspark.jobs.annotate;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** The options of incremental runs. */
final class IncrementalFlags {

  @Option(
      names = "--incremental",
      description =
          "Annotate the files that no earlier run has annotated, in batches under OUTPUT/run=ID/batch=N, and end. Run it again and again over a growing input.")
  private boolean incremental;

  @Option(
      names = "--checkpoint",
      paramLabel = "PATH",
      description =
          "With --incremental: directory of the bookkeeping of what is done (default: _tommer/checkpoint in the output).")
  private String checkpoint;

  @Option(
      names = "--max-files-per-batch",
      paramLabel = "N",
      description =
          "With --incremental: files of each --input that one batch takes; a killed run repeats at most a batch (default: "
              + IncrementalOptions.DEFAULT_MAX_FILES_PER_BATCH
              + ").")
  private Integer maxFilesPerBatch;

  @Option(
      names = "--new-output",
      description =
          "With --incremental: begin again with all files, in a directory run=ID of its own beside what is there.")
  private boolean newOutput;

  /**
   * Returns the options of an incremental run; null if none was asked for.
   *
   * @param given all options of the command line
   * @param named whether the run has a name
   * @throws IllegalArgumentException if options contradict each other
   */
  @Nullable IncrementalOptions options(ParseResult given, boolean named) {
    if (!incremental) {
      for (String name : List.of("--checkpoint", "--max-files-per-batch", "--new-output")) {
        if (given.hasMatchedOption(name)) {
          throw new IllegalArgumentException(name + " needs --incremental");
        }
      }
      return null;
    }
    if (given.hasMatchedOption("--mode")) {
      throw new IllegalArgumentException(
          "--mode and --incremental exclude each other: incremental runs add batches to their own output");
    }
    if (named) {
      throw new IllegalArgumentException(
          "--run-id and --incremental exclude each other: batches have names of their own");
    }
    if (maxFilesPerBatch != null && maxFilesPerBatch < 1) {
      throw new IllegalArgumentException(
          "--max-files-per-batch must be at least 1, but is " + maxFilesPerBatch);
    }
    return new IncrementalOptions(
        checkpoint,
        maxFilesPerBatch == null
            ? IncrementalOptions.DEFAULT_MAX_FILES_PER_BATCH
            : maxFilesPerBatch,
        newOutput);
  }
}
