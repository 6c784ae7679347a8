package io.github.tommerspark.detect;

import ai.djl.Device;
import io.github.tommerspark.classify.Label;
import io.github.tommerspark.classify.MentionClassifier;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.head.Head;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A user's own TorchScript file, of which hardly anything is known before it runs. */
record PlannedScript(BackboneFiles.Script files) implements PlannedBackbone {

  // What the file can take is unknown; nearly every encoder takes this.
  private static final int DEFAULT_MAX_TOKENS = 512;

  @Override
  public String location() {
    return files.file().toString();
  }

  @Override
  public String family() {
    return ScriptStates.DTYPE;
  }

  @Override
  public long bytes() {
    return files.file().toFile().length();
  }

  @Override
  public long parameters() {
    return 0;
  }

  @Override
  public int lastLayer() {
    return 0;
  }

  @Override
  public boolean givesAnyLayer() {
    return false;
  }

  @Override
  public boolean causal() {
    return false;
  }

  @Override
  public OptionalInt bosTokenId() {
    return OptionalInt.empty();
  }

  @Override
  public int maxTokens(Integer wanted, List<String> warnings) {
    return wanted != null ? wanted : DEFAULT_MAX_TOKENS;
  }

  /** Does nothing: the width is seen when the file runs. */
  @Override
  public void requireFit(
      ModelSpec spec,
      ModelFiles parts,
      Head head,
      MentionClassifier classifier,
      List<String> warnings) {}

  @Override
  public StateSource load(List<ModelPlan> models, EngineOptions options, Device device)
      throws IOException {
    for (ModelPlan model : models) {
      model.verify(model.backbone().hashes());
    }
    return ScriptStates.load(files.file(), device, models.get(0).head().hiddenSize());
  }

  @Override
  public Hashes hashes() {
    return new ScriptHashes(files);
  }

  private record ScriptHashes(BackboneFiles.Script files) implements Hashes {

    @Override
    public String of(Head head) throws IOException {
      return Fingerprint.ofScript(files.directory(), files.file(), head);
    }

    @Override
    public Optional<String> weights(int layer) {
      return Optional.empty();
    }

    @Override
    public Optional<String> cheapWeights(int layer) {
      return Optional.empty();
    }

    /** Without the file, which the hash with the head covers whole. */
    @Override
    public String of(MentionClassifier classifier, List<Label> labels, Typing typing) {
      return Fingerprint.ofClassifier(classifier, labels, typing);
    }

    @Override
    public void close() {}
  }
}
