package io.github.tommerspark.backbone;

import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The families of backbones that can be computed, by {@code model_type}. */
final class Families {
  private static final Map<String, Family> BY_TYPE = new TreeMap<>();

  static {
    List.of(
            new BertFamily(),
            new DistilBertFamily(),
            new ElectraFamily(),
            new Gemma2Family(),
            new GemmaFamily(),
            new Gpt2Family(),
            new GptNeoxFamily(),
            new LlamaFamily(),
            new MistralFamily(),
            new ModernBertFamily(),
            new Phi3Family(),
            new PhiFamily(),
            new Qwen2Family(),
            new Qwen3Family(),
            new RobertaFamily())
        .forEach(family -> BY_TYPE.put(family.modelType(), family));
  }

  private Families() {}

  /** The values of {@code model_type} that can be used, sorted. */
  static List<String> names() {
    return List.copyOf(BY_TYPE.keySet());
  }

  /**
   * The family of a config.json.
   *
   * @throws ModelFormatException if it names none, or one that is not supported
   */
  static Family of(BackboneConfig config) throws ModelFormatException {
    Family family = BY_TYPE.get(config.modelType());
    if (family == null) {
      throw config.unsupported("model_type", config.modelType(), names().toArray());
    }
    return family;
  }

  /**
   * Reads what a config.json describes.
   *
   * @throws ModelFormatException if a field is missing, wrong, or describes what cannot be computed
   */
  static BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    return of(config).read(config);
  }
}
