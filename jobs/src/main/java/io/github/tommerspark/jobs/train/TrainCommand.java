package io.github.tommerspark.jobs.train;

import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.gold.TypeMap;
import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.jobs.dataset.GoldOptions;
import io.github.tommerspark.jobs.dataset.ShippedData;
import io.github.tommerspark.jobs.output.ResultPlace;
import io.github.tommerspark.model.ModelArguments;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.train.HeadSlot;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  @Mixin private HeadOptions headOptions;

  @Mixin private LearningOptions learning;

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
    HeadType type = headOptions.type();
    List<Integer> wantedRanks =
        numbers("--ranks", ranks != null ? ranks : type == HeadType.BOUNDARY ? "32" : "64");
    wantedLayers.forEach(layer -> new HeadSlot(layer, 1));
    wantedRanks.forEach(rank -> new HeadSlot(0, rank));
    return new TrainOptions(
        new TrainOptions.Gold(
            ShippedData.files(train, "train"),
            ShippedData.files(dev, "dev"),
            goldOptions.reading(TypeMap.NONE),
            keepUnannotated,
            dropPronouns),
        new TrainOptions.Backbone(
            ModelArguments.backbone(backbone),
            bos == null ? null : BosPolicy.parse(bos),
            maxTokens,
            EngineOptions.defaults()
                .withDtype(ComputeType.parse(dtype))
                .withDevice(DeviceChoice.parse(device), 0)
                .withBatchTokens(batchTokens)),
        wantedLayers,
        wantedRanks,
        learning.training(headOptions),
        bytes(cacheStates),
        new ResultPlace(output, overwrite),
        resume);
  }

  /** Different numbers, rising. */
  private static List<Integer> numbers(String option, String list) {
    return wholeNumbers(option, list).stream().distinct().sorted().toList();
  }

  /**
   * Parses numbers separated by commas.
   *
   * @throws IllegalArgumentException naming the option if one is none
   */
  static List<Integer> wholeNumbers(String option, String list) {
    try {
      return Arrays.stream(list.split(",")).map(String::trim).map(Integer::valueOf).toList();
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
