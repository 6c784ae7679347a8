package io.github.tommerspark.backbone;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** The attention windows of layers, as config.json describes them; 0 is unlimited. */
final class Windows {

  private Windows() {}

  /**
   * The value of {@code sliding_window}; null is unlimited.
   *
   * @param otherwise when the field is absent
   */
  static int sliding(BackboneConfig config, int otherwise) throws ModelFormatException {
    boolean named = config.json().has("sliding_window");
    return config.sizeOrNull("sliding_window").orElse(named ? 0 : otherwise);
  }

  /**
   * A window in some layers; {@code layer_types}, where it is given, says in which.
   *
   * @param limited layers that have the window when there is no {@code layer_types}
   */
  static List<Integer> of(BackboneConfig config, int layers, int window, IntPredicate limited)
      throws ModelFormatException {
    if (!config.has("layer_types")) {
      return IntStream.range(0, layers).mapToObj(i -> limited.test(i) ? window : 0).toList();
    }
    JsonNode types = config.json().get("layer_types");
    if (!types.isArray() || types.size() != layers) {
      throw config.wrong(
          "layer_types",
          types,
          String.format(Locale.ROOT, "a list of num_hidden_layers, which is %d, entries", layers));
    }
    List<Integer> windows = new ArrayList<>();
    for (JsonNode type : types) {
      switch (type.asText()) {
        case "full_attention" -> windows.add(0);
        case "sliding_attention" -> {
          if (window == 0) {
            throw config.wrong(
                "layer_types", type, "full_attention, since there is no sliding_window");
          }
          windows.add(window);
        }
        default ->
            throw config.unsupported("layer_types", type, "full_attention", "sliding_attention");
      }
    }
    return windows;
  }
}
