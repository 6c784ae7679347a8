package io.github.tommerspark.report;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.util.List;

/** JSON that another command wrote, as values. */
final class ResultFile {

  /** Files of later versions may say more. */
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private ResultFile() {}

  /**
   * Reads a file.
   *
   * @param json its content
   * @param file its name, for messages
   * @param type of the value
   * @throws IOException if it is not what it should be; the message is one line
   */
  static <T> T read(byte[] json, String file, Class<T> type) throws IOException {
    try {
      T value = JSON.readValue(json, type);
      if (value == null) {
        throw new IOException("Cannot read %s: it holds nothing".formatted(file));
      }
      return value;
    } catch (JacksonException e) {
      throw new IOException("Cannot read %s: %s".formatted(file, Quoted.reason(e)), e);
    }
  }

  /** A list that may be absent. */
  static <T> List<T> list(List<T> values) {
    return values == null ? List.of() : values;
  }
}
