package io.github.tommerspark.jobs.train;

import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.gold.TypeMap;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.ModelOptions;
import io.github.tommerspark.jobs.cli.NamedPaths;
import io.github.tommerspark.jobs.cli.Redaction;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.jobs.dataset.GoldOptions;
import io.github.tommerspark.train.ClassifierLoss;
import io.github.tommerspark.train.ClassifierOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of {@link TrainClassifierJob}. */
@Command(
    name = "train-classifier",
    customSynopsis = "tommer-spark train-classifier --train NAME=PATH... --output DIR [OPTIONS]",
    sortOptions = false,
    description =
        "Trains a classifier that says what mentions are, on gold mentions and those that the model detects; model and backbone stay as they are. It runs on the driver.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  # A classifier of the types that a data set marks, on a bundled model:",
      "  train-classifier --train wnut17=wnut17/train.jsonl --dev wnut17=wnut17/dev.jsonl \\",
      "      --output classifiers/wnut17",
      "  # Several data sets with names in common; the best of two layers and three seeds:",
      "  train-classifier --train a=a.jsonl b=b.conll --map PER=person ORG=organisation '*=other' \\",
      "      --layer 3,4 --seed 0,1,2 --output classifiers/common",
      "  # Labels to be given at run time:",
      "  train-classifier --zero-shot --train a=a.jsonl b=b.conll --output classifiers/zero-shot",
      "  annotate --classifier classifiers/zero-shot --labels 'person,disease' ...",
      "",
      "Written to the output: classifier.json and model.safetensors, the classifier, and training.json",
      "with options, data, scores of every epoch, and what the detector's recall allows."
    })
public final class TrainClassifierCommand implements Callable<Integer> {

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--train",
      paramLabel = "NAME=PATH",
      arity = "1..*",
      required = true,
      description =
          "Gold data sets with typed mentions, in the formats of evaluate --gold. Of several, each is taken to say nothing of types that it does not have.")
  private List<String> train;

  @Option(
      names = "--dev",
      paramLabel = "NAME=PATH",
      arity = "1..*",
      description =
          "Documents that the best epoch is chosen by, under the names of --train (default: every tenth document of --train, which is then not learned from).")
  private List<String> dev;

  @Mixin private GoldOptions goldOptions;

  @Option(
      names = "--map",
      paramLabel = "TYPE=NAME",
      arity = "1..*",
      description =
          "Classes for gold types, such as ORG=organisation; *=NAME is for all types not named, TYPE= leaves mentions of a type out. Types without one are classes as they are.")
  private List<String> map;

  @Mixin private ModelOptions model;

  @Option(
      names = "--layer",
      paramLabel = "N,…",
      split = ",",
      description =
          "Block to read, from 0; it may lie deeper than the head's. Of several the best is kept (default: the head's).")
  private List<Integer> layers;

  @Option(
      names = "--span",
      paramLabel = "NAME",
      defaultValue = "concat",
      description =
          "concat reads the first and the last token of a span, average the mean of all (default: ${DEFAULT-VALUE}).")
  private String span;

  @Option(
      names = "--mlp-layers",
      paramLabel = "N",
      description = "Linear layers from a span's vector to its embedding (default: 2).")
  private Integer mlpLayers;

  @Option(
      names = "--embedding-size",
      paramLabel = "N",
      description = "Width of embeddings and class vectors (default: 256).")
  private Integer embeddingSize;

  @Option(
      names = "--zero-shot",
      description =
          "Make class vectors from the backbone's reading of the classes' names, so that --labels can give others at run time. Name classes as people would: organisation, not ORG.")
  private boolean zeroShot;

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      description =
          "cross-entropy; with --zero-shot binary, or balanced, which weighs spans of a class as much as all others together (default: cross-entropy, with --zero-shot binary).")
  private String loss;

  @Option(
      names = "--pseudo-labels",
      paramLabel = "P",
      defaultValue = "1",
      description =
          "With --zero-shot: probability above which a detected span that is not gold is taken to be of its best class; 1 for never (default: ${DEFAULT-VALUE}).")
  private double pseudoLabels;

  @Option(
      names = "--init",
      paramLabel = "DIR",
      description = "A classifier to go on from, such as one of --zero-shot training.")
  private Path init;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "15",
      description = "Passes over the data (default: ${DEFAULT-VALUE}).")
  private int epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "16",
      description = "Documents of a batch (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--accumulation",
      paramLabel = "N",
      defaultValue = "2",
      description = "Batches of a step (default: ${DEFAULT-VALUE}).")
  private int accumulation;

  @Option(
      names = "--learning-rate",
      paramLabel = "R",
      defaultValue = "1e-3",
      description = "Of AdamW (default: ${DEFAULT-VALUE}).")
  private double learningRate;

  @Option(
      names = "--weight-decay",
      paramLabel = "R",
      defaultValue = "1e-5",
      description = "Of AdamW (default: ${DEFAULT-VALUE}).")
  private double weightDecay;

  @Option(
      names = "--clip",
      paramLabel = "R",
      defaultValue = "0.5",
      description = "Limit of the gradients' norm; 0 for none (default: ${DEFAULT-VALUE}).")
  private double clip;

  @Option(
      names = "--seed",
      paramLabel = "N,…",
      split = ",",
      defaultValue = "0",
      description =
          "Seed of initial weights and of the order of documents. Of several the best is kept, and training.json has all (default: ${DEFAULT-VALUE}).")
  private List<Long> seeds;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "Directory to write to, on any Hadoop file system.")
  private String output;

  @Option(names = "--overwrite", description = "Replace the classifier that the output holds.")
  private boolean overwrite;

  @Override
  public Integer call() throws IOException {
    TrainClassifierOptions options = options();
    SparkSession spark = Sessions.start("train-classifier");
    try {
      command
          .commandLine()
          .getOut()
          .println(
              TrainClassifierJob.run(
                      spark, options, given(), command.commandLine().getOut()::println)
                  .summary());
    } finally {
      spark.stop();
    }
    return 0;
  }

  /** The options as they were given, for the record. */
  private Map<String, String> given() {
    return command.commandLine().getParseResult().matchedOptions().stream()
        .collect(
            Collectors.toMap(
                option -> option.longestName(),
                option ->
                    option.getValue() instanceof List<?> list
                        ? list.stream()
                            .map(String::valueOf)
                            .map(Redaction::uri)
                            .collect(Collectors.joining(" "))
                        : Redaction.uri(String.valueOf(option.<Object>getValue())),
                (a, b) -> a,
                TreeMap::new));
  }

  /**
   * Returns the checked options, as far as they can be checked without Spark.
   *
   * @throws ParameterException if it cannot be
   */
  public TrainClassifierOptions options() {
    return common.checked(this::parsed);
  }

  private TrainClassifierOptions parsed() {
    List<ModelSpec> specs = model.specs();
    if (specs.size() != 1) {
      throw new IllegalArgumentException(
          "A classifier is trained on one model, but %d are named".formatted(specs.size()));
    }
    if (specs.get(0).typing() != null) {
      throw new IllegalArgumentException(
          "--classifier and --labels are for using classifiers; to go on training one, name it with --init");
    }
    ClassifierLoss chosen = loss == null ? defaultLoss() : ClassifierLoss.parse(loss);
    if (chosen.zeroShot() != zeroShot) {
      throw new IllegalArgumentException(
          zeroShot
              ? "--zero-shot is trained with --loss binary or balanced, not " + chosen.label()
              : "--loss %s needs --zero-shot".formatted(chosen.label()));
    }
    if (init != null && (mlpLayers != null || embeddingSize != null)) {
      throw new IllegalArgumentException(
          "--mlp-layers and --embedding-size are those of --init; leave them out");
    }
    ClassifierOptions defaults = ClassifierOptions.supervised();
    return new TrainClassifierOptions(
        NamedPaths.parse("--train", train),
        dev == null ? Map.of() : NamedPaths.parse("--dev", dev),
        goldOptions.format(),
        goldOptions.column(),
        TypeMap.parse(map == null ? List.of() : map),
        specs.get(0),
        model.engine(),
        layers == null ? Collections.singletonList(null) : layers,
        representation(),
        new ClassifierOptions(
            mlpLayers == null ? defaults.mlpLayers() : mlpLayers,
            embeddingSize == null ? defaults.embeddingSize() : embeddingSize,
            chosen,
            pseudoLabels,
            epochs,
            batch,
            accumulation,
            learningRate,
            weightDecay,
            clip,
            seeds.get(0)),
        seeds,
        init,
        output,
        overwrite);
  }

  private ClassifierLoss defaultLoss() {
    return zeroShot ? ClassifierLoss.BINARY : ClassifierLoss.CROSS_ENTROPY;
  }

  private SpanRepresentation representation() {
    return SpanRepresentation.ofLabel(span)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Unknown --span \"%s\": use one of %s"
                        .formatted(
                            span,
                            Arrays.stream(SpanRepresentation.values())
                                .map(SpanRepresentation::label)
                                .collect(Collectors.joining(", ")))));
  }
}
