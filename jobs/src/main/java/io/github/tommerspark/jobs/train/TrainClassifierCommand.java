package io.github.tommerspark.jobs.train;

import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.gold.TypeMap;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.ModelOptions;
import io.github.tommerspark.jobs.cli.NamedPaths;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.jobs.dataset.GoldOptions;
import io.github.tommerspark.jobs.dataset.ShippedData;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.train.ClassifierOptions;
import io.github.tommerspark.train.LabelOptions;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
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
      "  train-classifier --zero-shot --train open-entities --dev open-entities --output labels/mine",
      "  annotate --classifier labels/mine --labels 'person,disease' ...",
      "",
      "Written to the output: classifier.json and model.safetensors, the classifier, and training.json",
      "with options, data, scores of every epoch, and what the detector's recall allows."
    })
public final class TrainClassifierCommand implements Callable<Integer> {

  /** The vectors that span classifiers can read. */
  private static final List<SpanRepresentation> SPANS =
      List.of(SpanRepresentation.CONCAT, SpanRepresentation.AVERAGE);

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--train",
      paramLabel = "NAME=PATH",
      arity = "1..*",
      required = true,
      description =
          "Gold data sets with typed mentions, in the formats of evaluate --gold, or open-entities, which comes with the project. Of several, each is taken to say nothing of types that it does not have.")
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
      description =
          "concat reads the first and the last token of a span, average the mean of all (default: concat; a label model reads both).")
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
          "Train a label model: it compares mentions with labels that the backbone has read, so that --labels can give any at run time. Name types as people would: organisation, not ORG.")
  private boolean zeroShot;

  @Option(
      names = "--types",
      paramLabel = "FILE",
      description =
          "With --zero-shot: a table of what else types are, as docs/labels.md describes it (default: that of open-entities where it is learned from).")
  private String types;

  @Option(
      names = "--dropout",
      paramLabel = "SHARE",
      description = "With --zero-shot: share of the numbers dropped in a step (default: 0.2).")
  private Double dropout;

  @Option(
      names = "--other-spans",
      paramLabel = "WEIGHT",
      description =
          "With --zero-shot: weight of spans that the model finds and that are not gold, which no label fits (default: 0; with --init 0.3).")
  private Double otherSpans;

  @Option(
      names = "--init",
      paramLabel = "NAME|DIR",
      description =
          "A classifier to go on from: that of a bundled model, or a directory that this command wrote.")
  private String init;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the data (default: 15; with --zero-shot, but without --init, 4).")
  private Integer epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description =
          "Documents of a batch (default: 16), or with --zero-shot spans (default: 512; with --init 256).")
  private Integer batch;

  @Option(
      names = "--accumulation",
      paramLabel = "N",
      description = "Batches of a step (default: 2; with --zero-shot always 1).")
  private Integer accumulation;

  @Option(
      names = "--learning-rate",
      paramLabel = "R",
      description =
          "Of AdamW (default: 1e-3; with --zero-shot, but without --init, 2e-3; at its height).")
  private Double learningRate;

  @Option(
      names = "--weight-decay",
      paramLabel = "R",
      description = "Of AdamW (default: 1e-5; with --zero-shot 0.01).")
  private Double weightDecay;

  @Option(
      names = "--clip",
      paramLabel = "R",
      description =
          "Limit of the gradients' norm; 0 for none (default: 0.5; with --zero-shot always 0).")
  private Double clip;

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
          String.format(
              Locale.ROOT, "A classifier is trained on one model, but %d are named", specs.size()));
    }
    if (specs.get(0).typing() != null) {
      throw new IllegalArgumentException(
          "--classifier and --labels are for using classifiers; to go on training one, name it with --init");
    }
    if (init != null && (mlpLayers != null || embeddingSize != null)) {
      throw new IllegalArgumentException(
          "--mlp-layers and --embedding-size are those of --init; leave them out");
    }
    if (zeroShot) {
      refuse("cannot be used with --zero-shot", span, "--span", mlpLayers, "--mlp-layers");
      refuse("cannot be used with --zero-shot", accumulation, "--accumulation", clip, "--clip");
    } else {
      refuse("needs --zero-shot", types, "--types", dropout, "--dropout");
      refuse("needs --zero-shot", otherSpans, "--other-spans");
    }
    return new TrainClassifierOptions(
        NamedPaths.parse("--train", ShippedData.named(train, "train")),
        dev == null ? Map.of() : NamedPaths.parse("--dev", ShippedData.named(dev, "dev")),
        goldOptions.format(),
        goldOptions.column(),
        TypeMap.parse(map == null ? List.of() : map),
        specs.get(0),
        model.engine(),
        layers == null ? Collections.singletonList(null) : layers,
        representation(),
        zeroShot ? null : classifierOptions(),
        zeroShot ? labelOptions() : null,
        !zeroShot || types != null ? types : ShippedData.types(train),
        seeds,
        init,
        output,
        overwrite);
  }

  /** Refuses options that make no sense here: pairs of a value and the option's name. */
  private static void refuse(String why, Object... options) {
    for (int i = 0; i < options.length; i += 2) {
      if (options[i] != null) {
        throw new IllegalArgumentException("%s %s".formatted(options[i + 1], why));
      }
    }
  }

  private ClassifierOptions classifierOptions() {
    ClassifierOptions defaults = ClassifierOptions.supervised();
    return new ClassifierOptions(
        given(mlpLayers, defaults.mlpLayers()),
        given(embeddingSize, defaults.embeddingSize()),
        given(epochs, defaults.epochs()),
        given(batch, defaults.batch()),
        given(accumulation, defaults.accumulation()),
        given(learningRate, defaults.learningRate()),
        given(weightDecay, defaults.weightDecay()),
        given(clip, defaults.clip()),
        seeds.get(0));
  }

  private LabelOptions labelOptions() {
    LabelOptions defaults = init == null ? LabelOptions.defaults() : LabelOptions.goingOn();
    return new LabelOptions(
        defaults.mentionSize(),
        defaults.labelSize(),
        given(embeddingSize, defaults.embeddingSize()),
        given(epochs, defaults.epochs()),
        given(batch, defaults.batch()),
        given(learningRate, defaults.learningRate()),
        given(weightDecay, defaults.weightDecay()),
        given(dropout, defaults.dropout()),
        given(otherSpans, defaults.otherSpans()),
        seeds.get(0));
  }

  private static <T> T given(T value, T fallback) {
    return value == null ? fallback : value;
  }

  private SpanRepresentation representation() {
    if (span == null) {
      return zeroShot ? SpanRepresentation.FULL : SpanRepresentation.CONCAT;
    }
    return SPANS.stream()
        .filter(one -> one.label().equals(span))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Unknown --span \"%s\": use one of %s"
                        .formatted(
                            span,
                            SPANS.stream()
                                .map(SpanRepresentation::label)
                                .collect(Collectors.joining(", ")))));
  }
}
