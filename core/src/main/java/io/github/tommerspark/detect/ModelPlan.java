package io.github.tommerspark.detect;

import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.classify.MentionClassifier;
import io.github.tommerspark.gguf.GgufSnapshot;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.head.HeadFiles;
import io.github.tommerspark.head.HeadReach;
import io.github.tommerspark.head.HeadThresholds;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.WindowPlan;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeSet;

/**
 * A model whose parts have been found, read where they are small, and seen to fit together; no
 * weights of the backbone are loaded. Closing it closes the tokenizer.
 *
 * @param spec what was asked for, with the number of its threshold
 * @param files where it is
 * @param head the head
 * @param classifier the classifier, with its own classes or without any; null for mentions without
 *     labels
 * @param backbone the backbone cut after the deepest layer of both; null for a user's own
 *     TorchScript file
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
    MentionClassifier classifier,
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

  /** The properties that models must have in common to share tokens, windows and a forward. */
  record SharingKey(String backbone, BosPolicy bos, int maxTokens, WindowPlan windows) {}

  static ModelPlan of(ModelSpec spec, boolean trustBackbone) throws IOException {
    return of(spec, trustBackbone, 0);
  }

  /**
   * Plans a model.
   *
   * @param leastLayer last block that is to be loaded even if head and classifier read none so deep
   */
  static ModelPlan of(ModelSpec asked, boolean trustBackbone, int leastLayer) throws IOException {
    ModelFiles files = ModelFiles.find(asked, trustBackbone, leastLayer);
    Head head = head(asked, files);
    ModelSpec spec = resolved(asked, files, head);
    MentionClassifier classifier = files.classifier() == null ? null : classifier(spec, files);
    List<String> warnings = new ArrayList<>();
    BackbonePlan backbone = null;
    if (files.script() == null) {
      try (Checkpoint checkpoint = Checkpoint.open(files.backbone())) {
        backbone =
            BackbonePlan.of(
                files.backbone(), checkpoint, Math.max(leastLayer, lastLayer(head, classifier)));
      }
      warnings.addAll(backbone.warnings());
      Optional<BundledHead> bundled = BundledHead.find(spec.head());
      if (bundled.isPresent()) {
        bundled.get().requireFit(backbone);
      }
      if (backbone.hiddenSize() != head.hiddenSize()) {
        throw new ModelFormatException(
            String.format(
                Locale.ROOT,
                "Cannot use head %s with backbone %s: the head reads hidden states of width %d, the backbone's have width %d; choose the head made for this backbone",
                files.head().name(),
                files.backbone().name(),
                head.hiddenSize(),
                backbone.hiddenSize()));
      }
      if (bundled.isEmpty()) {
        warnAboutName("head", files.head(), head.config().llmName(), files, backbone, warnings);
      }
      if (classifier != null) {
        warnAboutName(
            "classifier", files.classifier(), classifier.llmName(), files, backbone, warnings);
      }
    }
    if (classifier != null) {
      checkClassifier(files, head, classifier);
    }
    BosPolicy bos = bos(spec, files, head);
    TextTokenizer tokenizer =
        tokenizer(
            files.backbone(),
            bos,
            backbone == null ? OptionalInt.empty() : backbone.bosTokenId(),
            trustBackbone);
    try {
      int maxTokens = maxTokens(spec, files, backbone, warnings);
      WindowPlan windows = windows(spec, head.config().reach(), backbone, tokenizer, maxTokens);
      return new ModelPlan(
          spec,
          files,
          head,
          classifier,
          backbone,
          bos,
          tokenizer,
          maxTokens,
          windows,
          List.copyOf(warnings));
    } catch (IOException | RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** The head, with word boundaries as asked for. */
  private static Head head(ModelSpec asked, ModelFiles files) throws IOException {
    Head head = HeadFiles.read(files.head());
    return asked.wordBoundaries() == null ? head : head.withWordBoundaries(asked.wordBoundaries());
  }

  private static int lastLayer(Head head, MentionClassifier classifier) {
    return classifier == null
        ? head.config().layer()
        : Math.max(head.config().layer(), classifier.layer());
  }

  /** The classifier, with the threshold asked for. */
  private static MentionClassifier classifier(ModelSpec spec, ModelFiles files) throws IOException {
    MentionClassifier classifier = ClassifierFiles.read(files.classifier());
    Typing typing = spec.typing();
    if (!typing.labels().isEmpty() && !classifier.zeroShot()) {
      throw new ModelFormatException(
          "Cannot use --labels with classifier %s: it was trained for its own classes (%s); leave --labels out, or name one made with train-classifier --zero-shot"
              .formatted(files.classifier().name(), String.join(", ", classifier.classes())));
    }
    if (typing.threshold() == null) {
      return classifier;
    }
    if (classifier instanceof LabelModel model) {
      return model.withThreshold(typing.threshold());
    }
    throw new ModelFormatException(
        "Cannot use --label-threshold with classifier %s: it is a span classifier, which has none; leave it out"
            .formatted(files.classifier().name()));
  }

  /** Names of the classes that mentions may get; none without a classifier. */
  List<String> labels() {
    if (classifier == null) {
      return List.of();
    }
    if (!spec.typing().labels().isEmpty()) {
      return spec.typing().labels();
    }
    return classifier instanceof LabelModel
        ? LabelModel.DEFAULT_LABELS
        : classifier.classes().subList(1, classifier.classes().size());
  }

  /** Checks that a classifier fits the head, whose width is the backbone's. */
  private static void checkClassifier(ModelFiles files, Head head, MentionClassifier classifier)
      throws ModelFormatException {
    if (classifier.hiddenSize() != head.hiddenSize()) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot use classifier %s with backbone %s: the classifier reads hidden states of width %d, the backbone's have width %d; choose the classifier made for this backbone",
              files.classifier().name(),
              files.backbone().name(),
              classifier.hiddenSize(),
              head.hiddenSize()));
    }
    if (files.script() != null && classifier.layer() != head.config().layer()) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot use classifier %s with %s: it reads layer %d, the head layer %d, and a TorchScript file gives one layer only",
              files.classifier().name(),
              files.script(),
              classifier.layer(),
              head.config().layer()));
    }
  }

  /**
   * This model with another decoder and threshold.
   *
   * @return with the number of the threshold
   * @throws IOException if the head does not record it
   */
  ModelSpec resolved(ModelSpec use) throws IOException {
    return resolved(use, files, head);
  }

  private static ModelSpec resolved(ModelSpec use, ModelFiles files, Head head) throws IOException {
    return use.withDecoder(use.decoder(), threshold(use, files, head));
  }

  private static double threshold(ModelSpec spec, ModelFiles files, Head head) throws IOException {
    HeadThresholds advised = head.config().additions().thresholds();
    return switch (spec.threshold().kind()) {
      case NUMBER -> spec.threshold().number();
      case DEFAULT ->
          spec.head() == null && ModelFiles.bundled().contains(spec.backbone())
                  || BundledHead.find(spec.head()).isPresent()
              ? advised.recommended().orElse(Threshold.PUBLISHED)
              : Threshold.PUBLISHED;
      case RECOMMENDED -> recorded(advised.recommended(), "recommended", files);
      case RECALL -> recorded(advised.recall(), "recall", files);
      case PRECISION -> recorded(advised.precision(), "precision", files);
    };
  }

  private static double recorded(OptionalDouble threshold, String asked, ModelFiles files)
      throws IOException {
    return threshold.orElseThrow(
        () ->
            new IOException(
                "Cannot use --threshold %s with head %s: it records none; give a number, such as 0.5"
                    .formatted(asked, files.head().name())));
  }

  static WindowPlan windows(
      ModelSpec spec, HeadReach head, BackbonePlan backbone, TextTokenizer tokenizer, int maxTokens)
      throws IOException {
    try {
      return WindowPlan.of(
          maxTokens,
          tokenizer.prefixIds().length,
          tokenizer.suffixIds().length,
          spec.overlap() == null ? OptionalInt.empty() : OptionalInt.of(spec.overlap()),
          head.window(),
          backbone != null && backbone.causal(),
          head.leftContextOnly());
    } catch (IllegalArgumentException e) {
      throw new IOException("Cannot use model %s: %s".formatted(spec.name(), e.getMessage()), e);
    }
  }

  private static BosPolicy bos(ModelSpec spec, ModelFiles files, Head head) {
    if (spec.bos() != null) {
      return spec.bos();
    } else if (head.config().additions().bosAlways()) {
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
          String.format(
              Locale.ROOT,
              "Cannot use --max-tokens %d with backbone %s: it has learned %d positions; use %d or less",
              wanted,
              files.backbone().name(),
              backbone.maxPositions(),
              backbone.maxPositions()));
    }
    if (wanted > made) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "windows of %d tokens are longer than the %d that backbone %s was made for",
              wanted,
              made,
              files.backbone().name()));
    }
    return wanted;
  }

  private static void warnAboutName(
      String what,
      ModelDirectory part,
      String trainedOn,
      ModelFiles files,
      BackbonePlan backbone,
      List<String> warnings) {
    String trained = lastSegment(trainedOn);
    TreeSet<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    names.add(GgufSnapshot.modelName(lastSegment(files.backbone().name())));
    names.add(lastSegment(backbone.nameOrPath()));
    if (!trained.isEmpty() && !names.contains(trained)) {
      warnings.add(
          "%s %s was trained on \"%s\", but the backbone is %s"
              .formatted(what, part.name(), trainedOn, files.backbone().name()));
    }
  }

  private static String lastSegment(String name) {
    String trimmed = name.replaceAll("/+$", "");
    return trimmed.substring(trimmed.lastIndexOf('/') + 1);
  }

  /** The tokenizer of a snapshot, to be closed by the caller. */
  static TextTokenizer tokenizer(
      ModelDirectory directory, BosPolicy bos, OptionalInt bosTokenId, boolean trusted)
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
        bosTokenId,
        trusted);
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
          null,
          files.script().toFile().length(),
          0,
          maxTokens,
          windows.overlap(),
          bos,
          describeClassifier(null),
          warnings);
    }
    try (Checkpoint checkpoint = Checkpoint.open(files.backbone())) {
      BackbonePlan detector = BackbonePlan.of(files.backbone(), checkpoint, head.config().layer());
      return new ModelDescription(
          spec,
          backbone.family(),
          head.config().layer(),
          backbone.hiddenSize(),
          Fingerprint.of(files.backbone(), checkpoint, detector.tensors(), head),
          WeightHash.isCheap(checkpoint, detector.bytes())
              ? WeightHash.remembered(checkpoint, detector.tensors())
              : null,
          backbone.bytes(),
          backbone.parameters(),
          maxTokens,
          windows.overlap(),
          bos,
          describeClassifier(checkpoint),
          warnings);
    }
  }

  /**
   * Makes sure that the files are those that were found when the work was planned.
   *
   * @param checkpoint of the backbone, which is then loaded; null if it is a script
   * @throws ModelFormatException if they are not
   */
  void verify(Checkpoint checkpoint) throws IOException {
    ModelIdentity planned = spec.identity();
    if (planned == null) {
      return;
    }
    require("files", planned.fingerprint(), fingerprint(checkpoint));
    if (planned.weights() != null) {
      require("weights", planned.weights(), WeightHash.of(checkpoint, tensors(checkpoint)));
    }
    ModelDescription.Classifier described = describeClassifier(checkpoint);
    require("classifier", planned.classifier(), described == null ? null : described.fingerprint());
  }

  private void require(String what, String planned, String found) throws ModelFormatException {
    if (!Objects.equals(planned, found)) {
      throw new ModelFormatException(
          "Cannot use model %s: its %s here are not those that the job was planned with (SHA-256 %s there, %s here); all machines must have the same files of %s, and nobody may change them while a job runs"
              .formatted(spec.name(), what, shortened(planned), shortened(found), spec.backbone()));
    }
  }

  private static String shortened(String hash) {
    return hash == null ? "none" : hash.substring(0, 12);
  }

  private Collection<TensorInfo> tensors(Checkpoint checkpoint) throws IOException {
    return BackbonePlan.of(files.backbone(), checkpoint, head.config().layer()).tensors();
  }

  private String fingerprint(Checkpoint checkpoint) throws IOException {
    return checkpoint == null
        ? Fingerprint.ofScript(files.backbone(), files.script(), head)
        : Fingerprint.of(files.backbone(), checkpoint, tensors(checkpoint), head);
  }

  private ModelDescription.Classifier describeClassifier(Checkpoint checkpoint) throws IOException {
    if (classifier == null) {
      return null;
    }
    return new ModelDescription.Classifier(
        files.classifier().name(),
        classifier.layer(),
        List.copyOf(labels()),
        Fingerprint.ofClassifier(
            checkpoint,
            checkpoint == null
                ? List.of()
                : BackbonePlan.of(files.backbone(), checkpoint, classifier.layer()).tensors(),
            classifier,
            classifier instanceof LabelModel ? labels() : spec.typing().labels(),
            spec.typing().labelRequired()));
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
