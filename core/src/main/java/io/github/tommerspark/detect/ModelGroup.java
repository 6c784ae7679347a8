package io.github.tommerspark.detect;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import io.github.tommerspark.classify.MentionClassifier;
import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.detect.DocumentMentions.ModelResult;
import io.github.tommerspark.detect.PackedBatch.Sequence;
import io.github.tommerspark.engine.DeviceHealth;
import io.github.tommerspark.engine.DeviceMemoryException;
import io.github.tommerspark.engine.EngineFailure;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.engine.Torch;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import io.github.tommerspark.text.Window;
import io.github.tommerspark.text.WindowPlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models that share a backbone: texts are tokenised and cut once, and one forward serves all heads.
 * Thread-safe.
 */
final class ModelGroup implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelGroup.class);

  /** A text that any model can read. */
  private static final String PROBE = "Marie Curie was born in Warsaw.";

  private final List<ModelPlan> models;

  /** Per model the classes of its classifier; null without one. */
  private final List<List<String>> classes;

  private final TextTokenizer tokenizer;
  private final WindowPlan windows;
  private final SpanScorer scorer;
  private final int vocabularySize;
  private final LoadReport report;
  private final WorkAccount account;

  private final DeviceMemory memory;

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
    this.memory = memory;
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
      scorer = SpanScorer.of(states, heads, classifiers, thresholds, options, account);
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
        new DeviceMemory(options.batchTokens(), options.memoryTokens()));
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

  private static boolean respectsWords(ModelPlan model) {
    return model.head().config().additions().wordBoundaries();
  }

  /** Returns whether candidates without a label are none. */
  private boolean labelRequired(int model) {
    Typing typing = models.get(model).spec().typing();
    return typing != null && typing.labelRequired();
  }

  List<ModelPlan> models() {
    return models;
  }

  LoadReport report() {
    return report;
  }

  /** Tokens of a forward call at most; fewer than were allowed if the device ran out of memory. */
  int batchTokens() {
    return memory.budget();
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
    return scored(texts, uses).results(Work::mentions);
  }

  /**
   * Scores the spans of every model.
   *
   * @param texts null for those to leave out
   * @param uses the models in order, with the numbers of the thresholds to use
   * @return per text what each model made of it; null for the texts left out
   */
  List<List<ScoredText>> score(List<String> texts, List<ModelSpec> uses) {
    return scored(texts, uses).results(Work::candidates);
  }

  /** Returns where hidden states come from. */
  StateSource states() {
    return scorer.states();
  }

  /** The share of the heads in the time of forwards over these texts, batched as usual. */
  double headShare(List<String> texts) {
    Work work = new Work(texts, specs());
    List<Sequence> sequences = PackedBatch.sorted(work.tokenize());
    long[] sum = new long[2];
    for (int from = 0; from < sequences.size(); ) {
      int to = batchEnd(sequences, from);
      long[] parts =
          scorer.partNanos(
              PackedBatch.of(
                  sequences.subList(from, to), tokenizer.prefixIds(), tokenizer.suffixIds()));
      sum[0] += parts[0];
      sum[1] += parts[1];
      from = to;
    }
    return (double) sum[1] / (sum[0] + sum[1]);
  }

  private Work scored(List<String> texts, List<ModelSpec> uses) {
    Work work = new Work(texts, uses);
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
    Work work = new Work(texts, specs());
    List<Sequence> sequences = PackedBatch.sorted(work.tokenize());
    List<Candidates> wanted = new ArrayList<>();
    List<Map<Long, float[]>> vectors = new ArrayList<>();
    for (int text = 0; text < texts.size(); text++) {
      wanted.add(work.errors[text] == null ? given.of(text, work.tokens[text]) : new Candidates());
      vectors.add(new HashMap<>());
    }
    for (int from = 0; from < sequences.size(); ) {
      int to = batchEnd(sequences, from);
      work.encode(sequences.subList(from, to), wanted, layer, representation, vectors);
      from = to;
    }
    List<EncodedText> encoded = new ArrayList<>();
    for (int text = 0; text < texts.size(); text++) {
      encoded.add(new EncodedText(work.candidates(text, 0), vectors.get(text)));
    }
    return encoded;
  }

  private int batchEnd(List<Sequence> sequences, int from) {
    int specials = tokenizer.prefixIds().length + tokenizer.suffixIds().length;
    int budget = memory.budget();
    int to = from;
    while (to < sequences.size()) {
      budget -= sequences.get(to).window().size() + specials;
      if (budget < 0 && to > from) {
        break;
      }
      to++;
    }
    return to;
  }

  @Override
  public void close() {
    scorer.close();
    tokenizer.close();
  }

  /** Decodes a text's candidates of one model. */
  @FunctionalInterface
  private interface Outcome<R> {
    R of(Work work, int text, int model);
  }

  /** One call of {@link #annotate} or {@link #score}. */
  private final class Work {
    private final List<String> texts;
    private final List<ModelSpec> uses;
    private final double[] thresholds;
    private final TokenizedText[] tokens;
    private final int[] windowCounts;
    private final String[] errors;
    private final Candidates[][] candidates;
    private EqualSequences equal;

    /** Null for models without a classifier. */
    private final SpanLabels[][] labels;

    Work(List<String> texts, List<ModelSpec> uses) {
      this.texts = texts;
      this.uses = uses;
      thresholds = uses.stream().mapToDouble(use -> use.threshold().value()).toArray();
      tokens = new TokenizedText[texts.size()];
      windowCounts = new int[texts.size()];
      errors = new String[texts.size()];
      candidates = new Candidates[texts.size()][models.size()];
      labels = new SpanLabels[texts.size()][models.size()];
    }

    List<Sequence> tokenize() {
      List<Sequence> sequences = new ArrayList<>();
      for (int i = 0; i < texts.size(); i++) {
        if (texts.get(i) != null) {
          sequences.addAll(tokenize(i));
        }
      }
      return sequences;
    }

    private List<Sequence> tokenize(int text) {
      TokenizedText tokenized;
      try {
        tokenized = encoded(texts.get(text));
      } catch (RuntimeException e) {
        LOG.warn("Cannot tokenise a text of {} characters", texts.get(text).length(), e);
        errors[text] = "cannot tokenise the text: " + EngineFailure.line(e);
        return List.of();
      }
      for (int i = 0; i < tokenized.size(); i++) {
        if (tokenized.id(i) >= vocabularySize) {
          errors[text] =
              String.format(
                  Locale.ROOT,
                  "the tokenizer gives token id %d, but the backbone has only %d; tokenizer.json and config.json do not belong together",
                  tokenized.id(i),
                  vocabularySize);
          return List.of();
        }
      }
      tokens[text] = tokenized;
      WordBoundaries boundaries =
          models.stream().anyMatch(ModelGroup::respectsWords)
              ? WordBoundaries.of(texts.get(text), tokenized)
              : null;
      List<Window> cut = windows.windows(tokenized.size());
      windowCounts[text] = cut.size();
      for (int model = 0; model < models.size(); model++) {
        candidates[text][model] = new Candidates();
        List<String> names = classes.get(model);
        labels[text][model] = names == null ? null : new SpanLabels(names);
      }
      return cut.stream().map(window -> new Sequence(text, tokenized, boundaries, window)).toList();
    }

    /**
     * The tokens of a text.
     *
     * @throws ModelFailedException if the tokenizer has none for another text either
     * @throws RuntimeException if it twice had none for this text
     */
    private TokenizedText encoded(String text) {
      try {
        return tokenizer.encode(text);
      } catch (RuntimeException first) {
        requireAnswer("tokenise", () -> tokenizer.encode(PROBE));
        return tokenizer.encode(text);
      }
    }

    long documentTokens() {
      return Arrays.stream(tokens).filter(Objects::nonNull).mapToLong(TokenizedText::size).sum();
    }

    /** Scores sequences, each once that has tokens of its own. */
    void score(List<Sequence> all) {
      equal = EqualSequences.of(all);
      scoreAll(PackedBatch.sorted(equal.distinct()));
    }

    /** Scores sequences in batches as large as the device's memory allows. */
    private void scoreAll(List<Sequence> sequences) {
      int from = 0;
      while (from < sequences.size()) {
        int to = batchEnd(sequences, from);
        scoreBatch(sequences.subList(from, to));
        from = to;
      }
    }

    /** Scores a batch; one that fails is cut, down to the window that cannot be scored. */
    private void scoreBatch(List<Sequence> sequences) {
      PackedBatch batch = packed(sequences);
      int size = batch.ids().length;
      Map<Sequence, String> failed;
      try {
        memory.require(size);
        failed = collect(batch, scorer.score(batch, thresholds));
      } catch (EngineException e) {
        if (DeviceHealth.isMemoryExhausted(e)) {
          memory.exhausted(size);
          if (sequences.size() == 1) {
            failed = scoreAlone(batch);
          } else {
            scoreAll(sequences);
            return;
          }
        } else if (sequences.size() == 1) {
          LOG.warn("Cannot score a window of {} tokens", size, e);
          failed = Map.of(sequences.get(0), failure(e));
        } else {
          int middle = sequences.size() / 2;
          scoreBatch(sequences.subList(0, middle));
          scoreBatch(sequences.subList(middle, sequences.size()));
          return;
        }
      }
      failed.forEach(this::scoreAgain);
    }

    /**
     * A window that failed gets a second chance, alone. It is to blame if it fails again where
     * another text does not.
     */
    private void scoreAgain(Sequence sequence, String first) {
      String second = failureAlone(sequence);
      if (second == null) {
        LOG.warn("A window that failed ({}) was scored when tried again", first);
        return;
      }
      requireAnswer("score", this::probe);
      equal.to(sequence).forEach(same -> errors[same.text()] = second);
    }

    /** The fault of a window when it is scored alone; null if it has none. */
    private String failureAlone(Sequence sequence) {
      PackedBatch batch = packed(List.of(sequence));
      try {
        return collect(batch, scorer.score(batch, thresholds)).get(sequence);
      } catch (EngineException e) {
        return DeviceHealth.isMemoryExhausted(e) ? scoreAlone(batch).get(sequence) : failure(e);
      }
    }

    /**
     * A single window for which memory did not suffice beside the batches of other tasks.
     *
     * @throws DeviceMemoryException if memory does not suffice for it alone either: that windows
     *     are so long, or that others use the device, is no fault of a text
     */
    private Map<Sequence, String> scoreAlone(PackedBatch batch) {
      int size = batch.ids().length;
      try {
        memory.require(size);
        return collect(batch, scorer.scoreAlone(batch, thresholds));
      } catch (EngineException e) {
        if (!DeviceHealth.isMemoryExhausted(e)) {
          return Map.of(batch.sequence(0), failure(e));
        }
        throw new DeviceMemoryException(
            String.format(
                Locale.ROOT,
                "Out of memory with a single window of %d tokens: use a smaller ‹maxTokens›, or a device with more free memory (%s)",
                size,
                EngineFailure.line(e)),
            e);
      }
    }

    /** Scores a text of ours, which no model has a reason to fail on. */
    private void probe() {
      TokenizedText text = tokenizer.encode(PROBE);
      Window window = windows.windows(text.size()).get(0);
      Sequence sequence = new Sequence(0, text, WordBoundaries.of(PROBE, text), window);
      PackedBatch batch = packed(List.of(sequence));
      String failure = failures(batch, scorer.score(batch)).get(sequence);
      if (failure != null) {
        throw new IllegalStateException(failure);
      }
    }

    /**
     * Makes sure that a failure lies in a text.
     *
     * @param does what failed
     * @param probe the same, with a text of ours
     * @throws ModelFailedException if that fails, too
     */
    private void requireAnswer(String does, Runnable probe) {
      try {
        probe.run();
      } catch (EngineException | IllegalStateException e) {
        throw new ModelFailedException(
            "Cannot %s with %s: it fails whatever it reads (%s); look at its files, and at ‹dtype› and ‹device›"
                .formatted(
                    does,
                    models.stream()
                        .map(model -> model.spec().name())
                        .collect(Collectors.joining(" and ")),
                    EngineFailure.line(e)),
            e);
      }
    }

    private PackedBatch packed(List<Sequence> sequences) {
      return PackedBatch.of(sequences, tokenizer.prefixIds(), tokenizer.suffixIds());
    }

    private static String failure(EngineException e) {
      return "the forward call failed: " + EngineFailure.line(e);
    }

    /** Scores a batch and keeps the vectors of spans that its windows own. */
    void encode(
        List<Sequence> sequences,
        List<Candidates> wanted,
        int layer,
        SpanRepresentation representation,
        List<Map<Long, float[]>> vectors) {
      PackedBatch batch = PackedBatch.of(sequences, tokenizer.prefixIds(), tokenizer.suffixIds());
      List<long[]> places = new ArrayList<>();
      for (int s = 0; s < batch.size(); s++) {
        Window window = batch.sequence(s).window();
        int shift = batch.firstContent(s) - window.from();
        Candidates spans = wanted.get(batch.sequence(s).text());
        for (int i = 0; i < spans.size(); i++) {
          if (spans.start(i) >= window.from() && window.owns(spans.end(i))) {
            places.add(new long[] {spans.start(i) + shift, spans.end(i) + shift});
          }
        }
      }
      long[] packed = new long[2 * places.size()];
      for (int i = 0; i < places.size(); i++) {
        packed[i] = places.get(i)[0];
        packed[places.size() + i] = places.get(i)[1];
      }
      SpanScorer.Encoded encoded = scorer.encode(batch, packed, layer, representation);
      ScoredSpans found = encoded.found();
      int[] owner = batch.sequenceOfToken();
      int count = places.size() + found.scores().length;
      int width = count == 0 ? 0 : encoded.vectors().length / count;
      for (int i = 0; i < count; i++) {
        int f = i - places.size();
        int start = f < 0 ? (int) places.get(i)[0] : (int) found.starts()[f];
        int end = f < 0 ? (int) places.get(i)[1] : (int) found.ends()[f];
        int s = owner[end];
        Window window = batch.sequence(s).window();
        int shift = window.from() - batch.firstContent(s);
        if (start + shift >= window.from()
            && end + shift < window.to()
            && window.owns(end + shift)) {
          int text = batch.sequence(s).text();
          if (f >= 0) {
            if (!Float.isFinite(found.scores()[f])) {
              throw new ModelFailedException(
                  String.format(
                      Locale.ROOT,
                      "Cannot encode the spans of text %d with %s: a score is not finite",
                      text,
                      models.get(0).spec().name()),
                  null);
            }
            candidates[text][0].add(start + shift, end + shift, found.scores()[f]);
          }
          vectors
              .get(text)
              .put(
                  EncodedText.key(start + shift, end + shift),
                  Arrays.copyOfRange(encoded.vectors(), i * width, (i + 1) * width));
        }
      }
    }

    /**
     * Keeps the candidates of the windows that have finite scores.
     *
     * @return what is wrong with the others
     */
    private Map<Sequence, String> collect(PackedBatch batch, SpanScorer.Scores scores) {
      Map<Sequence, String> failures = failures(batch, scores);
      int[] owner = batch.sequenceOfToken();
      for (int model = 0; model < scores.heads().size(); model++) {
        collect(batch, owner, scores.heads().get(model), model, failures);
      }
      return failures;
    }

    /** The windows whose hidden states or scores are not finite, and where that began. */
    private Map<Sequence, String> failures(PackedBatch batch, SpanScorer.Scores scores) {
      Map<Sequence, String> failures = new IdentityHashMap<>();
      int[] owner = batch.sequenceOfToken();
      for (SpanScorer.NotFinite found : scores.notFinite()) {
        failures.putIfAbsent(
            batch.sequence(owner[found.token()]),
            String.format(
                Locale.ROOT,
                "hidden states of layer %d are not finite in %s",
                found.layer(),
                report.dtype()));
      }
      for (int model = 0; model < scores.heads().size(); model++) {
        ScoredSpans spans = scores.heads().get(model);
        for (int i = 0; i < spans.scores().length; i++) {
          boolean finite =
              Float.isFinite(spans.scores()[i])
                  && (spans.labelScores() == null || Float.isFinite(spans.labelScores()[i]));
          if (!finite) {
            failures.putIfAbsent(
                batch.sequence(owner[(int) spans.ends()[i]]),
                String.format(
                    Locale.ROOT,
                    "scores of model %s are not finite, though the hidden states of layer %d are",
                    models.get(model).spec().name(),
                    models.get(model).head().config().layer()));
          }
        }
      }
      return failures;
    }

    private void collect(
        PackedBatch batch,
        int[] owner,
        ScoredSpans spans,
        int model,
        Map<Sequence, String> failures) {
      for (int i = 0; i < spans.scores().length; i++) {
        int sequenceIndex = owner[(int) spans.ends()[i]];
        if (failures.containsKey(batch.sequence(sequenceIndex))) {
          continue;
        }
        int firstContent = batch.firstContent(sequenceIndex);
        int start = (int) spans.starts()[i] - firstContent;
        int end = (int) spans.ends()[i] - firstContent;
        for (Sequence sequence : equal.to(batch.sequence(sequenceIndex))) {
          Window window = sequence.window();
          int from = window.from();
          // A span that touches a special token lies outside the window's content.
          if (start >= 0
              && end < window.size()
              && window.owns(from + end)
              && !(labelRequired(model) && spans.labels()[i] == 0)) {
            candidates[sequence.text()][model].add(from + start, from + end, spans.scores()[i]);
            if (classes.get(model) != null) {
              labels[sequence.text()][model].add(
                  from + start, from + end, (int) spans.labels()[i], spans.labelScores()[i]);
            }
          }
        }
      }
    }

    <R> List<List<R>> results(Outcome<R> outcome) {
      long begin = System.nanoTime();
      List<List<R>> results = new ArrayList<>(texts.size());
      for (int text = 0; text < texts.size(); text++) {
        if (texts.get(text) == null) {
          results.add(null);
          continue;
        }
        List<R> ofText = new ArrayList<>(models.size());
        for (int model = 0; model < models.size(); model++) {
          ofText.add(outcome.of(this, text, model));
          candidates[text][model] = null;
          labels[text][model] = null;
        }
        results.add(ofText);
      }
      account.decoded(System.nanoTime() - begin);
      return results;
    }

    ScoredText candidates(int text, int model) {
      if (errors[text] != null) {
        return ScoredText.failed(texts.get(text), errors[text]);
      }
      return new ScoredText(
          texts.get(text),
          tokens[text],
          candidates[text][model],
          labels[text][model],
          AdmissibleSpans.count(
              models.get(model).head().config(),
              windows.windows(tokens[text].size()),
              tokenizer.prefixIds().length,
              tokenizer.suffixIds().length),
          null);
    }

    ModelResult mentions(int text, int model) {
      if (errors[text] != null) {
        return new ModelResult(List.of(), errors[text], 0, windowCounts[text]);
      }
      ModelSpec use = uses.get(model);
      Candidates decoded = use.decoder().decode(candidates[text][model], use.threshold().value());
      return new ModelResult(
          MentionText.mentions(texts.get(text), tokens[text], decoded, labels[text][model]),
          null,
          tokens[text].size(),
          windowCounts[text]);
    }
  }
}
