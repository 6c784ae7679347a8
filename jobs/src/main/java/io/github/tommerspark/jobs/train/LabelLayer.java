package io.github.tommerspark.jobs.train;

import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.classify.LabelModelConfig;
import io.github.tommerspark.detect.SpanEncoder;
import io.github.tommerspark.engine.Torch;
import io.github.tommerspark.head.Calibration;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.train.LabelExamples;
import io.github.tommerspark.train.LabelOptions;
import io.github.tommerspark.train.LabelTrainer;
import io.github.tommerspark.train.LabelVocabulary;
import io.github.tommerspark.train.Wordings;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Trains label models on a layer. */
final class LabelLayer implements LayerSweep.Layer<LabelTrainer.Result, TrainedLabelModel.Run> {

  private static final String CAUSAL_PROMPT = "Entity type: ";
  private static final double PRIOR_EXPONENT = 0.5;

  /**
   * Of calibrated probabilities; what served best on the dev parts of data sets with other types.
   */
  private static final double LABEL_THRESHOLD = 0.2;

  private final TrainClassifierOptions options;
  private final Consumer<String> progress;
  private final SpanEncoder encoder;
  private final LabelModel initial;
  private final LabelModelConfig config;
  private final Map<String, float[]> states;
  private final LabelExamples train;
  private final LabelExamples dev;

  /**
   * Collects the examples.
   *
   * @param vocabulary labels of the training data
   * @param initial a model to go on from; null to begin anew
   * @param progress receives a line per epoch
   * @throws UserException if the initial model reads other states
   * @throws IOException if examples cannot be kept on disk
   */
  LabelLayer(
      SpanEncoder encoder,
      TrainClassifierOptions options,
      TrainClassifierJob.Data data,
      LabelVocabulary vocabulary,
      LabelModel initial,
      Consumer<String> progress)
      throws IOException {
    this.encoder = encoder;
    this.options = options;
    this.initial = initial;
    this.progress = progress;
    this.train = LabelExamples.collect(encoder, data.train(), vocabulary);
    try {
      this.dev = LabelExamples.collect(encoder, data.dev(), vocabulary);
    } catch (IOException | RuntimeException e) {
      train.close();
      throw e;
    }
    try {
      requireFit();
      this.config = config();
      this.states = states(encoder, config, vocabulary, dev);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  @Override
  public LabelTrainer.Result train(long seed) throws IOException {
    try {
      return LabelTrainer.train(
          train,
          dev,
          config,
          options.labels().withSeed(seed),
          states,
          initial,
          Torch.device(options.engine()),
          epoch ->
              progress.accept(
                  String.format(
                      Locale.ROOT,
                      "layer %d, seed %d, epoch %d: loss %.4f, dev accuracy %.4f",
                      config.layer(),
                      seed,
                      epoch.epoch(),
                      epoch.loss(),
                      epoch.accuracy())));
    } catch (IllegalArgumentException e) {
      throw new UserException(e.getMessage(), e);
    }
  }

  @Override
  public TrainedLabelModel.Run record(LabelTrainer.Result result, long seed) {
    return TrainedLabelModel.Run.of(encoder.layer(), seed, result, train, dev);
  }

  private void requireFit() {
    if (initial != null
        && (initial.layer() != encoder.layer() || initial.hiddenSize() != encoder.hiddenSize())) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "Cannot go on from %s: it reads layer %d from states of width %d, but this training layer %d from width %d; say --layer %d",
              options.initial(),
              initial.layer(),
              initial.hiddenSize(),
              encoder.layer(),
              encoder.hiddenSize(),
              initial.layer()));
    }
  }

  private LabelModelConfig config() {
    if (initial != null) {
      return initial.config();
    }
    LabelOptions training = options.labels();
    return new LabelModelConfig(
        encoder.backboneName(),
        encoder.layer(),
        encoder.hiddenSize(),
        training.mentionSize(),
        training.labelSize(),
        training.embeddingSize(),
        // A backbone that reads no token behind a first word knows next to nothing of that word.
        encoder.causal() ? CAUSAL_PROMPT : "",
        PRIOR_EXPONENT,
        LABEL_THRESHOLD,
        Calibration.NONE);
  }

  /** The states of all labels in all their wordings, and of the types of dev. */
  private static Map<String, float[]> states(
      SpanEncoder encoder, LabelModelConfig config, LabelVocabulary vocabulary, LabelExamples dev)
      throws IOException {
    SortedSet<String> names = new TreeSet<>(dev.types());
    vocabulary.labels().forEach(label -> names.addAll(Wordings.of(label)));
    List<String> labels = List.copyOf(names);
    List<float[]> read = encoder.labelStates(config.prompt(), labels);
    Map<String, float[]> states = new LinkedHashMap<>();
    for (int i = 0; i < labels.size(); i++) {
      states.put(labels.get(i), read.get(i));
    }
    return states;
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
