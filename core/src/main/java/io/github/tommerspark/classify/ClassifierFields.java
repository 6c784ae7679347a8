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

  // Of label models.
  static final String MENTION_SIZE = "mention_size";
  static final String LABEL_SIZE = "label_size";
  static final String PROMPT = "label_prompt";
  static final String PRIOR_EXPONENT = "prior_exponent";
  static final String LABEL_THRESHOLD = "label_threshold";
  static final String CALIBRATION_SCALE = "calibration_scale";
  static final String CALIBRATION_OFFSET = "calibration_offset";

  static final String MENTION_INPUT = "mention.0";
  static final String MENTION_OUTPUT = "mention.2";
  static final String LABEL_INPUT = "label.0";
  static final String LABEL_OUTPUT = "label.2";
  static final String LOG_SCALE = "log_scale";
  static final String SAMPLE = "sample";

  private ClassifierFields() {}
}
