package io.github.tommerspark.gguf;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.gguf.GgufWeight.Change;
import io.github.tommerspark.gguf.GgufWeight.Rows;
import io.github.tommerspark.source.Quoted;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tensors of a file under the names that a Hugging Face snapshot gives them. */
final class GgufNames {

  private static final Pattern BLOCK = Pattern.compile("blk\\.(\\d{1,6})\\.(.+)\\.(weight|bias)");

  private final GgufArchitecture architecture;
  private final GgufConfig config;

  /** Names by an architecture's rules and the sizes of a file. */
  GgufNames(GgufArchitecture architecture, GgufConfig config) {
    this.architecture = architecture;
    this.config = config;
  }

  /**
   * Returns the weights of the snapshot, those of wide types first.
   *
   * @throws ModelFormatException if a tensor is not one of the architecture's, or has no shape that
   *     fits the sizes
   */
  List<GgufWeight> weights() throws ModelFormatException {
    List<GgufWeight> weights = new ArrayList<>();
    Map<String, String> parts = architecture.block();
    for (GgufTensor tensor : config.header.tensors().values()) {
      if (tensor.name().equals(GgufConfig.ROPE_FACTORS) && config.config.has("rope_scaling")) {
        continue;
      }
      String other = architecture.others().get(tensor.name());
      Matcher block = BLOCK.matcher(tensor.name());
      if (other != null) {
        weights.add(
            new GgufWeight(
                other,
                tensor,
                tensor.name().equals("output.weight") || tensor.name().equals("output.bias")
                    ? GgufWeight.AFTER
                    : GgufWeight.BEFORE,
                Rows.all(tensor),
                architecture.change(other)));
      } else if (block.matches() && Integer.parseInt(block.group(1)) < config.blocks) {
        add(tensor, block, parts, weights);
      } else {
        throw unknown(tensor);
      }
    }
    weights.sort(
        Comparator.comparingInt((GgufWeight weight) -> -weight.dtype().bits())
            .thenComparing(weight -> weight.tensor().begin()));
    return weights;
  }

  private void add(
      GgufTensor tensor, Matcher block, Map<String, String> parts, List<GgufWeight> weights)
      throws ModelFormatException {
    String part = block.group(2);
    String kind = "." + block.group(3);
    int index = Integer.parseInt(block.group(1));
    String prefix = architecture.blockPrefix() + index + ".";
    if (architecture == GgufArchitecture.PHI2 && part.equals("attn_qkv")) {
      // Older files have the three in one.
      long keys = (long) config.kvHeads * config.headDim;
      long queries = Rows.count(tensor) - 2 * keys;
      if (queries != (long) config.heads * config.headDim) {
        throw config.metadata.unusable(
            String.format(
                Locale.ROOT,
                "tensor %s has %d rows, but its heads imply %d",
                Quoted.of(tensor.name()),
                Rows.count(tensor),
                (long) config.heads * config.headDim + 2 * keys));
      }
      requireWholeRows(tensor);
      weights.add(part(prefix + "self_attn.q_proj" + kind, tensor, index, 0, queries));
      weights.add(part(prefix + "self_attn.k_proj" + kind, tensor, index, queries, keys));
      weights.add(part(prefix + "self_attn.v_proj" + kind, tensor, index, queries + keys, keys));
      return;
    }
    if (!parts.containsKey(part)) {
      throw unknown(tensor);
    }
    String name = prefix + parts.get(part) + kind;
    long multiple = architecture.rowsMultiple(part, config);
    if (Rows.count(tensor) % multiple != 0) {
      throw config.metadata.unusable(
          String.format(
              Locale.ROOT,
              "tensor %s has %d rows, which is no multiple of %d",
              Quoted.of(tensor.name()),
              Rows.count(tensor),
              multiple));
    }
    Rows rows = architecture.rows(part, tensor, config);
    Change change = architecture.change(name);
    if (rows.group() != rows.count() || rows.interleaved()) {
      requireWholeRows(tensor);
    }
    if (change == Change.TRANSPOSED
        && (tensor.shape().length != 2 || tensor.elements() > Integer.MAX_VALUE / 4)) {
      throw config.metadata.unusable(
          String.format(
              Locale.ROOT,
              "tensor %s is no matrix of at most %d elements",
              Quoted.of(tensor.name()),
              Integer.MAX_VALUE / 4));
    }
    weights.add(new GgufWeight(name, tensor, index, rows, change));
  }

  private static GgufWeight part(
      String name, GgufTensor tensor, int block, long first, long count) {
    return new GgufWeight(name, tensor, block, Rows.part(first, count), Change.NONE);
  }

  private void requireWholeRows(GgufTensor tensor) throws ModelFormatException {
    if (tensor.shape().length == 1 && tensor.type().quantised()) {
      throw config.metadata.unusable(
          "tensor %s has one dimension and type %s; supported: F32, F16, BF16"
              .formatted(Quoted.of(tensor.name()), tensor.type()));
    }
  }

  private ModelFormatException unknown(GgufTensor tensor) {
    return config.metadata.unusable(
        String.format(
            Locale.ROOT,
            "tensor %s is not one that a %s of %d blocks has",
            Quoted.of(tensor.name()),
            architecture.label(),
            config.blocks));
  }
}
