package io.github.tommerspark.detect;

import io.github.tommerspark.classify.Label;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.DocumentMentions.ModelResult;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.DeviceFailedException;
import io.github.tommerspark.engine.DeviceMemoryException;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.text.BosPolicy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds entity mentions in texts with one or more models.
 *
 * <pre>{@code
 * import io.github.tommerspark.detect.Mention;
 * import io.github.tommerspark.detect.MentionDetector;
 * import java.util.List;
 *
 * public class Example {
 *   public static void main(String[] args) throws Exception {
 *     try (MentionDetector detector =
 *         MentionDetector.builder().model("nano-llama").build()) {
 *       List<String> texts = List.of("Marie Curie was born in Warsaw.");
 *       for (Mention mention : detector.detect(texts).get(0)) {
 *         System.out.println(mention.text() + " " + mention.score());
 *       }
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>A text's mentions depend on the text and the model only: not on the texts beside it, their
 * order, or the size of batches, but for rounding of scores: below 1e-5 in fp32; in bf16 up to
 * 0.0015 was seen, and a span that close to the threshold may be in or out. Texts longer than the
 * backbone takes are read in overlapping windows; nothing is cut off.
 *
 * <p>Thread-safe, and most efficient when called with many texts at once. Closing it frees the
 * native memory of its models.
 */
public final class MentionDetector implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MentionDetector.class);

  private final List<ModelSpec> models;
  private final List<ModelGroup> groups;

  /** Per group its models as they are used here. */
  private final List<List<ModelSpec>> uses;

  /** Per model its group and its place there. */
  private final int[][] places;

  private MentionDetector(List<ModelSpec> models, List<ModelGroup> groups) {
    this.models = List.copyOf(models);
    this.groups = groups;
    this.places = new int[models.size()][];
    for (int group = 0; group < groups.size(); group++) {
      List<ModelPlan> members = groups.get(group).models();
      for (int place = 0; place < members.size(); place++) {
        places[this.models.indexOf(members.get(place).spec())] = new int[] {group, place};
      }
    }
    this.uses = groups.stream().map(ModelGroup::specs).toList();
  }

  private MentionDetector(MentionDetector shared, List<ModelSpec> models) {
    this.models = models;
    this.groups = shared.groups;
    this.places = shared.places;
    List<List<ModelSpec>> uses = new ArrayList<>();
    shared.uses.forEach(ofGroup -> uses.add(new ArrayList<>(ofGroup)));
    for (int model = 0; model < places.length; model++) {
      uses.get(places[model][0]).set(places[model][1], models.get(model));
    }
    this.uses = uses;
  }

  /**
   * A detector of the same models in the same memory with other decoders and thresholds. Closing
   * one of the two closes both.
   *
   * @param models the models of this detector in the same order, with other decoders and thresholds
   * @throws IOException if a head does not record the threshold that is asked for
   * @throws IllegalArgumentException if these are other models
   */
  public MentionDetector using(List<ModelSpec> models) throws IOException {
    List<ModelSpec> resolved = new ArrayList<>();
    for (int i = 0; i < models.size(); i++) {
      ModelSpec use = models.get(i);
      if (models.size() != this.models.size() || !use.hasModelOf(this.models.get(i))) {
        throw new IllegalArgumentException(
            "Models %s are not those of this detector, %s".formatted(models, this.models));
      }
      resolved.add(groups.get(places[i][0]).models().get(places[i][1]).resolved(use));
    }
    return new MentionDetector(this, List.copyOf(resolved));
  }

  /** A detector of one model, described step by step. */
  public static Builder builder() {
    return new Builder();
  }

  /** Names of the models that this library brings along. */
  public static List<String> bundledModels() {
    return ModelFiles.bundled();
  }

  /**
   * Names of the heads that this library brings for backbones that it does not bring.
   *
   * @return the names, sorted; {@link #repository} tells the backbone of each
   */
  public static List<String> bundledHeads() {
    return BundledHead.names();
  }

  /**
   * The repository on the Hugging Face Hub of the backbone that a bundled head was made for.
   *
   * @param head one of {@link #bundledHeads}
   * @throws IllegalArgumentException if there is no such head
   */
  public static String repository(String head) {
    return BundledHead.find(head)
        .orElseThrow(() -> new IllegalArgumentException("There is no bundled head " + head))
        .repository();
  }

  /**
   * Returns whether labels can be asked for without naming a classifier, because a label model is
   * bundled with the model's head.
   *
   * @throws IOException if a bundled file cannot be read
   */
  public static boolean bringsLabels(ModelSpec model) throws IOException {
    return ModelFiles.bringsLabels(model);
  }

  /**
   * Says what models are and whether their parts fit, reading configs, heads, tokenizers and
   * headers but no weights.
   *
   * @param models specs of different names
   * @param options only {@code trustBackbone} matters here
   * @return one description per model, in the same order
   * @throws IOException if a file is missing or malformed, or a head does not fit its backbone; the
   *     message says which and what to do
   */
  public static List<ModelDescription> describe(List<ModelSpec> models, EngineOptions options)
      throws IOException {
    List<ModelDescription> descriptions = new ArrayList<>();
    List<ModelPlan> plans = plans(models, options);
    try {
      for (ModelPlan plan : plans) {
        descriptions.add(plan.describe());
      }
    } finally {
      plans.forEach(ModelPlan::close);
    }
    return descriptions;
  }

  /**
   * Loads models. Those on the same backbone with the same windows share one forward, with one tap
   * per layer that a head reads.
   *
   * @param models specs of different names, at least one
   * @throws IOException if a file is missing or malformed, or a head does not fit its backbone
   * @throws IllegalStateException if the device is not there
   */
  public static MentionDetector load(List<ModelSpec> models, EngineOptions options)
      throws IOException {
    List<ModelPlan> plans = plans(models, options);
    Map<ModelPlan.SharingKey, List<ModelPlan>> sharing = new LinkedHashMap<>();
    for (ModelPlan plan : plans) {
      plan.warnings().forEach(warning -> LOG.warn("{}: {}", plan.spec().name(), warning));
      sharing.computeIfAbsent(plan.sharingKey(), key -> new ArrayList<>()).add(plan);
    }
    List<ModelGroup> groups = new ArrayList<>();
    try {
      for (List<ModelPlan> members : sharing.values()) {
        groups.add(ModelGroup.load(members, options));
      }
    } catch (IOException | RuntimeException e) {
      groups.forEach(ModelGroup::close);
      plans.forEach(ModelPlan::close);
      throw e;
    }
    return new MentionDetector(plans.stream().map(ModelPlan::spec).toList(), groups);
  }

  private static List<ModelPlan> plans(List<ModelSpec> models, EngineOptions options)
      throws IOException {
    if (models.isEmpty()) {
      throw new IllegalArgumentException("At least one model is needed");
    }
    if (models.stream().map(ModelSpec::name).distinct().count() < models.size()) {
      throw new IllegalArgumentException(
          "Models must have different names, but these do not: %s"
              .formatted(models.stream().map(ModelSpec::name).toList()));
    }
    List<ModelPlan> plans = new ArrayList<>();
    try {
      for (ModelSpec spec : models) {
        plans.add(ModelPlan.of(spec, options.trustBackbone()));
      }
    } catch (IOException | RuntimeException e) {
      plans.forEach(ModelPlan::close);
      throw e;
    }
    return plans;
  }

  /** Models that share a backbone, backbone by backbone. */
  List<ModelGroup> groups() {
    return groups;
  }

  /** The models, in the order of the results, with the numbers of their thresholds. */
  public List<ModelSpec> models() {
    return models;
  }

  /** Returns the cost of loading, one report per backbone. */
  public List<LoadReport> loadReports() {
    return groups.stream().map(ModelGroup::report).toList();
  }

  /** Returns the work since loading, over all backbones and all calls. */
  public WorkReport work() {
    return groups.stream().map(ModelGroup::work).reduce(WorkReport.NONE, WorkReport::plus);
  }

  /** Nanoseconds that the calling thread has spent in forward calls of any detector. */
  public static long forwardNanosOfThread() {
    return WorkAccount.forwardNanosOfThread();
  }

  /**
   * The most tokens that a forward call now has: {@link EngineOptions#batchTokens()}, or less since
   * the device ran out of memory. A single longer window is still one call.
   */
  public int batchTokens() {
    return groups.stream().mapToInt(ModelGroup::batchTokens).min().orElseThrow();
  }

  /**
   * Finds the mentions of every model in every text. A text that cannot be read, while others can,
   * has an error in its results; it never makes the call fail.
   *
   * @param texts may contain null
   * @return one entry per text, in the same order
   * @throws DeviceFailedException if the device failed; this process does not use it any more
   * @throws DeviceMemoryException if memory does not suffice for a single window
   * @throws ModelFailedException if a model fails whatever it reads
   */
  public List<DocumentMentions> annotate(List<String> texts) {
    List<String> present = present(texts);
    List<List<List<ModelResult>>> byGroup = new ArrayList<>();
    for (int group = 0; group < groups.size(); group++) {
      byGroup.add(groups.get(group).annotate(present, uses.get(group)));
    }
    List<DocumentMentions> documents = new ArrayList<>(texts.size());
    for (int text = 0; text < texts.size(); text++) {
      boolean hasText = present.get(text) != null;
      documents.add(
          new DocumentMentions(
              hasText,
              hasText
                  ? byModel(byGroup, text)
                  : Collections.nCopies(models.size(), new ModelResult(List.of(), null, 0, 0))));
    }
    return documents;
  }

  /**
   * Scores the spans of every model in every text, and leaves decoding to the caller.
   *
   * @param texts may contain null
   * @return per text, in the same order, one entry per model; a null or blank text has no tokens
   */
  public List<List<ScoredText>> score(List<String> texts) {
    List<String> present = present(texts);
    List<List<List<ScoredText>>> byGroup = new ArrayList<>();
    for (int group = 0; group < groups.size(); group++) {
      byGroup.add(groups.get(group).score(present, uses.get(group)));
    }
    List<List<ScoredText>> documents = new ArrayList<>(texts.size());
    for (int text = 0; text < texts.size(); text++) {
      documents.add(
          present.get(text) != null
              ? byModel(byGroup, text)
              : Collections.nCopies(models.size(), ScoredText.failed(texts.get(text), null)));
    }
    return documents;
  }

  private static List<String> present(List<String> texts) {
    List<String> present = new ArrayList<>(texts.size());
    for (String text : texts) {
      present.add(hasText(text) ? text : null);
    }
    return present;
  }

  /** The results of one text in the order of the models. */
  private <R> List<R> byModel(List<List<List<R>>> byGroup, int text) {
    List<R> results = new ArrayList<>(models.size());
    for (int[] place : places) {
      results.add(byGroup.get(place[0]).get(text).get(place[1]));
    }
    return results;
  }

  private static boolean hasText(String text) {
    return text != null
        && !text.codePoints().allMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c));
  }

  /**
   * Finds the mentions of the one model.
   *
   * @param texts may contain null, which has no mentions
   * @return per text its mentions, sorted by (start, end); offsets in UTF-16 units, half-open
   * @throws IllegalStateException if there are several models, or a text cannot be read
   */
  public List<List<Mention>> detect(List<String> texts) {
    if (models.size() != 1) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "detect is for detectors of one model, and this has %d; use annotate",
              models.size()));
    }
    List<List<Mention>> mentions = new ArrayList<>(texts.size());
    for (DocumentMentions document : annotate(texts)) {
      ModelResult result = document.results().get(0);
      if (result.error() != null) {
        throw new IllegalStateException(
            String.format(
                Locale.ROOT,
                "Cannot find mentions in text %d: %s",
                mentions.size(),
                result.error()));
      }
      mentions.add(result.mentions());
    }
    return mentions;
  }

  @Override
  public void close() {
    groups.forEach(ModelGroup::close);
  }

  /** Describes a detector of one model; everything but the model has a default. */
  public static final class Builder {
    private String name;
    private String backbone;
    private String head;
    private Decoder decoder = Decoder.THRESHOLD;
    private Threshold threshold = Threshold.DEFAULT;
    private BosPolicy bos;
    private Integer maxTokens;
    private Integer overlap;
    private Boolean wordBoundaries;
    private String classifier;
    private List<Label> labels = List.of();
    private Double labelThreshold;
    private boolean labelRequired;
    private boolean allLabels;
    private RankBy rankBy = RankBy.MENTION;
    private EngineOptions options = EngineOptions.defaults();

    private Builder() {}

    /** A bundled model, with its own head. */
    public Builder model(String name) {
      ModelSpec spec = ModelSpec.bundled(name);
      this.name = name;
      this.backbone = spec.backbone();
      this.head = spec.head();
      return this;
    }

    /**
     * The directory of a Hugging Face snapshot (config.json, safetensors, tokenizer.json), or a
     * GGUF file.
     */
    public Builder backbone(String directory) {
      this.backbone = directory;
      return this;
    }

    /** The directory of a published head, in either format, or the name of a bundled one. */
    public Builder head(String directory) {
      this.head = directory;
      return this;
    }

    /** Sets how candidates become mentions; {@link Decoder#THRESHOLD} by default. */
    public Builder decoder(Decoder decoder) {
      this.decoder = decoder;
      return this;
    }

    /**
     * The score above which a span is a mention; by default what a bundled model recommends, and
     * 0.5 for other heads.
     *
     * @throws IllegalArgumentException if it is outside [0, 1)
     */
    public Builder threshold(double threshold) {
      return threshold(Threshold.of(threshold));
    }

    /** The score above which a span is a mention, such as {@link Threshold#RECOMMENDED}. */
    public Builder threshold(Threshold threshold) {
      this.threshold = threshold;
      return this;
    }

    /** Sets whether a beginning-of-sequence token is added; as the head records by default. */
    public Builder bos(BosPolicy bos) {
      this.bos = bos;
      return this;
    }

    /** Tokens of a window, specials included. */
    public Builder maxTokens(int maxTokens) {
      this.maxTokens = maxTokens;
      return this;
    }

    /** Tokens that consecutive windows of a long text share. */
    public Builder overlap(int overlap) {
      this.overlap = overlap;
      return this;
    }

    /**
     * Sets whether mentions must begin and end at word boundaries; as the head records by default,
     * which published heads do not.
     */
    public Builder wordBoundaries(boolean wordBoundaries) {
      this.wordBoundaries = wordBoundaries;
      return this;
    }

    /**
     * Gives mentions labels: the name of a bundled model, for the classifier that it brings, or the
     * directory of a classifier that {@code train-classifier} wrote.
     */
    public Builder classifier(String classifier) {
      this.classifier = classifier;
      return this;
    }

    /**
     * Gives mentions the best of these labels, or none. Their names are read by the backbone, so
     * say what you mean: {@code organisation} rather than {@code ORG}. Without a {@link
     * #classifier}, the label model of the bundled model is used, if it brings one.
     */
    public Builder labels(String... labels) {
      return labels(Label.named(List.of(labels)));
    }

    /** As {@link #labels(String...)}, with wordings of their own. */
    public Builder labels(List<Label> labels) {
      this.labels = List.copyOf(labels);
      return this;
    }

    /** Probability that a label must reach to be given; by default what the label model records. */
    public Builder labelThreshold(double labelThreshold) {
      this.labelThreshold = labelThreshold;
      return this;
    }

    /** Leaves out mentions without a label. */
    public Builder requireLabel() {
      this.labelRequired = true;
      return this;
    }

    /** Has mentions tell all labels that reach the threshold, as {@link Mention#labels}. */
    public Builder allLabels() {
      this.allLabels = true;
      return this;
    }

    /**
     * Sets the number by which a decoder chooses among mentions that it cannot all keep; {@link
     * RankBy#MENTION} by default.
     */
    public Builder rankBy(RankBy rankBy) {
      this.rankBy = rankBy;
      return this;
    }

    /** Type of the backbone's products. */
    public Builder dtype(ComputeType dtype) {
      this.options = options.withDtype(dtype);
      return this;
    }

    /** Sets the device to run on; a GPU is the first one. */
    public Builder device(DeviceChoice device) {
      this.options = options.withDevice(device, 0);
      return this;
    }

    /** Upper bound of the tokens of one forward call. */
    public Builder batchTokens(int batchTokens) {
      this.options = options.withBatchTokens(batchTokens);
      return this;
    }

    /**
     * Allows a TorchScript file as the backbone: code that runs with the rights of this process.
     */
    public Builder trustBackbone(boolean trustBackbone) {
      this.options = options.withTrustBackbone(trustBackbone);
      return this;
    }

    /**
     * Loads the model.
     *
     * @throws IOException if a file is missing or malformed, or the head does not fit the backbone
     * @throws IllegalStateException if no backbone was named, or the device is not there
     * @throws IllegalArgumentException if a label cannot be the name of a class, its threshold is
     *     outside [0, 1), or the decoder cannot rank
     */
    public MentionDetector build() throws IOException {
      if (backbone == null) {
        throw new IllegalStateException(
            "Name a bundled model (%s) or a backbone"
                .formatted(String.join(", ", bundledModels())));
      }
      ModelSpec spec =
          new ModelSpec(
              name == null ? backbone : name,
              backbone,
              head,
              decoder,
              threshold,
              bos,
              maxTokens,
              overlap,
              wordBoundaries,
              classifier == null && labels.isEmpty()
                  ? null
                  : new Typing(
                      classifier, labels, labelThreshold, labelRequired, allLabels, rankBy));
      return load(List.of(spec.withSensibleRanking()), options);
    }
  }
}
