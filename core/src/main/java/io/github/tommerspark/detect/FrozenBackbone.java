package io.github.tommerspark.detect;

import ai.djl.Device;
import io.github.tommerspark.backbone.Backbone;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.engine.Torch;
import io.github.tommerspark.gguf.GgufSnapshot;
import io.github.tommerspark.head.HeadReach;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import io.github.tommerspark.text.Window;
import io.github.tommerspark.text.WindowPlan;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A backbone on which heads are trained: how it cuts texts into tokens and windows, exactly as for
 * a head that is run on it later. Reads its small files only; {@link #load} reads weights.
 * Thread-safe.
 */
public final class FrozenBackbone implements AutoCloseable {

  /**
   * A choice of backbone, and of the heads that it is for.
   *
   * @param location name of a bundled model, the directory of a Hugging Face snapshot, or a GGUF
   *     file
   * @param bos whether a beginning-of-sequence token is added where the tokenizer adds none; null
   *     for what a bundled model records
   * @param maxTokens tokens of a window including specials; null for the default of the backbone
   * @param heads reach of the heads
   * @param lastLayer index of the last block that is needed
   */
  public record Spec(
      String location, BosPolicy bos, Integer maxTokens, HeadReach heads, int lastLayer)
      implements Serializable {

    /** Checks that there is a location. */
    public Spec {
      Objects.requireNonNull(location, "location");
    }
  }

  private final PlannedSnapshot snapshot;
  private final BosPolicy bos;
  private final int maxTokens;
  private final TextTokenizer tokenizer;
  private final WindowPlan windows;
  private final List<String> warnings;

  private FrozenBackbone(
      PlannedSnapshot snapshot,
      BosPolicy bos,
      int maxTokens,
      TextTokenizer tokenizer,
      WindowPlan windows,
      List<String> warnings) {
    this.snapshot = snapshot;
    this.bos = bos;
    this.maxTokens = maxTokens;
    this.tokenizer = tokenizer;
    this.windows = windows;
    this.warnings = warnings;
  }

  /**
   * Returns the number of blocks of a backbone.
   *
   * @throws IOException if it cannot be read
   */
  public static int layers(String location) throws IOException {
    return ModelFiles.frozen(location, -1).plan(0).plan().layers();
  }

  /**
   * Opens a backbone.
   *
   * @throws IOException if a file is missing or malformed, or a window is too small for the heads
   */
  public static FrozenBackbone open(Spec spec) throws IOException {
    PlannedSnapshot snapshot =
        ModelFiles.frozen(spec.location(), spec.lastLayer()).plan(spec.lastLayer());
    List<String> warnings = new ArrayList<>(snapshot.plan().warnings());
    BosPolicy bos =
        spec.bos() != null
            ? spec.bos()
            : snapshot.files().record().bos().orElse(BosPolicy.TOKENIZER);
    TextTokenizer tokenizer =
        ModelPlan.tokenizer(snapshot.directory(), bos, snapshot.bosTokenId(), false);
    try {
      int maxTokens = snapshot.maxTokens(spec.maxTokens(), warnings);
      WindowPlan windows =
          ModelPlan.windows(
              spec.location(), null, spec.heads(), snapshot.causal(), tokenizer, maxTokens);
      return new FrozenBackbone(
          snapshot, bos, maxTokens, tokenizer, windows, List.copyOf(warnings));
    } catch (IOException | RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** The name that heads record of the backbone they were trained on. */
  public String name() {
    if (!snapshot.plan().nameOrPath().isEmpty()) {
      return snapshot.plan().nameOrPath();
    }
    String location = snapshot.location().replaceAll("/+$", "");
    return GgufSnapshot.modelName(location.substring(location.lastIndexOf('/') + 1));
  }

  /** Width of the hidden states. */
  public int hiddenSize() {
    return snapshot.plan().hiddenSize();
  }

  /** The policy in force. */
  public BosPolicy bos() {
    return bos;
  }

  /** Tokens of a window, specials included. */
  public int maxTokens() {
    return maxTokens;
  }

  /** Remarks worth showing to the user, one line each. */
  public List<String> warnings() {
    return warnings;
  }

  /**
   * A hash of everything that determines the hidden states of the layers, wherever the files are.
   *
   * @return SHA-256 in hex
   */
  public String fingerprint() throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(snapshot.directory())) {
      return Fingerprint.ofBackbone(snapshot.directory(), checkpoint, snapshot.plan().tensors());
    }
  }

  /**
   * The content tokens of a text.
   *
   * @throws IOException if the tokenizer has tokens that the backbone does not know
   */
  public TokenizedText tokenize(String text) throws IOException {
    TokenizedText tokens = tokenizer.encode(text);
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.id(i) >= snapshot.plan().vocabularySize()) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "Cannot use backbone %s: its tokenizer gives token id %d, but it has only %d; tokenizer.json and config.json do not belong together",
                snapshot.location(),
                tokens.id(i),
                snapshot.plan().vocabularySize()));
      }
    }
    return tokens;
  }

  /** The windows of a text of so many content tokens. */
  public List<Window> windows(int tokens) {
    return windows.windows(tokens);
  }

  /** Special tokens before the content of every window. */
  public int[] prefixIds() {
    return tokenizer.prefixIds();
  }

  /** Special tokens after it. */
  public int[] suffixIds() {
    return tokenizer.suffixIds();
  }

  /**
   * Reads the weights.
   *
   * @return the backbone in native memory, to be closed by the caller
   * @throws IOException if a tensor cannot be read
   * @throws IllegalStateException if the device is not there
   */
  public Backbone load(EngineOptions options) throws IOException {
    Device device = Torch.device(options);
    ComputeType type = options.dtype().on(device);
    try (Checkpoint checkpoint = Checkpoint.open(snapshot.directory())) {
      return Backbone.load(snapshot.plan(), checkpoint, type, device, List.of());
    }
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
