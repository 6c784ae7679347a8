package io.github.tommerspark.detect;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.text.BosPolicy;
import java.io.Serializable;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The identity of a model, and the settings that make mentions of its scores; small, so that it can
 * be sent to executors. Two detectors made from equal specs find the same mentions.
 *
 * @param name what the model is called in outputs and messages
 * @param backbone name of a bundled model, the directory of a Hugging Face snapshot, or a GGUF file
 * @param head directory of a published head, or name of a bundled one; null for the head that a
 *     bundled model brings
 * @param decoder how candidates become mentions
 * @param threshold score above which a span is a mention
 * @param bos whether a beginning-of-sequence token is added where the tokenizer adds none; null for
 *     what the head records
 * @param maxTokens tokens of a window including specials; null for the default of the backbone
 * @param overlap tokens that consecutive windows of a long text share; null for the default
 * @param wordBoundaries whether mentions must begin and end at word boundaries; null for what the
 *     head records
 * @param typing how mentions get labels; null for mentions without
 * @param identity of the files that are to be loaded; null for whatever is found
 */
public record ModelSpec(
    String name,
    String backbone,
    String head,
    Decoder decoder,
    Threshold threshold,
    BosPolicy bos,
    Integer maxTokens,
    Integer overlap,
    Boolean wordBoundaries,
    Typing typing,
    ModelIdentity identity)
    implements Serializable {

  /**
   * Checks what can be checked without reading files.
   *
   * @throws IllegalArgumentException if a size is not positive
   */
  public ModelSpec {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(backbone, "backbone");
    Objects.requireNonNull(decoder, "decoder");
    Objects.requireNonNull(threshold, "threshold");
    if (maxTokens != null && maxTokens < 1) {
      throw new IllegalArgumentException("‹maxTokens› must be positive, but is " + maxTokens);
    }
    if (overlap != null && overlap < 0) {
      throw new IllegalArgumentException("‹overlap› must not be negative, but is " + overlap);
    }
  }

  /** A model of whatever files are found. */
  public ModelSpec(
      String name,
      String backbone,
      String head,
      Decoder decoder,
      Threshold threshold,
      BosPolicy bos,
      Integer maxTokens,
      Integer overlap,
      Boolean wordBoundaries,
      Typing typing) {
    this(
        name,
        backbone,
        head,
        decoder,
        threshold,
        bos,
        maxTokens,
        overlap,
        wordBoundaries,
        typing,
        null);
  }

  /** A model whose mentions get no labels and respect word boundaries as the head records. */
  public ModelSpec(
      String name,
      String backbone,
      String head,
      Decoder decoder,
      Threshold threshold,
      BosPolicy bos,
      Integer maxTokens,
      Integer overlap) {
    this(name, backbone, head, decoder, threshold, bos, maxTokens, overlap, null, null, null);
  }

  /**
   * A model that this library brings along, by its name, with its own head; its backbone is the
   * bundled one, or else the one of the Hugging Face Hub that the head was made for.
   */
  public static ModelSpec bundled(String name) {
    return BundledHead.find(name)
        .map(head -> of(name, head.repository(), name))
        .orElseGet(() -> of(name, name, null));
  }

  /** A model from a snapshot directory and a head directory, everything else at its default. */
  public static ModelSpec of(String name, String backbone, String head) {
    return new ModelSpec(
        name, backbone, head, Decoder.THRESHOLD, Threshold.DEFAULT, null, null, null);
  }

  /**
   * This model with another decoder and threshold.
   *
   * @throws IllegalArgumentException if the threshold is outside [0, 1)
   */
  public ModelSpec withDecoder(Decoder decoder, double threshold) {
    return withDecoder(decoder, Threshold.of(threshold));
  }

  /** This model with another decoder and threshold. */
  public ModelSpec withDecoder(Decoder decoder, Threshold threshold) {
    return with(
        change -> {
          change.decoder = decoder;
          change.threshold = threshold;
        });
  }

  /** This model under another name. */
  public ModelSpec withName(String name) {
    return with(change -> change.name = name);
  }

  /** This model with other windows; null means the default. */
  public ModelSpec withWindows(Integer maxTokens, Integer overlap) {
    return with(
        change -> {
          change.maxTokens = maxTokens;
          change.overlap = overlap;
        });
  }

  /** This model with another policy for the beginning-of-sequence token; null: as recorded. */
  public ModelSpec withBos(BosPolicy bos) {
    return with(change -> change.bos = bos);
  }

  /**
   * This model with another answer to whether mentions respect word boundaries; null: as recorded.
   */
  public ModelSpec withWordBoundaries(Boolean wordBoundaries) {
    return with(change -> change.wordBoundaries = wordBoundaries);
  }

  /** This model with labels for its mentions; null: without. */
  public ModelSpec withTyping(Typing typing) {
    return with(change -> change.typing = typing);
  }

  /** This model, to be loaded only from such files; null: from whatever is found. */
  public ModelSpec withIdentity(ModelIdentity identity) {
    return with(change -> change.identity = identity);
  }

  /**
   * Checks that a decoder that is to choose by another number than the score chooses at all. Not
   * for every spec: models are loaded without the decoders of their uses.
   *
   * @return this
   * @throws IllegalArgumentException if it does not
   */
  public ModelSpec withSensibleRanking() {
    if (typing != null && typing.rankBy() != RankBy.MENTION && !decoder.chooses()) {
      throw new IllegalArgumentException(
          "Cannot use ‹rankBy› %s with ‹decoder› %s: that keeps every mention and chooses among none; name another, such as greedy"
              .formatted(typing.rankBy().label(), decoder.label()));
    }
    return this;
  }

  /** Returns whether it differs from another in nothing but decoder and threshold. */
  boolean hasModelOf(ModelSpec other) {
    return withoutDecoder().equals(other.withoutDecoder());
  }

  /** The model alone: one decoder and threshold for all uses of it. */
  public ModelSpec withoutDecoder() {
    return withDecoder(Decoder.THRESHOLD, Threshold.DEFAULT);
  }

  private ModelSpec with(Consumer<Change> edit) {
    Change change = new Change(this);
    edit.accept(change);
    return change.spec();
  }

  /** A copy that may be changed. */
  private static final class Change {
    private String name;
    private String backbone;
    private String head;
    private Decoder decoder;
    private Threshold threshold;
    private BosPolicy bos;
    private Integer maxTokens;
    private Integer overlap;
    private Boolean wordBoundaries;
    private Typing typing;
    private ModelIdentity identity;

    private Change(ModelSpec spec) {
      this.name = spec.name;
      this.backbone = spec.backbone;
      this.head = spec.head;
      this.decoder = spec.decoder;
      this.threshold = spec.threshold;
      this.bos = spec.bos;
      this.maxTokens = spec.maxTokens;
      this.overlap = spec.overlap;
      this.wordBoundaries = spec.wordBoundaries;
      this.typing = spec.typing;
      this.identity = spec.identity;
    }

    private ModelSpec spec() {
      return new ModelSpec(
          name,
          backbone,
          head,
          decoder,
          threshold,
          bos,
          maxTokens,
          overlap,
          wordBoundaries,
          typing,
          identity);
    }
  }
}
