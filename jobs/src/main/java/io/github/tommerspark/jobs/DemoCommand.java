package io.github.tommerspark.jobs;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.length;

import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.Threshold;
import io.github.tommerspark.detect.Typing;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.agree.AgreeJob;
import io.github.tommerspark.jobs.agree.AgreeOptions;
import io.github.tommerspark.jobs.annotate.AnnotateJob;
import io.github.tommerspark.jobs.annotate.AnnotateOptions;
import io.github.tommerspark.jobs.annotate.AnnotateResult;
import io.github.tommerspark.jobs.cli.Color;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.Highlighter;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.dataset.DemoCorpus;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.ResultPlace;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.jobs.report.ReportJob;
import io.github.tommerspark.jobs.report.ReportOptions;
import io.github.tommerspark.model.ModelArguments;
import io.github.tommerspark.results.AgreementFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Annotates a bundled corpus with all bundled models, and shows what was found and how they agree.
 */
@Command(
    name = "demo",
    customSynopsis = "tommer-spark demo [OPTIONS]",
    sortOptions = false,
    description =
        "Annotates a small bundled corpus with the bundled models, shows some of it, says how far the models agree, and writes a page about both.")
final class DemoCommand implements Callable<Integer> {

  /** Longest text shown, in code points. */
  private static final int SHOWN_LENGTH = 700;

  /** Of the bootstrap, as agree has it. */
  private static final int REPLICATES = 1000;

  /** Mentions of a length that a share of them in common needs to mean something. */
  private static final long LEAST_COMPARED = 50;

  /** The options of the page, as of report. */
  private static final int PAGE_DOCUMENTS = 40;

  private static final int PAGE_CHARACTERS = 3000;

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      defaultValue = "demo-output",
      description =
          "Local directory for the corpus (corpus.jsonl), the mentions (mentions/, Parquet) and how the models agree on them (agreement/), replaced if there (default: ${DEFAULT-VALUE}).")
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
      names = "--html",
      paramLabel = "FILE",
      description =
          "Where to write a page with the documents and how the models agree; named .html, replaced if there (default: demo.html in the output).")
  private Path html;

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
      out.println();
      print(compare(spark, provenance), out);
      writePage(spark, provenance);
      out.println();
      out.println("All of it as a page: " + page());
      out.println("Next: ./submit.sh annotate --input " + corpusFile() + " --output my-mentions");
    }
    return 0;
  }

  private AnnotateOptions options() throws IOException {
    Threshold minimum = common.checked(() -> Threshold.parse(threshold));
    List<ModelSpec> models = new ArrayList<>();
    for (String name : MentionDetector.bundledModels()) {
      ModelSpec model = ModelSpec.bundled(name).withDecoder(Decoder.THRESHOLD, minimum);
      models.add(
          MentionDetector.bringsLabels(model)
              ? model.withTyping(Typing.labels(LabelModel.DEFAULT_LABELS))
              : model);
    }
    return new AnnotateOptions(
        new CorpusOptions(
            List.of(corpusFile().toUri().toString()), InputFormat.JSON, Map.of(), "text", "id"),
        new OutputOptions(
            place("mentions"), OutputFormat.PARQUET, WriteMode.OVERWRITE, "mentions", null, false),
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

  /** Some documents, with what the default model found. */
  private void show(Dataset<Row> rows, Provenance provenance, PrintWriter out) {
    Provenance.Model model =
        provenance.models().stream()
            .filter(one -> one.name().equals(ModelArguments.DEFAULT))
            .findFirst()
            .orElseThrow();
    Highlighter highlighter = new Highlighter(color.ansi());
    List<String> labels = model.classifier() == null ? List.of() : model.classifier().labels();
    List<Row> candidates =
        rows.where(length(col("text")).between(1, SHOWN_LENGTH)).orderBy("id").collectAsList();
    int shown = Math.min(documents, candidates.size());
    for (int i = 0; i < shown; i++) {
      // From all over the corpus.
      Row row = candidates.get(i * candidates.size() / shown);
      String text = row.getAs("text");
      List<Row> mentions = row.getList(row.fieldIndex(model.column()));
      out.println();
      out.println(
          String.format(
              Locale.ROOT,
              "── %s: %s (%s, %d mentions)",
              row.getAs("id"),
              row.getAs("title"),
              model.name(),
              mentions.size()));
      out.println();
      out.println(
          highlighter.highlight(
              text, mentions.stream().map(mention -> span(mention, labels)).toList()));
    }
    out.println();
    if (!labels.isEmpty()) {
      StringJoiner legend = new StringJoiner(", ");
      for (int label = 0; label < labels.size(); label++) {
        legend.add(highlighter.coloured(labels.get(label), label));
      }
      out.println("Labels: " + legend + ", " + highlighter.coloured("other", labels.size()));
      out.println();
    }
  }

  /** A mention in the colour of its label. */
  private static Highlighter.Span span(Row mention, List<String> labels) {
    if (labels.isEmpty()) {
      return new Highlighter.Span(mention.getInt(0), mention.getInt(1));
    }
    String label = mention.getAs("label");
    return new Highlighter.Span(
        mention.getInt(0),
        mention.getInt(1),
        label == null ? labels.size() : labels.indexOf(label));
  }

  private AgreementFile compare(SparkSession spark, Provenance provenance) throws IOException {
    return AgreeJob.run(
        spark,
        new AgreeOptions(
            List.of(new AgreeOptions.Source(null, List.of(provenance.output().path()))),
            null,
            null,
            null,
            new ResultPlace(place("agreement"), true),
            new AgreeOptions.Bootstrap(REPLICATES, 1),
            new AgreeOptions.Consensus(0, "mentions_consensus")));
  }

  /** DICE of all pairs, then of the default model with each other one by length of mentions. */
  private static void print(AgreementFile report, PrintWriter out) {
    List<String> names = report.models().stream().map(AgreementFile.Model::name).toList();
    out.println("Agreement on exact boundaries, DICE:");
    out.println();
    out.println("  %-12s%s".formatted("", columns(names)));
    for (int a = 0; a < names.size(); a++) {
      StringBuilder line = new StringBuilder("  %-12s".formatted(names.get(a)));
      for (int b = 0; b < names.size(); b++) {
        line.append(
            b == a
                ? "%12s".formatted("")
                : String.format(Locale.ROOT, "%12.3f", report.micro().dice()[a][b]));
      }
      out.println(line.toString().stripTrailing());
    }
    List<String> others =
        names.stream().filter(name -> !name.equals(ModelArguments.DEFAULT)).toList();
    Map<String, Map<String, Double>> byLength = new LinkedHashMap<>();
    for (AgreementFile.ByLength part : report.byLength()) {
      boolean first = part.a().equals(ModelArguments.DEFAULT);
      boolean counts = part.aCount() + part.bCount() >= LEAST_COMPARED;
      if (counts && (first || part.b().equals(ModelArguments.DEFAULT))) {
        byLength
            .computeIfAbsent(part.length(), length -> new HashMap<>())
            .put(first ? part.b() : part.a(), part.dice());
      }
    }
    out.println();
    out.println(
        "Of %s and each other model, by length in %s:"
            .formatted(ModelArguments.DEFAULT, report.lengthUnit()));
    out.println();
    out.println("  %-12s%s".formatted("", columns(others)));
    byLength.forEach(
        (length, dice) -> {
          StringBuilder line = new StringBuilder("  %-12s".formatted(length));
          others.forEach(
              name ->
                  line.append(
                      dice.containsKey(name)
                          ? String.format(Locale.ROOT, "%12.3f", dice.get(name))
                          : "%12s".formatted("")));
          out.println(line.toString().stripTrailing());
        });
  }

  private static String columns(List<String> names) {
    StringBuilder columns = new StringBuilder();
    names.forEach(name -> columns.append("%12s".formatted(name)));
    return columns.toString();
  }

  private void writePage(SparkSession spark, Provenance provenance) throws IOException {
    ReportJob.run(
        spark,
        new ReportOptions(
            List.of(provenance.output().path(), place("agreement")),
            page().toUri().toString(),
            "Mentions of the bundled models",
            new ReportOptions.Shown(PAGE_DOCUMENTS, PAGE_CHARACTERS, 0, 0),
            null,
            null));
  }

  private Path page() {
    return (html == null ? output.resolve("demo.html") : html).toAbsolutePath().normalize();
  }

  private String place(String directory) {
    return output.resolve(directory).toUri().toString();
  }
}
