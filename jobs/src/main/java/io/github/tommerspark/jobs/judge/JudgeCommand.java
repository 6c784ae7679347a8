package io.github.tommerspark.jobs.judge;

import io.github.tommerspark.jobs.cli.AnnotatedInputOptions;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.jobs.output.ResultPlace;
import io.github.tommerspark.judge.ApiKey;
import io.github.tommerspark.judge.Endpoint;
import io.github.tommerspark.judge.JudgePrompt;
import io.github.tommerspark.judge.JudgeSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of {@link JudgeJob}. */
@Command(
    name = "judge",
    customSynopsis =
        "tommer-spark judge --input PATH --endpoint URL --judge-model NAME --output PATH [OPTIONS]",
    sortOptions = false,
    description =
        "Estimates the precision of an annotated dataset: a language model behind an OpenAI-compatible endpoint judges the mentions of a sample of its documents. Says what it would ask and what that may cost, and asks only with --yes.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  # What would be asked, and what it may cost; nothing is sent:",
      "  judge --input mentions --endpoint https://api.openai.com/v1 --judge-model gpt-4.1-mini \\",
      "      --price-per-million-tokens 0.4,1.6 --output judged",
      "  # A model on this machine:",
      "  judge --input mentions --endpoint http://localhost:11434/v1 --judge-model qwen3 \\",
      "      --sample-documents 50 --output judged --yes",
      "",
      "The key comes from the environment variable TOMMER_JUDGE_API_KEY, else from OPENAI_API_KEY."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed; answers are kept in the cache, and the same command goes on from there",
      "2:the options make no sense",
      "3:nothing was asked, because --yes was not given"
    })
public final class JudgeCommand implements Callable<Integer> {

  /** Exit code of a run that was not allowed to ask. */
  static final int NOT_CONFIRMED = 3;

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--input",
      paramLabel = "PATH",
      required = true,
      description =
          "What annotate wrote, with its texts; on any Hadoop file system, or table:CATALOG.DB.NAME. Its text and id columns and its models are known from its provenance.")
  private String input;

  @Mixin private AnnotatedInputOptions reading;

  @Option(
      names = "--column",
      paramLabel = "NAME",
      split = ",",
      description = "Columns with mentions to judge (default: those of all models).")
  private List<String> columns = List.of();

  @Option(
      names = "--output",
      paramLabel = "PATH",
      required = true,
      description = "Directory for judge.json and verdicts/ (Parquet), on any Hadoop file system.")
  private String output;

  @Option(names = "--overwrite", description = "Replace an earlier result in --output.")
  private boolean overwrite;

  @Option(
      names = "--endpoint",
      paramLabel = "URL",
      required = true,
      description =
          "An OpenAI-compatible server, as its base URL (https://host/v1) or that of its chat completions. Nothing is sent anywhere else.")
  private String endpoint;

  @Option(
      names = "--judge-model",
      paramLabel = "NAME",
      required = true,
      description = "The judge, as the endpoint calls it.")
  private String judgeModel;

  @Option(
      names = "--sample-documents",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "Documents to draw from those with mentions; whole ones are judged (default: ${DEFAULT-VALUE}).")
  private int sampleDocuments;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Another seed draws other documents; the same draws the same, however the dataset is stored (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--budget",
      paramLabel = "N",
      defaultValue = "10000",
      description =
          "Questions to plan and HTTP requests to send at most, repeated ones included (default: ${DEFAULT-VALUE}).")
  private long budget;

  @Option(
      names = "--context",
      paramLabel = "N",
      defaultValue = "30",
      description =
          "Characters of text to show on either side of a mention (default: ${DEFAULT-VALUE}).")
  private int context;

  @Option(
      names = "--max-answer-tokens",
      paramLabel = "N",
      defaultValue = "100",
      description = "Length of an answer; reasoning models need more (default: ${DEFAULT-VALUE}).")
  private int maxAnswerTokens;

  @Option(
      names = "--requests-per-minute",
      paramLabel = "N",
      defaultValue = "300",
      description = "At most, evenly spaced (default: ${DEFAULT-VALUE}).")
  private int requestsPerMinute;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "4",
      description = "Requests under way at once (default: ${DEFAULT-VALUE}).")
  private int concurrency;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "For one request (default: ${DEFAULT-VALUE}).")
  private int timeout;

  @Option(
      names = "--cache",
      paramLabel = "FILE",
      defaultValue = "judge-cache.jsonl",
      description =
          "Local file of all answers so far: what is in it is not asked again, by this run or another (default: ${DEFAULT-VALUE}).")
  private Path cache;

  @Option(
      names = "--price-per-million-tokens",
      paramLabel = "P[,Q]",
      description = "For the estimate of the cost: of tokens, or of those sent and those received.")
  private String price;

  @Option(names = "--yes", description = "Ask, after showing what will be asked.")
  private boolean yes;

  @Override
  public Integer call() throws IOException {
    JudgeOptions options = options(System.getenv());
    PrintWriter out = command.commandLine().getOut();
    try (SparkSession spark = Sessions.start("judge")) {
      Optional<JudgeResult> result = JudgeJob.run(spark, options, plan -> approve(plan, options));
      result.ifPresent(judged -> out.println(judged.summary()));
      return result.isPresent() ? 0 : NOT_CONFIRMED;
    }
  }

  /** Shows what will be asked. Without --yes that is all, unless all the answers are known. */
  boolean approve(JudgePlan plan, JudgeOptions options) {
    PrintWriter out = command.commandLine().getOut();
    out.println(plan.summary(options));
    options
        .settings()
        .endpoint()
        .warning(options.settings().key())
        .ifPresent(warning -> out.println("warning: " + warning));
    if (yes || plan.open().isEmpty()) {
      return true;
    }
    out.println("Nothing was sent. The same command with --yes asks.");
    return false;
  }

  /**
   * Returns the options.
   *
   * @param environment where the key may be
   * @throws ParameterException if it cannot be
   */
  JudgeOptions options(Map<String, String> environment) {
    atLeast("--sample-documents", 1, sampleDocuments);
    atLeast("--budget", 1, budget);
    atLeast("--context", 0, context);
    atLeast("--max-answer-tokens", 1, maxAnswerTokens);
    atLeast("--requests-per-minute", 1, requestsPerMinute);
    atLeast("--concurrency", 1, concurrency);
    atLeast("--timeout", 1, timeout);
    if (judgeModel.isBlank()) {
      throw common.impossible("--judge-model must not be empty");
    }
    return common.checked(
        () ->
            new JudgeOptions(
                reading.of(List.of(input), columns),
                sampleDocuments,
                seed,
                new ResultPlace(output, overwrite),
                new JudgePrompt(judgeModel, context, maxAnswerTokens),
                new JudgeSettings(
                    Endpoint.parse(endpoint),
                    ApiKey.find(environment).orElse(null),
                    budget,
                    requestsPerMinute,
                    concurrency,
                    Duration.ofSeconds(timeout)),
                cache,
                price == null ? null : JudgeOptions.Price.parse(price)));
  }

  private void atLeast(String option, long least, long value) {
    if (value < least) {
      throw common.impossible(
          String.format(Locale.ROOT, "%s must be at least %d, but is %d", option, least, value));
    }
  }
}
