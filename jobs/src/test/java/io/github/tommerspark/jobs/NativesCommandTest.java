package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativesCommandTest {

  @TempDir private Path folder;

  private record Run(int code, String err) {}

  @Test
  void theCpuBuildComesFromTheJar() throws IOException {
    Path output = folder.resolve("cpu");
    assertThat(run("--flavor", "cpu", "--output", output.toString()).code).isZero();
    assertThat(files(output))
        .contains("libtorch.so", "libtorch_cpu.so", "libc10.so", "libdjl_torch.so")
        .noneMatch(name -> name.endsWith(".tmp"));
    assertThat(Files.size(output.resolve("libtorch_cpu.so"))).isGreaterThan(100_000_000);
  }

  @Test
  void theCudaBuildIsCompletedOnceItIsThere() throws IOException {
    Path output = Files.createDirectory(folder.resolve("cuda"));
    String[] arguments = {"--flavor", "cu128", "--output", output.toString()};
    Run missing = run(arguments);
    assertThat(missing.code).isEqualTo(1);
    assertThat(missing.err)
        .startsWith("tommer-spark: Cannot find libtorch_cuda.so in " + output + ": put the ")
        .contains("2.7.1+cu128");
    assertThat(files(output)).isEmpty();

    Files.createFile(output.resolve("libtorch_cuda.so"));
    assertThat(run(arguments).code).isZero();
    assertThat(files(output)).containsExactlyInAnyOrder("libdjl_torch.so", "libtorch_cuda.so");
  }

  @Test
  void otherFlavorsAreRefused() {
    assertThat(run("--flavor", "cu118", "--output", folder.toString()))
        .isEqualTo(new Run(2, "tommer-spark: Unknown flavor \"cu118\": use one of cpu, cu128\n"));
  }

  private static List<String> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static Run run(String... arguments) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] all = Stream.concat(Stream.of("natives"), Stream.of(arguments)).toArray(String[]::new);
    int code = TommerSpark.run(all, Map.of(), new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Run(code, err.toString(StandardCharsets.UTF_8));
  }
}
