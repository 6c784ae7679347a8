package io.github.tommerspark.detect;

import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.head.HeadConfig;
import io.github.tommerspark.head.HeadFiles;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.WindowPlan;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;

/**
 * A model whose parts have been found, read where they are small, and seen to fit together; no
 * weights of the backbone are loaded. Closing it closes the tokenizer.
 *
 * @param spec what was asked for
 * @param files where it is
 * @param head the head
 * @param backbone the backbone cut after the head's layer; null for a user's own TorchScript file
 * @param bos the policy in force
 * @param tokenizer the backbone's tokenizer, open
 * @param maxTokens tokens of a window, specials included
 * @param windows how long texts are cut
 * @param warnings remarks worth showing to the user
 */
record ModelPlan(
    ModelSpec spec,
    ModelFiles files,
    Head head,
    BackbonePlan backbone,
    BosPolicy bos,
    TextTokenizer tokenizer,
    int maxTokens,
    WindowPlan windows,
    List<String> warnings)
    implements AutoCloseable {

  private static final int DEFAULT_MAX_TOKENS = 1024;
  // What a TorchScript file can take is unknown; nearly every encoder takes this.
  private static final int DEFAULT_SCRIPT_MAX_TOKENS = 512;
  static final String TOKENIZER = "tokenizer.json";
  static final int MAX_TOKENIZER_BYTES = 256 << 20;

  /** What models must have in common to share tokens, windows and a forward. */
  record SharingKey(String backbone, BosPolicy bos, int maxTokens, WindowPlan windows) {}

  static ModelPlan of(ModelSpec spec, boolean trustBackbone) throws IOException {
    ModelFiles files = ModelFiles.find(spec, trustBackbone);
    Head head = HeadFiles.read(files.head());
    List<String> warnings = new ArrayList<>();
    BackbonePlan backbone = null;
    if (files.script() == null) {
      try (Checkpoint checkpoint = Checkpoint.open(files.backbone())) {
        backbone = BackbonePlan.of(files.backbone(), checkpoint, head.config().layer());
      }
      warnings.addAll(backbone.warnings());
      if (backbone.hiddenSize() != head.hiddenSize()) {
        throw new ModelFormatException(
            "Cannot use head %s with backbone %s: the head reads hidden states of width %d, the backbone's have width %d; choose the head made for this backbone"
                .formatted(
                    files.head().name(),
                    files.backbone().name(),
                    head.hiddenSize(),
                    backbone.hiddenSize()));
      }
      warnAboutName(spec, files, head, backbone, warnings);
    }
    BosPolicy bos = bos(spec, files, head);
    TextTokenizer tokenizer =
        tokenizer(
            files.backbone(), bos, backbone == null ? OptionalInt.empty() : backbone.bosTokenId());
    try {
      int maxTokens = maxTokens(spec, files, backbone, warnings);
      WindowPlan windows = windows(spec, head.config(), backbone, tokenizer, maxTokens);
      return new ModelPlan(
          spec, files, head, backbone, bos, tokenizer, maxTokens, windows, List.copyOf(warnings));
    } catch (IOException | RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  static WindowPlan windows(
      ModelSpec spec,
      HeadConfig head,
      BackbonePlan backbone,
      TextTokenizer tokenizer,
      int maxTokens)
      throws IOException {
    try {
      return WindowPlan.of(
          maxTokens,
          tokenizer.prefixIds().length,
          tokenizer.suffixIds().length,
          spec.overlap() == null ? OptionalInt.empty() : OptionalInt.of(spec.overlap()),
          head.slidingWindow(),
          backbone != null && backbone.causal(),
          head.causalMask());
    } catch (IllegalArgumentException e) {
      throw new IOException("Cannot use model %s: %s".formatted(spec.name(), e.getMessage()), e);
    }
  }

  private static BosPolicy bos(ModelSpec spec, ModelFiles files, Head head) {
    if (spec.bos() != null) {
      return spec.bos();
    } else if (head.config().bosAlways()) {
      return BosPolicy.ALWAYS;
    }
    return files.bos() != null ? files.bos() : BosPolicy.TOKENIZER;
  }

  static int maxTokens(
      ModelSpec spec, ModelFiles files, BackbonePlan backbone, List<String> warnings)
      throws IOException {
    if (backbone == null) {
      return spec.maxTokens() != null ? spec.maxTokens() : DEFAULT_SCRIPT_MAX_TOKENS;
    }
    int made = Math.min(backbone.maxPositions(), files.maxTokens().orElse(Integer.MAX_VALUE));
    if (spec.maxTokens() == null) {
      return Math.min(DEFAULT_MAX_TOKENS, made);
    }
    int wanted = spec.maxTokens();
    if (backbone.learnedPositions() && wanted > backbone.maxPositions()) {
      throw new IOException(
          "Cannot use --max-tokens %d with backbone %s: it has learned %d positions; use %d or less"
              .formatted(
                  wanted,
                  files.backbone().name(),
                  backbone.maxPositions(),
                  backbone.maxPositions()));
    }
    if (wanted > made) {
      warnings.add(
          "windows of %d tokens are longer than the %d that backbone %s was made for"
              .formatted(wanted, made, files.backbone().name()));
    }
    return wanted;
  }

  private static void warnAboutName(
      ModelSpec spec, ModelFiles files, Head head, BackbonePlan backbone, List<String> warnings) {
    String trained = lastSegment(head.config().llmName());
    TreeSet<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    names.add(lastSegment(files.backbone().name()));
    names.add(lastSegment(backbone.nameOrPath()));
    if (!trained.isEmpty() && !names.contains(trained)) {
      warnings.add(
          "head %s was trained on \"%s\", but the backbone is %s"
              .formatted(files.head().name(), head.config().llmName(), files.backbone().name()));
    }
  }

  private static String lastSegment(String name) {
    String trimmed = name.replaceAll("/+$", "");
    return trimmed.substring(trimmed.lastIndexOf('/') + 1);
  }

  /** The tokenizer of a snapshot, to be closed by the caller. */
  static TextTokenizer tokenizer(ModelDirectory directory, BosPolicy bos, OptionalInt bosTokenId)
      throws IOException {
    if (!directory.exists(TOKENIZER)) {
      throw new IOException(
          "Cannot read backbone %s: there is no tokenizer.json; download it with the model, or save it with transformers' PreTrainedTokenizerFast"
              .formatted(directory.name()));
    }
    return TextTokenizer.load(
        directory.name() + "/" + TOKENIZER,
        new ByteArrayInputStream(directory.readAll(TOKENIZER, MAX_TOKENIZER_BYTES)),
        bos,
        bosTokenId);
  }

  SharingKey sharingKey() {
    String location = files.script() != null ? files.script().toString() : files.backbone().name();
    return new SharingKey(location, bos, maxTokens, windows);
  }

  ModelDescription describe() throws IOException {
    if (backbone == null) {
      return new ModelDescription(
          spec,
          "torchscript",
          head.config().layer(),
          head.hiddenSize(),
          Fingerprint.ofScript(files.backbone(), files.script(), head),
          files.script().toFile().length(),
          0,
          maxTokens,
          windows.overlap(),
          bos,
          warnings);
    }
    try (Checkpoint checkpoint = Checkpoint.open(files.backbone())) {
      return new ModelDescription(
          spec,
          backbone.family(),
          head.config().layer(),
          backbone.hiddenSize(),
          Fingerprint.of(files.backbone(), checkpoint, backbone.tensors(), head),
          backbone.bytes(),
          backbone.parameters(),
          maxTokens,
          windows.overlap(),
          bos,
          warnings);
    }
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
