package io.github.tommerspark.head;

/** The names that fields and tensors of a head have in its files. */
final class HeadFields {

  static final String LLM_NAME = "llm_name";
  static final String LAYER = "layer";
  static final String RANK = "rank";
  static final String CAUSAL_MASK = "causal_mask";
  static final String SLIDING_WINDOW = "sliding_window";
  static final String USE_COSINE = "use_cosine";
  static final String NORMALIZE_SCORES = "normalize_scores";
  // Those below are additions of this project, in a file of their own.
  static final String BOS = "bos";
  static final String WORD_BOUNDARIES = "word_boundaries";
  static final String RECOMMENDED_THRESHOLD = "recommended_threshold";
  static final String RECALL_THRESHOLD = "recall_threshold";
  static final String PRECISION_THRESHOLD = "precision_threshold";
  static final String CALIBRATION_SCALE = "calibration_scale";
  static final String CALIBRATION_OFFSET = "calibration_offset";

  // Of the definition of a boundary head, beside those above.
  static final String FORMAT = "format";
  static final String VERSION = "version";

  static final String QUERY_WEIGHT = "W_Q";
  static final String KEY_WEIGHT = "W_K";
  static final String FEATURE_WEIGHTS = "cl_w";
  static final String VALUE_WEIGHT = "classifier.fc.weight";
  static final String VALUE_BIAS = "classifier.fc.bias";

  private HeadFields() {}
}
