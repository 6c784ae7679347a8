package io.github.tommerspark.train;

import ai.djl.Device;
import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.classify.SpanClassifier;
import io.github.tommerspark.train.ClassifierScript.Batch;
import io.github.tommerspark.train.ClassifierScript.Parameter;
import io.github.tommerspark.train.SpanExamples.Document;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Trains a span classifier on a frozen detector and backbone (upstream {@code classification.py}).
 * The parameters of the epoch with the best micro-F1 on held-out documents are kept.
 */
public final class ClassifierTrainer {

  /** Spans of a forward call outside of training. */
  private static final int SCORING_SPANS = 4096;

  private final SpanExamples train;
  private final SpanExamples dev;
  private final ClassifierConfig config;
  private final ClassifierOptions options;
  private final Standardization spans;
  private final Standardization states;

  /** Standardised. */
  private final List<float[]> promptStates;

  /**
   * The scores of an epoch.
   *
   * @param epoch its number from 1
   * @param loss mean over its batches
   * @param dev scores after it
   */
  public record Epoch(int epoch, double loss, TypedF1 dev) {}

  /**
   * The result of training.
   *
   * @param classifier with the parameters of the best epoch
   * @param epochs all of them
   * @param best the best one
   */
  public record Result(SpanClassifier classifier, List<Epoch> epochs, Epoch best) {}

  private ClassifierTrainer(
      SpanExamples train,
      SpanExamples dev,
      ClassifierConfig config,
      ClassifierOptions options,
      List<float[]> promptStates) {
    this.train = train;
    this.dev = dev;
    this.config = config;
    this.options = options;
    this.spans = train.standardization();
    // Of the last token's states, or of means of states.
    this.states = spans.last(config.hiddenSize());
    this.promptStates = promptStates.stream().map(float[]::clone).toList();
    this.promptStates.forEach(states::apply);
  }

  /**
   * Trains.
   *
   * @param train what to learn from
   * @param dev what to choose the best epoch by
   * @param config settings of the classifier
   * @param options how to train
   * @param promptStates hidden states of the prompts of all classes but the outside one: where
   *     class vectors begin
   * @param initial a classifier to go on from, of the same sizes; null to begin anew
   * @param device where to train
   * @param listener hears of every epoch
   * @throws IOException if examples cannot be read back
   * @throws IllegalArgumentException if there are no examples
   */
  public static Result train(
      SpanExamples train,
      SpanExamples dev,
      ClassifierConfig config,
      ClassifierOptions options,
      List<float[]> promptStates,
      @Nullable SpanClassifier initial,
      Device device,
      Consumer<Epoch> listener)
      throws IOException {
    if (train.goldSpans() == 0) {
      throw new IllegalArgumentException(
          "Cannot train a classifier: no mention of the training data has a type");
    }
    return new ClassifierTrainer(train, dev, config, options, promptStates)
        .run(initial, device, listener);
  }

  private Result run(@Nullable SpanClassifier initial, Device device, Consumer<Epoch> listener)
      throws IOException {
    Random random = new Random(options.seed());
    List<Document> order =
        new ArrayList<>(train.documents().stream().filter(ClassifierTrainer::learnable).toList());
    try (ClassifierScript script =
        new ClassifierScript(device, options, initial(initial, random))) {
      List<Epoch> epochs = new ArrayList<>();
      Epoch best = null;
      List<float[]> bestParameters = null;
      for (int number = 1; number <= options.epochs(); number++) {
        Collections.shuffle(order, random);
        double loss = epoch(script, order);
        Epoch epoch = new Epoch(number, loss, score(script));
        epochs.add(epoch);
        listener.accept(epoch);
        if (best == null || epoch.dev().f1() > best.dev().f1()) {
          best = epoch;
          bestParameters = script.parameters();
        }
      }
      return new Result(
          classifier(Objects.requireNonNull(bestParameters)), epochs, Objects.requireNonNull(best));
    }
  }

  private static boolean learnable(Document document) {
    return Arrays.stream(document.classes()).anyMatch(label -> label >= 0);
  }

  private double epoch(ClassifierScript script, List<Document> order) throws IOException {
    double sum = 0;
    int batches = 0;
    for (int from = 0; from < order.size(); from += options.batch()) {
      List<Document> documents =
          order.subList(from, Math.min(order.size(), from + options.batch()));
      sum += script.accumulate(batch(train, documents, true));
      batches++;
      if (batches % options.accumulation() == 0 || from + options.batch() >= order.size()) {
        script.update();
      }
    }
    return sum / batches;
  }

  /**
   * The spans of documents.
   *
   * @param masked whether classes that a data set does not mark take no part
   */
  private Batch batch(SpanExamples examples, List<Document> documents, boolean masked)
      throws IOException {
    int spans = documents.stream().mapToInt(Document::spans).sum();
    int width = examples.width();
    int classes = config.classes().size();
    float[] vectors = new float[spans * width];
    float[] known = new float[spans * classes];
    Arrays.fill(known, 1);
    long[] gold = new long[spans];
    int at = 0;
    for (Document document : documents) {
      examples.read(document, vectors, at * width);
      for (int i = 0; i < document.spans(); i++, at++) {
        // What training has no class for is of no class.
        gold[at] = Math.max(0, document.classes()[i]);
        if (masked) {
          System.arraycopy(examples.known(document), 0, known, at * classes, classes);
        }
      }
    }
    this.spans.apply(vectors);
    return new Batch(vectors, known, gold);
  }

  /** Scores held-out documents as the classifier would be used: on detected spans. */
  private TypedF1 score(ClassifierScript script) throws IOException {
    TypedF1 sum = TypedF1.NONE;
    List<Document> documents = new ArrayList<>();
    int spans = 0;
    for (Document document : dev.documents()) {
      documents.add(document);
      spans += document.spans();
      if (spans >= SCORING_SPANS) {
        sum = sum.plus(score(script, documents));
        documents.clear();
        spans = 0;
      }
    }
    return sum.plus(score(script, documents));
  }

  private TypedF1 score(ClassifierScript script, List<Document> documents) throws IOException {
    long gold = documents.stream().mapToLong(Document::gold).sum();
    if (documents.stream().allMatch(document -> document.spans() == 0)) {
      return new TypedF1(0, 0, gold);
    }
    long[] best = script.best(batch(dev, documents, false));
    long right = 0;
    long wrong = 0;
    int at = 0;
    for (Document document : documents) {
      for (int i = 0; i < document.spans(); i++, at++) {
        if (best[at] != 0 && document.detected()[i]) {
          if (best[at] == document.classes()[i]) {
            right++;
          } else {
            wrong++;
          }
        }
      }
    }
    return new TypedF1(right, wrong, gold);
  }

  /**
   * Parameters to begin with, for standardised inputs, in the order of the script; as PyTorch's
   * Linear begins.
   */
  private List<Parameter> initial(@Nullable SpanClassifier given, Random random) {
    int embedding = config.embeddingSize();
    int width = config.spanWidth();
    int hidden = config.hiddenSize();
    float[] inputWeight = InitialWeights.linear(random, embedding * width, width);
    float[] inputBias = InitialWeights.linear(random, embedding, width);
    float[] promptWeight = InitialWeights.linear(random, embedding * hidden, hidden);
    float[] promptBias = InitialWeights.linear(random, embedding, hidden);
    if (given != null) {
      inputWeight = given.inputWeight().clone();
      inputBias = given.inputBias().clone();
      spans.redo(inputWeight, inputBias);
    }
    if (given != null && given.zeroShot()) {
      promptWeight = given.promptWeight().clone();
      promptBias = given.promptBias().clone();
      states.redo(promptWeight, promptBias);
    }
    List<Parameter> parameters = new ArrayList<>();
    parameters.add(new Parameter(inputWeight, embedding, width));
    parameters.add(new Parameter(inputBias, embedding));
    if (config.mlpLayers() > 1) {
      parameters.add(
          new Parameter(
              given != null
                  ? given.hiddenWeight()
                  : InitialWeights.linear(random, embedding * embedding, embedding),
              embedding,
              embedding));
      parameters.add(
          new Parameter(
              given != null
                  ? given.hiddenBias()
                  : InitialWeights.linear(random, embedding, embedding),
              embedding));
    }
    float[] vectors = vectors(promptWeight, promptBias);
    parameters.add(new Parameter(vectors, config.classes().size(), embedding));
    return parameters;
  }

  /** Class vectors made from standardised prompts, that of the outside class being 0. */
  private float[] vectors(float[] promptWeight, float[] promptBias) {
    int embedding = config.embeddingSize();
    int hidden = config.mlpLayers() > 1 ? embedding : 0;
    return new SpanClassifier(
            config,
            new float[embedding * config.spanWidth()],
            new float[embedding],
            new float[hidden * hidden],
            new float[hidden],
            new float[embedding * config.classes().size()],
            promptWeight,
            promptBias)
        .withLabels(labels(), promptStates)
        .classVectors();
  }

  private List<String> labels() {
    return config.classes().subList(1, config.classes().size());
  }

  /** The classifier of these parameters, for inputs as they are. */
  private SpanClassifier classifier(List<float[]> parameters) {
    boolean layers = config.mlpLayers() > 1;
    int last = parameters.size() - 1;
    float[] inputWeight = parameters.get(0).clone();
    float[] inputBias = parameters.get(1).clone();
    spans.undo(inputWeight, inputBias);
    return new SpanClassifier(
        config,
        inputWeight,
        inputBias,
        layers ? parameters.get(2) : new float[0],
        layers ? parameters.get(3) : new float[0],
        parameters.get(last),
        new float[0],
        new float[0]);
  }
}
