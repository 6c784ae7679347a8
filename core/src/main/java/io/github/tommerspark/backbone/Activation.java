package io.github.tommerspark.backbone;

import io.github.tommerspark.checkpoint.ModelFormatException;

/** The function between the two products of an MLP. */
enum Activation {
  SILU,
  GELU,
  /** GELU by the tangent. */
  GELU_TANH,
  RELU;

  /**
   * The activation that a field names.
   *
   * @param otherwise its name when the field is absent
   * @throws ModelFormatException if there is none of that name
   */
  static Activation read(BackboneConfig config, String field, String otherwise)
      throws ModelFormatException {
    return named(config, field, config.text(field, otherwise));
  }

  /** The activation that transformers calls so. */
  static Activation named(BackboneConfig config, String field, String name)
      throws ModelFormatException {
    return switch (name) {
      case "silu", "swish" -> SILU;
      case "gelu" -> GELU;
      case "gelu_new", "gelu_fast", "gelu_pytorch_tanh" -> GELU_TANH;
      case "relu" -> RELU;
      default ->
          throw config.unsupported(
              field,
              name,
              "silu",
              "swish",
              "gelu",
              "gelu_new",
              "gelu_fast",
              "gelu_pytorch_tanh",
              "relu");
    };
  }
}
