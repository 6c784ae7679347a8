package io.github.tommerspark.detect;

import io.github.tommerspark.engine.EngineOptions;
import java.io.IOException;
import java.util.List;

/** Finds mentions. */
public final class MentionDetector implements AutoCloseable {

  /** Reads config, header and head of every model, without weights. Checks that they fit. */
  public static List<ModelDescription> describe(List<ModelSpec> models, EngineOptions options)
      throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Loads; models that share a backbone, windows and bos policy share one forward. */
  public static MentionDetector load(List<ModelSpec> models, EngineOptions options)
      throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Names of bundled models. */
  public static List<String> bundledModels() {
    return List.of("nano-llama", "nano-neox");
  }

  /** All models, one result per text in order; never throws for a text; nulls allowed. */
  public List<DocumentMentions> annotate(List<String> texts) {
    throw new UnsupportedOperationException();
  }

  /** Single-model convenience. */
  public List<List<Mention>> detect(List<String> texts) {
    throw new UnsupportedOperationException();
  }

  /** The models, in the order of the results. */
  public List<ModelSpec> models() {
    throw new UnsupportedOperationException();
  }

  /** One per backbone. */
  public List<LoadReport> loadReports() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
