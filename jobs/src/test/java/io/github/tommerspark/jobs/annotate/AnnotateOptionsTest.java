package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.Threshold;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.jobs.TommerSpark;
import io.github.tommerspark.jobs.cli.OptionProperties;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.message.UserException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class AnnotateOptionsTest {

  @TempDir private Path folder;

  @Test
  void defaults() {
    AnnotateOptions options = parse("--input", "in", "--output", "out");
    assertThat(options.models()).containsExactly(ModelSpec.bundled("bge-small"));
    assertThat(options.corpus())
        .isEqualTo(new CorpusOptions(List.of("in"), null, Map.of(), "text", null));
    assertThat(options.output())
        .isEqualTo(
            new OutputOptions(
                "out", OutputFormat.PARQUET, WriteMode.ERROR, "mentions", null, false));
    assertThat(options.engine().dtype()).isEqualTo(ComputeType.AUTO);
    assertThat(options.engine().batchTokens()).isEqualTo(2048);
    assertThat(options.engine().deviceConcurrency()).isZero();
    assertThat(options.repartition()).isZero();
    assertThat(options.failFast()).isFalse();
    assertThat(options.given()).containsOnlyKeys("--input", "--output");
  }

  @Test
  void everyOption() {
    AnnotateOptions options =
        parse(
            ("--input a b --input c --input-format csv --input-option sep=; --input-option quote='"
                    + " --text-column body --id-column key --output out --output-format json"
                    + " --mode append --output-column spans --select key,title --threshold 0.25"
                    + " --decoder flat --bos always --dtype bf16 --device cpu --max-tokens 128"
                    + " --overlap 32 --batch-tokens 1000 --device-concurrency 3 --repartition 7 --fail-fast"
                    + " --trust-backbone --model nano-neox")
                .split(" "));
    assertThat(options.corpus())
        .isEqualTo(
            new CorpusOptions(
                List.of("a", "b", "c"),
                InputFormat.CSV,
                Map.of("sep", ";", "quote", "'"),
                "body",
                "key"));
    assertThat(options.output())
        .isEqualTo(
            new OutputOptions(
                "out",
                OutputFormat.JSON,
                WriteMode.APPEND,
                "spans",
                List.of("key", "title"),
                false));
    ModelSpec model = options.models().get(0);
    assertThat(model.name()).isEqualTo("nano-neox");
    assertThat(model.threshold()).isEqualTo(Threshold.of(0.25));
    assertThat(model.decoder()).isEqualTo(Decoder.parse("flat"));
    assertThat(model.bos().name()).isEqualTo("ALWAYS");
    assertThat(model.maxTokens()).isEqualTo(128);
    assertThat(model.overlap()).isEqualTo(32);
    assertThat(options.engine().dtype()).isEqualTo(ComputeType.BF16);
    assertThat(options.engine().device()).isEqualTo(DeviceChoice.CPU);
    assertThat(options.engine().batchTokens()).isEqualTo(1000);
    assertThat(options.engine().deviceConcurrency()).isEqualTo(3);
    assertThat(options.engine().trustBackbone()).isTrue();
    assertThat(options.repartition()).isEqualTo(7);
    assertThat(options.failFast()).isTrue();
  }

  @Test
  void aColumnForSparkNlpHasANameOfItsOwnOrNone() {
    assertThat(parse("--input", "in", "--output", "out").output().sparkNlpColumn()).isNull();
    AnnotateOptions unnamed = parse("--spark-nlp", "--input", "in", "--output", "out");
    assertThat(unnamed.output().sparkNlpColumn()).isEqualTo("chunk");
    assertThat(unnamed.given()).containsEntry("--spark-nlp", "chunk");
    assertThat(
            parse("--input", "in", "--output", "out", "--spark-nlp=ner_chunk")
                .output()
                .sparkNlpColumn())
        .isEqualTo("ner_chunk");
    assertThatThrownBy(() -> parse("--input", "in", "--output", "out", "--spark-nlp="))
        .hasMessageContaining("--spark-nlp must not be given an empty name");
  }

  @Test
  void severalModelsInOnePass() throws IOException {
    Path backbone = Files.createDirectory(folder.resolve("backbone"));
    Path head = Files.createDirectory(folder.resolve("head"));
    AnnotateOptions options =
        parse(
            "--input",
            "in",
            "--output",
            "out",
            "--model",
            "mine=" + backbone + "," + head,
            "--model",
            "nano-neox");
    assertThat(options.models())
        .containsExactly(
            ModelSpec.of("mine", backbone.toString(), head.toString()),
            ModelSpec.bundled("nano-neox"));
    assertThat(Layout.mentionColumns(options.models(), "mentions"))
        .containsExactly("mentions_mine", "mentions_nano_neox");
  }

  @Test
  void aSingleModelIsCalledAsItsDirectory() throws IOException {
    Path backbone = Files.createDirectory(folder.resolve("Llama-3.2-1B"));
    Path head = Files.createDirectory(folder.resolve("head"));
    AnnotateOptions options =
        parse(
            "--input",
            "in",
            "--output",
            "out",
            "--backbone",
            backbone + "/",
            "--head",
            head.toUri().toString());
    assertThat(options.models())
        .containsExactly(ModelSpec.of("Llama-3-2-1B", backbone.toString(), head.toString()));
  }

  @Test
  void modelsFromAFile() throws IOException {
    Files.createDirectory(folder.resolve("b"));
    Files.createDirectory(folder.resolve("h"));
    Path file = folder.resolve("models.json");
    Files.writeString(
        file,
        """
        {"models": [
          {"name": "one", "backbone": "b", "head": "h", "threshold": 0.75, "decoder": "greedy"},
          {"name": "nano-llama", "maxTokens": 100, "overlap": 40}
        ]}
        """);
    List<ModelSpec> models =
        parse("--input", "in", "--output", "out", "--models", file.toString()).models();
    assertThat(models.get(0))
        .isEqualTo(
            ModelSpec.of("one", folder.resolve("b").toString(), folder.resolve("h").toString())
                .withDecoder(Decoder.GREEDY, 0.75));
    assertThat(models.get(1)).isEqualTo(ModelSpec.bundled("nano-llama").withWindows(100, 40));
  }

  @Test
  void aBundledHeadFindsItsBackboneOrIsToldOfIt() throws IOException {
    String file = Files.createFile(folder.resolve("model.gguf")).toString();
    String[] io = {"--input", "in", "--output", "out"};
    ModelSpec pulled = ModelSpec.of("tiny-llama", "tests/tiny-llama", "tiny-llama");
    ModelSpec located = ModelSpec.of("tiny-llama", file, "tiny-llama");
    assertThat(ModelSpec.bundled("tiny-llama")).isEqualTo(pulled);
    assertThat(models(io, "--model", "tiny-llama")).containsExactly(pulled);
    assertThat(models(io, "--model", "tiny-llama=" + file)).containsExactly(located);
    assertThat(models(io, "--model", "mine=%s,tiny-llama".formatted(file)))
        .containsExactly(ModelSpec.of("mine", file, "tiny-llama"));
    assertThat(models(io, "--model", "mine=tiny-llama"))
        .containsExactly(ModelSpec.of("mine", "tests/tiny-llama", "tiny-llama"));
    assertThat(models(io, "--backbone", file, "--head", "tiny-llama"))
        .containsExactly(ModelSpec.of("model", file, "tiny-llama"));
    Path json = folder.resolve("models.json");
    Files.writeString(
        json,
        """
        [{"name": "tiny-llama"}, {"name": "a", "backbone": "model.gguf", "head": "tiny-llama"}]
        """);
    assertThat(models(io, "--models", json.toString()))
        .containsExactly(pulled, ModelSpec.of("a", file, "tiny-llama"));
    assertThatThrownBy(() -> models(io, "--model", "tiny-llama=" + folder.resolve("none")))
        .hasMessage("Cannot find %s: there is no such directory".formatted(folder.resolve("none")));
  }

  private static List<ModelSpec> models(String[] io, String... arguments) {
    return parse(Stream.concat(Stream.of(io), Stream.of(arguments)).toArray(String[]::new))
        .models();
  }

  @Test
  void aModelsFileWithAnUnknownKeyIsRefused() throws IOException {
    Path file = folder.resolve("models.json");
    Files.writeString(file, "[{\"name\": \"nano-llama\", \"treshold\": 0.5}]");
    assertThat(refusal("--models", file.toString()))
        .startsWith("Cannot read --models " + file + ": unknown key \"treshold\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--threshold 1 | A threshold must be at least 0 and below 1, but is 1.0",
        "--threshold high | A threshold must be recommended, recall, precision or a number, but is high",
        "--treshold 1 | Unknown option: --treshold; did you mean --threshold?",
        "--mode replace | Unknown mode \"replace\": use one of error, overwrite, append",
        "--dtype int8 | Unknown dtype \"int8\": use one of auto, fp32, bf16, fp16",
        "--input-format xml | Unknown input format \"xml\": use one of json, parquet, csv, text, orc",
        "--output-format csv | Unknown output format \"csv\": use one of parquet, json, orc, iceberg, delta",
        "--batch-tokens 0 | --batch-tokens must be at least 1, but is 0",
        "--device-concurrency 0 | --device-concurrency must be at least 1, but is 0",
        "--output-column a`b | --output-column must not be given a name with a backtick or a control character",
        "--output-column a\tb | --output-column must not be given a name with a backtick or a control character",
        "--spark-nlp=a`b | --spark-nlp must not be given a name with a backtick or a control character",
        "--repartition 0 | --repartition must be at least 1, but is 0",
        "--max-tokens 0 | --max-tokens must be positive, but is 0",
        "--drop-text --select id,text | --drop-text and --select with the text column contradict each other",
        "--select a,A | --select names a column twice",
        "--id-column key --select text | --select leaves out the column key of --id-column",
        "--head x | --head needs --backbone",
        "--backbone x | --backbone needs --head",
        "--model nano-llama --models x.json | --model, --models and --backbone with --head exclude each other; several models are several --model NAME=BACKBONE,HEAD",
        "--model nano-llama --model Nano_Llama=nano-llama | Two models are called \"nano-llama\" and \"Nano_Llama\": their columns would have the same name",
        "--model 1b=x,y | Cannot call a model \"1b\": a name is a letter, then letters, digits, _ or -",
        "--model a=x,y,z | Cannot understand --model a=x,y,z: expected NAME=BACKBONE,HEAD with one comma; name directories that have commas by --backbone and --head",
      })
  void impossibleOptionsAreRefusedBeforeSparkStarts(String arguments, String message) {
    assertThat(refusal(arguments.split(" "))).isEqualTo(message);
  }

  @Test
  void aNameOfAHubThatWasNotPulledGetsTheCommand() {
    assertThatThrownBy(
            () ->
                parse(
                    "--input",
                    "in",
                    "--output",
                    "out",
                    "--model",
                    "llama=meta-llama/Llama-3.2-1B,some/head"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "Cannot find meta-llama/Llama-3.2-1B: there is no such directory, and it is not in the Hub's cache ")
        .hasMessageEndingWith("; fetch it with: ./submit.sh pull meta-llama/Llama-3.2-1B");
    assertThat(refusal("--model", "meta-llama/Llama-3.2-1B"))
        .endsWith(
            ", where each may be a model of a Hub after ./submit.sh pull meta-llama/Llama-3.2-1B");
  }

  @Test
  void missingOptionsAreNamed() {
    Run run = run(Map.of(), "annotate", "--input", "in");
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err)
        .isEqualTo(
            "tommer-spark: Missing required option: '--output=PATH' or '--output-table=NAME'\n");
  }

  @Test
  void sparkPropertiesAreOptionsAndTheFlagWins() {
    Map<String, String> properties =
        Map.of(
            "spark.tommer.threshold", "0.9",
            "spark.tommer.decoder", "greedy",
            "spark.tommer.drop-text", "true",
            "spark.tommer.fail-fast", "false",
            "spark.tommer.input", "a;b/{x,y}",
            "spark.tommer.documents", "7",
            "spark.tommer.gpu.addressing", "visible",
            "spark.executor.memory", "1g");
    AnnotateOptions options = parse(properties, "--output", "out", "--threshold=0.7");
    assertThat(options.models().get(0).threshold()).isEqualTo(Threshold.of(0.7));
    assertThat(options.models().get(0).decoder()).isEqualTo(Decoder.GREEDY);
    assertThat(options.output().dropText()).isTrue();
    assertThat(options.failFast()).isFalse();
    assertThat(options.corpus().paths()).containsExactly("a", "b/{x,y}");
    assertThat(parse(properties, "--input", "c", "--output", "out").corpus().paths())
        .containsExactly("c");
  }

  @Test
  void aModelOnTheCommandLineWinsOverAnyWayToNameOneInProperties() {
    Map<String, String> properties = Map.of("spark.tommer.backbone", "x", "spark.tommer.head", "y");
    assertThat(
            parse(properties, "--input", "in", "--output", "out", "--model", "nano-neox").models())
        .containsExactly(ModelSpec.bundled("nano-neox"));
  }

  @Test
  void unknownPropertiesAreRefused() {
    Run run =
        run(Map.of("spark.tommer.treshold", "1"), "annotate", "--input", "in", "--output", "out");
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err)
        .isEqualTo(
            "tommer-spark: Unknown Spark property: spark.tommer.treshold; did you mean spark.tommer.threshold\n");
    assertThat(
            run(
                    Map.of("spark.tommer.drop-text", "yes"),
                    "annotate",
                    "--input",
                    "i",
                    "--output",
                    "o")
                .err)
        .isEqualTo("tommer-spark: spark.tommer.drop-text must be true or false, but is yes\n");
  }

  @Test
  void unknownCommands() {
    assertThat(run(Map.of(), "anotate").code).isEqualTo(2);
    assertThat(run(Map.of()).code).isEqualTo(2);
    assertThat(run(Map.of(), "anotate").err).contains("did you mean").contains("annotate");
  }

  @Test
  void secretsAreNotRecorded() {
    AnnotateOptions options =
        parse(
            "--input",
            "s3a://AKIA:s3cr3t@bucket/docs",
            "--output",
            "out",
            "--input-option",
            "fs.s3a.secret.key=abc",
            "--input-option",
            "sep=;");
    assertThat(options.given())
        .containsEntry("--input", "s3a://bucket/docs")
        .containsEntry("--input-option", "fs.s3a.secret.key=(redacted) sep=;");
  }

  @Test
  void incrementalRuns() {
    assertThat(incremental("--incremental"))
        .isEqualTo(
            new IncrementalOptions(null, IncrementalOptions.DEFAULT_MAX_FILES_PER_BATCH, false));
    assertThat(
            incremental(
                "--incremental --checkpoint c --max-files-per-batch 7 --new-output".split(" ")))
        .isEqualTo(new IncrementalOptions("c", 7, true));
    assertThat(incremental()).isNull();
    assertThat(refusal("--checkpoint", "c")).isEqualTo("--checkpoint needs --incremental");
    assertThat(refusal("--max-files-per-batch", "1"))
        .isEqualTo("--max-files-per-batch needs --incremental");
    assertThat(refusal("--new-output")).isEqualTo("--new-output needs --incremental");
    assertThat(refusal("--incremental", "--mode", "append"))
        .startsWith("--mode and --incremental exclude each other");
    assertThat(refusal("--incremental", "--max-files-per-batch", "0"))
        .isEqualTo("--max-files-per-batch must be at least 1, but is 0");
  }

  private static IncrementalOptions incremental(String... arguments) {
    CommandLine root = TommerSpark.commandLine();
    List<String> all = new ArrayList<>(List.of("annotate", "--input", "in", "--output", "out"));
    all.addAll(List.of(arguments));
    root.parseArgs(all.toArray(String[]::new));
    return ((AnnotateCommand) root.getSubcommands().get("annotate").getCommand())
        .incrementalOptions();
  }

  private static AnnotateOptions parse(String... arguments) {
    return parse(Map.of(), arguments);
  }

  private static AnnotateOptions parse(Map<String, String> properties, String... arguments) {
    CommandLine root = TommerSpark.commandLine();
    CommandLine annotate = root.getSubcommands().get("annotate");
    List<String> all = new ArrayList<>(List.of("annotate"));
    all.addAll(List.of(arguments));
    root.parseArgs(
        OptionProperties.merge(
                annotate, List.copyOf(root.getSubcommands().values()), all, properties)
            .toArray(String[]::new));
    return ((AnnotateCommand) annotate.getCommand()).options();
  }

  /** What is printed about these arguments, beside an input and an output, without a prefix. */
  private static String refusal(String... arguments) {
    String[] all = new String[arguments.length + 5];
    System.arraycopy(new String[] {"annotate", "--input", "in", "--output", "out"}, 0, all, 0, 5);
    System.arraycopy(arguments, 0, all, 5, arguments.length);
    Run run = run(Map.of(), all);
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err).startsWith("tommer-spark: ").endsWith("\n");
    return run.err.substring("tommer-spark: ".length()).strip();
  }

  private record Run(int code, String err) {}

  private static Run run(Map<String, String> properties, String... arguments) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        TommerSpark.run(arguments, properties, new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Run(code, err.toString(StandardCharsets.UTF_8));
  }
}
