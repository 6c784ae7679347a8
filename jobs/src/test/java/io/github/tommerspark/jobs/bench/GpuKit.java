package io.github.tommerspark.jobs.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.jobs.dataset.DemoCorpus;
import io.github.tommerspark.jobs.output.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The kit for the GPU, run without one. */
final class GpuKit {

  private static final Path ROOT =
      Path.of(System.getProperty("maven.multiModuleProjectDirectory", "..")).toAbsolutePath();
  static final Path SCRIPTS = ROOT.resolve("benchmarks/gpu");
  private static final Path REFERENCES = ROOT.resolve("core/src/test/resources/golden/backbones");

  private static final String LLAMA =
      """
      {"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "vocab_size": 8192,
       "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
       "max_position_embeddings": 1024, "rms_norm_eps": 1e-5, "hidden_act": "silu",
       "rope_theta": 10000.0, "tie_word_embeddings": true}
      """;
  private static final String BERT =
      """
      {"model_type": "bert", "hidden_size": 64, "intermediate_size": 128, "vocab_size": 8192,
       "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 128,
       "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu"}
      """;

  private GpuKit() {}

  /**
   * A Python that has PyTorch.
   *
   * @return the first of what the environment variable TOMMER_PYTHON names, and python3; empty if
   *     neither has it
   */
  static Optional<String> python() {
    for (String python : new String[] {System.getenv("TOMMER_PYTHON"), "python3"}) {
      try {
        if (python != null && run(Path.of("."), python, "-c", "import torch").code() == 0) {
          return Optional.of(python);
        }
      } catch (IOException e) {
        // There is none of that name.
      }
    }
    return Optional.empty();
  }

  /** All bundled models, the references of this repository and two tiny shapes. */
  static Path export(Path folder) throws IOException {
    List<String> texts = new ArrayList<>(DemoCorpus.texts());
    Path kit = folder.resolve("kit");
    BenchExport export = new BenchExport(texts, 600, kit, folder.resolve("work"));
    for (String model : MentionDetector.bundledModels()) {
      export.model(ModelSpec.bundled(model));
    }
    export.shape(new BenchExport.Shape("tiny-llama", LLAMA.getBytes(UTF_8), 1));
    export.shape(new BenchExport.Shape("tiny-bert", BERT.getBytes(UTF_8), 1));
    export.references(REFERENCES);
    assertThat(export.finish()).as("bytes to carry").isLessThan(50_000_000);
    return kit;
  }

  /** Runs all steps on the CPU, and the report; checks what they say. */
  static void dryRun(String python, Path folder) throws IOException {
    Path kit = export(folder);
    Path out = folder.resolve("out");
    Result run =
        run(
            folder,
            python,
            SCRIPTS.resolve("run.py").toString(),
            "--kit",
            kit.toString(),
            "--out",
            out.toString(),
            "--dry-run");
    assertThat(run.code()).as(run.output()).isZero();

    TreeMap<String, JsonNode> steps = new TreeMap<>();
    try (Stream<Path> files = Files.list(out)) {
      for (Path file : files.filter(path -> path.toString().matches(".*\\d\\d-.*json")).toList()) {
        JsonNode step = Provenance.JSON.readTree(file.toFile());
        steps.put(step.get("step").asText(), step);
      }
    }
    assertThat(steps)
        .containsOnlyKeys(
            "environment",
            "models",
            "references",
            "peak",
            "attention",
            "throughput",
            "parts",
            "streams",
            "memory",
            "peer",
            "profile");
    steps.forEach(
        (name, step) ->
            assertThat(step.get("status").asText())
                .as("%s: %s%n%s", name, step, run.output())
                // Without transformers there is no peer.
                .isIn(name.equals("peer") ? Set.of("done", "skipped") : Set.of("done")));

    Set<String> checked = new TreeSet<>();
    for (String step : List.of("models", "references")) {
      for (JsonNode found : steps.get(step).at("/result/" + step)) {
        assertThat(found.path("ok").asBoolean()).as("%s", found).isTrue();
        checked.add(found.get("dtype").asText() + " " + found.get("attention").asText());
      }
    }
    assertThat(checked)
        .containsExactlyInAnyOrder(
            "fp32 blocks", "bf16 blocks", "bf16 varlen", "fp16 blocks", "fp16 varlen");
    assertThat(steps.get("models").at("/result/models").findValuesAsText("model"))
        .containsAll(MentionDetector.bundledModels());
    for (JsonNode found : steps.get("throughput").at("/result/throughput")) {
      assertThat(found.path("tokens_per_s").asDouble()).as("%s", found).isPositive();
    }
    for (JsonNode found : steps.get("parts").at("/result/parts")) {
      assertThat(found.path("spans").asInt(-1)).as("%s", found).isNotNegative();
    }
    for (JsonNode found : steps.get("attention").at("/result/attention")) {
      for (String way : List.of("blocks", "varlen", "padded", "block_diagonal")) {
        assertThat(found.at("/ways/%s/difference".formatted(way)).asDouble(9))
            .as("%s", found)
            .isLessThan(0.1);
      }
    }
    for (JsonNode found : steps.get("peer").at("/result/peer")) {
      assertThat(found.path("tokens_per_s").asDouble()).as("%s", found).isPositive();
    }
    JsonNode memory = steps.get("memory").get("result");
    assertThat(memory.at("/failures/0/recognised").asBoolean()).as("%s", memory).isTrue();
    assertThat(memory.get("same_afterwards").asBoolean()).isTrue();

    Result report = run(folder, python, SCRIPTS.resolve("report.py").toString(), out.toString());
    assertThat(report.code()).as(report.output()).isZero();
    assertThat(report.output())
        .contains("tiny-llama-layer-1", "tiny-bert-layer-1", "reference-gemma2", "| fp32 |");
  }

  /**
   * How a program ended.
   *
   * @param output what it wrote to either stream
   */
  record Result(int code, String output) {}

  static Result run(Path folder, String... command) throws IOException {
    Path output = Files.createTempFile("output", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    // One thread: tests run beside one another.
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    Process process = builder.start();
    try {
      if (!process.waitFor(15, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IOException("%s did not end".formatted(List.of(command)));
      }
      return new Result(process.exitValue(), Files.readString(output));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted", e);
    } finally {
      Files.delete(output);
    }
  }
}
