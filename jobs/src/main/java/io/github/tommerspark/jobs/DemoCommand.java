package io.github.tommerspark.jobs;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.length;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.Threshold;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.eval.PairAgreement;
import io.github.tommerspark.jobs.agree.AgreeJob;
import io.github.tommerspark.jobs.agree.AgreeOptions;
import io.github.tommerspark.jobs.agree.MentionDataset;
import io.github.tommerspark.jobs.annotate.AnnotateJob;
import io.github.tommerspark.jobs.annotate.AnnotateOptions;
import io.github.tommerspark.jobs.annotate.AnnotateResult;
import io.github.tommerspark.jobs.cli.Color;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.Highlighter;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.dataset.DemoCorpus;
import io.github.tommerspark.jobs.dataset.InputFormat;
import io.github.tommerspark.jobs.dataset.OutputFormat;
import io.github.tommerspark.jobs.dataset.OutputOptions;
import io.github.tommerspark.jobs.dataset.Provenance;
import io.github.tommerspark.jobs.dataset.WriteMode;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the annotate job on a bundled corpus with all bundled models and shows what it found. */
@Command(
    name = "demo",
    customSynopsis = "tommer-spark demo [OPTIONS]",
    sortOptions = false,
    description =
        "Annotates a small bundled corpus with the bundled models, shows some of it, and says how far the models agree.")
final class DemoCommand implements Callable<Integer> {

  /** Longest text shown, in code points. */
  private static final int SHOWN_LENGTH = 700;

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      defaultValue = "demo-output",
      description =
          "Local directory for the corpus (corpus.jsonl) and the result (mentions/, Parquet), replaced if there (default: ${DEFAULT-VALUE}).")
  private Path output;

  @Option(
      names = "--threshold",
      paramLabel = "P",
      defaultValue = "recommended",
      description =
          "Probability above which a span is a mention, or recommended for what each model records (default: ${DEFAULT-VALUE}).")
  private String threshold;

  @Option(
      names = "--documents",
      paramLabel = "N",
      defaultValue = "4",
      description = "How many documents to show (default: ${DEFAULT-VALUE}).")
  private int documents;

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      defaultValue = "auto",
      description = "auto, always or never (default: ${DEFAULT-VALUE}).")
  private Color color;

  @Override
  public Integer call() throws IOException {
    AnnotateOptions options = options();
    PrintWriter out = command.commandLine().getOut();
    try (SparkSession spark = Sessions.start("demo")) {
      unpackCorpus();
      AnnotateResult result = AnnotateJob.run(spark, options);
      Provenance provenance = result.provenance();
      Dataset<Row> rows = spark.read().parquet(provenance.output().path());
      show(rows, provenance, out);
      out.println(result.summary());
      agreement(spark, provenance, out);
      out.println();
      out.println("Next: ./submit.sh annotate --input " + corpusFile() + " --output my-mentions");
    }
    return 0;
  }

  private AnnotateOptions options() {
    Threshold minimum = common.checked(() -> Threshold.parse(threshold));
    List<ModelSpec> models =
        MentionDetector.bundledModels().stream()
            .map(name -> ModelSpec.bundled(name).withDecoder(Decoder.THRESHOLD, minimum))
            .toList();
    return new AnnotateOptions(
        new CorpusOptions(
            List.of(corpusFile().toUri().toString()), InputFormat.JSON, Map.of(), "text", "id"),
        new OutputOptions(
            output.resolve("mentions").toUri().toString(),
            OutputFormat.PARQUET,
            WriteMode.OVERWRITE,
            "mentions",
            null,
            false),
        models,
        EngineOptions.defaults(),
        0,
        false,
        Map.of("demo", "true", "--threshold", threshold));
  }

  private Path corpusFile() {
    return output.resolve("corpus.jsonl");
  }

  private void unpackCorpus() throws IOException {
    Files.createDirectories(output);
    try (InputStream corpus = DemoCorpus.open()) {
      Files.copy(corpus, corpusFile(), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void show(Dataset<Row> rows, Provenance provenance, PrintWriter out) {
    Highlighter highlighter = new Highlighter(color.ansi());
    List<Row> candidates =
        rows.where(length(col("text")).between(1, SHOWN_LENGTH)).orderBy("id").collectAsList();
    int shown = Math.min(documents, candidates.size());
    for (int i = 0; i < shown; i++) {
      // From all over the corpus.
      Row row = candidates.get(i * candidates.size() / shown);
      String text = row.getAs("text");
      out.println();
      out.println("── " + row.getAs("id") + ": " + row.getAs("title"));
      for (Provenance.Model model : provenance.models()) {
        List<Row> mentions = row.getList(row.fieldIndex(model.column()));
        out.println();
        out.println("%s, %d mentions".formatted(model.name(), mentions.size()));
        out.println(
            highlighter.highlight(
                text,
                mentions.stream()
                    .map(m -> new Highlighter.Span(m.getInt(0), m.getInt(1)))
                    .toList()));
      }
    }
    out.println();
  }

  private static void agreement(SparkSession spark, Provenance provenance, PrintWriter out)
      throws IOException {
    MentionDataset mentions =
        MentionDataset.open(
            spark,
            new AgreeOptions.Source(null, List.of(provenance.output().path())),
            null,
            null,
            null);
    for (PairAgreement pair : AgreeJob.compare(mentions).pairs()) {
      Provenance.Model a = provenance.models().get(pair.a());
      Provenance.Model b = provenance.models().get(pair.b());
      out.println(
          "  %-19s %.3f (%,d mentions of %s, %,d of %s, %,d of both; thresholds %s and %s)"
              .formatted(
                  "DICE",
                  pair.dice(),
                  pair.aCount(),
                  a.name(),
                  pair.bCount(),
                  b.name(),
                  pair.both(),
                  a.threshold(),
                  b.threshold()));
    }
  }
}
