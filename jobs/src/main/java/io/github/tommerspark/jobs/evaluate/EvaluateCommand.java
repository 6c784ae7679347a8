package io.github.tommerspark.jobs.evaluate;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.eval.SpanMatching;
import io.github.tommerspark.gold.TypeMap;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.ModelOptions;
import io.github.tommerspark.jobs.cli.NamedPaths;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.jobs.dataset.GoldOptions;
import io.github.tommerspark.jobs.output.ResultPlace;
import io.github.tommerspark.model.ModelArguments;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of {@link EvaluateJob}. */
@Command(
    name = "evaluate",
    customSynopsis = "tommer-spark evaluate --gold NAME=PATH... --output DIR [OPTIONS]",
    sortOptions = false,
    description =
        "Scores models, or mentions that they found before, against gold data: precision, recall, F1, and where they come from.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  # A bundled model on two data sets:",
      "  evaluate --gold wnut17=wnut17/test.jsonl conll=eng.testb.conll --output scores",
      "  # Two models that share a backbone, as people read them, at a stricter threshold:",
      "  evaluate --gold news=gold/*.jsonl --model a=Llama-3.2-1B,head-a --model b=Llama-3.2-1B,head-b \\",
      "      --decoder greedy --threshold 0.9 --output scores",
      "  # Mentions that annotate wrote:",
      "  evaluate --gold news=gold.jsonl --predictions mine=mentions --matching char --output scores",
      "  # What mentions are, too: precision, recall and F1 of every class:",
      "  evaluate --gold wikigold=wikigold.jsonl --map PER=person ORG=organisation LOC=location MISC= \\",
      "      --labels person,organisation,location --require-label --decoder greedy --output scores",
      "",
      "Written to the output: evaluation.json with everything, and for each model NAME.csv in the",
      "columns of the published evaluations, data sets first, then the aggregates micro, macro (the",
      "mean of every column) and sample_weighted (precision and recall weighted by documents)."
    })
public final class EvaluateCommand implements Callable<Integer> {

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--gold",
      paramLabel = "NAME=PATH",
      arity = "1..*",
      required = true,
      description =
          "Gold data sets: JSON Lines of {id, text, entities: [{start, end, type}]} with offsets in code points (.jsonl), CoNLL or BIO files (.conll, .bio, .iob, .tsv, .txt), or Parquet. Files, directories or globs; a name given again adds files to its data set.")
  private List<String> gold;

  @Mixin private GoldOptions goldOptions;

  @Option(
      names = "--map",
      paramLabel = "TYPE=NAME",
      arity = "1..*",
      description =
          "Other names for gold types, to compare labels with: --map ORG=organisation PER=person; *=NAME is for all types not named, TYPE= leaves one out of typed scores.")
  private List<String> map;

  @Option(
      names = "--predictions",
      paramLabel = "NAME=PATH",
      arity = "1..*",
      description =
          "Outputs of annotate to score instead of running a model, under the model's name; a name given again adds files; a table is table:CATALOG.DB.NAME. Joined with the gold data by text, or by id where there is no text.")
  private List<String> predictions;

  @Option(
      names = "--matching",
      paramLabel = "NAME",
      defaultValue = "token",
      description =
          "token: a prediction is right if its first and last token are those of a gold mention, as in the paper; for --predictions this needs the --backbone whose tokenizer counts. char: if it has exactly the same characters (default: ${DEFAULT-VALUE}).")
  private String matching;

  @Option(
      names = "--keep-unannotated",
      description =
          "Count documents without a gold mention too; the paper's protocol leaves them out.")
  private boolean keepUnannotated;

  @Option(
      names = "--examples",
      paramLabel = "N",
      defaultValue = "20",
      description =
          "Missed and spurious mentions to show, each, per model and data set (default: ${DEFAULT-VALUE}).")
  private int examples;

  @Mixin private ModelOptions model;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "Directory to write to, on any Hadoop file system.")
  private String output;

  @Option(
      names = "--overwrite",
      description = "Replace the evaluation that the output holds already.")
  private boolean overwrite;

  @Override
  public Integer call() throws IOException {
    EvaluateOptions options = options();
    try (SparkSession spark = Sessions.start("evaluate")) {
      command.commandLine().getOut().println(EvaluateJob.run(spark, options).summary());
    }
    return 0;
  }

  /**
   * Returns the checked options, as far as they can be checked without Spark.
   *
   * @throws ParameterException if it cannot be
   */
  public EvaluateOptions options() {
    return common.checked(this::parsed);
  }

  private EvaluateOptions parsed() {
    Map<String, List<String>> written =
        predictions == null ? Map.of() : NamedPaths.parse("--predictions", predictions);
    SpanMatching match = SpanMatching.parse(matching);
    List<ModelSpec> models;
    ModelSpec tokens = null;
    if (written.isEmpty()) {
      models = model.specs();
    } else {
      models = model.namedSpecs();
      tokens = model.backboneSpec();
      written.keySet().forEach(ModelArguments::checkName);
      for (ModelSpec run : models) {
        if (written.containsKey(run.name())) {
          throw new IllegalArgumentException(
              "--model and --predictions both name \"%s\"".formatted(run.name()));
        }
      }
      if (tokens == null && match == SpanMatching.TOKEN) {
        throw new IllegalArgumentException(
            "--predictions with --matching token needs the --backbone whose tokenizer counts; or use --matching char");
      }
    }
    for (ModelSpec one : models) {
      if (one.typing() != null && one.typing().allLabels()) {
        throw new IllegalArgumentException(
            "--all-labels is for annotate and show: evaluate compares the one label of a mention with its type; leave it out");
      }
    }
    if (examples < 0) {
      throw new IllegalArgumentException("--examples must not be negative, but is " + examples);
    }
    return new EvaluateOptions(
        NamedPaths.parse("--gold", gold),
        goldOptions.reading(TypeMap.parse(map == null ? List.of() : map)),
        models,
        model.engine(),
        written,
        tokens,
        new EvaluateOptions.Counting(match, keepUnannotated, examples),
        new ResultPlace(output, overwrite));
  }
}
