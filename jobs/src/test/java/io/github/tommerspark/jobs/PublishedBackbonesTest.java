package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.jobs.dataset.DemoCorpus;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bundled models on published backbones, at the settings that people get without asking. */
class PublishedBackbonesTest {

  /** A third of the corpus, which is enough to tell .99 from .98. */
  private static final int TEXTS = 45;

  @ParameterizedTest
  @ValueSource(strings = {"bge-small", "minilm"})
  void bf16FindsTheMentionsOfFp32(String model) throws IOException {
    Set<List<Integer>> fp32 = mentions(model, ComputeType.FP32);
    Set<List<Integer>> bf16 = mentions(model, ComputeType.BF16);
    Set<List<Integer>> both = new HashSet<>(fp32);
    both.retainAll(bf16);
    assertThat(fp32).hasSizeGreaterThan(500);
    assertThat(2.0 * both.size() / (fp32.size() + bf16.size())).isGreaterThanOrEqualTo(0.99);
  }

  /** Text, begin and end of every mention in the first texts of the demo corpus. */
  private static Set<List<Integer>> mentions(String model, ComputeType dtype) throws IOException {
    Set<List<Integer>> found = new HashSet<>();
    try (MentionDetector detector =
        MentionDetector.builder().model(model).dtype(dtype).device(DeviceChoice.CPU).build()) {
      List<List<Mention>> mentions = detector.detect(DemoCorpus.texts().subList(0, TEXTS));
      for (int text = 0; text < mentions.size(); text++) {
        for (Mention mention : mentions.get(text)) {
          found.add(List.of(text, mention.start(), mention.end()));
        }
      }
    }
    return found;
  }
}
