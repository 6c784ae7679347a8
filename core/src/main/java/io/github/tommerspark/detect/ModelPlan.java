package io.github.tommerspark.detect;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.classify.Label;
import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.classify.MentionClassifier;
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
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * A model whose parts have been found, read where they are small, and seen to fit together; no
 * weights of the backbone are loaded. Closing it closes the tokenizer.
 *
 * @param spec what was asked for, with the number of its threshold
 * @param files where it is
 * @param head the head
 * @param classifier the classifier, with its own classes or without any; null for mentions without
 *     labels
 * @param backbone where hidden states come from, cut after the deepest layer of both
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
    PlannedBackbone backbone,
    BosPolicy bos,
    TextTokenizer tokenizer,
    int maxTokens,
    WindowPlan windows,
    List<String> warnings)
    implements AutoCloseable {

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
    PlannedBackbone backbone =
        files.backbone().plan(Math.max(leastLayer, lastLayer(head, classifier)));
    List<String> warnings = new ArrayList<>();
    backbone.requireFit(spec, files, head, classifier, warnings);
    if (classifier != null) {
      checkClassifier(files, backbone, head, classifier);
    }
    BosPolicy bos = bos(spec, backbone, head);
    TextTokenizer tokenizer =
        tokenizer(backbone.directory(), bos, backbone.bosTokenId(), trustBackbone);
    try {
      int maxTokens = backbone.maxTokens(spec.maxTokens(), warnings);
      WindowPlan windows =
          windows(
              spec.name(),
              spec.overlap(),
              head.config().reach(),
              backbone.causal(),
              tokenizer,
              maxTokens);
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
          "Cannot use ‹labels› with classifier %s: it was trained for its own classes (%s); leave ‹labels› out, or name one made with train-classifier ‹zeroShot›"
              .formatted(files.classifier().name(), String.join(", ", classifier.classes())));
    }
    if (classifier instanceof LabelModel model) {
      return typing.threshold() == null ? model : model.withThreshold(typing.threshold());
    }
    if (typing.threshold() != null) {
      throw new ModelFormatException(
          "Cannot use ‹labelThreshold› with classifier %s: it is a span classifier, which has none; leave it out"
              .formatted(files.classifier().name()));
    }
    if (typing.allLabels()) {
      throw new ModelFormatException(
          "Cannot use ‹allLabels› with classifier %s: it is a span classifier, which gives a mention one class; leave it out"
              .formatted(files.classifier().name()));
    }
    for (Label label : typing.labels()) {
      if (!label.isItsName()) {
        throw new ModelFormatException(
            "Cannot read label \"%s\" in other words with classifier %s: it is a span classifier, which reads names only"
                .formatted(label.name(), files.classifier().name()));
      }
    }
    return classifier;
  }

  /** The classes that mentions may get; none without a classifier. */
  List<Label> labels() {
    if (classifier == null) {
      return List.of();
    }
    if (!spec.typing().labels().isEmpty()) {
      return spec.typing().labels();
    }
    return Label.named(
        classifier instanceof LabelModel
            ? LabelModel.DEFAULT_LABELS
            : classifier.classes().subList(1, classifier.classes().size()));
  }

  /** Checks that a classifier fits the head, whose width is the backbone's. */
  private static void checkClassifier(
      ModelFiles files, PlannedBackbone backbone, Head head, MentionClassifier classifier)
      throws ModelFormatException {
    if (classifier.hiddenSize() != head.hiddenSize()) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot use classifier %s with backbone %s: the classifier reads hidden states of width %d, the backbone's have width %d; choose the classifier made for this backbone",
              files.classifier().name(),
              backbone.directory().name(),
              classifier.hiddenSize(),
              head.hiddenSize()));
    }
    if (!backbone.givesAnyLayer() && classifier.layer() != head.config().layer()) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot use classifier %s with %s: it reads layer %d, the head layer %d, and a TorchScript file gives one layer only",
              files.classifier().name(),
              backbone.location(),
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
                "Cannot use ‹threshold› %s with head %s: it records none; give a number, such as 0.5"
                    .formatted(asked, files.head().name())));
  }

  /**
   * The windows of a model.
   *
   * @param model its name
   * @param overlap what was asked for; null for the default
   * @throws IOException if windows are too small
   */
  static WindowPlan windows(
      String model,
      Integer overlap,
      HeadReach head,
      boolean causal,
      TextTokenizer tokenizer,
      int maxTokens)
      throws IOException {
    try {
      return WindowPlan.of(
          maxTokens,
          tokenizer.prefixIds().length,
          tokenizer.suffixIds().length,
          overlap == null ? OptionalInt.empty() : OptionalInt.of(overlap),
          head.window(),
          causal,
          head.leftContextOnly());
    } catch (IllegalArgumentException e) {
      throw new IOException("Cannot use model %s: %s".formatted(model, e.getMessage()), e);
    }
  }

  private static BosPolicy bos(ModelSpec spec, PlannedBackbone backbone, Head head) {
    if (spec.bos() != null) {
      return spec.bos();
    } else if (head.config().additions().bosAlways()) {
      return BosPolicy.ALWAYS;
    }
    return backbone.files().record().bos().orElse(BosPolicy.TOKENIZER);
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
    return new SharingKey(backbone.location(), bos, maxTokens, windows);
  }

  /**
   * The plan of the snapshot that the model is on.
   *
   * @throws IllegalArgumentException if it is on a TorchScript file
   */
  PlannedSnapshot snapshot() {
    if (backbone instanceof PlannedSnapshot snapshot) {
      return snapshot;
    }
    throw new IllegalArgumentException(
        "Cannot look into backbone %s: what a TorchScript file computes is unknown"
            .formatted(backbone.location()));
  }

  ModelDescription describe() throws IOException {
    int layer = head.config().layer();
    try (PlannedBackbone.Hashes hashes = backbone.hashes()) {
      return new ModelDescription(
          spec,
          backbone.family(),
          layer,
          head.hiddenSize(),
          hashes.of(head),
          hashes.cheapWeights(layer).orElse(null),
          backbone.bytes(),
          backbone.parameters(),
          maxTokens,
          windows.overlap(),
          bos,
          describeClassifier(hashes),
          warnings);
    }
  }

  /**
   * Makes sure that the files are those that were found when the work was planned.
   *
   * @param hashes of the backbone that will be loaded
   * @throws ModelFormatException if they are not
   */
  void verify(PlannedBackbone.Hashes hashes) throws IOException {
    ModelIdentity planned = spec.identity();
    if (planned == null) {
      return;
    }
    require("files", planned.fingerprint(), hashes.of(head));
    if (planned.weights() != null) {
      require("weights", planned.weights(), hashes.weights(head.config().layer()).orElse(null));
    }
    ModelDescription.Classifier described = describeClassifier(hashes);
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

  private ModelDescription.Classifier describeClassifier(PlannedBackbone.Hashes hashes)
      throws IOException {
    if (classifier == null) {
      return null;
    }
    List<Label> given = classifier instanceof LabelModel ? labels() : spec.typing().labels();
    return new ModelDescription.Classifier(
        files.classifier().name(),
        classifier.layer(),
        Label.names(labels()),
        hashes.of(classifier, given, spec.typing()));
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
