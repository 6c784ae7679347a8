package io.github.tommerspark.jobs.report;

import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.message.Redaction;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of {@link ReportJob}. */
@Command(
    name = "report",
    customSynopsis = "tommer-spark report --input PATH... --output FILE.html [OPTIONS]",
    sortOptions = false,
    description =
        "Writes one HTML file from what annotate, agree and evaluate wrote: tables, heat maps, curves, and documents with their mentions underlined. It needs no network and has no scripts.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  report --input mentions --output report.html",
      "  report --input mentions agreement evaluation --output report.html --documents 100",
      "  # A column of spans that are right: mentions are hits, misses or spurious:",
      "  report --input mentions --gold-column entities --output report.html"
    })
public final class ReportCommand implements Callable<Integer> {

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--input",
      paramLabel = "PATH",
      arity = "1..*",
      required = true,
      description =
          "Output directories of annotate, agree or evaluate, or their JSON files, on any Hadoop file system, or table:CATALOG.DB.NAME; shown in this order.")
  private List<String> inputs;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      required = true,
      description = "The file to write, named .html; replaced if there.")
  private String output;

  @Option(
      names = "--title",
      paramLabel = "TEXT",
      defaultValue = "Entity mentions",
      description = "Title of the page (default: ${DEFAULT-VALUE}).")
  private String title;

  @Option(
      names = "--documents",
      paramLabel = "N",
      defaultValue = "40",
      description =
          "Documents to show of each dataset; a larger dataset is sampled (default: ${DEFAULT-VALUE}).")
  private int documents;

  @Option(
      names = "--max-characters",
      paramLabel = "N",
      defaultValue = "3000",
      description = "Characters to show of each document (default: ${DEFAULT-VALUE}).")
  private int characters;

  @Option(
      names = "--threshold",
      paramLabel = "P",
      defaultValue = "0",
      description =
          "Show only mentions with at least this score (default: ${DEFAULT-VALUE}, all that the dataset has).")
  private double threshold;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Another seed samples other documents (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      description = "The column with the documents (default: the one that was annotated).")
  private String textColumn;

  @Option(
      names = "--gold-column",
      paramLabel = "NAME",
      description =
          "A column with the spans that are right, an array of structs with start and end in code points and optionally type.")
  private String goldColumn;

  @Override
  public Integer call() throws IOException {
    ReportOptions options = options();
    try (SparkSession spark = Sessions.start("report")) {
      command.commandLine().getOut().println(ReportJob.run(spark, options).summary());
    }
    return 0;
  }

  /**
   * Returns the checked options, as far as they can be checked without Spark.
   *
   * @throws ParameterException if it cannot be
   */
  public ReportOptions options() {
    // The name is all that stands between a slip in the order of two paths and somebody's data.
    if (!output.endsWith(".html") && !output.endsWith(".htm")) {
      throw common.impossible("--output must be named .html, but is " + Redaction.uri(output));
    }
    if (documents < 0) {
      throw common.impossible("--documents must not be negative, but is " + documents);
    }
    if (characters < 1) {
      throw common.impossible("--max-characters must be at least 1, but is " + characters);
    }
    if (!(threshold >= 0 && threshold < 1)) {
      throw common.impossible("--threshold must be at least 0 and below 1, but is " + threshold);
    }
    return new ReportOptions(
        inputs,
        output,
        title,
        new ReportOptions.Shown(documents, characters, threshold, seed),
        textColumn,
        goldColumn);
  }
}
