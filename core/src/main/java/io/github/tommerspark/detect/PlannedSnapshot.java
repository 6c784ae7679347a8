package io.github.tommerspark.detect;

import ai.djl.Device;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.classify.Label;
import io.github.tommerspark.classify.MentionClassifier;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.gguf.GgufSnapshot;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.source.ModelDirectory;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;

/**
 * A snapshot whose config.json and tensor headers have been read.
 *
 * @param files where it is
 * @param plan the blocks to load
 */
record PlannedSnapshot(BackboneFiles.Snapshot files, BackbonePlan plan) implements PlannedBackbone {

  private static final int DEFAULT_MAX_TOKENS = 1024;

  @Override
  public String location() {
    return directory().name();
  }

  @Override
  public String family() {
    return plan.family();
  }

  @Override
  public long bytes() {
    return plan.bytes();
  }

  @Override
  public long parameters() {
    return plan.parameters();
  }

  @Override
  public int lastLayer() {
    return plan.lastLayer();
  }

  @Override
  public boolean givesAnyLayer() {
    return true;
  }

  @Override
  public boolean causal() {
    return plan.causal();
  }

  @Override
  public OptionalInt bosTokenId() {
    return plan.bosTokenId();
  }

  @Override
  public int maxTokens(Integer wanted, List<String> warnings) throws IOException {
    int made = Math.min(plan.maxPositions(), files.record().maxTokens().orElse(Integer.MAX_VALUE));
    if (wanted == null) {
      return Math.min(DEFAULT_MAX_TOKENS, made);
    }
    if (plan.learnedPositions() && wanted > plan.maxPositions()) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "Cannot use ‹maxTokens› %d with backbone %s: it has learned %d positions; use %d or less",
              wanted,
              location(),
              plan.maxPositions(),
              plan.maxPositions()));
    }
    if (wanted > made) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "windows of %d tokens are longer than the %d that backbone %s was made for",
              wanted,
              made,
              location()));
    }
    return wanted;
  }

  @Override
  public void requireFit(
      ModelSpec spec,
      ModelFiles parts,
      Head head,
      MentionClassifier classifier,
      List<String> warnings)
      throws IOException {
    warnings.addAll(plan.warnings());
    Optional<BundledHead> bundled = BundledHead.find(spec.head());
    if (bundled.isPresent()) {
      bundled.get().requireFit(plan);
    }
    if (plan.hiddenSize() != head.hiddenSize()) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot use head %s with backbone %s: the head reads hidden states of width %d, the backbone's have width %d; choose the head made for this backbone",
              parts.head().name(),
              location(),
              head.hiddenSize(),
              plan.hiddenSize()));
    }
    if (bundled.isEmpty()) {
      warnAboutName("head", parts.head(), head.config().llmName(), warnings);
    }
    if (classifier != null) {
      warnAboutName("classifier", parts.classifier(), classifier.llmName(), warnings);
    }
  }

  private void warnAboutName(
      String what, ModelDirectory part, String trainedOn, List<String> warnings) {
    String trained = lastSegment(trainedOn);
    TreeSet<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    names.add(GgufSnapshot.modelName(lastSegment(location())));
    names.add(lastSegment(plan.nameOrPath()));
    if (!trained.isEmpty() && !names.contains(trained)) {
      warnings.add(
          "%s %s was trained on \"%s\", but the backbone is %s"
              .formatted(what, part.name(), trainedOn, location()));
    }
  }

  private static String lastSegment(String name) {
    String trimmed = name.replaceAll("/+$", "");
    return trimmed.substring(trimmed.lastIndexOf('/') + 1);
  }

  @Override
  public StateSource load(List<ModelPlan> models, EngineOptions options, Device device)
      throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(directory())) {
      for (ModelPlan model : models) {
        model.verify(new SnapshotHashes(model.backbone().directory(), checkpoint));
      }
      ComputeType type = options.dtype().on(device);
      return SnapshotStates.load(plan, checkpoint, type, device);
    }
  }

  @Override
  public Hashes hashes() throws IOException {
    return new SnapshotHashes(directory(), Checkpoint.open(directory()));
  }

  private record SnapshotHashes(ModelDirectory directory, Checkpoint checkpoint) implements Hashes {

    private BackbonePlan upTo(int layer) throws IOException {
      return BackbonePlan.of(directory, checkpoint, layer);
    }

    private Collection<TensorInfo> tensors(int layer) throws IOException {
      return upTo(layer).tensors();
    }

    @Override
    public String of(Head head) throws IOException {
      return Fingerprint.of(directory, checkpoint, tensors(head.config().layer()), head);
    }

    @Override
    public Optional<String> weights(int layer) throws IOException {
      return Optional.of(WeightHash.of(checkpoint, tensors(layer)));
    }

    @Override
    public Optional<String> cheapWeights(int layer) throws IOException {
      BackbonePlan cut = upTo(layer);
      return WeightHash.isCheap(checkpoint, cut.bytes())
          ? Optional.of(WeightHash.remembered(checkpoint, cut.tensors()))
          : Optional.empty();
    }

    @Override
    public String of(MentionClassifier classifier, List<Label> labels, Typing typing)
        throws IOException {
      return Fingerprint.ofClassifier(
          checkpoint, tensors(classifier.layer()), classifier, labels, typing);
    }

    @Override
    public void close() throws IOException {
      checkpoint.close();
    }
  }
}
