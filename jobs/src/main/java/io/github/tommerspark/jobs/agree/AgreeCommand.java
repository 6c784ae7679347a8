package io.github.tommerspark.jobs.agree;

import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.jobs.output.ResultPlace;
import io.github.tommerspark.message.Redaction;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of {@link AgreeJob}. */
@Command(
    name = "agree",
    customSynopsis =
        "tommer-spark agree (--input PATH | --dataset NAME=PATH...) --output PATH [OPTIONS]",
    sortOptions = false,
    description =
        "Says how far models agree on mentions: DICE, IoU and relatives of them, for every pair.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  # The models of one annotate run:",
      "  agree --input mentions --output agreement",
      "  # Runs over the same documents, joined on their ids:",
      "  agree --dataset llama=mentions-llama --dataset pythia=mentions-pythia --output agreement",
      "  # Also the mentions that at least two of three models found:",
      "  agree --input mentions --output agreement --consensus 2",
      "",
      "The output has agreement.json with everything, the n x n matrices dice.csv and iou.csv, and",
      "pairs, by_length, by_threshold and, where mentions have labels, by_label (Cohen's kappa) both",
      "as CSV and as Parquet."
    })
public final class AgreeCommand implements Callable<Integer> {

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--input",
      paramLabel = "PATH",
      arity = "1..*",
      description =
          "One annotated dataset with several mentions columns. Each of its rows is a document. A table is table:CATALOG.DB.NAME, @ and a snapshot behind it.")
  private List<String> input;

  @Option(
      names = "--dataset",
      paramLabel = "NAME=PATH",
      arity = "1..*",
      description =
          "Annotated datasets, each with the name of its model. They are joined on the id: one that is not in all is left out, one that is repeated counts once, and texts must be the same. A .json file that upstream's to_json wrote will do too.")
  private List<String> datasets;

  @Option(
      names = "--columns",
      paramLabel = "NAME,…",
      split = ",",
      description =
          "Mentions columns to compare (default: all of type array<struct<start, end, …>>).")
  private List<String> columns;

  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      description =
          "The column with the text, if it was kept (default: the one that was annotated).")
  private String textColumn;

  @Option(
      names = "--id-column",
      paramLabel = "NAME",
      description =
          "The column that identifies a document (default: what the annotate run recorded, else \"id\", else a hash of the text).")
  private String idColumn;

  @Option(
      names = "--output",
      paramLabel = "PATH",
      required = true,
      description = "Directory to write to, on any Hadoop file system.")
  private String output;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "error",
      description =
          "If the output exists: error, or overwrite, which replaces nothing but an earlier comparison (default: ${DEFAULT-VALUE}).")
  private String mode;

  @Option(
      names = "--replicates",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "Replicates of the bootstrap over documents that gives the confidence intervals; 0 for none (default: ${DEFAULT-VALUE}).")
  private int replicates;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Of the bootstrap: the same seed gives the same intervals, however the data is partitioned (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--consensus",
      paramLabel = "K",
      description =
          "Also write the rows with the mentions that at least K of the models found, to consensus/ in the output; the score is the mean of those models.")
  private Integer votes;

  @Option(
      names = "--consensus-column",
      paramLabel = "NAME",
      defaultValue = "mentions_consensus",
      description = "Name of that column (default: ${DEFAULT-VALUE}).")
  private String consensusColumn;

  @Override
  public Integer call() throws IOException {
    AgreeOptions options = options();
    try (SparkSession spark = Sessions.start("agree")) {
      command.commandLine().getOut().println(AgreementReport.summary(AgreeJob.run(spark, options)));
    }
    return 0;
  }

  /**
   * Returns the checked options, as far as they can be checked without Spark.
   *
   * @throws ParameterException if it cannot be
   */
  AgreeOptions options() {
    if ((input == null) == (datasets == null)) {
      throw common.impossible(
          "Say either --input PATH, to compare the columns of one dataset, or --dataset NAME=PATH for each of several");
    }
    if (replicates < 0) {
      throw common.impossible("--replicates must not be negative, but is " + replicates);
    }
    if (votes != null && votes < 1) {
      throw common.impossible("--consensus must be at least 1, but is " + votes);
    }
    if (consensusColumn.isBlank()) {
      throw common.impossible("--consensus-column must not be empty");
    }
    return new AgreeOptions(
        input != null ? List.of(new AgreeOptions.Source(null, input)) : named(),
        columns,
        textColumn,
        idColumn,
        new ResultPlace(output, overwrite()),
        new AgreeOptions.Bootstrap(replicates, seed),
        new AgreeOptions.Consensus(votes == null ? 0 : votes, consensusColumn));
  }

  private boolean overwrite() {
    return switch (mode) {
      case "error" -> false;
      case "overwrite" -> true;
      default ->
          throw common.impossible(
              "Unknown mode \"%s\": use one of error, overwrite".formatted(mode));
    };
  }

  private List<AgreeOptions.Source> named() {
    List<AgreeOptions.Source> sources = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (String dataset : datasets) {
      String[] parts = dataset.split("=", 2);
      if (parts.length < 2 || parts[0].isBlank() || parts[1].isBlank()) {
        throw common.impossible("--dataset must be NAME=PATH, but is " + Redaction.uri(dataset));
      }
      if (!names.add(parts[0])) {
        throw common.impossible("--dataset names %s twice".formatted(parts[0]));
      }
      sources.add(new AgreeOptions.Source(parts[0], List.of(parts[1])));
    }
    return sources;
  }
}
