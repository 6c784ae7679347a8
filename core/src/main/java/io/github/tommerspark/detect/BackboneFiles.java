package io.github.tommerspark.detect;

import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.source.ModelDirectory;
import java.io.IOException;
import java.nio.file.Path;

/** The files of a backbone, which have been found but not read. */
sealed interface BackboneFiles {

  /** The directory of its tokenizer. */
  ModelDirectory directory();

  /** The record that came with it. */
  ModelRecord record();

  /**
   * Reads what is small.
   *
   * @param lastLayer index of the last block that is needed
   * @throws IOException if a file is missing or malformed, or there is no such block
   */
  PlannedBackbone plan(int lastLayer) throws IOException;

  /**
   * A snapshot: a directory with config.json, safetensors and tokenizer.json, or a GGUF file seen
   * as one.
   */
  record Snapshot(ModelDirectory directory, ModelRecord record) implements BackboneFiles {

    @Override
    public PlannedSnapshot plan(int lastLayer) throws IOException {
      try (Checkpoint checkpoint = Checkpoint.open(directory)) {
        return new PlannedSnapshot(this, BackbonePlan.of(directory, checkpoint, lastLayer));
      }
    }
  }

  /**
   * A user's own TorchScript file.
   *
   * @param file the file
   * @param directory where it is
   */
  record Script(Path file, ModelDirectory directory) implements BackboneFiles {

    @Override
    public ModelRecord record() {
      return ModelRecord.NONE;
    }

    @Override
    public PlannedScript plan(int lastLayer) {
      return new PlannedScript(this);
    }
  }
}
