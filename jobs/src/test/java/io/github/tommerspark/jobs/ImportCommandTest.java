package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportCommandTest {

  private static final Path GGUF =
      Path.of("../core/src/test/resources/golden/gguf/qwen2.gguf").toAbsolutePath().normalize();

  @TempDir private Path folder;

  private record Run(int code, String err) {}

  @Test
  void aGgufFileBecomesASnapshot() throws IOException {
    Path output = folder.resolve("a/snapshot");
    assertThat(run("--gguf", GGUF.toString(), "--layers", "1", "--output", output.toString()))
        .isEqualTo(new Run(0, ""));
    assertThat(files(output))
        .containsExactlyInAnyOrder("config.json", "tokenizer.json", "model.safetensors");
    assertThat(files(output.getParent())).containsExactly("snapshot");
    assertThat(Files.readString(output.resolve("config.json")))
        .contains("\"model_type\" : \"qwen2\"", "\"num_hidden_layers\" : 1");

    Run again = run("--gguf", GGUF.toString(), "--output", output.toString());
    assertThat(again.code).isEqualTo(1);
    assertThat(again.err)
        .startsWith("tommer-spark: Cannot write " + output + ": it is there and not empty")
        .hasLineCount(1);
  }

  @Test
  void damagedFilesLeaveNothingBehind() throws IOException {
    Path damaged = folder.resolve("damaged.gguf");
    byte[] bytes = Files.readAllBytes(GGUF);
    Files.write(damaged, Arrays.copyOf(bytes, bytes.length - 4096));
    Run run = run("--gguf", damaged.toString(), "--output", folder.resolve("out").toString());
    assertThat(run.code).isEqualTo(1);
    assertThat(run.err)
        .startsWith("tommer-spark: Cannot read " + damaged + ": tensor ")
        .contains("it was cut off")
        .hasLineCount(1);
    assertThat(files(folder)).containsExactly("damaged.gguf");
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    String out = folder.resolve("out").toString();
    assertThat(run("--output", out))
        .isEqualTo(
            new Run(2, "tommer-spark: Nothing to import: name a file with --gguf or --onnx\n"));
    assertThat(run("--gguf", GGUF.toString(), "--layers", "0", "--output", out).code).isEqualTo(2);
    assertThat(run("--gguf", GGUF.toString(), "--layers", "9", "--output", out))
        .isEqualTo(
            new Run(1, "tommer-spark: Cannot keep 9 blocks of %s: it has 2\n".formatted(GGUF)));
    assertThat(run("--gguf", "nowhere.gguf", "--output", out))
        .isEqualTo(new Run(1, "tommer-spark: Cannot read nowhere.gguf: there is no such file\n"));
  }

  private static List<String> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static Run run(String... arguments) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] all = Stream.concat(Stream.of("import"), Stream.of(arguments)).toArray(String[]::new);
    int code = TommerSpark.run(all, Map.of(), new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Run(code, err.toString(StandardCharsets.UTF_8));
  }
}
