package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportOnnxCommandTest {

  /** What the bundled model minilm is made of, unpacked by the build. */
  private static final Path ONNX = Path.of("../models/target/onnx/all-minilm-l6-v2.onnx");

  private static final Path TOKENIZER =
      Path.of("../models/target/onnx/all-minilm-l6-v2-tokenizer.json");

  @TempDir private Path folder;

  @Test
  void anExportBecomesTheSnapshotThatIsBundled() throws IOException {
    Path output = folder.resolve("models/minilm");
    StringWriter out = new StringWriter();
    assertThat(
            TommerSpark.commandLine()
                .setOut(new PrintWriter(out, true))
                .execute(
                    "import",
                    "--onnx",
                    ONNX.toString(),
                    "--tokenizer",
                    TOKENIZER.toString(),
                    "--layers",
                    "3",
                    "--dtype",
                    "fp16",
                    "--output",
                    output.toString()))
        .isZero();
    assertThat(out.toString().lines())
        .containsExactly(
            output + " is a snapshot of 3 of 6 blocks (34 MB)",
            "Next: ./submit.sh train --backbone %s --layers all --train FILE --dev FILE --output DIR"
                .formatted(output));
    for (String file : List.of("config.json", "tokenizer.json", "model.safetensors")) {
      try (InputStream bundled =
          getClass().getResourceAsStream("/io/github/tommerspark/models/minilm/" + file)) {
        assertThat(output.resolve(file)).hasBinaryContent(bundled.readAllBytes());
      }
    }
  }

  @Test
  void whatCannotBeImportedIsSaidInALine() throws IOException {
    String output = folder.resolve("out").toString();
    assertThat(failure(2, "--output", output))
        .isEqualTo("Nothing to import: name a file with --gguf or --onnx");
    assertThat(failure(2, "--onnx", "x.onnx", "--output", output))
        .isEqualTo(
            "--onnx needs --tokenizer: an ONNX file has no tokenizer, and the tokenizer.json stands beside it where it was published");
    assertThat(failure(2, "--onnx", "x", "--dtype", "int8", "--output", output))
        .isEqualTo("Unknown --dtype \"int8\": use one of fp32, bf16, fp16");
    assertThat(failure(2, "--onnx", "x", "--layers", "0", "--output", output))
        .isEqualTo("--layers must be at least 1, but is 0");
    Path tokenizer = Files.writeString(folder.resolve("tokenizer.json"), "{}");
    assertThat(failure(1, "--onnx", "x.onnx", "--tokenizer", tokenizer + "", "--output", output))
        .isEqualTo("Cannot read x.onnx: there is no such file");
    assertThat(failure(1, "--onnx", ONNX + "", "--tokenizer", "y", "--output", output))
        .isEqualTo("Cannot read y: there is no such file");
    assertThat(
            failure(1, "--onnx", tokenizer + "", "--tokenizer", tokenizer + "", "--output", output))
        .startsWith("Cannot read " + tokenizer + ": ");
    assertThat(failure(1, "--onnx", ONNX + "", "--tokenizer", tokenizer + "", "--output", output))
        .startsWith("Cannot read tokenizer " + tokenizer + ": ");
    assertThat(
            failure(
                1,
                "--onnx",
                ONNX + "",
                "--tokenizer",
                TOKENIZER + "",
                "--layers",
                "7",
                "--output",
                output))
        .isEqualTo("Cannot import 7 blocks of %s: it has 6".formatted(ONNX.toAbsolutePath()));
    assertThat(folder.resolve("out")).doesNotExist();
    assertThat(
            failure(
                1,
                "--onnx",
                ONNX + "",
                "--tokenizer",
                TOKENIZER + "",
                "--output",
                folder.toString()))
        .isEqualTo(
            "Cannot write %s: it is there and not empty; name another directory or remove it"
                .formatted(folder));
  }

  private static String failure(int code, String... arguments) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] all = new String[arguments.length + 1];
    all[0] = "import";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    assertThat(TommerSpark.run(all, Map.of(), new PrintStream(err, true, StandardCharsets.UTF_8)))
        .isEqualTo(code);
    assertThat(err.toString(StandardCharsets.UTF_8)).matches("tommer-spark: [^\\n]+\\n");
    return err.toString(StandardCharsets.UTF_8).strip().replaceFirst("tommer-spark: ", "");
  }
}
