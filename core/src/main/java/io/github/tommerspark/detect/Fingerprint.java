package io.github.tommerspark.detect;

import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.classify.Label;
import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.classify.LabelModelConfig;
import io.github.tommerspark.classify.MentionClassifier;
import io.github.tommerspark.classify.SpanClassifier;
import io.github.tommerspark.head.Calibration;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * A hash of what determines a model's answers, wherever its files are: config.json, tokenizer.json,
 * the head, and of every tensor that is read its name, type, shape and 64 sampled blocks. Samples
 * keep it cheap for a checkpoint of many gigabytes in remote storage; a file that was trained
 * further differs in all of them. {@link WeightHash} sees single edits, too.
 */
final class Fingerprint {
  private static final int BLOCKS = 64;
  private static final int BLOCK_BYTES = 64;
  private static final int MAX_JSON_BYTES = 256 << 20;

  private final MessageDigest digest;

  private Fingerprint() {
    digest = Sha256.digest();
  }

  /**
   * The fingerprint.
   *
   * @param tensors the tensors that are read, in a fixed order
   * @return 64 hex digits
   */
  static String of(
      ModelDirectory directory, Checkpoint checkpoint, Collection<TensorInfo> tensors, Head head)
      throws IOException {
    Fingerprint fingerprint = new Fingerprint();
    fingerprint.file(directory, "config.json");
    fingerprint.file(directory, "tokenizer.json");
    fingerprint.head(head);
    fingerprint.tensors(checkpoint, tensors);
    return fingerprint.hex();
  }

  /** The fingerprint of a backbone alone. */
  static String ofBackbone(
      ModelDirectory directory, Checkpoint checkpoint, Collection<TensorInfo> tensors)
      throws IOException {
    Fingerprint fingerprint = new Fingerprint();
    fingerprint.file(directory, "config.json");
    fingerprint.file(directory, "tokenizer.json");
    fingerprint.tensors(checkpoint, tensors);
    return fingerprint.hex();
  }

  /** The fingerprint of a head on a user's own TorchScript file, which is hashed whole. */
  static String ofScript(ModelDirectory directory, Path script, Head head) throws IOException {
    Fingerprint fingerprint = new Fingerprint();
    fingerprint.file(directory, "tokenizer.json");
    fingerprint.head(head);
    try (var in = Files.newInputStream(script)) {
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        fingerprint.digest.update(buffer, 0, n);
      }
    }
    return fingerprint.hex();
  }

  /**
   * The fingerprint of a classifier on a snapshot: its settings and tensors, the labels given at
   * run time, and the backbone up to its layer.
   *
   * @param checkpoint of the backbone
   * @param tensors of the backbone up to the classifier's layer, in a fixed order
   * @param labels that were given at run time, or are those of a label model by default
   * @param typing the use of the labels
   */
  static String ofClassifier(
      Checkpoint checkpoint,
      Collection<TensorInfo> tensors,
      MentionClassifier classifier,
      List<Label> labels,
      Typing typing)
      throws IOException {
    Fingerprint fingerprint = new Fingerprint();
    fingerprint.classifier(classifier, labels, typing);
    fingerprint.tensors(checkpoint, tensors);
    return fingerprint.hex();
  }

  /** The fingerprint of a classifier without its backbone. */
  static String ofClassifier(MentionClassifier classifier, List<Label> labels, Typing typing) {
    Fingerprint fingerprint = new Fingerprint();
    fingerprint.classifier(classifier, labels, typing);
    return fingerprint.hex();
  }

  private void classifier(MentionClassifier classifier, List<Label> labels, Typing typing) {
    if (classifier instanceof LabelModel model) {
      labelModel(model);
    } else {
      spanClassifier((SpanClassifier) classifier);
    }
    text("labels");
    labels.forEach(this::label);
    if (classifier instanceof SpanClassifier spans) {
      parameters(spans);
    }
    // Said only where it is so: outputs of earlier classifiers can be added to.
    if (typing.labelRequired()) {
      text("label required");
    }
    if (typing.allLabels()) {
      text("all labels");
    }
    if (typing.rankBy() != RankBy.MENTION) {
      text("ranked by " + typing.rankBy().label());
    }
  }

  private void label(Label label) {
    text(label.name());
    if (!label.isItsName()) {
      // No name begins so.
      label.wordings().forEach(wording -> text("\t" + wording));
    }
  }

  private void labelModel(LabelModel model) {
    LabelModelConfig config = model.config();
    text(
        String.format(
            Locale.ROOT,
            "label model %d %s %s %s %s",
            config.layer(),
            config.prompt(),
            config.priorExponent(),
            config.threshold(),
            config.calibration()));
    model.parameters().forEach(tensor -> floats(tensor.values()));
    floats(model.sample().values());
  }

  private void spanClassifier(SpanClassifier classifier) {
    var config = classifier.config();
    text(
        String.format(
            Locale.ROOT,
            "classifier %d %s %d %d %s",
            config.layer(),
            config.representation(),
            config.mlpLayers(),
            config.embeddingSize(),
            config.probability()));
    config.classes().forEach(this::text);
  }

  private void parameters(SpanClassifier classifier) {
    floats(classifier.inputWeight());
    floats(classifier.inputBias());
    floats(classifier.hiddenWeight());
    floats(classifier.hiddenBias());
    floats(classifier.classVectors());
    floats(classifier.promptWeight());
    floats(classifier.promptBias());
  }

  private void tensors(Checkpoint checkpoint, Collection<TensorInfo> tensors) throws IOException {
    for (TensorInfo tensor : tensors) {
      text(tensor.name() + tensor.dtype() + Arrays.toString(tensor.shape()));
      samples(checkpoint, tensor);
    }
  }

  private String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }

  private void file(ModelDirectory directory, String file) throws IOException {
    text(file);
    digest.update(directory.readAll(file, MAX_JSON_BYTES));
  }

  private void text(String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  private void head(Head head) {
    // Not the whole record: the backbone's name and advised thresholds change no score.
    var config = head.config();
    text(
        String.format(
            Locale.ROOT,
            "head %d %d %s %d %s %s",
            config.layer(),
            config.rank(),
            config.causalMask(),
            config.slidingWindow(),
            config.useCosine(),
            config.normalizeScores()));
    // Said only where they are not what a published head has, whose fingerprints stay.
    var additions = config.additions();
    if (config.type() != HeadType.PUBLISHED) {
      text(config.type().label());
    }
    if (additions.wordBoundaries()) {
      text("word boundaries");
    }
    if (!additions.calibration().equals(Calibration.NONE)) {
      text(additions.calibration().toString());
    }
    head.parameters().forEach(tensor -> floats(tensor.values()));
  }

  private void floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
    bytes.asFloatBuffer().put(values);
    digest.update(bytes);
  }

  private void samples(Checkpoint checkpoint, TensorInfo tensor) throws IOException {
    long size = tensor.byteSize();
    if (size <= (long) BLOCKS * BLOCK_BYTES) {
      digest.update(checkpoint.raw(tensor));
      return;
    }
    for (int i = 0; i < BLOCKS; i++) {
      long offset = (size - BLOCK_BYTES) * i / (BLOCKS - 1);
      digest.update(checkpoint.raw(tensor, offset, BLOCK_BYTES));
    }
  }
}
