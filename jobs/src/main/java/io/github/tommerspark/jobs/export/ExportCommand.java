package io.github.tommerspark.jobs.export;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.jobs.cli.AnnotatedInputOptions;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.jobs.dataset.DocumentSample;
import io.github.tommerspark.jobs.output.ResultPlace;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of {@link ExportJob}. */
@Command(
    name = "export",
    customSynopsis = "tommer-spark export --input PATH... --format FORMAT --output DIR [OPTIONS]",
    sortOptions = false,
    description =
        "Writes what annotate found in the format of another tool: displaCy, brat, Label Studio, CoNLL, or Hugging Face's datasets.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  # Two hundred documents to correct in Label Studio:",
      "  export --input mentions --format label-studio --sample-documents 200 --output tasks",
      "  # Tokens and tags to train on, of mentions that score .9 or more:",
      "  export --input mentions --format datasets --threshold 0.9 --output dataset",
      "  # One of several models:",
      "  export --input mentions --column mentions_minilm --format brat --output brat",
      "",
      "What people correct in brat or Label Studio is gold data: evaluate --gold-format brat."
    })
public final class ExportCommand implements Callable<Integer> {

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--input",
      paramLabel = "PATH",
      arity = "1..*",
      required = true,
      description =
          "What annotate wrote, with its texts, on any Hadoop file system, or table:CATALOG.DB.NAME; or other files with a column of structs with start and end.")
  private List<String> inputs;

  @Mixin private AnnotatedInputOptions reading;

  @Option(
      names = "--column",
      paramLabel = "NAME",
      split = ",",
      description =
          "The column with mentions, where there are several; label-studio takes several, and by default all.")
  private List<String> columns = List.of();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      required = true,
      description = "displacy, brat, label-studio, conll or datasets.")
  private String format;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "Directory to write to, on any Hadoop file system.")
  private String output;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "error",
      description =
          "If the output exists: error, or overwrite, which replaces nothing but an earlier export (default: ${DEFAULT-VALUE}).")
  private String mode;

  @Option(
      names = "--threshold",
      paramLabel = "P",
      defaultValue = "0",
      description =
          "Only mentions with at least this score (default: ${DEFAULT-VALUE}, all that the dataset has).")
  private double threshold;

  @Option(
      names = "--decoder",
      paramLabel = "NAME",
      defaultValue = "flat",
      description =
          "How mentions that do not overlap are chosen, where the format needs that: flat (the largest sum of scores) or greedy (the best first) (default: ${DEFAULT-VALUE}).")
  private String decoder;

  @Option(
      names = "--no-label",
      paramLabel = "NAME",
      defaultValue = "MENTION",
      description = "The label of a mention without one (default: ${DEFAULT-VALUE}).")
  private String noLabel;

  @Option(names = "--require-label", description = "Leave out mentions without a label.")
  private boolean requireLabel;

  @Option(
      names = "--sample-documents",
      paramLabel = "N",
      description = "Documents to draw at random (default: all).")
  private Integer documents;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Another seed draws other documents; the same draws the same, however the dataset is stored (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--files",
      paramLabel = "N",
      description = "Files to write at most (default: one for each partition of the input).")
  private Integer files;

  @Override
  public Integer call() throws IOException {
    ExportOptions options = options();
    try (SparkSession spark = Sessions.start("export")) {
      command.commandLine().getOut().println(ExportJob.run(spark, options).summary());
    }
    return 0;
  }

  /**
   * Returns the checked options, as far as they can be checked without Spark.
   *
   * @throws ParameterException if it cannot be
   */
  ExportOptions options() {
    return common.checked(this::parsed);
  }

  private ExportOptions parsed() {
    ExportFormat chosen = ExportFormat.parse(format);
    if (!chosen.takesModels() && columns.size() > 1) {
      throw new IllegalArgumentException(
          "--format %s takes the mentions of one --column, but there are %s"
              .formatted(format, String.join(", ", columns)));
    }
    if (!List.of("error", "overwrite").contains(mode)) {
      throw new IllegalArgumentException(
          "--mode must be error or overwrite, but is \"%s\"".formatted(mode));
    }
    if (!(threshold >= 0 && threshold < 1)) {
      throw new IllegalArgumentException(
          "--threshold must be at least 0 and below 1, but is " + threshold);
    }
    if (noLabel.isBlank()) {
      throw new IllegalArgumentException("--no-label must not be empty");
    }
    atLeastOne("--sample-documents", documents);
    atLeastOne("--files", files);
    if (files != null && chosen == ExportFormat.BRAT) {
      throw new IllegalArgumentException(
          "--files does not go with --format brat, which has two files a document");
    }
    return new ExportOptions(
        reading.of(inputs, columns),
        new DocumentSample(documents, seed),
        chosen,
        new ResultPlace(output, mode.equals("overwrite")),
        threshold,
        ExportFormat.FLAT.stream()
            .filter(flat -> flat.label().equals(decoder))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "--decoder must be %s, but is \"%s\""
                            .formatted(
                                ExportFormat.FLAT.stream()
                                    .map(Decoder::label)
                                    .collect(Collectors.joining(" or ")),
                                decoder))),
        new ExportOptions.Unlabelled(noLabel, requireLabel),
        files);
  }

  private static void atLeastOne(String option, Integer value) {
    if (value != null && value < 1) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%s must be at least 1, but is %d", option, value));
    }
  }
}
