package io.github.tommerspark.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {

  private static final ApiKey KEY = ApiKey.find(Map.of("OPENAI_API_KEY", "sk-secret")).get();

  @ParameterizedTest
  @CsvSource({
    "https://api.example.com, https://api.example.com/v1/chat/completions",
    "https://api.example.com/, https://api.example.com/v1/chat/completions",
    "https://api.example.com/v1, https://api.example.com/v1/chat/completions",
    "https://api.example.com/openai/v1/, https://api.example.com/openai/v1/chat/completions",
    "http://localhost:8000/v1/chat/completions, http://localhost:8000/v1/chat/completions",
    "https://h/d/chat/completions?api-version=1, https://h/d/chat/completions?api-version=1"
  })
  void isCompleted(String given, String uri) {
    assertThat(Endpoint.parse(given).uri()).hasToString(uri);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"api.example.com/v1", "ftp://h/v1", "https:///v1", "localhost:80", "", "/v1"})
  void anythingElseIsRefused(String given) {
    assertThatThrownBy(() -> Endpoint.parse(given))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot use --endpoint: it must be a URL such as");
  }

  @Test
  void secretsInTheUrlAreNeitherUsedNorShown() {
    assertThatThrownBy(() -> Endpoint.parse("https://me:hunter2@host/v1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("TOMMER_JUDGE_API_KEY")
        .hasMessageNotContaining("hunter2");
    assertThatThrownBy(() -> Endpoint.parse("https://me:hunter 2@host/v1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("hunter");
    assertThat(Endpoint.parse("https://host:444/v1?key=hunter2").server())
        .isEqualTo("https://host:444");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://example.com",
        "http://localhost:1",
        "http://127.0.0.1",
        "http://127.1.2.3:4",
        "http://[::1]:5",
        "http://LOCALHOST/v1"
      })
  void encryptedOrLocalIsFine(String url) {
    assertThat(Endpoint.parse(url).warning(KEY)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://example.com",
        "http://10.0.0.1:8000",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://[::2]"
      })
  void plainHttpToElsewhereIsWarnedOf(String url) {
    assertThat(Endpoint.parse(url).warning(KEY).get())
        .contains("is not encrypted: the key and the texts");
    assertThat(Endpoint.parse(url).warning(null).get()).contains("is not encrypted: the texts");
  }

  @Test
  void theKeyComesFromTheFirstVariableThatHasOne() {
    assertThat(ApiKey.find(Map.of())).isEmpty();
    assertThat(ApiKey.find(Map.of("TOMMER_JUDGE_API_KEY", " "))).isEmpty();
    ApiKey key =
        ApiKey.find(Map.of("TOMMER_JUDGE_API_KEY", " ours\n", "OPENAI_API_KEY", "theirs")).get();
    assertThat(key.variable()).isEqualTo("TOMMER_JUDGE_API_KEY");
    assertThat(key.authorization()).isEqualTo("Bearer ours");
    assertThat(KEY.variable()).isEqualTo("OPENAI_API_KEY");
    assertThat(KEY.toString() + KEY.redact("Bad key sk-secret.")).doesNotContain("secret");
  }

  @Test
  void aKeyThatCannotStandInAHeaderIsRefusedWithoutShowingIt() {
    assertThatThrownBy(() -> ApiKey.find(Map.of("OPENAI_API_KEY", "sk-sec\nret")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot use the key in OPENAI_API_KEY: it holds characters other than printable ASCII");
  }
}
