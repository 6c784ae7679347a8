package io.github.tommerspark.jobs.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.TommerSpark;
import io.github.tommerspark.jobs.annotate.AnnotateJob;
import io.github.tommerspark.jobs.annotate.AnnotateOptions;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.message.Failures;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.message.Version;
import io.github.tommerspark.results.EvaluationFile;
import io.github.tommerspark.results.EvaluationFile.Row;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class EvaluateJobTest {

  private static final String GOLD =
      """
      {"id": "curie", "text": "Marie Curie was born in Warsaw and worked at the University of Paris.", "entities": [{"start": 0, "end": 11, "type": "PER"}, {"start": 24, "end": 30, "type": "LOC"}, {"start": 49, "end": 68, "type": "ORG"}, {"start": 63, "end": 68, "type": "LOC"}]}
      {"id": "ada", "text": "👩‍🔬 Ada Lovelace 🗼 met Charles Babbage in London in 1833.", "entities": [{"start": 4, "end": 16, "type": "PER"}, {"start": 23, "end": 38, "type": "PER"}, {"start": 42, "end": 48, "type": "LOC"}]}
      {"id": "none", "text": "It rained all day.", "entities": []}
      {"id": "news", "text": "The European Union signed a treaty with Japan in Tokyo on Friday.", "entities": [{"start": 4, "end": 18, "type": "ORG"}, {"start": 40, "end": 45, "type": "LOC"}, {"start": 49, "end": 54, "type": "LOC"}]}
      """;

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @BeforeEach
  void writeGold() throws IOException {
    Files.writeString(folder.resolve("gold.jsonl"), GOLD);
  }

  @Test
  void theFileIsWhatReportsRead() throws IOException {
    EvaluateResult result =
        evaluate(
            "--gold",
            "a=" + path("gold.jsonl"),
            "b=" + path("gold.jsonl"),
            "--model",
            "nano-llama",
            "--model",
            "nano-neox",
            "--threshold",
            "0.9");
    JsonNode file = json("scores/evaluation.json");
    assertThat(file.get("kind").asText()).isEqualTo("evaluation");
    assertThat(file.get("product").asText()).isEqualTo("tommer-spark " + Version.number());
    assertThat(file.get("matching").asText()).isEqualTo("token");
    assertThat(file.get("rows")).hasSize(4);
    assertThat(file.get("rows").get(0).fieldNames())
        .toIterable()
        .contains(
            "model",
            "dataset",
            "precision",
            "recall",
            "f1",
            "true_pos",
            "false_pos",
            "total",
            "total_spans",
            "n_samples",
            "predicted_fraction",
            "threshold",
            "decoder");
    JsonNode row = file.get("rows").get(0);
    assertThat(row.get("n_samples").asInt()).isEqualTo(3);
    assertThat(row.get("n_unannotated").asInt()).isEqualTo(1);
    assertThat(row.get("total").asInt()).isEqualTo(10);
    assertThat(row.get("true_pos").asInt()).isPositive();
    assertThat(row.get("threshold").asDouble()).isEqualTo(0.9);
    assertThat(file.get("aggregates").findValuesAsText("name"))
        .containsExactly("micro", "macro", "sample_weighted", "micro", "macro", "sample_weighted");
    assertThat(file.get("types").findValuesAsText("type").subList(0, 3))
        .containsExactly("LOC", "ORG", "PER");
    assertThat(file.get("nested").get(1).get("group").asText()).isEqualTo("nested");
    assertThat(file.get("nested").get(1).get("gold").asInt()).isEqualTo(1);
    for (JsonNode length : file.get("lengths")) {
      assertThat(length.get("found").asInt()).isLessThanOrEqualTo(length.get("gold").asInt());
    }
    JsonNode curve = file.get("curves").get(0);
    assertThat(curve.get("points").size()).isEqualTo(117);
    JsonNode own = null;
    double best = 0;
    for (JsonNode point : curve.get("points")) {
      own = point.get("threshold").asDouble() == 0.9 ? point : own;
      best = Math.max(best, point.get("f1").asDouble());
    }
    assertThat(own.get("f1")).isEqualTo(row.get("f1"));
    assertThat(curve.get("best_f1").asDouble()).isEqualTo(best);
    for (JsonNode example : file.get("examples")) {
      assertThat(GOLD)
          .contains(
              example.get("before").asText()
                  + example.get("text").asText()
                  + example.get("after").asText());
    }
    assertThat(file.get("warnings").get(0).asText())
        .isEqualTo(
            "documents without a gold mention are left out of a (1), as in the published protocol; --keep-unannotated counts them");
    assertThat(Files.readAllLines(folder.resolve("scores/nano-neox.csv")))
        .hasSize(6)
        .element(5)
        .asString()
        .startsWith("4\tsample_weighted\t");
    assertThat(result.summary())
        .contains("nano-llama, token matching, threshold 0.9, decoder threshold")
        .containsPattern("\n  micro +0\\.\\d{4} ")
        .contains("written to ");
  }

  /** The same numbers, whether models run now or what they wrote before is read. */
  @ParameterizedTest
  @CsvSource({"nano-llama, char", "nano-neox, token"})
  void writtenMentionsScoreAsTheModelsThemselves(String model, String matching) throws IOException {
    // By tokens, pieces of an emoji are several predictions when a model runs, and one mention
    // when it is written.
    if (matching.equals("token")) {
      Files.writeString(
          folder.resolve("gold.jsonl"),
          GOLD.lines().filter(line -> !line.contains("ada")).collect(Collectors.joining("\n")));
    }
    annotate("mentions", false, "nano-llama", "nano-neox");
    Row live =
        evaluate(
                "--gold",
                "g=" + path("gold.jsonl"),
                "--model",
                model,
                "--threshold",
                "0.8",
                "--matching",
                matching)
            .evaluation()
            .rows()
            .get(0);
    EvaluateResult result =
        evaluate(
            "--gold",
            "g=" + path("gold.jsonl"),
            "--predictions",
            model + "=" + path("mentions"),
            "--backbone",
            model,
            "--matching",
            matching,
            "--overwrite");
    assertThat(live.truePos().longValue()).isPositive();
    assertThat(result.evaluation().rows()).containsExactly(live);
    assertThat(result.evaluation().models().get(0).predictions()).contains("mentions");
    // Only what was written is known, so the curve begins at the threshold.
    assertThat(result.evaluation().curves().get(0).points().get(0).threshold()).isEqualTo(0.8);
  }

  @Test
  void mentionsWithoutTextsAreJoinedById() throws IOException {
    annotate("mentions", true, "nano-llama");
    String[] arguments = {
      "--gold",
      "g=" + path("gold.jsonl"),
      "--predictions",
      "m=" + path("mentions"),
      "--matching",
      "char",
      "--overwrite"
    };
    List<Row> byId = evaluate(arguments).evaluation().rows();
    assertThat(byId.get(0).truePos().longValue()).isPositive();
    assertThat(byId.get(0).totalSpans()).isNull();
    deleteOutput("mentions");
    annotate("mentions", false, "nano-llama");
    List<Row> byText = evaluate(arguments).evaluation().rows();
    assertThat(byId).isEqualTo(byText);

    Files.writeString(folder.resolve("gold.jsonl"), GOLD.replace("Marie Curie", "Maria Curie"));
    deleteOutput("mentions");
    Files.writeString(folder.resolve("texts.jsonl"), GOLD);
    annotate("mentions", "texts.jsonl", true, "nano-llama");
    assertThatThrownBy(() -> evaluate(arguments))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("the text of document curie differs between g and ");
  }

  @Test
  void textsThatDifferAreRefused() throws IOException {
    annotate("mentions", false, "nano-llama");
    Files.writeString(folder.resolve("gold.jsonl"), GOLD.replace("Marie Curie", "Maria Curie"));
    assertThatThrownBy(
            () ->
                evaluate(
                    "--gold",
                    "g=" + path("gold.jsonl"),
                    "--predictions",
                    "m=" + path("mentions"),
                    "--matching",
                    "char"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "Cannot evaluate the predictions of m: the text of document curie differs between g and ");
    Files.writeString(
        folder.resolve("gold.jsonl"),
        GOLD + "{\"id\": \"x\", \"text\": \"Rome\", \"entities\": [{\"start\": 0, \"end\": 4}]}");
    assertThatThrownBy(
            () ->
                evaluate(
                    "--gold",
                    "g=" + path("gold.jsonl"),
                    "--predictions",
                    "m=" + path("mentions"),
                    "--matching",
                    "char"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("Cannot evaluate the predictions of m: document x of g is not in ")
        .hasMessageEndingWith("; annotate the gold texts first");
  }

  @Test
  void outputsOfDifferentThresholdsAreNotMixed() throws IOException {
    annotate("mentions", false, "nano-llama");
    AnnotateJob.run(
        spark,
        new AnnotateOptions(
            new CorpusOptions(List.of(path("gold.jsonl")), null, Map.of(), "text", null),
            new OutputOptions(
                path("other"), OutputFormat.PARQUET, WriteMode.ERROR, "mentions", null, false),
            List.of(ModelSpec.bundled("nano-llama")),
            EngineOptions.defaults(),
            0,
            false,
            Map.of()));
    assertThatThrownBy(
            () ->
                evaluate(
                    "--gold",
                    "g=" + path("gold.jsonl"),
                    "--matching",
                    "char",
                    "--predictions",
                    "m=" + path("mentions"),
                    "m=" + path("other")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("found by different models, thresholds or decoders");
  }

  @Test
  void everyGoldFormatGivesTheSameNumbers() throws IOException {
    Files.writeString(
        folder.resolve("tagged.bio"),
        "Marie B-PER\nCurie I-PER\nlived O\nin O\nWarsaw B-LOC\n\nTokyo B-LOC\nand O\nParis B-LOC\n");
    Files.writeString(
        folder.resolve("same.jsonl"),
        """
        {"text": "Marie Curie lived in Warsaw", "entities": [{"start": 0, "end": 11, "type": "PER"}, {"start": 21, "end": 27, "type": "LOC"}]}
        {"text": "Tokyo and Paris", "entities": [{"start": 0, "end": 5, "type": "LOC"}, {"start": 10, "end": 15, "type": "LOC"}]}
        """);
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("same2.jsonl.gz")))) {
      out.write(Files.readAllBytes(folder.resolve("same.jsonl")));
    }
    spark
        .read()
        .json(path("same.jsonl"))
        .selectExpr(
            "text",
            "transform(entities, e -> named_struct('label', e.type, 'end', e.end, 'start', e.start)) as gold")
        .write()
        .parquet(path("table"));
    EvaluateResult result =
        evaluate(
            "--gold",
            "tagged=" + path("tagged.bio"),
            "plain=" + path("same.jsonl"),
            "zipped=" + path("same2.jsonl.gz"),
            "table=" + path("table"),
            "--gold-column",
            "gold");
    List<String> rows =
        result.evaluation().rows().stream()
            .map(row -> row.truePos() + " " + row.falsePos() + " " + row.total())
            .distinct()
            .toList();
    assertThat(rows).hasSize(1).first().asString().endsWith(" 4");
    assertThat(result.evaluation().types().stream().map(EvaluationFile.Type::type).distinct())
        .containsExactly("LOC", "PER");
  }

  @Test
  void modelsOnOneBackboneAreScoredInOneRun() throws IOException {
    Files.writeString(
        folder.resolve("models.json"),
        """
        [{"name": "all", "backbone": "nano-llama"},
         {"name": "flat", "backbone": "nano-llama", "decoder": "greedy", "threshold": 0.9}]
        """);
    List<Row> rows =
        evaluate("--gold", "g=" + path("gold.jsonl"), "--models", path("models.json"))
            .evaluation()
            .rows();
    assertThat(rows).extracting(Row::decoder).containsExactly("threshold", "greedy");
    assertThat(rows.get(1).falsePos().longValue()).isLessThan(rows.get(0).falsePos().longValue());
    Row alone =
        evaluate(
                "--gold",
                "g=" + path("gold.jsonl"),
                "--decoder",
                "greedy",
                "--threshold",
                "0.9",
                "--overwrite")
            .evaluation()
            .rows()
            .get(0);
    assertThat(alone).usingRecursiveComparison().ignoringFields("model").isEqualTo(rows.get(1));
  }

  @Test
  void documentsWithoutGoldCountIfAsked() throws IOException {
    Row row =
        evaluate("--gold", "g=" + path("gold.jsonl"), "--keep-unannotated")
            .evaluation()
            .rows()
            .get(0);
    assertThat(row.nSamples()).isEqualTo(4);
    assertThat(row.nUnannotated()).isZero();
  }

  @Test
  void aMalformedGoldLineIsOneClearError() throws IOException {
    Files.writeString(folder.resolve("bad.jsonl"), GOLD + "{\"text\": \"Rome\"}\n");
    assertThatThrownBy(() -> evaluate("--gold", "g=" + path("bad.jsonl")))
        .satisfies(
            e ->
                assertThat(Failures.line(e))
                    .isEqualTo(
                        "Cannot read gold file %s, line 5: \"entities\" is missing, not an array"
                            .formatted(path("bad.jsonl"))));
    assertThat(folder.resolve("scores")).doesNotExist();
  }

  @Test
  void whatStandsInTheWayIsSaid() throws IOException {
    Files.writeString(folder.resolve("gold.xml"), "<x/>");
    Files.writeString(folder.resolve("empty.jsonl"), "\n");
    spark.range(1).selectExpr("'a' as text").write().parquet(path("no-gold"));
    spark.range(1).selectExpr("'a' as text", "array(1) as entities").write().parquet(path("ints"));
    refused("Cannot tell the format of ", "--gold", "g=" + path("gold.xml"));
    refused("Cannot read the input ", "--gold", "g=" + path("absent.jsonl"));
    refused(
        "Cannot use the gold data g: there are no documents in ",
        "--gold",
        "g=" + path("empty.jsonl"));
    refused("Cannot read gold file ", "--gold", "g=" + path("no-gold"));
    refused("Cannot read gold file ", "--gold", "g=" + path("ints"));
    refused(
        "Cannot read the predictions ",
        "--gold",
        "g=" + path("gold.jsonl"),
        "--matching",
        "char",
        "--predictions",
        "m=" + path("no-gold"));
    evaluate("--gold", "g=" + path("gold.jsonl"));
    refused("Cannot write to ", "--gold", "g=" + path("gold.jsonl"));
  }

  private void refused(String beginning, String... arguments) {
    assertThatThrownBy(() -> evaluate(arguments))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(beginning)
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--gold a.jsonl                                   | Cannot understand --gold a.jsonl: expected NAME=PATH",
        "--gold a=                                        | Cannot understand --gold a=: expected NAME=PATH",
        "--gold a=b --matching exact                      | Unknown matching \"exact\": use one of token, char",
        "--gold a=b --gold-format xml                     | Unknown gold format \"xml\": use one of jsonl, conll, parquet, brat, label-studio",
        "--gold a=b --examples -1                         | --examples must not be negative, but is -1",
        "--gold a=b --predictions m=p                     | --predictions with --matching token needs the --backbone whose tokenizer counts; or use --matching char",
        "--gold a=b --predictions m/m=p --matching char   | Cannot call a model \"m/m\": a name is a letter, then letters, digits, _ or -",
        "--gold a=b --predictions nano-neox=p --model nano-neox --matching char | --model and --predictions both name \"nano-neox\"",
        "--gold a=b --threshold 1                         | A threshold must be at least 0 and below 1, but is 1.0",
      })
  void optionsThatMakeNoSense(String arguments, String message) {
    assertThatThrownBy(() -> options(arguments.split(" +"))).hasMessage(message);
  }

  @Test
  void goldOfOneNameIsOneDataSet() {
    EvaluateOptions options = options("--gold", "a=x", "b=y", "--gold", "a=z=1");
    assertThat(options.gold()).isEqualTo(Map.of("a", List.of("x", "z=1"), "b", List.of("y")));
    assertThat(options.models()).containsExactly(ModelSpec.bundled("bge-small"));
    assertThat(options("--gold", "a=b", "--predictions", "m=p", "--backbone", "nano-neox").models())
        .isEmpty();
  }

  private void annotate(String output, boolean dropText, String... models) throws IOException {
    annotate(output, "gold.jsonl", dropText, models);
  }

  private void annotate(String output, String input, boolean dropText, String... models)
      throws IOException {
    AnnotateJob.run(
        spark,
        new AnnotateOptions(
            new CorpusOptions(List.of(path(input)), null, Map.of(), "text", null),
            new OutputOptions(
                path(output), OutputFormat.PARQUET, WriteMode.ERROR, "mentions", null, dropText),
            Arrays.stream(models)
                .map(name -> ModelSpec.bundled(name).withDecoder(Decoder.THRESHOLD, 0.8))
                .toList(),
            EngineOptions.defaults(),
            0,
            false,
            Map.of()));
  }

  private void deleteOutput(String output) throws IOException {
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(path(output));
    path.getFileSystem(spark.sparkContext().hadoopConfiguration()).delete(path, true);
  }

  private EvaluateResult evaluate(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of(arguments));
    if (Stream.of("--model", "--models", "--backbone", "--predictions").noneMatch(all::contains)) {
      all.addAll(List.of("--model", "nano-llama"));
    }
    return EvaluateJob.run(spark, options(all.toArray(String[]::new)));
  }

  private EvaluateOptions options(String... arguments) {
    CommandLine root = TommerSpark.commandLine();
    List<String> all = new ArrayList<>(List.of("evaluate", "--output", path("scores")));
    all.addAll(List.of(arguments));
    root.parseArgs(all.toArray(String[]::new));
    return ((EvaluateCommand) root.getSubcommands().get("evaluate").getCommand()).options();
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private JsonNode json(String name) throws IOException {
    return new ObjectMapper()
        .readTree(Files.readString(folder.resolve(name), StandardCharsets.UTF_8));
  }
}
