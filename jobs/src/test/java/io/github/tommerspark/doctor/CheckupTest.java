package io.github.tommerspark.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.Torch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckupTest {

  @TempDir private Path folder;

  @Test
  void thisMachineIsFound() throws Exception {
    Files.writeString(folder.resolve("docs.jsonl"), "{}");
    List<Finding> findings = Checkup.run(DeviceChoice.AUTO, List.of(folder.toUri().toString()));
    assertThat(findings)
        .extracting(Finding::check)
        .containsExactly("java", "memory", "path", "library", "device", "threads", "fp32", "bf16");
    assertThat(findings)
        .allSatisfy(
            finding ->
                assertThat(finding.level()).as(finding.line()).isNotEqualTo(Finding.Level.FAIL));
    assertThat(findings.get(2).found()).endsWith("a directory of 1 entries");
    assertThat(findings.get(3).found()).matches("libtorch [\\d.]+ in .*, built for (CPUs|CUDA)");
  }

  @Test
  void whatIsNotThereFailsWithARemedy() {
    List<Finding> failed =
        Checkup.run(DeviceChoice.GPU, List.of("nosuch://bucket/x", folder + "/none")).stream()
            .filter(finding -> finding.level() == Finding.Level.FAIL)
            .toList();
    assertThat(failed).extracting(Finding::check).startsWith("path", "path");
    if (Torch.gpuCount() == 0) {
      assertThat(failed)
          .extracting(Finding::check)
          .containsExactly("path", "path", "device", "fp32", "bf16");
    }
    assertThat(failed)
        .allSatisfy(
            finding -> {
              assertThat(finding.remedy()).isNotBlank();
              assertThat(finding.line()).startsWith("FAIL  ").doesNotContain("\n");
            });
  }

  @Test
  void aModelThatAnswersOtherwiseIsNoticed() throws Exception {
    Smoke smoke = Smoke.read();
    List<Mention> right =
        smoke.mentions().stream()
            .map(
                span ->
                    new Mention(
                        span.start(),
                        span.end(),
                        smoke.text().substring(span.start(), span.end()),
                        (float) span.score()))
            .toList();
    assertThat(smoke.mentions()).hasSizeGreaterThan(10);
    assertThat(smoke.dice(right)).isEqualTo(1);
    assertThat(smoke.scoreDifference(right)).isLessThan(1e-6);
    assertThat(smoke.dice(right.subList(1, right.size()))).isLessThan(1);
    Mention first = right.get(0);
    assertThat(
            smoke.scoreDifference(
                List.of(
                    new Mention(first.start(), first.end(), first.text(), first.score() - 0.25f))))
        .isCloseTo(0.25, within(1e-6));
  }
}
