package io.github.tommerspark.results;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.util.List;

/** Results as JSON: names in snake case, indented. */
public final class ResultJson {

  /** Files of later versions may say more. */
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          // A number that is not there must not pass for 0.
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private ResultJson() {}

  /** The content of the file of a result. */
  public static byte[] write(Object result) throws IOException {
    return JSON.writeValueAsBytes(result);
  }

  /**
   * Reads a file.
   *
   * @param json its content
   * @param file its name, for messages
   * @param type of the value
   * @throws IOException if it is not what it should be; the message is one line
   */
  public static <T> T read(byte[] json, String file, Class<T> type) throws IOException {
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
  public static <T> List<T> list(List<T> values) {
    return values == null ? List.of() : values;
  }
}
