package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/** A process that is told to end in the middle of a forward ends, and does not crash. */
class EndOfProcessTest {

  private static final int TERMINATED = 128 + 15;

  @TempDir private Path folder;

  /** Annotates without end, in two threads. */
  static final class Annotates {

    private Annotates() {}

    public static void main(String[] arguments) throws IOException {
      // The virtual machine gives native code a third of a second; these calls take longer.
      MentionDetector detector =
          MentionDetector.builder().model("nano-llama").batchTokens(16_384).build();
      detector.detect(List.of("Marie Curie was born in Warsaw."));
      System.out.println("ready");
      for (int i = 0; i < 2; i++) {
        new Thread(() -> annotate(detector)).start();
      }
    }

    private static void annotate(MentionDetector detector) {
      Random random = new Random();
      while (true) {
        // Another text each time: equal ones are read once.
        detector.detect(
            List.of("In %d, she left Warsaw. ".formatted(random.nextInt()).repeat(3_000)));
      }
    }
  }

  @RepeatedTest(3)
  void terminationWaitsForTheForward() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Dai.djl.offline=true",
                "-Dai.djl.pytorch.num_threads=1",
                Annotates.class.getName())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    try (BufferedReader output = process.inputReader()) {
      List<String> before = output.lines().takeWhile(line -> !line.equals("ready")).toList();
      Thread.sleep(500);
      process.toHandle().destroy();
      List<String> after = output.lines().toList();
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).as("%s %s", before, after).isEqualTo(TERMINATED);
    } finally {
      process.destroyForcibly();
    }
  }
}
