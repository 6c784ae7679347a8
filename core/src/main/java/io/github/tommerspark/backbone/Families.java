package io.github.tommerspark.backbone;

import static io.github.tommerspark.backbone.WeightSlot.NONE;
import static io.github.tommerspark.backbone.WeightSlot.bias;
import static io.github.tommerspark.backbone.WeightSlot.embedding;
import static io.github.tommerspark.backbone.WeightSlot.linear;
import static io.github.tommerspark.backbone.WeightSlot.norm;
import static io.github.tommerspark.backbone.WeightSlot.normOffset;
import static io.github.tommerspark.backbone.WeightSlot.table;
import static io.github.tommerspark.backbone.WeightSlot.transposed;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/**
 * The families of backbones: how a config.json becomes switches of a shipped TorchScript source and
 * an ordered list of weights. Defaults for absent keys are those of Hugging Face transformers.
 */
final class Families {

  private Families() {}

  /**
   * Reads what a config.json describes.
   *
   * @throws ModelFormatException if a field is missing, wrong, or describes what cannot be computed
   */
  static BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    String family = config.modelType();
    return switch (family) {
      case "llama", "mistral", "qwen2", "qwen3", "phi3", "gemma", "gemma2" -> llamaLike(config);
      case "gpt_neox" -> gptNeox(config);
      case "gpt2" -> gpt2(config);
      case "phi" -> phi(config);
      case "modernbert" -> modernBert(config);
      case "bert", "roberta" -> bert(config);
      default -> throw config.unsupported("model_type", family, ConfigKeys.families().toArray());
    };
  }

  /** Sizes that nearly all families name alike. */
  private record Sizes(int width, int inner, int layers, int vocabulary, int heads) {
    static Sizes of(BackboneConfig config) throws ModelFormatException {
      return new Sizes(
          config.size("hidden_size"),
          config.size("intermediate_size"),
          config.layers("num_hidden_layers"),
          config.size("vocab_size"),
          config.size("num_attention_heads"));
    }

    int headDim(BackboneConfig config) throws ModelFormatException {
      OptionalInt headDim = config.sizeOrNull("head_dim");
      return headDim.isPresent() ? headDim.getAsInt() : evenHeadDim(config);
    }

    /** For families that have no head_dim of its own. */
    int impliedHeadDim(BackboneConfig config) throws ModelFormatException {
      int headDim = evenHeadDim(config);
      same(config, "head_dim", headDim);
      return headDim;
    }

    /** Heads of keys and values; null means one for each head of the queries. */
    int kvHeads(BackboneConfig config) throws ModelFormatException {
      int kvHeads = config.sizeOrNull("num_key_value_heads").orElse(heads);
      if (heads % kvHeads != 0) {
        throw config.wrong(
            "num_key_value_heads", kvHeads, "a divisor of num_attention_heads, which is " + heads);
      }
      return kvHeads;
    }

    int evenHeadDim(BackboneConfig config) throws ModelFormatException {
      return evenHeadDim(config, "hidden_size", "num_attention_heads");
    }

    int evenHeadDim(BackboneConfig config, String widthField, String headsField)
        throws ModelFormatException {
      if (width % heads != 0) {
        throw config.wrong(
            headsField, heads, "a divisor of %s, which is %d".formatted(widthField, width));
      }
      return width / heads;
    }
  }

  private static BackboneSpec llamaLike(BackboneConfig config) throws ModelFormatException {
    String family = config.modelType();
    boolean gemma = family.equals("gemma") || family.equals("gemma2");
    boolean gemma2 = family.equals("gemma2");
    Sizes sizes = Sizes.of(config);
    int headDim =
        switch (family) {
          case "qwen3" -> config.size("head_dim", 128);
          case "gemma", "gemma2" -> config.size("head_dim", 256);
          default -> sizes.headDim(config);
        };
    boolean phi3 = family.equals("phi3");
    if (!family.equals("llama") && !phi3 && !config.json().has("num_key_value_heads")) {
      throw config.missing("num_key_value_heads");
    }
    int kvHeads = sizes.kvHeads(config);
    Rope rope = phi3 ? Rope.of(config).unscaled() : Rope.of(config).whole();
    double share = phi3 ? rope.partial(1, "partial_rotary_factor") : 1;
    int rotary = rotary(config, headDim, "partial_rotary_factor", share);
    float[] frequencies = rope.frequencies(rotary, rope.theta(10_000, "rope_theta"));

    Map<String, Object> attributes = new LinkedHashMap<>();
    attributes.put("norm_kind", "rms");
    attributes.put("norm_eps", config.positive("rms_norm_eps", phi3 ? 1e-5 : 1e-6));
    attributes.put(
        "activation_kind",
        gemma ? gemmaActivation(config) : activation(config, "hidden_act", "silu"));
    attributes.put("causal", true);
    attributes.put("soft_cap", gemma2 ? softCap(config) : 0.0);
    attributes.put(
        "attention_scale",
        1 / Math.sqrt(gemma2 ? config.positive("query_pre_attn_scalar", 256) : headDim));
    attributes.put("embedding_scale", gemma ? Math.sqrt(sizes.width()) : 1.0);
    attributes.put("windows", windows(config, sizes.layers()));
    attributes.put("parallel", false);
    attributes.put("heads", sizes.heads());
    attributes.put("kv_heads", kvHeads);
    attributes.put("head_dim", headDim);
    attributes.put("qkv_kind", phi3 ? "fused" : "separate");
    attributes.put("mlp_kind", phi3 ? "fused" : "gated");

    long queries = (long) sizes.heads() * headDim;
    long keys = (long) kvHeads * headDim;
    int width = sizes.width();
    int inner = sizes.inner();
    boolean qkvBias = family.equals("qwen2") || config.flag("attention_bias", false);
    boolean outBias = !family.equals("qwen2") && config.flag("attention_bias", false);
    boolean mlpBias = family.equals("llama") && config.flag("mlp_bias", false);
    boolean headNorms = family.equals("qwen3");

    IntFunction<List<WeightSlot>> block =
        i -> {
          String at = "layers." + i + ".";
          String attention = at + "self_attn.";
          String mlp = at + "mlp.";
          List<WeightSlot> w = new ArrayList<>();
          w.add(scale(gemma, at + "input_layernorm.weight", width));
          w.add(NONE);
          if (phi3) {
            w.add(linear(attention + "qkv_proj.weight", queries + 2 * keys, width));
            addAll(w, NONE, NONE, NONE, NONE, NONE);
          } else {
            w.add(linear(attention + "q_proj.weight", queries, width));
            w.add(bias(qkvBias, attention + "q_proj.bias", queries));
            w.add(linear(attention + "k_proj.weight", keys, width));
            w.add(bias(qkvBias, attention + "k_proj.bias", keys));
            w.add(linear(attention + "v_proj.weight", keys, width));
            w.add(bias(qkvBias, attention + "v_proj.bias", keys));
          }
          w.add(headNorms ? norm(attention + "q_norm.weight", headDim) : NONE);
          w.add(headNorms ? norm(attention + "k_norm.weight", headDim) : NONE);
          w.add(linear(attention + "o_proj.weight", width, queries));
          w.add(bias(outBias, attention + "o_proj.bias", width));
          if (gemma2) {
            w.add(normOffset(at + "post_attention_layernorm.weight", width));
            w.add(normOffset(at + "pre_feedforward_layernorm.weight", width));
          } else {
            w.add(NONE);
            w.add(scale(gemma, at + "post_attention_layernorm.weight", width));
          }
          w.add(NONE);
          if (phi3) {
            w.add(linear(mlp + "gate_up_proj.weight", 2L * inner, width));
            addAll(w, NONE, NONE, NONE);
          } else {
            w.add(linear(mlp + "gate_proj.weight", inner, width));
            w.add(bias(mlpBias, mlp + "gate_proj.bias", inner));
            w.add(linear(mlp + "up_proj.weight", inner, width));
            w.add(bias(mlpBias, mlp + "up_proj.bias", inner));
          }
          w.add(linear(mlp + "down_proj.weight", width, inner));
          w.add(bias(mlpBias, mlp + "down_proj.bias", width));
          w.add(gemma2 ? normOffset(at + "post_feedforward_layernorm.weight", width) : NONE);
          return w;
        };
    return new BackboneSpec(
        family,
        config.nameOrPath(),
        "prenorm",
        attributes,
        List.of("model.", ""),
        width,
        sizes.layers(),
        sizes.vocabulary(),
        true,
        config.size("max_position_embeddings", trainedLength(family)),
        false,
        config.id("bos_token_id"),
        List.of(
            embedding("embed_tokens.weight", sizes.vocabulary(), width),
            NONE,
            NONE,
            NONE,
            table(frequencies),
            NONE),
        block);
  }

  private static int trainedLength(String family) {
    return switch (family) {
      case "mistral" -> 131_072;
      case "qwen2", "qwen3" -> 32_768;
      case "gemma", "gemma2" -> 8192;
      case "phi3" -> 4096;
      default -> 2048;
    };
  }

  private static WeightSlot scale(boolean offset, String name, int width) {
    return offset ? normOffset(name, width) : norm(name, width);
  }

  private static BackboneSpec gptNeox(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    int headDim = sizes.impliedHeadDim(config);
    Rope rope = Rope.of(config);
    double share = rope.partial(0.25, "rotary_pct", "partial_rotary_factor");
    int rotary = rotary(config, headDim, "rotary_pct", share);
    float[] frequencies =
        rope.frequencies(rotary, rope.theta(10_000, "rotary_emb_base", "rope_theta"));

    Map<String, Object> attributes =
        layerNormed(
            config.positive("layer_norm_eps", 1e-5),
            activation(config, "hidden_act", "gelu"),
            true);
    attributes.put("parallel", config.flag("use_parallel_residual", true));
    attributes.put("windows", full(sizes.layers()));
    attributes.put("qkv_kind", "per_head");
    attributes.put("mlp_kind", "plain");
    heads(attributes, sizes.heads(), sizes.heads(), headDim);

    int width = sizes.width();
    int inner = sizes.inner();
    boolean attentionBias = config.flag("attention_bias", true);
    IntFunction<List<WeightSlot>> block =
        i -> {
          String at = "layers." + i + ".";
          List<WeightSlot> w = new ArrayList<>();
          w.add(norm(at + "input_layernorm.weight", width));
          w.add(norm(at + "input_layernorm.bias", width));
          w.add(linear(at + "attention.query_key_value.weight", 3L * width, width));
          w.add(bias(attentionBias, at + "attention.query_key_value.bias", 3L * width));
          addAll(w, NONE, NONE, NONE, NONE, NONE, NONE);
          w.add(linear(at + "attention.dense.weight", width, width));
          w.add(bias(attentionBias, at + "attention.dense.bias", width));
          w.add(NONE);
          w.add(norm(at + "post_attention_layernorm.weight", width));
          w.add(norm(at + "post_attention_layernorm.bias", width));
          addAll(w, NONE, NONE);
          w.add(linear(at + "mlp.dense_h_to_4h.weight", inner, width));
          w.add(bias(at + "mlp.dense_h_to_4h.bias", inner));
          w.add(linear(at + "mlp.dense_4h_to_h.weight", width, inner));
          w.add(bias(at + "mlp.dense_4h_to_h.bias", width));
          w.add(NONE);
          return w;
        };
    return new BackboneSpec(
        "gpt_neox",
        config.nameOrPath(),
        "prenorm",
        attributes,
        List.of("gpt_neox.", ""),
        width,
        sizes.layers(),
        sizes.vocabulary(),
        true,
        config.size("max_position_embeddings", 2048),
        false,
        config.id("bos_token_id"),
        List.of(
            embedding("embed_in.weight", sizes.vocabulary(), width),
            NONE,
            NONE,
            NONE,
            table(frequencies),
            NONE),
        block);
  }

  private static BackboneSpec gpt2(BackboneConfig config) throws ModelFormatException {
    int width = config.size("n_embd");
    int layers = config.layers("n_layer");
    int vocabulary = config.size("vocab_size");
    int positions = config.size("n_positions", 1024);
    int inner = config.sizeOrNull("n_inner").orElse(4 * width);
    Sizes sizes = new Sizes(width, inner, layers, vocabulary, config.size("n_head"));
    int headDim = sizes.evenHeadDim(config, "n_embd", "n_head");
    same(config, "hidden_size", width);
    same(config, "num_hidden_layers", layers);
    same(config, "num_attention_heads", sizes.heads());
    same(config, "max_position_embeddings", positions);

    Map<String, Object> attributes =
        layerNormed(
            config.positive("layer_norm_epsilon", 1e-5),
            activation(config, "activation_function", "gelu_new"),
            true);
    attributes.put("parallel", false);
    attributes.put("windows", full(layers));
    attributes.put("qkv_kind", "fused");
    attributes.put("mlp_kind", "plain");
    heads(attributes, sizes.heads(), sizes.heads(), headDim);
    if (!config.flag("scale_attn_weights", true)) {
      attributes.put("attention_scale", 1.0);
    }

    IntFunction<List<WeightSlot>> block =
        i -> {
          String at = "h." + i + ".";
          List<WeightSlot> w = new ArrayList<>();
          w.add(norm(at + "ln_1.weight", width));
          w.add(norm(at + "ln_1.bias", width));
          w.add(transposed(at + "attn.c_attn.weight", width, 3L * width));
          w.add(bias(at + "attn.c_attn.bias", 3L * width));
          addAll(w, NONE, NONE, NONE, NONE, NONE, NONE);
          w.add(transposed(at + "attn.c_proj.weight", width, width));
          w.add(bias(at + "attn.c_proj.bias", width));
          w.add(NONE);
          w.add(norm(at + "ln_2.weight", width));
          w.add(norm(at + "ln_2.bias", width));
          addAll(w, NONE, NONE);
          w.add(transposed(at + "mlp.c_fc.weight", width, inner));
          w.add(bias(at + "mlp.c_fc.bias", inner));
          w.add(transposed(at + "mlp.c_proj.weight", inner, width));
          w.add(bias(at + "mlp.c_proj.bias", width));
          w.add(NONE);
          return w;
        };
    return new BackboneSpec(
        "gpt2",
        config.nameOrPath(),
        "prenorm",
        attributes,
        List.of("transformer.", ""),
        width,
        layers,
        vocabulary,
        true,
        positions,
        true,
        config.id("bos_token_id"),
        List.of(
            embedding("wte.weight", vocabulary, width),
            embedding("wpe.weight", positions, width),
            NONE,
            NONE,
            NONE,
            NONE),
        block);
  }

  private static BackboneSpec phi(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    int headDim = sizes.impliedHeadDim(config);
    int kvHeads = sizes.kvHeads(config);
    Rope rope = Rope.of(config);
    double share = rope.partial(0.5, "partial_rotary_factor");
    int rotary = rotary(config, headDim, "partial_rotary_factor", share);
    float[] frequencies = rope.frequencies(rotary, rope.theta(10_000, "rope_theta"));

    Map<String, Object> attributes =
        layerNormed(
            config.positive("layer_norm_eps", 1e-5),
            activation(config, "hidden_act", "gelu_new"),
            true);
    attributes.put("parallel", true);
    attributes.put("windows", full(sizes.layers()));
    attributes.put("qkv_kind", "separate");
    attributes.put("mlp_kind", "plain");
    heads(attributes, sizes.heads(), kvHeads, headDim);

    int width = sizes.width();
    int inner = sizes.inner();
    long keys = (long) kvHeads * headDim;
    IntFunction<List<WeightSlot>> block =
        i -> {
          String at = "layers." + i + ".";
          String attention = at + "self_attn.";
          // One norm feeds attention and MLP.
          WeightSlot scale = norm(at + "input_layernorm.weight", width);
          WeightSlot shift = norm(at + "input_layernorm.bias", width);
          List<WeightSlot> w = new ArrayList<>();
          addAll(w, scale, shift);
          w.add(linear(attention + "q_proj.weight", width, width));
          w.add(bias(attention + "q_proj.bias", width));
          w.add(linear(attention + "k_proj.weight", keys, width));
          w.add(bias(attention + "k_proj.bias", keys));
          w.add(linear(attention + "v_proj.weight", keys, width));
          w.add(bias(attention + "v_proj.bias", keys));
          addAll(w, NONE, NONE);
          w.add(linear(attention + "dense.weight", width, width));
          w.add(bias(attention + "dense.bias", width));
          w.add(NONE);
          addAll(w, scale, shift);
          addAll(w, NONE, NONE);
          w.add(linear(at + "mlp.fc1.weight", inner, width));
          w.add(bias(at + "mlp.fc1.bias", inner));
          w.add(linear(at + "mlp.fc2.weight", width, inner));
          w.add(bias(at + "mlp.fc2.bias", width));
          w.add(NONE);
          return w;
        };
    return new BackboneSpec(
        "phi",
        config.nameOrPath(),
        "prenorm",
        attributes,
        List.of("model.", ""),
        width,
        sizes.layers(),
        sizes.vocabulary(),
        true,
        config.size("max_position_embeddings", 2048),
        false,
        config.id("bos_token_id"),
        List.of(
            embedding("embed_tokens.weight", sizes.vocabulary(), width),
            NONE,
            NONE,
            NONE,
            table(frequencies),
            NONE),
        block);
  }

  private static BackboneSpec modernBert(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    int headDim = sizes.impliedHeadDim(config);
    rotary(config, headDim, "partial_rotary_factor", 1);
    Rope rope = Rope.of(config, "full_attention").whole();
    double theta = rope.theta(160_000, "global_rope_theta");
    float[] global = rope.frequencies(headDim, theta);
    Rope localRope = Rope.of(config, "sliding_attention").whole();
    boolean sameTheta = config.json().has("local_rope_theta") && !config.has("local_rope_theta");
    float[] local =
        localRope.frequencies(
            headDim, sameTheta ? theta : localRope.theta(10_000, "local_rope_theta"));
    int reach = config.size("local_attention", 128) / 2;
    if (reach < 1) {
      throw config.unsupported("local_attention", 1, "2 and more");
    }
    int every = config.size("global_attn_every_n_layers", 3);
    List<Integer> windows = new ArrayList<>();
    for (int i = 0; i < sizes.layers(); i++) {
      windows.add(i % every == 0 ? 0 : reach);
    }
    windows = layerTypes(config, windows, reach);

    Map<String, Object> attributes =
        layerNormed(
            config.positive("norm_eps", 1e-5),
            activation(config, "hidden_activation", "gelu"),
            false);
    attributes.put("parallel", false);
    attributes.put("windows", windows);
    attributes.put("qkv_kind", "fused");
    attributes.put("mlp_kind", "fused");
    heads(attributes, sizes.heads(), sizes.heads(), headDim);

    int width = sizes.width();
    int inner = sizes.inner();
    boolean normBias = config.flag("norm_bias", false);
    boolean attentionBias = config.flag("attention_bias", false);
    boolean mlpBias = config.flag("mlp_bias", false);
    IntFunction<List<WeightSlot>> block =
        i -> {
          String at = "layers." + i + ".";
          List<WeightSlot> w = new ArrayList<>();
          // The embeddings are normed already.
          w.add(i == 0 ? NONE : norm(at + "attn_norm.weight", width));
          w.add(i == 0 || !normBias ? NONE : norm(at + "attn_norm.bias", width));
          w.add(linear(at + "attn.Wqkv.weight", 3L * width, width));
          w.add(bias(attentionBias, at + "attn.Wqkv.bias", 3L * width));
          addAll(w, NONE, NONE, NONE, NONE, NONE, NONE);
          w.add(linear(at + "attn.Wo.weight", width, width));
          w.add(bias(attentionBias, at + "attn.Wo.bias", width));
          w.add(NONE);
          w.add(norm(at + "mlp_norm.weight", width));
          w.add(normBias ? norm(at + "mlp_norm.bias", width) : NONE);
          w.add(linear(at + "mlp.Wi.weight", 2L * inner, width));
          w.add(bias(mlpBias, at + "mlp.Wi.bias", 2L * inner));
          addAll(w, NONE, NONE);
          w.add(linear(at + "mlp.Wo.weight", width, inner));
          w.add(bias(mlpBias, at + "mlp.Wo.bias", width));
          w.add(NONE);
          return w;
        };
    return new BackboneSpec(
        "modernbert",
        config.nameOrPath(),
        "prenorm",
        attributes,
        List.of("model.", ""),
        width,
        sizes.layers(),
        sizes.vocabulary(),
        false,
        config.size("max_position_embeddings", 8192),
        false,
        config.id("bos_token_id"),
        List.of(
            embedding("embeddings.tok_embeddings.weight", sizes.vocabulary(), width),
            NONE,
            norm("embeddings.norm.weight", width),
            normBias ? norm("embeddings.norm.bias", width) : NONE,
            table(global),
            table(local)),
        block);
  }

  private static BackboneSpec bert(BackboneConfig config) throws ModelFormatException {
    String family = config.modelType();
    boolean roberta = family.equals("roberta");
    Sizes sizes = Sizes.of(config);
    int headDim = sizes.evenHeadDim(config);
    int rows = config.size("max_position_embeddings", 512);
    int pad = roberta ? config.count("pad_token_id", 1) : 0;
    if (roberta && pad + 2 > rows) {
      throw config.wrong("pad_token_id", pad, "below max_position_embeddings - 1");
    }

    Map<String, Object> attributes =
        layerNormed(
            config.positive("layer_norm_eps", 1e-12),
            activation(config, "hidden_act", "gelu"),
            false);
    heads(attributes, sizes.heads(), sizes.heads(), headDim);
    attributes.put("positions_after_padding", roberta);
    attributes.put("padding_id", pad);

    int width = sizes.width();
    int inner = sizes.inner();
    IntFunction<List<WeightSlot>> block =
        i -> {
          String at = "encoder.layer." + i + ".";
          String attention = at + "attention.self.";
          List<WeightSlot> w = new ArrayList<>();
          for (String part : List.of("query", "key", "value")) {
            w.add(linear(attention + part + ".weight", width, width));
            w.add(bias(attention + part + ".bias", width));
          }
          w.add(linear(at + "attention.output.dense.weight", width, width));
          w.add(bias(at + "attention.output.dense.bias", width));
          w.add(norm(at + "attention.output.LayerNorm.weight", width));
          w.add(norm(at + "attention.output.LayerNorm.bias", width));
          w.add(linear(at + "intermediate.dense.weight", inner, width));
          w.add(bias(at + "intermediate.dense.bias", inner));
          w.add(linear(at + "output.dense.weight", width, inner));
          w.add(bias(at + "output.dense.bias", width));
          w.add(norm(at + "output.LayerNorm.weight", width));
          w.add(norm(at + "output.LayerNorm.bias", width));
          return w;
        };
    return new BackboneSpec(
        family,
        config.nameOrPath(),
        "postnorm",
        attributes,
        List.of(family + ".", ""),
        width,
        sizes.layers(),
        sizes.vocabulary(),
        false,
        roberta ? rows - pad - 1 : rows,
        true,
        config.id("bos_token_id"),
        List.of(
            embedding("embeddings.word_embeddings.weight", sizes.vocabulary(), width),
            embedding("embeddings.position_embeddings.weight", rows, width),
            embedding(
                "embeddings.token_type_embeddings.weight",
                config.size("type_vocab_size", 2),
                width),
            norm("embeddings.LayerNorm.weight", width),
            norm("embeddings.LayerNorm.bias", width)),
        block);
  }

  /** Attributes of families with layer norm and plain attention. */
  private static Map<String, Object> layerNormed(double eps, String activation, boolean causal) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    attributes.put("norm_kind", "layer");
    attributes.put("norm_eps", eps);
    attributes.put("activation_kind", activation);
    attributes.put("causal", causal);
    attributes.put("soft_cap", 0.0);
    attributes.put("embedding_scale", 1.0);
    return attributes;
  }

  private static void heads(Map<String, Object> attributes, int heads, int kvHeads, int headDim) {
    attributes.put("heads", heads);
    attributes.put("kv_heads", kvHeads);
    attributes.put("head_dim", headDim);
    attributes.put("attention_scale", 1 / Math.sqrt(headDim));
  }

  /** Refuses a field that is there and says something else than the one that counts. */
  private static void same(BackboneConfig config, String field, int value)
      throws ModelFormatException {
    OptionalInt other = config.sizeOrNull(field);
    if (other.isPresent() && other.getAsInt() != value) {
      throw config.unsupported(field, other.getAsInt(), value);
    }
  }

  private static List<Integer> full(int layers) {
    return Collections.nCopies(layers, 0);
  }

  private static void addAll(List<WeightSlot> weights, WeightSlot... more) {
    weights.addAll(List.of(more));
  }

  /** Number of rotated dimensions of a head. */
  private static int rotary(BackboneConfig config, int headDim, String field, double share)
      throws ModelFormatException {
    int rotary = (int) (headDim * share);
    if (rotary < 2 || rotary % 2 != 0) {
      throw config.unsupported(
          field,
          share,
          "a share of the %d dimensions of a head that is an even number from 2"
              .formatted(headDim));
    }
    return rotary;
  }

  private static String activation(BackboneConfig config, String field, String otherwise)
      throws ModelFormatException {
    return kind(config, field, config.text(field, otherwise));
  }

  private static String kind(BackboneConfig config, String field, String name)
      throws ModelFormatException {
    return switch (name) {
      case "silu", "swish" -> "silu";
      case "gelu" -> "gelu";
      case "gelu_new", "gelu_fast", "gelu_pytorch_tanh" -> "gelu_tanh";
      case "relu" -> "relu";
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

  /**
   * Gemma's activation stands under two keys, and versions of transformers disagree on which one
   * counts, so they must agree. Gemma 2 reads only hidden_activation.
   */
  private static String gemmaActivation(BackboneConfig config) throws ModelFormatException {
    boolean gemma2 = config.modelType().equals("gemma2");
    String usual = "gelu_pytorch_tanh";
    String name =
        gemma2 || config.has("hidden_activation") ? config.text("hidden_activation", usual) : usual;
    String chosen = kind(config, "hidden_activation", name);
    if (gemma2 && !config.has("hidden_act")) {
      return chosen;
    }
    if (!activation(config, "hidden_act", usual).equals(chosen)) {
      throw config.wrong(
          "hidden_activation",
          name,
          "as hidden_act, which is " + BackboneConfig.shown(config.text("hidden_act", usual)));
    }
    return chosen;
  }

  private static double softCap(BackboneConfig config) throws ModelFormatException {
    boolean switchedOff =
        config.json().has("attn_logit_softcapping") && !config.has("attn_logit_softcapping");
    return switchedOff ? 0.0 : config.positive("attn_logit_softcapping", 50.0);
  }

  /** Attention window of every layer, in tokens including the query itself; 0 is unlimited. */
  private static List<Integer> windows(BackboneConfig config, int layers)
      throws ModelFormatException {
    String family = config.modelType();
    boolean qwen = family.startsWith("qwen");
    boolean named = config.json().has("sliding_window");
    int window =
        config.sizeOrNull("sliding_window").orElse(named || family.equals("phi3") ? 0 : 4096);
    if (family.equals("llama")
        || family.equals("gemma")
        || qwen && !config.flag("use_sliding_window", false)) {
      window = 0;
    }
    int firstSliding = qwen ? config.count("max_window_layers", 28) : 0;
    List<Integer> windows = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      boolean slides = family.equals("gemma2") ? i % 2 == 0 : i >= firstSliding;
      windows.add(slides ? window : 0);
    }
    return layerTypes(config, windows, window);
  }

  /** Lets layer_types, where it is given, say which layers have the window. */
  private static List<Integer> layerTypes(
      BackboneConfig config, List<Integer> otherwise, int window) throws ModelFormatException {
    if (!config.has("layer_types")) {
      return otherwise;
    }
    JsonNode types = config.json().get("layer_types");
    if (!types.isArray() || types.size() != otherwise.size()) {
      throw config.wrong(
          "layer_types",
          types,
          "a list of num_hidden_layers, which is %d, entries".formatted(otherwise.size()));
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
