package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.spark.PartitionReport;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressTest {

  private final AtomicLong clock = new AtomicLong(5);
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  @Test
  void aLineSaysWhatIsKnown() {
    assertThat(
            new Progress(1234, 500_000, DevicesInUse.NONE, 0, 0, 0, Duration.ofSeconds(10)).line())
        .isEqualTo("1,234 documents, 50,000 tokens/s");
    assertThat(
            new Progress(1234, 500_000, DevicesInUse.NONE, 0, 0, 8, Duration.ofSeconds(10)).line())
        .isEqualTo("1,234 documents, 50,000 tokens/s, 0 of 8 tasks done");
    assertThat(
            new Progress(1000, 500_000, DevicesInUse.NONE, 2, 1000, 8, Duration.ofSeconds(10))
                .line())
        .isEqualTo("1,000 documents, 50,000 tokens/s, 2 of 8 tasks done, about 30 s left");
  }

  @Test
  void theDevicesInUseAreNamed() {
    assertThat(line(new DevicesInUse(1, 0))).isEqualTo("5 documents, 70 tokens/s on 1 GPU");
    assertThat(line(new DevicesInUse(12, 0))).endsWith(" on 12 GPUs");
    assertThat(line(new DevicesInUse(0, 1))).endsWith(" on 1 CPU executor");
    assertThat(line(new DevicesInUse(1, 2))).endsWith(" on 1 GPU and 2 CPU executors");
  }

  @Test
  void anExecutorIsCountedOnceForEachOfItsDevices() {
    assertThat(
            DevicesInUse.of(
                List.of(
                    report("0", "gpu(0)"),
                    report("0", "gpu(0)"),
                    report("0", "gpu(1)"),
                    report("1", "gpu(0)"),
                    report("2", "cpu (assigned: gpu(0))"))))
        .isEqualTo(new DevicesInUse(3, 1));
    assertThat(DevicesInUse.of(List.of())).isEqualTo(DevicesInUse.NONE);
  }

  private static String line(DevicesInUse devices) {
    return new Progress(5, 70, devices, 0, 0, 0, Duration.ofSeconds(1)).line();
  }

  private static PartitionReport report(String executor, String device) {
    return new PartitionReport(
        executor, 1, 0.5, device, 4096, 1, 0, 0, 0, List.of(1L), List.of(2L), 0.1);
  }

  @ParameterizedTest
  @CsvSource({"20, 1 min 00 s", "30, 1 min 30 s", "2400, 2 h 00 min", "2500, 2 h 05 min"})
  void timeIsRounded(long seconds, String left) {
    assertThat(
            new Progress(100, 1, DevicesInUse.NONE, 1, 100, 4, Duration.ofSeconds(seconds)).line())
        .endsWith("about %s left".formatted(left));
  }

  @Test
  void rowsOfRunningTasksShortenTheRest() {
    // Two tasks of 100 rows each are done, and 200 rows of the other two.
    assertThat(new Progress(400, 1, DevicesInUse.NONE, 2, 200, 4, Duration.ofSeconds(40)).left())
        .contains(Duration.ZERO);
    assertThat(new Progress(300, 1, DevicesInUse.NONE, 2, 200, 4, Duration.ofSeconds(30)).left())
        .contains(Duration.ofSeconds(10));
    // Longer than those that were done.
    assertThat(new Progress(900, 1, DevicesInUse.NONE, 2, 200, 4, Duration.ofSeconds(30)).left())
        .contains(Duration.ZERO);
  }

  @Test
  void withoutATaskThatIsDoneNothingIsForetold() {
    assertThat(new Progress(900, 1, DevicesInUse.NONE, 0, 0, 4, Duration.ofSeconds(30)).left())
        .isEmpty();
    assertThat(new Progress(0, 0, DevicesInUse.NONE, 1, 0, 4, Duration.ofSeconds(30)).left())
        .isEmpty();
    assertThat(new Progress(0, 0, DevicesInUse.NONE, 0, 0, 4, Duration.ZERO).line())
        .isEqualTo("0 documents, 0 tokens/s, 0 of 4 tasks done");
  }

  @Test
  void aTerminalHasOneLineThatIsWrittenOver() {
    ProgressPrinter printer = printer(true);
    printer.end();
    printer.show(progress(0));
    assertThat(printed()).isEmpty();
    printer.show(progress(1));
    printer.show(progress(2));
    printer.end();
    printer.end();
    assertThat(printed())
        .isEqualTo("\r\u001b[K1 documents, 0 tokens/s\r\u001b[K2 documents, 0 tokens/s\r\u001b[K");
  }

  @Test
  void aLogHasALineEveryHalfMinute() {
    ProgressPrinter printer = printer(false);
    for (int second = 0; second <= 75; second++) {
      printer.show(progress(second));
      clock.addAndGet(1_000_000_000L);
    }
    printer.end();
    assertThat(printed().lines())
        .containsExactly("30 documents, 0 tokens/s", "60 documents, 0 tokens/s");
    assertThat(printed()).doesNotContain("\r", "\u001b");
  }

  private ProgressPrinter printer(boolean terminal) {
    return new ProgressPrinter(
        new PrintStream(printed, true, StandardCharsets.UTF_8), terminal, clock::get);
  }

  private String printed() {
    return printed.toString(StandardCharsets.UTF_8);
  }

  private static Progress progress(long documents) {
    return new Progress(documents, 0, DevicesInUse.NONE, 0, 0, 0, Duration.ofSeconds(1));
  }
}
