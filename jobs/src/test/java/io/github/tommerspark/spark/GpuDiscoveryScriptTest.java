package io.github.tommerspark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** conf/gpu-discovery.sh with an nvidia-smi made for the test. */
@DisabledOnOs(OS.WINDOWS)
class GpuDiscoveryScriptTest {

  private static final Path SCRIPT = Path.of("..", "conf", "gpu-discovery.sh").toAbsolutePath();

  @TempDir private Path folder;

  private record Run(int code, String out, String err) {}

  @Test
  void printsWhatSparkReads() throws Exception {
    Run run = run("printf '0\\n1\\n10\\n'");
    assertThat(run.err).isEmpty();
    assertThat(run.code).isZero();
    assertThat(new ObjectMapper().readTree(run.out))
        .isEqualTo(
            new ObjectMapper().readTree("{\"name\":\"gpu\",\"addresses\":[\"0\",\"1\",\"10\"]}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "echo No devices were found | nvidia-smi lists no GPU, but says: No devices were found",
        "echo Driver mismatch; exit 18 | nvidia-smi failed: Driver mismatch",
      })
  void saysWhatIsWrong(String smi, String message) throws Exception {
    assertThat(run(smi)).isEqualTo(new Run(1, "", "gpu-discovery.sh: " + message + "\n"));
  }

  @Test
  void saysThatThereIsNoDriver() throws Exception {
    Run run = run(null);
    assertThat(run.code).isEqualTo(1);
    assertThat(run.err).startsWith("gpu-discovery.sh: nvidia-smi is not on the PATH: install ");
  }

  private Run run(String smi) throws IOException, InterruptedException {
    if (smi != null) {
      Path fake = folder.resolve("nvidia-smi");
      Files.writeString(fake, "#!/bin/sh\n" + smi + "\n");
      Files.setPosixFilePermissions(fake, PosixFilePermissions.fromString("rwx------"));
    }
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder("/bin/bash", SCRIPT.toString())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("PATH", folder.toString());
    Process process = builder.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
  }
}
