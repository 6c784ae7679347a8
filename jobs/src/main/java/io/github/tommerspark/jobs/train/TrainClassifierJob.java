package io.github.tommerspark.jobs.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.classify.MentionClassifier;
import io.github.tommerspark.classify.SpanClassifier;
import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.detect.SpanEncoder;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.jobs.dataset.GoldData;
import io.github.tommerspark.jobs.dataset.GoldReading;
import io.github.tommerspark.jobs.output.OutputDirectory;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.message.Version;
import io.github.tommerspark.spark.EngineSetup;
import io.github.tommerspark.train.ClassifierTrainer;
import io.github.tommerspark.train.LabelTrainer;
import io.github.tommerspark.train.LabelVocabulary;
import io.github.tommerspark.train.LabelledSet;
import io.github.tommerspark.train.TypeTable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
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

/** Trains a span classifier or a label model on the driver. */
public final class TrainClassifierJob {

  /** The record of the training beside the classifier. */
  static final String RECORD = "training.json";

  /** Of so many documents one is held out where there are no others to choose an epoch by. */
  private static final int HELD_OUT = 10;

  /** Of a label of a label model that begins anew. */
  private static final int LEAST_MENTIONS = 2;

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
  public static TrainingRecord run(
      SparkSession spark,
      TrainClassifierOptions options,
      Map<String, String> given,
      Consumer<String> progress)
      throws IOException {
    return new TrainClassifierJob(options, progress).run(spark, given);
  }

  private TrainingRecord run(SparkSession spark, Map<String, String> given) throws IOException {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    Path output = output(hadoop);
    MentionClassifier begun =
        options.initial() == null ? null : SpanEncoder.classifier(options.initial());
    if (begun != null && begun instanceof LabelModel != (options.labels() != null)) {
      throw new UserException(
          "Cannot go on from %s: it is a %s"
              .formatted(
                  options.initial(),
                  begun instanceof LabelModel
                      ? "label model, which is trained with --zero-shot"
                      : "span classifier, which is trained without --zero-shot"));
    }
    List<GoldData> trainData = read(spark, options.train());
    List<GoldData> devData = read(spark, options.dev());
    List<LabelledSet> train = sets(trainData);
    List<LabelledSet> dev = devData.isEmpty() ? heldOut(train, true) : sets(devData);
    if (devData.isEmpty()) {
      train = heldOut(train, false);
    }
    EngineSetup.apply();
    Data data =
        new Data(
            train,
            dev,
            described(trainData, train),
            described(devData.isEmpty() ? trainData : devData, dev));
    return options.labels() == null
        ? classifier((SpanClassifier) begun, data, given, output, hadoop)
        : labelModel((LabelModel) begun, data, types(hadoop), given, output, hadoop);
  }

  /** The training data, the dev data, and both for the record. */
  record Data(
      List<LabelledSet> train,
      List<LabelledSet> dev,
      List<TrainedClassifier.Data> trained,
      List<TrainedClassifier.Data> scored) {}

  private TrainedClassifier classifier(
      SpanClassifier initial,
      Data data,
      Map<String, String> given,
      Path output,
      Configuration hadoop)
      throws IOException {
    Map<String, SortedSet<String>> marked = marked(data.train(), data.dev());
    List<String> classes = classes(data.train());
    LayerSweep<ClassifierTrainer.Result, TrainedClassifier.Run> sweep =
        LayerSweep.of(
            options,
            options.representation(),
            encoder ->
                new ClassifierLayer(encoder, options, data, classes, marked, initial, progress),
            TrainedClassifier.Run::devF1);
    SpanClassifier best = sweep.best().result().classifier();
    TrainedClassifier.Run bestRun = sweep.best().run();
    TrainedClassifier trained =
        new TrainedClassifier(
            "classifier_training",
            "tommer-spark " + Version.number(),
            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
            given,
            Provenance.Model.of(sweep.model(), null, options.engine()),
            data.trained(),
            data.scored(),
            best.config().classes(),
            best.parameterCount(),
            bestRun.layer(),
            bestRun.seed(),
            bestRun.bestEpoch(),
            sweep.runs(),
            Redaction.uri(output.toString()));
    write(best, trained, output, hadoop);
    return trained;
  }

  private TrainedLabelModel labelModel(
      LabelModel initial,
      Data data,
      TypeTable types,
      Map<String, String> given,
      Path output,
      Configuration hadoop)
      throws IOException {
    // A label that a single mention has teaches little, and there are as many of those as of
    // others;
    // but what few mentions have that somebody marked on purpose is what is wanted.
    LabelVocabulary vocabulary =
        LabelVocabulary.of(data.train(), types, initial == null ? LEAST_MENTIONS : 1);
    LayerSweep<LabelTrainer.Result, TrainedLabelModel.Run> sweep =
        LayerSweep.of(
            options,
            SpanRepresentation.FULL,
            encoder -> new LabelLayer(encoder, options, data, vocabulary, initial, progress),
            TrainedLabelModel.Run::devAccuracy);
    LabelModel best = sweep.best().result().model();
    TrainedLabelModel.Run bestRun = sweep.best().run();
    TrainedLabelModel trained =
        new TrainedLabelModel(
            "label_model_training",
            "tommer-spark " + Version.number(),
            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
            given,
            Provenance.Model.of(sweep.model(), null, options.engine()),
            data.trained(),
            data.scored(),
            vocabulary.labels().size(),
            best.parameterCount(),
            bestRun.layer(),
            bestRun.seed(),
            sweep.runs(),
            Redaction.uri(output.toString()));
    write(best, trained, output, hadoop);
    return trained;
  }

  private TypeTable types(Configuration hadoop) {
    if (options.broader() == null) {
      return TypeTable.NONE;
    }
    String shown = Redaction.uri(options.broader());
    try {
      Path path = new Path(options.broader());
      FileSystem fs = path.getFileSystem(hadoop);
      try (Reader in = new InputStreamReader(fs.open(path), StandardCharsets.UTF_8)) {
        return TypeTable.read(shown, in);
      }
    } catch (IOException e) {
      throw new UserException("Cannot read the types %s: %s".formatted(shown, e.getMessage()), e);
    } catch (IllegalArgumentException e) {
      throw new UserException(e.getMessage(), e);
    }
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
    return GoldData.read(
        spark, given, new GoldReading(options.goldFormat(), options.goldColumn(), options.types()));
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
      MentionClassifier classifier, TrainingRecord trained, Path output, Configuration hadoop)
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
