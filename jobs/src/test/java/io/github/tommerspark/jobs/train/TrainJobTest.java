package io.github.tommerspark.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.Threshold;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.evaluate.EvaluateCommand;
import io.github.tommerspark.jobs.evaluate.EvaluateJob;
import io.github.tommerspark.source.LocalDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class TrainJobTest {

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @BeforeEach
  void writeGold() throws IOException {
    TrainFixture.write(folder);
  }

  private String train(String output, String... more) throws IOException {
    StringWriter progress = new StringWriter();
    String summary = TrainJob.run(spark, options(output, more), new PrintWriter(progress));
    return progress + summary;
  }

  private TrainOptions options(String output, String... more) {
    String[] arguments = TrainFixture.arguments(folder, output, more);
    TrainCommand command = new TrainCommand();
    new CommandLine(command).parseArgs(Arrays.copyOfRange(arguments, 1, arguments.length));
    return command.options();
  }

  private static final String[] SMALL = {"--epochs", "2", "--ranks", "4,8", "--batch", "8"};

  private static String[] small(String... more) {
    List<String> all = new ArrayList<>(Arrays.asList(SMALL));
    all.addAll(Arrays.asList(more));
    return all.toArray(String[]::new);
  }

  @Test
  void aHeadOfASweepIsTheSameHeadAlone() throws IOException {
    train("sweep", small("--layers", "all"));
    train("alone", "--epochs", "2", "--batch", "8", "--layers", "3", "--ranks", "8");
    assertThat(TrainFixture.weights(folder.resolve("sweep"))).hasSize(10);
    assertThat(TrainFixture.weights(folder.resolve("sweep")))
        .containsAllEntriesOf(TrainFixture.weights(folder.resolve("alone")));
  }

  @Test
  void theCacheChangesNothingHoweverSmall() throws IOException {
    train("none", small("--layers", "1"));
    train("some", small("--layers", "1", "--cache-states", "40k"));
    train("all", small("--layers", "1", "--cache-states", "100m"));
    assertThat(TrainFixture.weights(folder.resolve("some")))
        .isEqualTo(TrainFixture.weights(folder.resolve("none")))
        .isEqualTo(TrainFixture.weights(folder.resolve("all")));
  }

  @Test
  void aTrainedHeadFindsWhatItsRecordSays() throws IOException {
    String said = train("out", "--layers", "2", "--epochs", "10", "--ranks", "16", "--batch", "4");
    assertThat(said)
        .contains("--train: 60 documents with 120 gold mentions: 120 labelled")
        .contains("phase 2 of 2, epoch 10 of 10");
    Path head = folder.resolve("out/L2_R16");
    JsonNode training = new ObjectMapper().readTree(head.resolve("training.json").toFile());
    assertThat(training.get("best").get("best_f1").asDouble()).isGreaterThan(0.6);
    assertThat(training.get("history")).hasSize(20);
    assertThat(Files.readString(head.resolve("training.svg")))
        .startsWith("<?xml")
        .contains("</svg>");
    assertThat(Files.readAllLines(folder.resolve("out/sweep.csv"))).hasSize(2);
    assertThat(folder.resolve("out/_checkpoint")).doesNotExist();

    // evaluate counts as the dev curve does.
    EvaluateCommand command = new EvaluateCommand();
    new CommandLine(command)
        .parseArgs(
            "--gold",
            "dev=" + folder.resolve("dev.jsonl"),
            "--model",
            "m=nano-llama," + head,
            "--threshold",
            "recommended",
            "--output",
            folder.resolve("scores").toString());
    JsonNode row =
        new ObjectMapper()
            .valueToTree(EvaluateJob.run(spark, command.options()).evaluation().rows().get(0));
    JsonNode recommended = null;
    for (JsonNode point : training.get("curve")) {
      if (point.get("threshold").equals(training.get("recommended_threshold"))) {
        recommended = point;
      }
    }
    assertThat(row.get("f1").asDouble()).isCloseTo(recommended.get("f1").asDouble(), within(1e-9));

    try (MentionDetector detector =
        MentionDetector.builder()
            .backbone("nano-llama")
            .head(head.toString())
            .threshold(Threshold.RECOMMENDED)
            .build()) {
      assertThat(detector.models().get(0).threshold().value())
          .isEqualTo(training.get("recommended_threshold").asDouble());
      assertThat(detector.detect(List.of("Yesterday Ada Lovelace wrote to Japan.")).get(0))
          .isNotEmpty();
    }
  }

  @Test
  void aTrainedHeadHasThePublishedLayout() throws IOException {
    train(
        "out", "--layers=2", "--ranks=4", "--epochs=1", "--distillation-phases=0", "--bos=always");
    Path head = folder.resolve("out/L2_R4");
    ObjectMapper json = new ObjectMapper();
    // As in the published heads of the newer format.
    assertThat(json.readTree(head.resolve("experimaestro.json").toFile()))
        .isEqualTo(
            json.readTree(
                """
                [{"id": 1, "module": "llm2ner.models.tommer", "type": "ToMMeR",
                  "typename": "llm2ner.models.tommer.ToMMeR", "identifier": "%s",
                  "fields": {"llm_name": "nano-llama", "layer": 2, "rank": 4, "causal_mask": true,
                    "sliding_window": 25, "use_cosine": true, "normalize_scores": ""}},
                 {"id": 2, "module": "xpm_torch.module", "type": "ModuleLoader",
                  "typename": "xpm_torch.module.ModuleLoader", "identifier": "%s",
                  "fields": {"model": {"type": "python", "value": 1},
                    "path": {"type": "path.serialized", "value": "model.safetensors",
                      "is_folder": false}},
                  "path": "model.safetensors"}]
                """
                    .formatted("0".repeat(64), "1".repeat(64))));
    Map<String, String> tensors = new TreeMap<>();
    try (Checkpoint file = Checkpoint.open(new LocalDirectory(head))) {
      for (String name : file.names()) {
        TensorInfo tensor = file.tensor(name);
        tensors.put(name, tensor.dtype() + Arrays.toString(tensor.shape()));
      }
    }
    assertThat(tensors)
        .containsExactly(
            Map.entry("W_K", "F32[256, 4]"),
            Map.entry("W_Q", "F32[256, 4]"),
            Map.entry("cl_w", "F32[1, 5, 1, 1]"),
            Map.entry("classifier.fc.bias", "F32[1]"),
            Map.entry("classifier.fc.weight", "F32[1, 256]"));
    // What upstream does not know stands beside it.
    JsonNode additions = json.readTree(head.resolve("tommer.json").toFile());
    assertThat(additions.fieldNames()).toIterable().containsExactly("bos", "recommended_threshold");
    assertThat(additions.get("bos").asText()).isEqualTo("always");
  }

  private static Offset<Double> within(double offset) {
    return Offset.offset(offset);
  }

  @Test
  void losesNothingSilently() throws IOException {
    Files.writeString(
        folder.resolve("train.jsonl"),
        """
        {"id": "a", "text": "Ada Ada Lovelace met Bob, who was then living in Paris with friends.", "entities": [{"start": 0, "end": 3}, {"start": 4, "end": 7}, {"start": 4, "end": 16}, {"start": 21, "end": 24}, {"start": 21, "end": 24}, {"start": 0, "end": 68}]}
        {"id": "b", "text": "It rained.", "entities": []}
        {"id": "c", "text": "We left.", "entities": [{"start": 0, "end": 2}]}
        """);
    assertThat(
            train(
                "out",
                "--layers",
                "0",
                "--epochs",
                "1",
                "--ranks",
                "2",
                "--window",
                "8",
                "--drop-pronouns",
                "--distillation-phases",
                "0",
                "--backbone",
                "nano-neox",
                "--bos",
                "tokenizer"))
        .contains(
            "--train: 1 documents with 6 gold mentions: 3 labelled, 1 with the tokens of another,"
                + " lost 0 to tokenisation, 1 at the first token of a sequence, 1 longer than the"
                + " window, 0 across windows of long documents, 0 cut through a word; 2 documents without a gold mention"
                + " left out");
  }

  @Test
  void refusesToMixRuns() throws IOException {
    train("out", small("--layers", "1"));
    assertThatThrownBy(() -> train("out", small("--layers", "1")))
        .hasMessageContaining("it holds trained heads already; name another --output");
    assertThatThrownBy(() -> train("out", small("--layers", "1", "--resume")))
        .hasMessageContaining("there is nothing to resume");
    assertThatThrownBy(() -> train("other", small("--layers", "1", "--resume")))
        .hasMessageContaining("no epoch of a training is there");
    train("out", small("--layers", "2", "--overwrite"));
    assertThat(TrainFixture.weights(folder.resolve("out"))).containsOnlyKeys("L2_R4", "L2_R8");
    assertThatThrownBy(() -> train("x", small("--layers", "9")))
        .hasMessageContaining("Cannot use --layers 9: backbone nano-llama has layers 0 to 4");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--layers=two | --layers must be whole numbers separated by commas, or all, but is two",
        "--ranks=0 | --ranks must be at least 1, but has 0",
        "--positive-weight=-1 | --positive-weight must be balanced or a number above 0, but is -1",
        "--cache-states=much | --cache-states must be a size such as 500m or 20g, but is much",
        "--dilation=1,2,3 | --dilation must be one or two distances",
        "--learning-rate=0 | --learning-rate must be positive, but is 0.0",
        "--pseudo-labels=0 | --pseudo-labels must be above 0 and at most 1",
        "--teacher-threshold=1 | --teacher-threshold must be between 0 and 1",
      })
  void saysWhichOptionMakesNoSense(String option, String message) {
    String[] layers = option.startsWith("--layers") ? new String[0] : new String[] {"--layers=1"};
    List<String> more = new ArrayList<>(List.of(layers));
    more.add(option);
    assertThatThrownBy(() -> options("out", more.toArray(String[]::new)))
        .hasMessageContaining(message);
  }
}
