package io.github.tommerspark.judge;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.testing.Bounds;
import java.util.List;

/** An endpoint's response: never refused, always an answer or a complaint on one line. */
class ChatFuzzTest {

  @DictionaryEntries({
    "\"choices\":[{",
    "\"message\":{",
    "\"content\":\"",
    "yes",
    "No.",
    "\"finish_reason\":\"length\"",
    "\"usage\":{",
    "\"prompt_tokens\":",
    "\"error\":{",
    "\"code\":\"content_filter\"",
    "1e999"
  })
  @FuzzTest
  void response(byte[] body) {
    Bounds.check(
        List.of(),
        () -> {
          ChatResponse response = new ChatResponse(body, null);
          response.answer();
          response.isFiltered();
          if (response.complaint().chars().anyMatch(Character::isISOControl)) {
            throw new AssertionError("Not a line: " + response.complaint());
          }
        });
  }
}
