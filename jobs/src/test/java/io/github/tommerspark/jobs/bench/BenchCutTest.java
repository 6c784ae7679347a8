package io.github.tommerspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.ModelTokens;
import io.github.tommerspark.engine.EngineOptions;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchCutTest {

  private static final List<String> TEXTS =
      List.of("Marie Curie was born in Warsaw. She moved to Paris.", "東京 👩‍🔬 is far away.");

  @Test
  void documentsOfSomeTokensAreTheTextsAgain() throws IOException {
    try (ModelTokens tokenizer =
        ModelTokens.load(ModelSpec.bundled("nano-llama"), EngineOptions.defaults())) {
      List<String> documents = BenchCut.parse("5").documents(TEXTS, tokenizer);
      assertThat(String.join("", documents)).isEqualTo(String.join("\n\n", TEXTS));
      assertThat(documents).hasSizeGreaterThan(3);
      assertThat(tokenizer.tokenize(documents.get(0)).size()).isEqualTo(5);
      assertThat(BenchCut.parse("100000").documents(TEXTS, tokenizer)).hasSize(1);
    }
  }

  @Test
  void sentencesAndWholeDocuments() {
    assertThat(BenchCut.parse("sentence").documents(TEXTS, null))
        .containsExactly(
            "Marie Curie was born in Warsaw.", "She moved to Paris.", "東京 👩‍🔬 is far away.");
    assertThat(BenchCut.parse("document").documents(TEXTS, null)).isEqualTo(TEXTS);
    for (String label : List.of("sentence", "document", "128")) {
      assertThat(BenchCut.parse(label).label()).isEqualTo(label);
    }
  }

  @Test
  void otherLabelsAreRefused() {
    assertThatThrownBy(() -> BenchCut.parse("0"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "--document-tokens must be document, sentence or a number of tokens, but is \"0\"");
  }
}
