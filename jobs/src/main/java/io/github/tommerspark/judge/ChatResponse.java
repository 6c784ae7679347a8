package io.github.tommerspark.judge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.http.OneLine;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The body of an endpoint's response, which may be anything. The key is in nothing of it. */
final class ChatResponse {

  /** The code by which Azure refuses to show an excerpt to its model. */
  private static final String FILTERED = "content_filter";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String body;
  private final JsonNode json;
  private final @Nullable ApiKey key;

  /**
   * A body that has arrived whole.
   *
   * @param body its bytes
   * @param key that was sent with the request; null for none
   */
  ChatResponse(byte[] body, @Nullable ApiKey key) {
    this.body = new String(body, StandardCharsets.UTF_8);
    this.json = parsed(this.body);
    this.key = key;
  }

  private static JsonNode parsed(String body) {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }

  /** Returns the answer; empty if the body is no chat completion. */
  Optional<Answer> answer() {
    JsonNode choice = json.path("choices").path(0);
    if (!choice.path("message").isObject()) {
      return Optional.empty();
    }
    // Null where the judge refuses to speak.
    String text = redact(choice.path("message").path("content").asText("")).strip();
    return Optional.of(
        new Answer(
            Verdict.of(text),
            text,
            choice.path("finish_reason").asText().equals("length"),
            json.path("usage").path("prompt_tokens").asLong(),
            json.path("usage").path("completion_tokens").asLong()));
  }

  /** Returns whether a filter holds the excerpt back. */
  boolean isFiltered() {
    return json.path("error").path("code").asText().equals(FILTERED);
  }

  /** Returns the message of an error response, shortened, after a colon; empty if there is none. */
  String complaint() {
    JsonNode error = json.path("error");
    String message = error.isTextual() ? error.asText() : error.path("message").asText(body);
    // Redacted before it is shortened, or half a key would remain.
    String line = OneLine.of(redact(message));
    return line.isEmpty() ? "" : ": " + line;
  }

  private String redact(String text) {
    return key == null ? text : key.redact(text);
  }
}
