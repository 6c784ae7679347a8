package io.github.tommerspark.detect;

import ai.djl.Device;
import io.github.tommerspark.classify.MentionClassifier;
import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.detect.DocumentMentions.ModelResult;
import io.github.tommerspark.detect.PackedBatch.Sequence;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.engine.Torch;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import io.github.tommerspark.text.WindowPlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Models that share a backbone: texts are tokenised and cut once, and one forward serves all heads.
 * Thread-safe.
 */
final class ModelGroup implements AutoCloseable {
  private final List<ModelPlan> models;

  /** Per model the classes of its classifier; null without one. */
  private final List<List<String>> classes;

  private final TextTokenizer tokenizer;
  private final WindowPlan windows;
  private final SpanScorer scorer;
  private final int vocabularySize;
  private final LoadReport report;
  private final WorkAccount account;
  private final ScoreFailures failures;
  private final BatchScorer batches;

  private ModelGroup(
      List<ModelPlan> models,
      List<MentionClassifier> classifiers,
      TextTokenizer tokenizer,
      SpanScorer scorer,
      LoadReport report,
      WorkAccount account,
      DeviceMemory memory) {
    this.models = models;
    this.classes = new ArrayList<>();
    for (MentionClassifier classifier : classifiers) {
      classes.add(classifier == null ? null : classifier.classes());
    }
    this.tokenizer = tokenizer;
    this.windows = models.get(0).windows();
    this.scorer = scorer;
    this.vocabularySize = scorer.states().vocabularySize();
    this.report = report;
    this.account = account;
    this.failures = new ScoreFailures(models, report.dtype());
    this.batches = new BatchScorer(scorer, tokenizer, windows, memory, failures);
  }

  /** Loads models of one {@link ModelPlan.SharingKey}, and closes their plans in the end. */
  static ModelGroup load(List<ModelPlan> models, EngineOptions options) throws IOException {
    long begin = System.nanoTime();
    ModelPlan first = models.get(0);
    WorkAccount account = new WorkAccount();
    List<Head> heads = models.stream().map(ModelPlan::head).toList();
    double[] thresholds =
        models.stream().mapToDouble(model -> model.spec().threshold().value()).toArray();
    Device device = Torch.device(options);
    // Copies of a remote backbone hold no more than the layers that their own model needs.
    PlannedBackbone deepest =
        models.stream()
            .map(ModelPlan::backbone)
            .max(Comparator.comparingInt(PlannedBackbone::lastLayer))
            .orElseThrow();
    StateSource states = deepest.load(models, options, device);
    List<MentionClassifier> classifiers;
    SpanScorer scorer;
    try {
      classifiers = classifiers(models, new LabelReader(first.tokenizer(), states::hiddenStates));
      scorer =
          SpanScorer.of(
              states, heads, classifiers, allLabels(models), thresholds, options, account);
    } catch (IOException | RuntimeException e) {
      states.close();
      throw e;
    }
    LoadReport report =
        new LoadReport(
            first.sharingKey().backbone(),
            device.isGpu() ? String.format(Locale.ROOT, "gpu(%d)", device.getDeviceId()) : "cpu",
            states.dtype(),
            states.bytesRead(),
            (System.nanoTime() - begin) / 1e9);
    // The first one's tokenizer serves all.
    models.subList(1, models.size()).forEach(ModelPlan::close);
    return new ModelGroup(
        models,
        classifiers,
        first.tokenizer(),
        scorer,
        report,
        account,
        new DeviceMemory(options.batchTokens(), options.provoked().memoryTokens()));
  }

  /**
   * The hidden states that stand for classes of these names: each that of the last token of its
   * prompt.
   *
   * @param layer block whose output is wanted; not beyond the last one that is loaded
   * @throws IOException if a label is longer than any name
   */
  List<float[]> promptStates(List<String> labels, int layer) throws IOException {
    return new LabelReader(tokenizer, scorer::hiddenStates).lastStates(labels, layer);
  }

  /**
   * The hidden states that stand for labels in a label model: each the mean over its tokens.
   *
   * @param prompt what is read in front of each
   * @param layer block whose output is wanted; not beyond the last one that is loaded
   * @throws IOException if a label is longer than any name
   */
  List<float[]> labelStates(String prompt, List<String> labels, int layer) throws IOException {
    return new LabelReader(tokenizer, scorer::hiddenStates).meanStates(prompt, labels, layer);
  }

  /** The classifiers of all models, null for those without. */
  private static List<MentionClassifier> classifiers(List<ModelPlan> models, LabelReader reader)
      throws IOException {
    List<MentionClassifier> classifiers = new ArrayList<>();
    for (ModelPlan model : models) {
      classifiers.add(reader.classifier(model));
    }
    return classifiers;
  }

  /** Per model whether mentions tell all labels that fit. */
  private static List<Boolean> allLabels(List<ModelPlan> models) {
    return models.stream()
        .map(model -> model.spec().typing() != null && model.spec().typing().allLabels())
        .toList();
  }

  List<ModelPlan> models() {
    return models;
  }

  /** The classes of a model's classifier; null without one. */
  List<String> classes(int model) {
    return classes.get(model);
  }

  TextTokenizer tokenizer() {
    return tokenizer;
  }

  WindowPlan windows() {
    return windows;
  }

  int vocabularySize() {
    return vocabularySize;
  }

  ScoreFailures failures() {
    return failures;
  }

  BatchScorer batches() {
    return batches;
  }

  WorkAccount account() {
    return account;
  }

  LoadReport report() {
    return report;
  }

  /** Tokens of a forward call at most; fewer than were allowed if the device ran out of memory. */
  int batchTokens() {
    return batches.batchTokens();
  }

  WorkReport work() {
    return account.report();
  }

  /** The models with the decoders and thresholds that they were loaded with. */
  List<ModelSpec> specs() {
    return models.stream().map(ModelPlan::spec).toList();
  }

  /**
   * Finds the mentions of every model.
   *
   * @param texts null for those to leave out
   * @param uses the models in order, with the decoders and the numbers of the thresholds to use
   * @return per text one result per model; null for the texts left out
   */
  List<List<ModelResult>> annotate(List<String> texts, List<ModelSpec> uses) {
    return scored(texts, uses).results(TextWork::mentions);
  }

  /**
   * Scores the spans of every model.
   *
   * @param texts null for those to leave out
   * @param uses the models in order, with the numbers of the thresholds to use
   * @return per text what each model made of it; null for the texts left out
   */
  List<List<ScoredText>> score(List<String> texts, List<ModelSpec> uses) {
    return scored(texts, uses).results(TextWork::candidates);
  }

  /** Returns where hidden states come from. */
  StateSource states() {
    return scorer.states();
  }

  /** The share of the heads in the time of forwards over these texts, batched as usual. */
  double headShare(List<String> texts) {
    List<Sequence> sequences = PackedBatch.sorted(new TextWork(this, texts, specs()).tokenize());
    long[] sum = new long[2];
    batches.forEachBatch(
        sequences,
        batch -> {
          long[] parts = scorer.partNanos(batches.packed(batch));
          sum[0] += parts[0];
          sum[1] += parts[1];
        });
    return (double) sum[1] / (sum[0] + sum[1]);
  }

  private TextWork scored(List<String> texts, List<ModelSpec> uses) {
    TextWork work = new TextWork(this, texts, uses);
    long begin = System.nanoTime();
    List<Sequence> sequences = work.tokenize();
    account.tokenised(work.documentTokens(), System.nanoTime() - begin);
    work.score(sequences);
    return work;
  }

  /** Names further spans of a text, whose vectors are wanted. */
  @FunctionalInterface
  interface GivenSpans {

    /**
     * The spans.
     *
     * @param text index of the text
     * @param tokens its content tokens
     */
    Candidates of(int text, TokenizedText tokens);
  }

  /**
   * Scores the spans of the one model and makes vectors of its candidates and of given spans.
   *
   * @param texts none null
   * @param given spans whose vectors are wanted beside those of candidates
   * @param layer block whose output vectors are made of; not beyond the last one that is loaded
   * @return one entry per text
   */
  List<EncodedText> encode(
      List<String> texts, GivenSpans given, int layer, SpanRepresentation representation) {
    TextWork work = new TextWork(this, texts, specs());
    String model = models.get(0).spec().name();
    return new SpanVectors(model, scorer, batches, work, layer, representation).of(given);
  }

  @Override
  public void close() {
    scorer.close();
    tokenizer.close();
  }
}
