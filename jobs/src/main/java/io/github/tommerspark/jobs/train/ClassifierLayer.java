package io.github.tommerspark.jobs.train;

import ai.djl.Device;
import io.github.tommerspark.classify.ClassProbability;
import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.classify.SpanClassifier;
import io.github.tommerspark.detect.SpanEncoder;
import io.github.tommerspark.engine.Torch;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.train.ClassifierOptions;
import io.github.tommerspark.train.ClassifierTrainer;
import io.github.tommerspark.train.LabelledSet;
import io.github.tommerspark.train.SpanExamples;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.function.Consumer;

/** Trains span classifiers on a layer. */
final class ClassifierLayer
    implements LayerSweep.Layer<ClassifierTrainer.Result, TrainedClassifier.Run> {

  private final TrainClassifierOptions options;
  private final Consumer<String> progress;
  private final SpanEncoder encoder;
  private final SpanClassifier initial;
  private final ClassifierConfig config;
  private final List<float[]> prompts;
  private final SpanExamples train;
  private final SpanExamples dev;

  /**
   * Collects the examples.
   *
   * @param classes names of the classes, the outside class first
   * @param marked the types that the data sets of each name mark
   * @param initial a classifier to go on from; null to begin anew
   * @param progress receives a line per epoch
   * @throws UserException if the initial classifier reads other states
   * @throws IOException if examples cannot be kept on disk
   */
  ClassifierLayer(
      SpanEncoder encoder,
      TrainClassifierOptions options,
      TrainClassifierJob.Data data,
      List<String> classes,
      Map<String, SortedSet<String>> marked,
      SpanClassifier initial,
      Consumer<String> progress)
      throws IOException {
    this.encoder = encoder;
    this.options = options;
    this.initial = initial;
    this.progress = progress;
    this.config = config(classes);
    this.prompts = encoder.promptStates(classes.subList(1, classes.size()));
    this.train = examples(data.train(), classes, marked);
    try {
      this.dev = examples(data.dev(), classes, marked);
    } catch (IOException | RuntimeException e) {
      train.close();
      throw e;
    }
  }

  @Override
  public ClassifierTrainer.Result train(long seed) throws IOException {
    Device device = Torch.device(options.engine());
    ClassifierOptions training =
        options.training().withSizes(config.mlpLayers(), config.embeddingSize()).withSeed(seed);
    try {
      return ClassifierTrainer.train(
          train,
          dev,
          config,
          training,
          prompts,
          initial,
          device,
          epoch ->
              progress.accept(
                  String.format(
                      Locale.ROOT,
                      "layer %d, seed %d, epoch %d: loss %.4f, dev P %.4f R %.4f F1 %.4f",
                      config.layer(),
                      seed,
                      epoch.epoch(),
                      epoch.loss(),
                      epoch.dev().precision(),
                      epoch.dev().recall(),
                      epoch.dev().f1())));
    } catch (IllegalArgumentException e) {
      throw new UserException(e.getMessage(), e);
    }
  }

  @Override
  public TrainedClassifier.Run record(ClassifierTrainer.Result result, long seed) {
    return TrainedClassifier.Run.of(encoder.layer(), seed, result, train, dev);
  }

  private ClassifierConfig config(List<String> classes) {
    ClassifierOptions training = options.training();
    int mlpLayers = training.mlpLayers();
    int embeddingSize = training.embeddingSize();
    if (initial != null) {
      ClassifierConfig begun = initial.config();
      mlpLayers = begun.mlpLayers();
      embeddingSize = begun.embeddingSize();
      if (begun.layer() != encoder.layer()
          || begun.representation() != encoder.representation()
          || begun.hiddenSize() != encoder.hiddenSize()) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                "Cannot go on from %s: it reads layer %d by %s from states of width %d, but this training layer %d by %s from width %d; say --layer %d --span %s",
                options.initial(),
                begun.layer(),
                begun.representation().label(),
                begun.hiddenSize(),
                encoder.layer(),
                encoder.representation().label(),
                encoder.hiddenSize(),
                begun.layer(),
                begun.representation().label()));
      }
    }
    return new ClassifierConfig(
        encoder.backboneName(),
        encoder.layer(),
        encoder.hiddenSize(),
        encoder.representation(),
        mlpLayers,
        embeddingSize,
        ClassProbability.SOFTMAX,
        classes);
  }

  private SpanExamples examples(
      List<LabelledSet> sets, List<String> classes, Map<String, SortedSet<String>> marked)
      throws IOException {
    return SpanExamples.collect(
        encoder,
        encoder.spec().decoder(),
        encoder.spec().threshold().value(),
        sets,
        classes,
        marked);
  }

  @Override
  public void close() throws IOException {
    try {
      dev.close();
    } finally {
      train.close();
    }
  }
}
