package io.github.tommerspark.gold;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.tommerspark.source.Quoted;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads {@link GoldFormat#JSONL}. */
final class JsonLines implements GoldFormat.LineParser {

  static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  static {
    // A document may be longer than the parser's default of 20 million characters.
    JSON.getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build());
  }

  private final String file;

  JsonLines(String file) {
    this.file = file;
  }

  @Override
  public void line(long number, String line, List<GoldDocument> documents)
      throws GoldFormatException {
    if (line.isBlank()) {
      return;
    }
    try {
      documents.add(document(number, JSON.readTree(line)));
    } catch (JsonProcessingException e) {
      throw new GoldFormatException(
          file, number, "it is not a JSON object (%s)".formatted(Quoted.reason(e)));
    } catch (IllegalArgumentException e) {
      throw new GoldFormatException(file, number, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void end(List<GoldDocument> documents) {
    // Every line is complete.
  }

  private GoldDocument document(long number, JsonNode record) {
    if (!record.isObject()) {
      throw new IllegalArgumentException("it is not a JSON object");
    }
    JsonNode text = record.path("text");
    if (!text.isTextual()) {
      throw new IllegalArgumentException("\"text\" is %s, not a string".formatted(found(text)));
    }
    JsonNode entities = record.path("entities");
    if (!entities.isArray()) {
      throw new IllegalArgumentException(
          "\"entities\" is %s, not an array".formatted(found(entities)));
    }
    List<GoldSpan> mentions = new ArrayList<>(entities.size());
    for (JsonNode entity : entities) {
      mentions.add(
          new GoldSpan(
              offset(entity, "start"), offset(entity, "end"), type(entity), roles(entity)));
    }
    JsonNode id = record.path("id");
    return GoldDocument.ofCodePoints(
        id.isValueNode() && !id.isNull() ? id.asText() : file + ":" + number,
        text.textValue(),
        mentions);
  }

  private static int offset(JsonNode entity, String key) {
    JsonNode offset = entity.path(key);
    if (!offset.isIntegralNumber() || !offset.canConvertToInt()) {
      throw new IllegalArgumentException(
          "\"%s\" of an entity is %s, not an offset in code points".formatted(key, found(offset)));
    }
    return offset.intValue();
  }

  private static @Nullable String type(JsonNode entity) {
    JsonNode type = entity.path("type");
    if (type.isMissingNode() || type.isNull()) {
      return null;
    }
    if (!type.isTextual()) {
      throw new IllegalArgumentException(
          "\"type\" of an entity is %s, not a string".formatted(found(type)));
    }
    return type.textValue();
  }

  private static List<String> roles(JsonNode entity) {
    JsonNode roles = entity.path("roles");
    if (roles.isMissingNode() || roles.isNull()) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    for (JsonNode role : roles) {
      names.add(role.isTextual() ? role.textValue() : null);
    }
    if (!roles.isArray() || names.contains(null)) {
      throw new IllegalArgumentException(
          "\"roles\" of an entity is %s, not an array of strings".formatted(found(roles)));
    }
    return names;
  }

  private static String found(JsonNode node) {
    return node.isMissingNode() ? "missing" : Quoted.of(node.toString());
  }
}
