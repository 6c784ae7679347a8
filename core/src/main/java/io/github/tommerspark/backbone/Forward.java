package io.github.tommerspark.backbone;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The computation of a backbone, beside its weights: a shipped script and what it is told.
 *
 * @param script which script
 * @param norm its norms
 * @param attention its attention
 * @param mlp its MLPs
 * @param activation what is between the products of an MLP
 * @param residual what an MLP reads
 * @param embeddingScale what embeddings are multiplied by
 * @param paddingId the token that positions are counted from, and that has none itself; where it is
 *     absent, positions are counted from 0
 */
record Forward(
    Script script,
    Norm norm,
    Attention attention,
    Mlp mlp,
    Activation activation,
    Residual residual,
    double embeddingScale,
    OptionalInt paddingId) {

  enum Script {
    /** Blocks that norm before attention and before the MLP. */
    PRENORM,
    /** Blocks that norm after attention and after the MLP. */
    POSTNORM;

    /** Name of its source. */
    String source() {
      return label(this);
    }
  }

  enum Mlp {
    /** Up, activation, down. */
    PLAIN,
    /** The activation of the gate times up, then down. */
    GATED,
    /** As gated, with gate and up in one matrix. */
    FUSED
  }

  enum Residual {
    /** An MLP reads what attention added. */
    SEQUENTIAL,
    /** Attention and MLP read the same. */
    PARALLEL
  }

  static Forward prenorm(Norm norm, Attention attention, Mlp mlp, Activation activation) {
    return new Forward(
        Script.PRENORM,
        norm,
        attention,
        mlp,
        activation,
        Residual.SEQUENTIAL,
        1,
        OptionalInt.empty());
  }

  static Forward postnorm(Norm norm, Attention attention, Activation activation) {
    return new Forward(
        Script.POSTNORM,
        norm,
        attention,
        Mlp.PLAIN,
        activation,
        Residual.SEQUENTIAL,
        1,
        OptionalInt.empty());
  }

  Forward with(Residual residual) {
    return new Forward(
        script, norm, attention, mlp, activation, residual, embeddingScale, paddingId);
  }

  Forward withEmbeddingScale(double scale) {
    return new Forward(script, norm, attention, mlp, activation, residual, scale, paddingId);
  }

  Forward withPositionsFrom(int paddingId) {
    return new Forward(
        script,
        norm,
        attention,
        mlp,
        activation,
        residual,
        embeddingScale,
        OptionalInt.of(paddingId));
  }

  /** Returns the attributes of the script's module, the places of weights among them. */
  Map<String, Object> attributes() {
    Map<String, Object> attributes = new LinkedHashMap<>();
    attributes.put("norm_kind", label(norm.kind()));
    attributes.put("norm_eps", norm.eps());
    attributes.put("heads", attention.heads().queries());
    attributes.put("kv_heads", attention.heads().keys());
    attributes.put("head_dim", attention.heads().width());
    attributes.put("qkv_kind", label(attention.projection()));
    attributes.put("causal", attention.causal());
    attributes.put("windows", attention.windows());
    attributes.put("attention_scales", attention.scales());
    attributes.put("soft_cap", attention.softCap());
    attributes.put("mlp_kind", label(mlp));
    attributes.put("activation_kind", label(activation));
    attributes.put("parallel", residual == Residual.PARALLEL);
    attributes.put("embedding_scale", embeddingScale);
    attributes.put("positions_after_padding", paddingId.isPresent());
    attributes.put("padding_id", paddingId.orElse(0));
    Slot.putPlaces(attributes);
    return attributes;
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
