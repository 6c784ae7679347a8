package io.github.tommerspark.judge;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class JudgePromptTest {

  private final JudgePrompt prompt = new JudgePrompt("judge", 30, 100);

  @Test
  void theRequestIsThatOfTheProtocol() throws IOException {
    Question question = prompt.question("She left \"Vienna\" 🎻.", 10, 16);
    JsonNode request = new ObjectMapper().readTree(question.request());
    assertThat(request.get("model").asText()).isEqualTo("judge");
    assertThat(request.get("temperature").asDouble()).isZero();
    assertThat(request.get("max_tokens").asInt()).isEqualTo(100);
    assertThat(request.get("messages")).hasSize(2);
    assertThat(request.at("/messages/0/role").asText()).isEqualTo("system");
    assertThat(request.at("/messages/0/content").asText())
        .isEqualTo(JudgePrompt.SYSTEM)
        .contains("one sentence", "yes or no");
    assertThat(request.at("/messages/1/role").asText()).isEqualTo("user");
    assertThat(request.at("/messages/1/content").asText())
        .isEqualTo("Excerpt: " + question.excerpt())
        .isEqualTo("Excerpt: She left \"[[Vienna]]\" 🎻.");
  }

  @Test
  void equalExcerptsAreOneQuestion() {
    String far = "x".repeat(50);
    Question here = prompt.question(far + " Vienna " + far, 51, 57);
    assertThat(prompt.question("yy" + far + " Vienna " + far, 53, 59)).isEqualTo(here);
    assertThat(prompt.question(far + " Vienna " + far, 51, 56).key()).isNotEqualTo(here.key());
    assertThat(new JudgePrompt("other", 30, 100).question(far + " Vienna " + far, 51, 57).key())
        .isNotEqualTo(here.key());
  }

  @Test
  void tokensAreEstimatedFromBytes() {
    assertThat(new Question("key", "", "12345").estimatedTokens()).isEqualTo(2);
    assertThat(new Question("key", "", "東東東東").estimatedTokens()).isEqualTo(3);
  }
}
