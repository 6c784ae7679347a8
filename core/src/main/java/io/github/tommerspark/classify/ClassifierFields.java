package io.github.tommerspark.classify;

/** The names that fields and tensors of a classifier have in its files. */
final class ClassifierFields {

  static final String FORMAT = "format";
  static final String VERSION = "version";
  static final String LLM_NAME = "llm_name";
  static final String LAYER = "layer";
  static final String HIDDEN_SIZE = "hidden_size";
  static final String REPRESENTATION = "span_representation";
  static final String MLP_LAYERS = "mlp_layers";
  static final String EMBEDDING_SIZE = "embedding_size";
  static final String PROBABILITY = "class_probability";
  static final String CLASSES = "classes";

  static final String INPUT_WEIGHT = "span_embed.0.weight";
  static final String INPUT_BIAS = "span_embed.0.bias";
  static final String HIDDEN_WEIGHT = "span_embed.2.weight";
  static final String HIDDEN_BIAS = "span_embed.2.bias";
  static final String CLASS_VECTORS = "classes.weight";
  static final String PROMPT_WEIGHT = "class_embed.weight";
  static final String PROMPT_BIAS = "class_embed.bias";

  private ClassifierFields() {}
}
