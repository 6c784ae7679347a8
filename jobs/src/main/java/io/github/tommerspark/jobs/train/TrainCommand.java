package io.github.tommerspark.jobs.train;

import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.head.ScoreNormalization;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.jobs.dataset.GoldOptions;
import io.github.tommerspark.jobs.dataset.ShippedData;
import io.github.tommerspark.model.ModelArguments;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.train.Dilation;
import io.github.tommerspark.train.HeadLayout;
import io.github.tommerspark.train.HeadSlot;
import io.github.tommerspark.train.Schedule;
import io.github.tommerspark.train.TrainingOptions;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of {@link TrainJob}. */
@Command(
    name = "train",
    customSynopsis =
        "tommer-spark train --train PATH... --dev PATH... --layers N,N --output DIR [OPTIONS]",
    sortOptions = false,
    description =
        "Trains ToMMeR heads on a frozen backbone: one, or a sweep over layers and ranks in one pass over the data.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  # One head, with the paper's options:",
      "  train --train train.jsonl --dev dev.jsonl --backbone models/pythia-70m --layers 3 --output heads",
      "  # All layers of a bundled model, two ranks, 10 GB of disk to run the backbone once only:",
      "  train --train gold/*.conll --dev dev.conll --backbone nano-neox --layers all --ranks 16,64 \\",
      "      --cache-states 10g --output sweep",
      "  # After it was killed:",
      "  train --train gold/*.conll --dev dev.conll --backbone nano-neox --layers all --ranks 16,64 \\",
      "      --cache-states 10g --output sweep --resume",
      "",
      "Written to the output: for each head a directory such as L3_R64 with the head in the published",
      "format, to be used as --head, training.json (options, data, history, dev curve) and training.svg;",
      "and sweep.csv, layer by rank."
    })
public final class TrainCommand implements Callable<Integer> {

  private static final String BALANCED = "balanced";
  private static final Pattern SIZE = Pattern.compile("(\\d+)([kmgt]?)b?");

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--train",
      paramLabel = "PATH",
      arity = "1..*",
      required = true,
      description =
          "Gold data to learn from: JSON Lines of {id, text, entities: [{start, end}]} with offsets in code points (.jsonl), CoNLL or BIO files (.conll, .bio, .iob, .tsv, .txt), or Parquet. Files, directories or globs.")
  private List<String> train;

  @Option(
      names = "--dev",
      paramLabel = "PATH",
      arity = "1..*",
      required = true,
      description = "Gold data by which the best epoch and the recommended threshold are chosen.")
  private List<String> dev;

  @Mixin private GoldOptions goldOptions;

  @Option(
      names = "--keep-unannotated",
      description =
          "Also use documents without a gold mention; the paper's protocol leaves them out.")
  private boolean keepUnannotated;

  @Option(
      names = "--drop-pronouns",
      description =
          "Leave out gold mentions that are an English pronoun, which some corpora mark and others do not.")
  private boolean dropPronouns;

  @Option(
      names = "--backbone",
      paramLabel = "DIR|ID",
      defaultValue = ModelArguments.DEFAULT,
      description =
          "A bundled model, a Hugging Face snapshot directory, a GGUF file, or the name on the Hub of one that was fetched with pull; stays as it is (default: ${DEFAULT-VALUE}).")
  private String backbone;

  @Option(
      names = "--layers",
      paramLabel = "N,N",
      required = true,
      description =
          "Blocks of the backbone, from 0, whose output heads read, or all; one forward serves them all.")
  private String layers;

  @Option(
      names = "--ranks",
      paramLabel = "N,N",
      description =
          "Ranks of heads; each layer gets one of each (default: 64; 32 for boundary heads).")
  private String ranks;

  @Option(
      names = "--head-type",
      paramLabel = "TYPE",
      defaultValue = "published",
      description =
          "published is the paper's layout; boundary looks at first and last tokens with their neighbours and at what lies inside a span, and finds more (default: ${DEFAULT-VALUE}).")
  private String headType;

  @Option(
      names = "--token-size",
      paramLabel = "N",
      defaultValue = "" + HeadLayout.TOKEN_SIZE,
      description = "Numbers per token of boundary heads (default: ${DEFAULT-VALUE}).")
  private int tokenSize;

  @Option(
      names = "--embedding-size",
      paramLabel = "N",
      defaultValue = "" + HeadLayout.EMBEDDING_SIZE,
      description =
          "Numbers per token in its context of boundary heads (default: ${DEFAULT-VALUE}).")
  private int embeddingSize;

  @Option(
      names = "--inside-probes",
      paramLabel = "N",
      defaultValue = "" + HeadLayout.INSIDE_PROBES,
      description =
          "Probes whose greatest and least values inside a span boundary heads use (default: ${DEFAULT-VALUE}).")
  private int insideProbes;

  @Option(
      names = "--word-boundaries",
      negatable = true,
      description =
          "Learn and find only mentions that begin and end at word boundaries (default: no; yes for boundary heads).")
  private Boolean wordBoundaries;

  @Option(
      names = "--window",
      paramLabel = "N",
      defaultValue = "25",
      description =
          "Largest distance between the first and last token of a mention, which has one token more; 0 is no limit (default: ${DEFAULT-VALUE}).")
  private int window;

  @Option(
      names = "--cosine",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Match tokens by cosine, or with --no-cosine by scaled product (default: cosine).")
  private boolean cosine;

  @Option(
      names = "--causal",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Mask starts after the end, or with --no-causal let them take part (default: causal).")
  private boolean causal;

  @Option(
      names = "--normalize-scores",
      paramLabel = "NAME",
      defaultValue = "none",
      description = "none, log_sigmoid or atan, applied to matches (default: ${DEFAULT-VALUE}).")
  private String normalization;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the data in each phase (default: 8; 6 for boundary heads).")
  private Integer epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Documents of a step (default: 16; 32 for boundary heads).")
  private Integer batch;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      description =
          "AdamW's learning rate, the highest of a phase (default: 0.01; 0.003 for boundary heads).")
  private Double learningRate;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      description =
          "plateau halves the learning rate when the loss no longer falls; one-cycle lets it rise over a tenth of the steps and fall to 0 along a cosine (default: plateau; one-cycle for boundary heads).")
  private String schedule;

  @Option(
      names = "--min-learning-rate",
      paramLabel = "X",
      defaultValue = "5e-5",
      description = "A head's phase ends when its rate falls below (default: ${DEFAULT-VALUE}).")
  private double minLearningRate;

  @Option(
      names = "--patience",
      paramLabel = "N",
      defaultValue = "5000",
      description =
          "Steps without a lower loss before the rate is halved (default: ${DEFAULT-VALUE}).")
  private int patience;

  @Option(
      names = "--clip",
      paramLabel = "X",
      defaultValue = "1.0",
      description =
          "Largest norm of a head's gradients; 0 is no limit (default: ${DEFAULT-VALUE}).")
  private double clip;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      defaultValue = "1e-4",
      description = "AdamW's decoupled weight decay (default: ${DEFAULT-VALUE}).")
  private double weightDecay;

  @Option(
      names = "--positive-weight",
      paramLabel = "X",
      description =
          "Weight of gold spans in the loss: balanced, so that in every batch they weigh as much as all others, or a number (default: balanced; 1 for boundary heads).")
  private String positiveWeight;

  @Option(
      names = "--dropout",
      paramLabel = "P",
      description =
          "Share of the numbers per token of boundary heads that are dropped in a step (default: 0.2).")
  private Double dropout;

  @Option(
      names = "--dilation",
      paramLabel = "D[,E]",
      description =
          "Count in the loss only spans near gold ones: D from 1 on, those that begin or end within D tokens of one; 0, those with the end of one; D,E, those whose start is within D tokens of its start and whose end within E of its end (default: all spans).")
  private String dilation;

  @Option(
      names = "--pseudo-labels",
      paramLabel = "P",
      defaultValue = "1",
      description =
          "Probability above which a head's own score is the label; 1 is never (default: ${DEFAULT-VALUE}).")
  private double pseudoLabels;

  @Option(
      names = "--distillation-phases",
      paramLabel = "N",
      description =
          "Phases after the first, in which a head learns from itself and the gold spans (default: 1; 0 for boundary heads).")
  private Integer distillationPhases;

  @Option(
      names = "--teacher-threshold",
      paramLabel = "P",
      defaultValue = "0.9",
      description =
          "Probability above which the teacher's spans are labels (default: ${DEFAULT-VALUE}).")
  private double teacherThreshold;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      defaultValue = "1",
      description = "Divides the logits of teacher and student (default: ${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--dense-distillation",
      description = "Learn the teacher's probabilities instead of labels.")
  private boolean denseDistillation;

  @Option(
      names = "--reset-student",
      description = "Begin distillation phases with new weights instead of the teacher's.")
  private boolean resetStudent;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of initial weights and the order of documents (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--bos",
      paramLabel = "POLICY",
      description =
          "tokenizer adds a beginning-of-sequence token only where the tokenizer does; always adds one everywhere, so that the first word of a text can be found, too (default: what a bundled model records, else tokenizer).")
  private String bos;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description =
          "Tokens of a window, specials included; longer documents are cut into overlapping windows (default: the model's own limit, at most 1024).")
  private Integer maxTokens;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "auto",
      description =
          "Products of the backbone in auto, fp32, bf16 or fp16; auto is bf16 on a GPU and fp32 on a CPU (default: ${DEFAULT-VALUE}).")
  private String dtype;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description =
          "auto, cpu or gpu, for the backbone on the executors and the heads on the driver (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--batch-tokens",
      paramLabel = "N",
      defaultValue = "" + EngineOptions.DEFAULT_BATCH_TOKENS,
      description = "Tokens of one forward call of the backbone (default: ${DEFAULT-VALUE}).")
  private int batchTokens;

  @Option(
      names = "--cache-states",
      paramLabel = "SIZE",
      defaultValue = "0",
      description =
          "Disk on the driver, such as 20g, for hidden states, so that later epochs need the backbone less, or not at all (default: ${DEFAULT-VALUE}).")
  private String cacheStates;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "Directory to write to, on any Hadoop file system.")
  private String output;

  @Option(names = "--overwrite", description = "Replace what the output holds already.")
  private boolean overwrite;

  @Option(
      names = "--resume",
      description =
          "Go on after the last epoch that the output holds; the result is that of a run without a break.")
  private boolean resume;

  @Override
  public Integer call() throws IOException {
    TrainOptions options = options();
    SparkSession spark = Sessions.start("train");
    try {
      command
          .commandLine()
          .getOut()
          .println(TrainJob.run(spark, options, command.commandLine().getErr()));
      command.commandLine().getOut().flush();
    } finally {
      spark.stop();
    }
    return 0;
  }

  /**
   * Returns the checked options, as far as they can be checked without Spark.
   *
   * @throws ParameterException if it cannot be
   */
  TrainOptions options() {
    return common.checked(this::parsed);
  }

  private TrainOptions parsed() {
    if (overwrite && resume) {
      throw new IllegalArgumentException("--overwrite and --resume exclude each other");
    }
    List<Integer> wantedLayers = layers.equals("all") ? List.of() : numbers("--layers", layers);
    HeadType type = HeadType.parse(headType);
    List<Integer> wantedRanks =
        numbers("--ranks", ranks != null ? ranks : type == HeadType.BOUNDARY ? "32" : "64");
    wantedLayers.forEach(layer -> new HeadSlot(layer, 1));
    wantedRanks.forEach(rank -> new HeadSlot(0, rank));
    return new TrainOptions(
        ShippedData.files(train, "train"),
        ShippedData.files(dev, "dev"),
        goldOptions.format(),
        goldOptions.column(),
        keepUnannotated,
        dropPronouns,
        ModelArguments.backbone(backbone),
        wantedLayers,
        wantedRanks,
        bos == null ? null : BosPolicy.parse(bos),
        maxTokens,
        EngineOptions.defaults()
            .withDtype(ComputeType.parse(dtype))
            .withDevice(DeviceChoice.parse(device), 0)
            .withBatchTokens(batchTokens),
        training(type),
        bytes(cacheStates),
        output,
        overwrite,
        resume);
  }

  private TrainingOptions training(HeadType type) {
    boolean boundary = type == HeadType.BOUNDARY;
    return new TrainingOptions(
        window,
        causal,
        cosine,
        normalization(),
        or(epochs, boundary ? 6 : 8),
        or(batch, boundary ? 32 : 16),
        or(learningRate, boundary ? 3e-3 : 1e-2),
        minLearningRate,
        patience,
        clip,
        weightDecay,
        weight(or(positiveWeight, boundary ? "1" : BALANCED)),
        pseudoLabels,
        dilation == null ? Dilation.NONE : new Dilation(numbers("--dilation", dilation)),
        or(distillationPhases, boundary ? 0 : 1),
        teacherThreshold,
        temperature,
        denseDistillation,
        resetStudent,
        seed,
        new HeadLayout(type, tokenSize, embeddingSize, insideProbes, or(wordBoundaries, boundary)),
        or(dropout, boundary ? 0.2 : 0.0),
        schedule != null
            ? Schedule.parse(schedule)
            : boundary ? Schedule.ONE_CYCLE : Schedule.PLATEAU);
  }

  private static <T> T or(T given, T otherwise) {
    return given != null ? given : otherwise;
  }

  private ScoreNormalization normalization() {
    return Arrays.stream(ScoreNormalization.values())
        .filter(one -> name(one).equals(normalization))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Unknown --normalize-scores \"%s\": use one of %s"
                        .formatted(
                            normalization,
                            Arrays.stream(ScoreNormalization.values())
                                .map(TrainCommand::name)
                                .collect(Collectors.joining(", ")))));
  }

  private static String name(ScoreNormalization normalization) {
    return normalization == ScoreNormalization.NONE ? "none" : normalization.key();
  }

  private static double weight(String positiveWeight) {
    if (positiveWeight.equals(BALANCED)) {
      return 0;
    }
    try {
      double weight = Double.parseDouble(positiveWeight);
      if (weight > 0) {
        return weight;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "--positive-weight must be balanced or a number above 0, but is " + positiveWeight);
  }

  /** Different numbers, rising. */
  private static List<Integer> numbers(String option, String list) {
    try {
      List<Integer> numbers =
          Arrays.stream(list.split(",")).map(String::trim).map(Integer::valueOf).toList();
      return option.equals("--dilation") ? numbers : numbers.stream().distinct().sorted().toList();
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "%s must be whole numbers separated by commas%s, but is %s"
              .formatted(option, option.equals("--layers") ? ", or all" : "", list),
          e);
    }
  }

  private static long bytes(String size) {
    Matcher matcher = SIZE.matcher(size.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "--cache-states must be a size such as 500m or 20g, but is " + size);
    }
    int shift = 10 * (1 + "kmgt".indexOf(matcher.group(2)));
    try {
      long number = Long.parseLong(matcher.group(1));
      return matcher.group(2).isEmpty() ? number : Math.multiplyExact(number, 1L << shift);
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException("--cache-states is too large: " + size, e);
    }
  }
}
