package io.github.tommerspark.classify;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.Quoted;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Fields of the settings. Those beyond the known ones are left alone. */
record SettingsFields(String where, JsonNode root) {

  String text(String field) throws ModelFormatException {
    JsonNode value = required(field);
    if (!value.isTextual()) {
      throw wrong(field, "a string");
    }
    return value.textValue();
  }

  int integer(String field) throws ModelFormatException {
    JsonNode value = required(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrong(field, "an integer of at most " + Integer.MAX_VALUE);
    }
    return value.intValue();
  }

  List<String> texts(String field) throws ModelFormatException {
    JsonNode value = required(field);
    List<String> texts = new ArrayList<>();
    for (JsonNode element : value) {
      texts.add(element.isTextual() ? element.textValue() : null);
    }
    if (!value.isArray() || texts.contains(null)) {
      throw wrong(field, "an array of strings");
    }
    return texts;
  }

  <T> T choice(String field, Function<String, Optional<T>> parse, String expected)
      throws ModelFormatException {
    return parse.apply(text(field)).orElseThrow(() -> wrong(field, expected));
  }

  double number(String field) throws ModelFormatException {
    JsonNode value = required(field);
    if (!value.isNumber()) {
      throw wrong(field, "a number");
    }
    return value.doubleValue();
  }

  private JsonNode required(String field) throws ModelFormatException {
    JsonNode value = root.get(field);
    if (value == null) {
      throw new ModelFormatException(
          "Cannot read classifier %s: field \"%s\" is missing".formatted(where, field));
    }
    return value;
  }

  ModelFormatException wrong(String field, String expected) {
    JsonNode value = root.path(field);
    String shown = value.isTextual() ? Quoted.of(value.textValue()) : value.asText();
    return new ModelFormatException(
        "Cannot read classifier %s: field \"%s\" is %s, and must be %s"
            .formatted(
                where, field, value.isContainerNode() ? "a JSON container" : shown, expected));
  }
}
