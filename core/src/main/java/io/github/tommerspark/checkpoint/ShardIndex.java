package io.github.tommerspark.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.Quoted;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The index of a sharded checkpoint, {@code model.safetensors.index.json}.
 *
 * @param bytes the size of the index
 * @param weightMap from the name of a tensor to the name of the file that holds it
 */
record ShardIndex(long bytes, Map<String, String> weightMap) {

  private static final long MAX_BYTES = 100_000_000;

  static ShardIndex read(ModelDirectory directory, String file) throws IOException {
    try (RandomAccessSource source = directory.open(file)) {
      String where = source.name();
      if (source.size() > MAX_BYTES) {
        throw new ModelFormatException(
            String.format(
                Locale.ROOT,
                "Cannot read %s: it has %d bytes, and an index may have at most %d",
                where,
                source.size(),
                MAX_BYTES));
      }
      try (JsonParser parser = StrictJson.parser(new RangeInputStream(source, 0, source.size()))) {
        return new ShardIndex(source.size(), weightMap(parser, where));
      } catch (JsonProcessingException | CharacterCodingException e) {
        throw StrictJson.malformed(where, e);
      }
    }
  }

  private static Map<String, String> weightMap(JsonParser parser, String where) throws IOException {
    StrictJson.expect(parser, JsonToken.START_OBJECT, where, "it is not a JSON object");
    Map<String, String> weightMap = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      if (parser.currentName().equals("weight_map")) {
        weightMap = files(parser, where);
      } else {
        parser.nextToken();
        parser.skipChildren();
      }
    }
    if (weightMap == null) {
      throw new ModelFormatException(
          "Cannot read %s: field \"weight_map\" is missing".formatted(where));
    }
    return weightMap;
  }

  private static Map<String, String> files(JsonParser parser, String where) throws IOException {
    StrictJson.expect(
        parser, JsonToken.START_OBJECT, where, "field \"weight_map\" is not a JSON object");
    Map<String, String> files = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String tensor = parser.currentName();
      StrictJson.expect(
          parser,
          JsonToken.VALUE_STRING,
          where,
          "the file of tensor %s is not a string".formatted(Quoted.of(tensor)));
      files.put(tensor, ModelDirectory.requireRelative(where, parser.getText()));
    }
    return files;
  }
}
