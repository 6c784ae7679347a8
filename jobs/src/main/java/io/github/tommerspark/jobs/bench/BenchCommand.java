package io.github.tommerspark.jobs.bench;

import io.github.tommerspark.backbone.PublishedShapes;
import io.github.tommerspark.backbone.RandomSnapshot;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.ModelTokens;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.head.HeadAdditions;
import io.github.tommerspark.head.HeadConfig;
import io.github.tommerspark.head.HeadFiles;
import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.head.PublishedHead;
import io.github.tommerspark.head.ScoreNormalization;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.ModelOptions;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.dataset.InputFormat;
import io.github.tommerspark.jobs.dataset.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import scala.Tuple2;

/** The command line of {@link BenchJob}. */
@Command(
    name = "bench",
    customSynopsis = "tommer-spark bench [OPTIONS]",
    sortOptions = false,
    description =
        "Measures what annotating costs here: tokens per second, their share of what the device can do, where the time and the memory go, and what a larger corpus would take.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  # The default model over the bundled corpus:",
      "  bench",
      "  # A model of yours over your texts, in bf16, on one and two executors of one core:",
      "  bench --input docs.jsonl --backbone models/Llama-3.2-1B --head heads/mine --dtype bf16 \\",
      "      --executors 1,2",
      "  # A published shape with random weights:",
      "  bench --shape llama-3.2-1b --layer 6 --input docs.jsonl --tokens 16384",
      "  # What the length of documents does:",
      "  bench --input docs.jsonl --document-tokens sentence,128,1024,100000 --json bench.json"
    })
public final class BenchCommand implements Callable<Integer> {

  private static final int RANK = 64;
  private static final int WINDOW = 25;
  private static final String SHAPE_TOKENIZER = "nano-llama";
  private static final String BACKBONE = "backbone";

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--input",
      paramLabel = "PATH",
      arity = "1..*",
      description = "As of annotate (default: a small bundled corpus).")
  private List<String> input;

  @Option(
      names = "--input-format",
      paramLabel = "FORMAT",
      description = "json, parquet, csv, text or orc (default: what the file names say).")
  private String inputFormat;

  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      defaultValue = "text",
      description = "The column to annotate (default: ${DEFAULT-VALUE}).")
  private String textColumn;

  @Option(
      names = "--shape",
      paramLabel = "NAME|FILE",
      description =
          "A published backbone's shape with random weights and a random head, such as llama-3.2-1b; or a config.json. Texts are tokenised with nano-llama's tokenizer. Writes the weights to --work-dir.")
  private String shape;

  @Option(
      names = "--layer",
      paramLabel = "N",
      description = "With --shape: index of the last block, from 0, whose output the head reads.")
  private Integer layer;

  @Option(
      names = "--stored",
      paramLabel = "TYPE",
      defaultValue = "fp32",
      description =
          "With --shape: how weights are stored, fp32 or bf16 (default: ${DEFAULT-VALUE}).")
  private String stored;

  @Mixin private ModelOptions model;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      description =
          "Document tokens of a run, from the beginning of the input (default: what the model's size suggests, so that a run takes some minutes at most).")
  private Long tokens;

  @Option(
      names = "--document-tokens",
      paramLabel = "N,…",
      split = ",",
      defaultValue = "document",
      description =
          "Cut the corpus into documents of that many tokens, of one sentence (sentence), or not at all (document); one measurement each (default: ${DEFAULT-VALUE}).")
  private List<String> documentTokens;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "3",
      description =
          "Measured runs of each, after one to warm up; their median counts (default: ${DEFAULT-VALUE}).")
  private int repeat;

  @Option(
      names = "--executors",
      paramLabel = "N,…",
      split = ",",
      description =
          "Measure again on so many executors of one core and 1 GB of heap, in JVMs of their own on this machine; begin with 1. On a cluster, run bench with another number of executors instead.")
  private List<Integer> executors;

  @Option(
      names = "--corpus-documents",
      paramLabel = "N",
      defaultValue = "1000000",
      description =
          "Documents of the corpus to reckon with at the end (default: ${DEFAULT-VALUE}).")
  private long corpusDocuments;

  @Option(names = "--json", paramLabel = "FILE", description = "Also write everything as JSON.")
  private Path json;

  @Option(
      names = "--work-dir",
      paramLabel = "DIR",
      description =
          "Directory for corpora, outputs and random weights, which executors must see under the same path; what bench writes there it removes (default: a temporary one).")
  private Path workDir;

  @Override
  public Integer call() throws IOException {
    EngineOptions engine = common.checked(model::engine);
    List<BenchCut> cuts =
        common.checked(() -> documentTokens.stream().map(BenchCut::parse).toList());
    check();
    if (workDir != null) {
      Files.createDirectories(workDir);
    }
    Path work =
        workDir == null
            ? Files.createTempDirectory("tommer-spark-bench")
            : Files.createTempDirectory(workDir.toAbsolutePath(), "bench");
    try {
      BenchOptions options =
          new BenchOptions(
              corpus(),
              shape == null ? onlyModel() : randomModel(work),
              engine,
              tokens == null ? 0 : tokens,
              cuts,
              repeat,
              executors == null ? List.of() : executors,
              corpusDocuments,
              work);
      BenchReport report = BenchJob.run(options, BenchCommand::start);
      command.commandLine().getOut().println(BenchText.of(report));
      if (json != null) {
        Files.writeString(json, Provenance.JSON.writeValueAsString(report) + "\n");
      }
    } finally {
      delete(work);
    }
    return 0;
  }

  private void check() {
    if (repeat < 1) {
      throw common.impossible("--repeat must be at least 1, but is " + repeat);
    }
    if (tokens != null && tokens < 1) {
      throw common.impossible("--tokens must be at least 1, but is " + tokens);
    }
    if (corpusDocuments < 1) {
      throw common.impossible("--corpus-documents must be at least 1, but is " + corpusDocuments);
    }
    if (executors != null && executors.stream().anyMatch(n -> n < 1)) {
      throw common.impossible("--executors must be at least 1 each, but are " + executors);
    }
    if ((shape == null) != (layer == null)) {
      throw common.impossible(shape == null ? "--layer needs --shape" : "--shape needs --layer");
    }
    if (shape != null && model.namesModels()) {
      throw common.impossible("--shape and options that name a model exclude each other");
    }
    if (!stored.equals("fp32") && !stored.equals("bf16")) {
      throw common.impossible("--stored must be fp32 or bf16, but is " + stored);
    }
  }

  private CorpusOptions corpus() {
    return input == null
        ? null
        : new CorpusOptions(
            input,
            inputFormat == null ? null : common.checked(() -> InputFormat.parse(inputFormat)),
            Map.of(),
            textColumn,
            null);
  }

  private ModelSpec onlyModel() {
    List<ModelSpec> specs = common.checked(model::specs);
    if (specs.size() != 1) {
      throw common.impossible("bench measures one model, but there are " + specs.size());
    }
    return specs.get(0);
  }

  /** A backbone of the shape and a head for it, with random weights. */
  private ModelSpec randomModel(Path work) throws IOException {
    Path backbone = work.resolve(BACKBONE);
    Path head = work.resolve("head");
    Path file = Path.of(shape);
    byte[] config =
        Files.isRegularFile(file)
            ? Files.readAllBytes(file)
            : common.checked(() -> PublishedShapes.config(shape));
    int width =
        RandomSnapshot.write(
            config, layer, stored.equals("bf16") ? DType.BF16 : DType.F32, backbone);
    ModelTokens.copyTokenizer(SHAPE_TOKENIZER, backbone);
    HeadFiles.write(randomHead(width), head);
    return common.checked(() -> model.single(shape, backbone.toString(), head.toString()));
  }

  private Head randomHead(int width) {
    Random random = new Random(1);
    HeadConfig config =
        new HeadConfig(
            HeadType.PUBLISHED,
            BACKBONE,
            layer,
            RANK,
            true,
            WINDOW,
            true,
            ScoreNormalization.NONE,
            HeadAdditions.NONE);
    // Finds about as many mentions as a trained one.
    return new PublishedHead(
        config,
        width,
        gaussian(random, width * RANK, 1),
        gaussian(random, width * RANK, 1),
        gaussian(random, width, 1 / Math.sqrt(width)),
        -3f,
        new float[] {1, 1, 1, 1, 1});
  }

  private static float[] gaussian(Random random, int count, double spread) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (spread * random.nextGaussian());
    }
    return values;
  }

  private static SparkSession start(SparkConf settings) {
    SparkConf conf = new SparkConf();
    for (Tuple2<String, String> setting : settings.getAll()) {
      conf.set(setting._1(), setting._2());
    }
    return Sessions.start("bench", conf);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
