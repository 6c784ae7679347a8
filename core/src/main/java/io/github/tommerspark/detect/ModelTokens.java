package io.github.tommerspark.detect;

import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.head.HeadConfig;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import io.github.tommerspark.text.WindowPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The reading of texts that a model is capable of without its weights: their tokens, and how many
 * spans its head would score. Loads in a fraction of a second. Thread-safe.
 */
public final class ModelTokens implements AutoCloseable {

  private final TextTokenizer tokenizer;

  /** Both null when there is no head. */
  private final WindowPlan windows;

  private final HeadConfig head;

  private ModelTokens(TextTokenizer tokenizer, WindowPlan windows, HeadConfig head) {
    this.tokenizer = tokenizer;
    this.windows = windows;
    this.head = head;
  }

  /**
   * Opens the tokenizer of a backbone, and its head if one is known.
   *
   * @param spec whose head may be null even if the backbone brings none; then {@link
   *     #candidateSpans} knows no answer
   * @param options only {@code trustBackbone} matters here
   * @throws IOException if a file is missing or malformed, or the head does not fit the backbone
   */
  public static ModelTokens load(ModelSpec spec, EngineOptions options) throws IOException {
    if (spec.head() == null && !MentionDetector.bundledModels().contains(spec.backbone())) {
      ModelDirectory directory = ModelFiles.snapshot(spec.backbone());
      return new ModelTokens(
          ModelPlan.tokenizer(
              directory, BosPolicy.TOKENIZER, OptionalInt.empty(), options.trustBackbone()),
          null,
          null);
    }
    ModelPlan plan = ModelPlan.of(spec, options.trustBackbone());
    return new ModelTokens(plan.tokenizer(), plan.windows(), plan.head().config());
  }

  /**
   * Copies a bundled model's tokenizer.json.
   *
   * @param model a bundled model
   * @param directory to copy it to
   * @throws IOException if the directory cannot be written
   */
  public static void copyTokenizer(String model, Path directory) throws IOException {
    Files.write(
        directory.resolve(ModelPlan.TOKENIZER),
        ModelFiles.bundled(model).readAll(ModelPlan.TOKENIZER, ModelPlan.MAX_TOKENIZER_BYTES));
  }

  /**
   * Tokenises a text.
   *
   * @param text any text
   * @return its content tokens; offsets in UTF-16 units
   */
  public TokenizedText tokenize(String text) {
    return tokenizer.encode(text);
  }

  /**
   * Returns the number of spans that the head would score in a text.
   *
   * @param tokens of the text, from {@link #tokenize}
   * @return the number, as {@link ScoredText#candidateSpans()}; empty without a head
   */
  public OptionalLong candidateSpans(TokenizedText tokens) {
    if (head == null) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(
        AdmissibleSpans.count(
            head,
            windows.windows(tokens.size()),
            tokenizer.prefixIds().length,
            tokenizer.suffixIds().length));
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
