package io.github.tommerspark.jobs.train;

import ai.djl.Device;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.classify.SpanClassifier;
import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.detect.SpanEncoder;
import io.github.tommerspark.engine.Torch;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.jobs.cli.Redaction;
import io.github.tommerspark.jobs.cli.UserException;
import io.github.tommerspark.jobs.cli.Version;
import io.github.tommerspark.jobs.dataset.GoldData;
import io.github.tommerspark.jobs.dataset.Provenance;
import io.github.tommerspark.jobs.output.OutputDirectory;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.spark.EngineSetup;
import io.github.tommerspark.train.ClassifierOptions;
import io.github.tommerspark.train.ClassifierTrainer;
import io.github.tommerspark.train.LabelledSet;
import io.github.tommerspark.train.SpanExamples;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** Trains a span classifier on the driver. */
public final class TrainClassifierJob {

  /** The record of the training beside the classifier. */
  static final String RECORD = "training.json";

  /** Of so many documents one is held out where there are no others to choose an epoch by. */
  private static final int HELD_OUT = 10;

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT);

  private final TrainClassifierOptions options;
  private final Consumer<String> progress;

  private TrainClassifierJob(TrainClassifierOptions options, Consumer<String> progress) {
    this.options = options;
    this.progress = progress;
  }

  /**
   * Trains and writes the classifier.
   *
   * @param given the options as the user gave them, for the record
   * @param progress receives a line per epoch
   * @throws UserException if the data, the classifier to begin with or the output stand in the way
   * @throws IOException if a file cannot be read
   */
  public static TrainedClassifier run(
      SparkSession spark,
      TrainClassifierOptions options,
      Map<String, String> given,
      Consumer<String> progress)
      throws IOException {
    return new TrainClassifierJob(options, progress).run(spark, given);
  }

  private TrainedClassifier run(SparkSession spark, Map<String, String> given) throws IOException {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    Path output = output(hadoop);
    SpanClassifier initial =
        options.initial() == null
            ? null
            : ClassifierFiles.read(new LocalDirectory(options.initial()));
    List<GoldData> trainData = read(spark, options.train());
    List<GoldData> devData = read(spark, options.dev());
    List<LabelledSet> train = sets(trainData);
    List<LabelledSet> dev = devData.isEmpty() ? heldOut(train, true) : sets(devData);
    if (devData.isEmpty()) {
      train = heldOut(train, false);
    }
    Map<String, SortedSet<String>> marked = marked(train, dev);
    List<String> classes = classes(train);
    EngineSetup.apply();

    List<TrainedClassifier.Run> runs = new ArrayList<>();
    ClassifierTrainer.Result best = null;
    TrainedClassifier.Run bestRun = null;
    ModelDescription model = null;
    for (Integer layer : options.layers()) {
      try (SpanEncoder encoder =
          SpanEncoder.load(options.model(), layer, options.representation(), options.engine())) {
        model = encoder.describe();
        ClassifierConfig config = config(encoder, classes, initial);
        List<float[]> prompts = encoder.promptStates(classes.subList(1, classes.size()));
        try (SpanExamples trainExamples = examples(encoder, train, classes, marked);
            SpanExamples devExamples = examples(encoder, dev, classes, marked)) {
          for (long seed : options.seeds()) {
            ClassifierTrainer.Result result =
                train(config, prompts, initial, trainExamples, devExamples, seed);
            TrainedClassifier.Run run =
                TrainedClassifier.Run.of(encoder.layer(), seed, result, trainExamples, devExamples);
            runs.add(run);
            if (best == null || run.devF1() > bestRun.devF1()) {
              best = result;
              bestRun = run;
            }
          }
        }
      }
    }
    TrainedClassifier trained =
        new TrainedClassifier(
            "classifier_training",
            "tommer-spark " + Version.number(),
            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
            given,
            Provenance.Model.of(model, null, options.engine()),
            described(trainData, train),
            described(devData.isEmpty() ? trainData : devData, dev),
            best.classifier().config().classes(),
            best.classifier().parameterCount(),
            bestRun.layer(),
            bestRun.seed(),
            bestRun.bestEpoch(),
            runs,
            Redaction.uri(output.toString()));
    write(best.classifier(), trained, output, hadoop);
    return trained;
  }

  private Path output(Configuration hadoop) {
    try {
      Path path = OutputDirectory.path(options.output(), hadoop);
      FileSystem fs = path.getFileSystem(hadoop);
      if (fs.exists(path) && !fs.getFileStatus(path).isDirectory()) {
        throw new UserException(
            "Cannot write to %s: it is a file; --output names a directory"
                .formatted(Redaction.uri(path.toString())));
      }
      if (!options.overwrite() && fs.exists(new Path(path, ClassifierFiles.SETTINGS))) {
        throw new UserException(
            "Cannot write to %s: it holds a classifier already; name another --output, or say --overwrite"
                .formatted(Redaction.uri(path.toString())));
      }
      return path;
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException(
          "Cannot write to %s: %s".formatted(Redaction.uri(options.output()), e.getMessage()), e);
    }
  }

  private List<GoldData> read(SparkSession spark, Map<String, List<String>> given)
      throws IOException {
    return GoldData.read(spark, given, options.goldFormat(), options.goldColumn(), options.types());
  }

  private static List<LabelledSet> sets(List<GoldData> data) {
    return data.stream().map(set -> new LabelledSet(set.name(), set.documents())).toList();
  }

  /** Every tenth document of each set, or all others. */
  private static List<LabelledSet> heldOut(List<LabelledSet> sets, boolean wanted) {
    List<LabelledSet> parts = new ArrayList<>();
    for (LabelledSet set : sets) {
      List<GoldDocument> part = new ArrayList<>();
      for (int i = 0; i < set.documents().size(); i++) {
        if ((i % HELD_OUT == HELD_OUT - 1) == wanted) {
          part.add(set.documents().get(i));
        }
      }
      parts.add(new LabelledSet(set.name(), part));
    }
    return parts;
  }

  /** The types that the data sets of each name mark. */
  private static Map<String, SortedSet<String>> marked(
      List<LabelledSet> train, List<LabelledSet> dev) {
    Map<String, SortedSet<String>> marked = new LinkedHashMap<>();
    for (List<LabelledSet> sets : List.of(train, dev)) {
      for (LabelledSet set : sets) {
        marked.computeIfAbsent(set.name(), name -> new TreeSet<>()).addAll(set.types());
      }
    }
    return marked;
  }

  private static List<String> classes(List<LabelledSet> train) {
    SortedSet<String> types = new TreeSet<>();
    train.forEach(set -> types.addAll(set.types()));
    List<String> classes = new ArrayList<>();
    classes.add(ClassifierConfig.OUTSIDE);
    classes.addAll(types);
    try {
      ClassifierConfig.checkLabels(List.copyOf(types));
    } catch (IllegalArgumentException e) {
      throw new UserException(
          "Cannot train a classifier on %s: %s; --map gives types other names"
              .formatted(
                  String.join(", ", train.stream().map(LabelledSet::name).toList()),
                  e.getMessage()),
          e);
    }
    return classes;
  }

  private ClassifierConfig config(
      SpanEncoder encoder, List<String> classes, SpanClassifier initial) {
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
            "Cannot go on from %s: it reads layer %d by %s from states of width %d, but this training layer %d by %s from width %d; say --layer %d --span %s"
                .formatted(
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
        training.loss().probability(),
        classes);
  }

  private SpanExamples examples(
      SpanEncoder encoder,
      List<LabelledSet> sets,
      List<String> classes,
      Map<String, SortedSet<String>> marked)
      throws IOException {
    return SpanExamples.collect(
        encoder,
        encoder.spec().decoder(),
        encoder.spec().threshold().value(),
        sets,
        classes,
        marked);
  }

  private ClassifierTrainer.Result train(
      ClassifierConfig config,
      List<float[]> prompts,
      SpanClassifier initial,
      SpanExamples train,
      SpanExamples dev,
      long seed)
      throws IOException {
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
                  "layer %d, seed %d, epoch %d: loss %.4f, dev P %.4f R %.4f F1 %.4f"
                      .formatted(
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

  private static List<TrainedClassifier.Data> described(
      List<GoldData> data, List<LabelledSet> used) {
    List<TrainedClassifier.Data> described = new ArrayList<>();
    for (int i = 0; i < used.size(); i++) {
      LabelledSet set = used.get(i);
      described.add(
          new TrainedClassifier.Data(
              set.name(),
              data.get(i).paths().stream().map(Redaction::uri).toList(),
              set.documents().size(),
              set.documents().stream().mapToLong(d -> d.mentions().size()).sum()));
    }
    return described;
  }

  private static void write(
      SpanClassifier classifier, TrainedClassifier trained, Path output, Configuration hadoop)
      throws IOException {
    java.nio.file.Path local = Files.createTempDirectory("tommer-spark-classifier");
    List<String> files = List.of(RECORD, ClassifierFiles.PARAMETERS, ClassifierFiles.SETTINGS);
    try {
      ClassifierFiles.write(classifier, local);
      try (OutputStream out = Files.newOutputStream(local.resolve(RECORD))) {
        JSON.writeValue(out, trained);
      }
      FileSystem fs = output.getFileSystem(hadoop);
      fs.mkdirs(output);
      // The settings last: without them a directory is no classifier.
      for (String file : files) {
        fs.copyFromLocalFile(
            false, true, new Path(local.resolve(file).toUri()), new Path(output, file));
      }
    } finally {
      for (String file : files) {
        Files.deleteIfExists(local.resolve(file));
      }
      Files.delete(local);
    }
  }
}
