package io.github.tommerspark.jobs.cli;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.Threshold;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.model.ModelArguments;
import io.github.tommerspark.model.TypingArguments;
import io.github.tommerspark.text.BosPolicy;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of every command that runs models: which ones, and how. */
public final class ModelOptions {

  @Option(
      names = "--model",
      paramLabel = "NAME[=BACKBONE,HEAD]",
      description =
          "A bundled model: bge-small (the default), minilm, nano-llama or nano-neox; or one of your own: a Hugging Face snapshot directory or a GGUF file, and a ToMMeR head directory. Repeat it to run several in one pass.")
  private List<String> models;

  @Option(
      names = "--models",
      paramLabel = "FILE.json",
      description =
          "Models as a JSON array of objects with name, backbone, head, and optionally decoder, threshold, bos, maxTokens, overlap, wordBoundaries, classifier, labels, labelsFile, labelThreshold, requireLabel, allLabels, rankBy.")
  private Path modelsFile;

  @Option(
      names = "--backbone",
      paramLabel = "DIR|ID",
      description =
          "A single model's Hugging Face snapshot directory, its GGUF file, or its name on the Hub, such as meta-llama/Llama-3.2-1B, after it was fetched with pull; needs --head.")
  private String backbone;

  @Option(
      names = "--head",
      paramLabel = "DIR|ID",
      description =
          "A single model's ToMMeR head directory, or its name on the Hub after it was fetched with pull; needs --backbone.")
  private String head;

  @Option(
      names = "--trust-backbone",
      description =
          "Allow a backbone that is a TorchScript file, which is code and runs with your rights, and a tokenizer.json with patterns that could take for ever or end the process.")
  private boolean trustBackbone;

  @Option(
      names = "--threshold",
      paramLabel = "P",
      description =
          "Probability above which a span is a mention: a number, or recommended for what the head records (default: recommended for a bundled model, 0.5 for other heads).")
  private String threshold;

  @Option(
      names = "--decoder",
      paramLabel = "NAME",
      defaultValue = "threshold",
      description =
          "threshold keeps every span above the threshold; greedy and flat keep spans that do not overlap; greedy_nested, well_nested and line_col_greedy allow nesting (default: ${DEFAULT-VALUE}).")
  private String decoder;

  @Option(
      names = "--classifier",
      paramLabel = "NAME|DIR",
      description =
          "Give mentions a label and its probability by a classifier of your own, a directory that train-classifier wrote, or by the one of a bundled model. A mention of no class has no label.")
  private String classifier;

  @Option(
      names = "--labels",
      paramLabel = "NAME,…",
      split = ",",
      description =
          "Give every mention the best of these labels, any words, such as 'person,political party,election'; by a --classifier trained with --zero-shot, or without one by the label model of the bundled model, if it brings one. A mention that none fits has no label.")
  private List<String> labels;

  @Option(
      names = "--labels-file",
      paramLabel = "FILE",
      description =
          "Labels from a file instead, a line each: 'name', or 'name: wording; wording', of which mentions get the name, and the wordings are read: descriptions or synonyms, of which the best counts.")
  private String labelsFile;

  @Option(
      names = "--label-threshold",
      paramLabel = "P",
      description =
          "Probability that a label must reach to be given (default: what the label model records; 0.2 by the bundled ones).")
  private Double labelThreshold;

  @Option(names = "--require-label", description = "Leave out mentions without a label.")
  private boolean labelRequired;

  @Option(
      names = "--all-labels",
      description =
          "Beside the best label, tell every label whose probability reaches --label-threshold, the best first.")
  private boolean allLabels;

  @Option(
      names = "--rank-by",
      paramLabel = "WHAT",
      description =
          "What decides where --decoder cannot keep two mentions: the probability of the mention, of its label, or the product of both (mention, label, product; default: mention).")
  private String rankBy;

  @Option(
      names = "--bos",
      paramLabel = "POLICY",
      description =
          "tokenizer adds a beginning-of-sequence token only where the tokenizer does, always adds one everywhere (default: what the head records, else tokenizer).")
  private String bos;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "auto",
      description =
          "Products of the backbone in auto, fp32, bf16 or fp16. auto is bf16 on a GPU and fp32 on a CPU; but annotate takes bf16 on a CPU that has instructions for it if a trial at the start shows that it is faster and finds the same mentions (DICE at least 0.98), and what is added to an output keeps that output's type (default: ${DEFAULT-VALUE}).")
  private String dtype;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description = "auto, cpu or gpu (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--device-concurrency",
      paramLabel = "N",
      description =
          "Forward calls at once on a device, whatever the number of tasks that share it (default: 2 on a GPU; on a CPU, cores divided by the threads of a call).")
  private Integer deviceConcurrency;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description =
          "Tokens of a window, specials included; longer documents are read in overlapping windows, never cut (default: the model's own limit, at most 1024).")
  private Integer maxTokens;

  @Option(
      names = "--overlap",
      paramLabel = "N",
      description =
          "Tokens that consecutive windows share (default: what the head needs, at least 64).")
  private Integer overlap;

  @Option(
      names = "--word-boundaries",
      negatable = true,
      description =
          "Find only mentions that begin and end at word boundaries, or with --no-word-boundaries also those that cut through a word (default: what the head records; published heads do not).")
  private Boolean wordBoundaries;

  @Option(
      names = "--batch-tokens",
      paramLabel = "N",
      defaultValue = "" + EngineOptions.DEFAULT_BATCH_TOKENS,
      description =
          "Tokens of one forward call; more memory, fewer calls (default: ${DEFAULT-VALUE}).")
  private int batchTokens;

  /**
   * The models to run; the default one if none is named.
   *
   * @throws IllegalArgumentException if an option makes no sense
   */
  public List<ModelSpec> specs() {
    int ways =
        (models != null ? 1 : 0)
            + (modelsFile != null ? 1 : 0)
            + (backbone != null || head != null ? 1 : 0);
    if (ways > 1) {
      throw new IllegalArgumentException(
          "--model, --models and --backbone with --head exclude each other; several models are several --model NAME=BACKBONE,HEAD");
    }
    if ((backbone == null) != (head == null)) {
      throw new IllegalArgumentException(
          backbone == null ? "--head needs --backbone" : "--backbone needs --head");
    }
    if (backbone != null) {
      return arguments().single(backbone, head);
    }
    List<ModelSpec> named = namedSpecs();
    return named.isEmpty() ? arguments().named(List.of(ModelArguments.DEFAULT)) : named;
  }

  /**
   * The models of --model or --models alone.
   *
   * @return none if neither was given
   * @throws IllegalArgumentException if an option makes no sense
   */
  public List<ModelSpec> namedSpecs() {
    if (models != null && modelsFile != null) {
      throw new IllegalArgumentException("--model and --models exclude each other");
    }
    if (modelsFile != null) {
      return arguments().file(modelsFile);
    }
    return models == null ? List.of() : arguments().named(models);
  }

  /** Returns whether an option says which models to run. */
  public boolean namesModels() {
    return models != null || modelsFile != null || backbone != null || head != null;
  }

  /**
   * A model of these directories, with the settings that the options give.
   *
   * @throws IllegalArgumentException if an option makes no sense
   */
  public ModelSpec single(String name, String backbone, String head) {
    return arguments().single(backbone, head).get(0).withName(name);
  }

  /**
   * The backbone of --backbone, with the head of --head if there is one.
   *
   * @return null if no backbone was given
   * @throws IllegalArgumentException if an option makes no sense
   */
  public ModelSpec backboneSpec() {
    if (backbone == null && head != null) {
      throw new IllegalArgumentException("--head needs --backbone");
    }
    return backbone == null ? null : arguments().single(backbone, head).get(0);
  }

  /**
   * Returns the settings of the engine.
   *
   * @throws IllegalArgumentException if an option makes no sense
   */
  public EngineOptions engine() {
    if (deviceConcurrency != null && deviceConcurrency < 1) {
      throw new IllegalArgumentException(
          "--device-concurrency must be at least 1, but is " + deviceConcurrency);
    }
    return EngineOptions.defaults()
        .withDtype(ComputeType.parse(dtype))
        .withDevice(DeviceChoice.parse(device), 0)
        .withBatchTokens(batchTokens)
        .withTrustBackbone(trustBackbone)
        .withDeviceConcurrency(deviceConcurrency == null ? 0 : deviceConcurrency);
  }

  private ModelArguments arguments() {
    return new ModelArguments(
        Decoder.parse(decoder),
        threshold == null ? Threshold.DEFAULT : Threshold.parse(threshold),
        bos == null ? null : BosPolicy.parse(bos),
        maxTokens,
        overlap,
        wordBoundaries,
        typing().typing());
  }

  private TypingArguments typing() {
    return new TypingArguments(
        classifier,
        labels == null ? null : labels.stream().map(String::strip).toList(),
        labelsFile,
        labelThreshold,
        labelRequired,
        allLabels,
        rankBy);
  }
}
