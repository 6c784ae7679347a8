package io.github.tommerspark.jobs.bench;

import io.github.tommerspark.backbone.PublishedShapes;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.disk.PrivateDirectories;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.ModelOptions;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.output.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
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
      "  bench --input docs.jsonl --document-tokens sentence,128,1024,100000 --json bench.json",
      "  # What a GPU is to check and measure:",
      "  bench --export kit --input docs.jsonl"
    })
public final class BenchCommand implements Callable<Integer> {

  private static final long EXPORTED_TOKENS = 32_768;

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

  @Option(
      names = "--gpu-results",
      paramLabel = "DIR",
      description =
          "Also reckon what the corpus would take on a GPU: what benchmarks/gpu/run.py wrote there. May be repeated.")
  private List<Path> gpuResults;

  @Option(names = "--json", paramLabel = "FILE", description = "Also write everything as JSON.")
  private Path json;

  @Option(
      names = "--work-dir",
      paramLabel = "DIR",
      description =
          "Directory for corpora, outputs and random weights, which executors must see under the same path; what bench writes there it removes (default: a temporary one).")
  private Path workDir;

  @Option(
      names = "--export",
      paramLabel = "DIR",
      description =
          "Measure nothing, but write what benchmarks/gpu/run.py needs to check and measure the model or --shape on a GPU, without Java: scripts, weights, token ids, expected mentions. Without --model, --backbone and --shape: all bundled models, and some shapes.")
  private Path export;

  @Option(
      names = "--references",
      paramLabel = "DIR",
      description =
          "With --export: also snapshots with reference hidden states, the folders of this one.")
  private Path references;

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
      if (export != null) {
        export(work);
        return 0;
      }
      BenchOptions options =
          new BenchOptions(
              corpus(),
              shape == null ? onlyModel() : randomModel(work),
              engine,
              new BenchOptions.Measured(
                  tokens == null ? 0 : tokens,
                  cuts,
                  repeat,
                  executors == null ? List.of() : executors),
              corpusDocuments,
              gpuResults == null ? List.of() : gpuResults,
              work);
      BenchReport report = BenchJob.run(options, BenchCommand::start);
      command.commandLine().getOut().println(BenchText.of(report));
      if (json != null) {
        Files.writeString(json, Provenance.JSON.writeValueAsString(report) + "\n");
      }
    } finally {
      PrivateDirectories.delete(work);
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
    if (references != null && export == null) {
      throw common.impossible("--references needs --export");
    }
    if (!stored.equals("fp32") && !stored.equals("bf16")) {
      throw common.impossible("--stored must be fp32 or bf16, but is " + stored);
    }
  }

  private @Nullable CorpusOptions corpus() {
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
    RandomModel random =
        RandomModel.write(
            shapeConfig(), layer, stored.equals("bf16") ? DType.BF16 : DType.F32, work);
    return common.checked(
        () -> model.single(shape, random.backbone().toString(), random.head().toString()));
  }

  private byte[] shapeConfig() throws IOException {
    Path file = Path.of(shape);
    return Files.isRegularFile(file)
        ? Files.readAllBytes(file)
        : common.checked(() -> PublishedShapes.config(shape));
  }

  private void export(Path work) throws IOException {
    CorpusOptions corpus = corpus();
    SparkSession spark = corpus == null ? null : start(new SparkConf());
    List<String> texts;
    try {
      texts =
          BenchTexts.read(
              corpus,
              ModelSpec.bundled(RandomModel.TOKENIZER),
              tokens == null ? EXPORTED_TOKENS : tokens,
              spark);
    } finally {
      if (spark != null) {
        spark.stop();
      }
    }
    BenchExport files = new BenchExport(texts, BenchExport.EXPECTED_TOKENS, export, work);
    if (shape != null) {
      files.shape(new BenchExport.Shape(shapeName(), shapeConfig(), layer));
    } else if (model.namesModels()) {
      files.model(onlyModel());
    } else {
      for (String name : MentionDetector.bundledModels()) {
        files.model(ModelSpec.bundled(name));
      }
      for (BenchExport.Shape published : BenchExport.SHAPES) {
        files.shape(published);
      }
    }
    if (references != null) {
      files.references(references);
    }
    command
        .commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "%s: %.1f MB; on a machine with a GPU and PyTorch: python run.py --kit %s --out DIR%n",
            export,
            files.finish() / 1e6,
            export.getFileName());
  }

  /** The shape's name, or that of its file's folder. */
  private String shapeName() {
    Path file = Path.of(shape).toAbsolutePath();
    return Files.isRegularFile(file)
        ? Objects.requireNonNull(file.getParent()).getFileName().toString()
        : shape;
  }

  private static SparkSession start(SparkConf settings) {
    SparkConf conf = new SparkConf();
    for (Tuple2<String, String> setting : settings.getAll()) {
      conf.set(setting._1(), setting._2());
    }
    return Sessions.start("bench", conf);
  }
}
