package io.github.tommerspark.detect;

import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.detect.DocumentMentions.ModelResult;
import io.github.tommerspark.detect.PackedBatch.Sequence;
import io.github.tommerspark.engine.Cancellation;
import io.github.tommerspark.engine.EngineFailure;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import io.github.tommerspark.text.Window;
import io.github.tommerspark.text.WindowPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The texts of one call on their way through a group of models: tokenised and cut, their candidates
 * collected, decoded. For one thread.
 */
final class TextWork implements BatchScorer.Findings {
  private static final Logger LOG = LoggerFactory.getLogger(TextWork.class);
  private static final SpanLabels.Label[] NO_LABELS = {};

  private final ModelGroup group;
  private final List<ModelPlan> models;
  private final TextTokenizer tokenizer;
  private final WindowPlan windows;
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

  /** Decodes a text's candidates of one model. */
  @FunctionalInterface
  interface Outcome<R> {
    R of(TextWork work, int text, int model);
  }

  /**
   * Begins a call.
   *
   * @param texts null for those to leave out
   * @param uses the group's models in order, with the decoders and the numbers of the thresholds to
   *     use
   */
  TextWork(ModelGroup group, List<String> texts, List<ModelSpec> uses) {
    this.group = group;
    this.models = group.models();
    this.tokenizer = group.tokenizer();
    this.windows = group.windows();
    this.texts = texts;
    this.uses = uses;
    thresholds = uses.stream().mapToDouble(use -> use.threshold().value()).toArray();
    tokens = new TokenizedText[texts.size()];
    windowCounts = new int[texts.size()];
    errors = new String[texts.size()];
    candidates = new Candidates[texts.size()][models.size()];
    labels = new SpanLabels[texts.size()][models.size()];
  }

  int size() {
    return texts.size();
  }

  /** Returns whether a text cannot be read. */
  boolean failed(int text) {
    return errors[text] != null;
  }

  /** The content tokens of a text that has been tokenised. */
  TokenizedText tokens(int text) {
    return tokens[text];
  }

  /** Adds a candidate of the one model. */
  void add(int text, int start, int end, float score) {
    candidates[text][0].add(start, end, score);
  }

  private static boolean respectsWords(ModelPlan model) {
    return model.head().config().additions().wordBoundaries();
  }

  /** Returns whether candidates without a label are none. */
  private boolean labelRequired(int model) {
    Typing typing = models.get(model).spec().typing();
    return typing != null && typing.labelRequired();
  }

  private RankBy rankBy(int model) {
    Typing typing = models.get(model).spec().typing();
    return typing == null ? RankBy.MENTION : typing.rankBy();
  }

  @Override
  public void failed(Sequence sequence, String error) {
    equal.to(sequence).forEach(same -> errors[same.text()] = error);
  }

  List<Sequence> tokenize() {
    List<Sequence> sequences = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      if (texts.get(i) != null) {
        Cancellation.check();
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
      if (tokenized.id(i) >= group.vocabularySize()) {
        errors[text] =
            String.format(
                Locale.ROOT,
                "the tokenizer gives token id %d, but the backbone has only %d; tokenizer.json and config.json do not belong together",
                tokenized.id(i),
                group.vocabularySize());
        return List.of();
      }
    }
    tokens[text] = tokenized;
    WordBoundaries boundaries =
        models.stream().anyMatch(TextWork::respectsWords)
            ? WordBoundaries.of(texts.get(text), tokenized)
            : null;
    List<Window> cut = windows.windows(tokenized.size());
    windowCounts[text] = cut.size();
    for (int model = 0; model < models.size(); model++) {
      candidates[text][model] = new Candidates();
      List<String> names = group.classes(model);
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
      group.batches().requireAnswer("tokenise", () -> tokenizer.encode(BatchScorer.PROBE));
      return tokenizer.encode(text);
    }
  }

  long documentTokens() {
    return Arrays.stream(tokens).filter(Objects::nonNull).mapToLong(TokenizedText::size).sum();
  }

  /** Scores sequences, each once that has tokens of its own. */
  void score(List<Sequence> all) {
    equal = EqualSequences.of(all);
    group.batches().score(PackedBatch.sorted(equal.distinct()), thresholds, this);
  }

  @Override
  public Map<Sequence, String> collect(PackedBatch batch, SpanScorer.Scores scores) {
    Map<Sequence, String> failures = group.failures().of(batch, scores);
    int[] owner = batch.sequenceOfToken();
    for (int model = 0; model < scores.heads().size(); model++) {
      collect(batch, owner, scores.heads().get(model), model, failures);
    }
    return failures;
  }

  private void collect(
      PackedBatch batch,
      int[] owner,
      ScoredSpans spans,
      int model,
      Map<Sequence, String> failures) {
    int fitting = 0;
    for (int i = 0; i < spans.scores().length; i++) {
      SpanLabels.Label[] all = allLabels(spans, i, fitting, model);
      fitting += all.length;
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
          if (group.classes(model) != null) {
            labels[sequence.text()][model].add(
                from + start, from + end, (int) spans.labels()[i], spans.labelScores()[i], all);
          }
        }
      }
    }
  }

  /**
   * All labels that fit a span, the best first; none unless they were asked for.
   *
   * @param from index of the first among those of all spans
   */
  private SpanLabels.Label[] allLabels(ScoredSpans spans, int span, int from, int model) {
    ScoredSpans.Fitting fitting = spans.fitting();
    int to = from;
    while (to < fitting.spans().length && fitting.spans()[to] == span) {
      to++;
    }
    if (from == to) {
      return NO_LABELS;
    }
    List<String> names = group.classes(model);
    return IntStream.range(from, to)
        .boxed()
        // The first of equals, as the best label is chosen.
        .sorted(Comparator.comparingDouble(i -> -fitting.ranks()[i]))
        .map(i -> new SpanLabels.Label(names.get((int) fitting.labels()[i]), fitting.scores()[i]))
        .toArray(SpanLabels.Label[]::new);
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
    group.account().decoded(System.nanoTime() - begin);
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
        rankBy(model),
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
    Candidates decoded =
        ScoredText.decode(
            use.decoder(),
            candidates[text][model],
            use.threshold().value(),
            labels[text][model],
            rankBy(model));
    return new ModelResult(
        MentionText.mentions(texts.get(text), tokens[text], decoded, labels[text][model]),
        null,
        tokens[text].size(),
        windowCounts[text]);
  }
}
