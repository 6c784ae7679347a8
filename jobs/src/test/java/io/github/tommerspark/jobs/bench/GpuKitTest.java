package io.github.tommerspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpuKitTest {

  @TempDir private Path folder;

  @Test
  void everythingRunsOnTheCpuToo() throws IOException {
    Optional<String> python = GpuKit.python();
    assumeTrue(
        python.isPresent(),
        "no Python with PyTorch here: put one on the PATH as python3, or name it in TOMMER_PYTHON");
    GpuKit.dryRun(python.get(), folder);
  }

  /** With a PyTorch of its own, which is 3 GB to fetch. */
  @Test
  @Tag("soak")
  void everythingRunsInAnEnvironmentOfItsOwn() throws IOException {
    Path environment = folder.resolve("environment");
    GpuKit.Result made =
        GpuKit.run(folder, "bash", GpuKit.SCRIPTS.resolve("venv.sh").toString(), "environment");
    assertThat(made.code()).as(made.output()).isZero();
    GpuKit.dryRun(environment.resolve("bin/python").toString(), folder);
  }

  @Test
  void filesAreDescribedAndNothingIsOverwritten() throws IOException {
    Path kit = GpuKit.export(folder);

    JsonNode json = Provenance.JSON.readTree(kit.resolve("kit.json").toFile());
    assertThat(json.get("files").size()).isGreaterThan(json.get("entries").size());
    json.get("files")
        .fields()
        .forEachRemaining(
            file ->
                assertThat(kit.resolve(file.getKey()))
                    .hasSize(file.getValue().get("bytes").asLong()));
    assertThat(json.at("/entries").findValuesAsText("kind"))
        .contains("model", "shape", "reference");

    assertThatThrownBy(() -> new BenchExport(List.of("text"), 1, kit, folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("there are files in it");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    BenchExport export = new BenchExport(List.of("text"), 1, folder.resolve("other"), folder);
    assertThatThrownBy(() -> export.references(empty))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("hidden.safetensors");
  }
}
