package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.engine.EngineOptions;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkReportTest {

  @Test
  void tokensAreThoseOfTextsAndWindows() throws IOException {
    ModelSpec spec = ModelSpec.bundled("nano-llama");
    String longText = "Marie Curie was born in Warsaw. ".repeat(60);
    List<String> texts = Arrays.asList("Marie Curie was born in Warsaw.", null, " ", longText);
    int shortTokens;
    int longTokens;
    try (ModelTokens tokens = ModelTokens.load(spec, EngineOptions.defaults())) {
      shortTokens = tokens.tokenize(texts.get(0)).size();
      longTokens = tokens.tokenize(longText).size();
    }
    try (MentionDetector detector =
        MentionDetector.load(List.of(spec), EngineOptions.defaults().withBatchTokens(256))) {
      assertThat(detector.work()).isEqualTo(WorkReport.NONE);
      List<DocumentMentions> found = detector.annotate(texts);
      WorkReport once = detector.work();
      assertThat(once.documentTokens()).isEqualTo(shortTokens + longTokens);
      int windows = found.get(3).results().get(0).windows();
      assertThat(windows).isGreaterThan(1);
      // One beginning-of-sequence token and, between windows, 54 tokens of overlap.
      assertThat(once.windowTokens())
          .isEqualTo(shortTokens + 1 + longTokens + windows + 54L * (windows - 1));
      assertThat(once.computedTokens()).isGreaterThanOrEqualTo(once.windowTokens());
      assertThat(once.forwards()).isGreaterThanOrEqualTo(windows);
      assertThat(
              List.of(
                  once.tokeniseNanos(),
                  once.forwardNanos(),
                  once.decodeNanos(),
                  once.waitNanos() + 1))
          .allMatch(nanos -> nanos > 0);

      detector.annotate(texts);
      WorkReport again = detector.work().minus(once);
      assertThat(again.documentTokens()).isEqualTo(once.documentTokens());
      assertThat(again.windowTokens()).isEqualTo(once.windowTokens());
    }
  }
}
