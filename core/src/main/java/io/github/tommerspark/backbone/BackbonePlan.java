package io.github.tommerspark.backbone;

import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.source.ModelDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint's backbone cut after a block: its config checked, its tensors found and their shapes
 * compared, but no weight read.
 */
public final class BackbonePlan {

  /** A weight and the tensor it is read from, which is null for weights that are not read. */
  record Resolved(Weight weight, @Nullable TensorInfo tensor) {

    /** The tensor of a weight that is read. */
    TensorInfo stored() {
      return Objects.requireNonNull(tensor, weight.kind()::name);
    }
  }

  private final ModelDirectory directory;
  private final BackboneSpec spec;
  private final int lastLayer;
  private final List<Resolved> weights;
  private final List<String> warnings;

  private BackbonePlan(
      ModelDirectory directory,
      BackboneSpec spec,
      int lastLayer,
      List<Resolved> weights,
      List<String> warnings) {
    this.directory = directory;
    this.spec = spec;
    this.lastLayer = lastLayer;
    this.weights = weights;
    this.warnings = warnings;
  }

  /**
   * Plans the backbone of a Hugging Face snapshot.
   *
   * @param directory the snapshot
   * @param checkpoint its weights, open
   * @param lastLayer index of the last block to run, from 0
   * @throws ModelFormatException if the config or a tensor is not what a supported family has, or
   *     if there is no such block
   * @throws IOException if a file cannot be read
   */
  public static BackbonePlan of(ModelDirectory directory, Checkpoint checkpoint, int lastLayer)
      throws IOException {
    BackboneConfig config = BackboneConfig.read(directory);
    List<String> warnings = ConfigKeys.check(config);
    BackboneSpec spec = Families.read(config);
    spec.requireLayer(lastLayer, directory.name());
    String prefix = prefix(directory, checkpoint, spec);
    List<Resolved> weights = new ArrayList<>();
    for (Weight weight : spec.weights(lastLayer)) {
      weights.add(
          new Resolved(
              weight,
              weight.name() == null ? null : tensor(directory, checkpoint, prefix, weight)));
    }
    return new BackbonePlan(directory, spec, lastLayer, weights, warnings);
  }

  private static String prefix(ModelDirectory directory, Checkpoint checkpoint, BackboneSpec spec)
      throws ModelFormatException {
    String first = spec.model().get(Slot.TOKEN_EMBEDDING).name();
    for (String prefix : spec.prefixes()) {
      if (checkpoint.names().contains(prefix + first)) {
        return prefix;
      }
    }
    throw new ModelFormatException(
        "Cannot read %s: its model_type is \"%s\", but there is no tensor %s"
            .formatted(
                directory.name(),
                spec.identity().family(),
                String.join(
                    " or ", spec.prefixes().stream().map(prefix -> prefix + first).toList())));
  }

  private static TensorInfo tensor(
      ModelDirectory directory, Checkpoint checkpoint, String prefix, Weight weight)
      throws IOException {
    String name = prefix + weight.name();
    // Checkpoints from before 2019 call a layer norm's scale and shift gamma and beta.
    String legacy =
        name.replace("LayerNorm.weight", "LayerNorm.gamma")
            .replace("LayerNorm.bias", "LayerNorm.beta");
    Optional<TensorInfo> legacyTensor =
        legacy.equals(name) ? Optional.empty() : checkpoint.find(legacy);
    TensorInfo tensor = legacyTensor.isPresent() ? legacyTensor.get() : checkpoint.tensor(name);
    if (!Arrays.equals(tensor.shape(), weight.shape())) {
      throw new ModelFormatException(
          "Cannot read %s/%s: tensor \"%s\" has shape %s, but config.json implies %s"
              .formatted(
                  directory.name(),
                  tensor.file(),
                  tensor.name(),
                  Arrays.toString(tensor.shape()),
                  Arrays.toString(weight.shape())));
    }
    if (tensor.dtype() != DType.F32
        && tensor.dtype() != DType.F16
        && tensor.dtype() != DType.BF16) {
      throw new ModelFormatException(
          "Cannot use %s/%s: tensor \"%s\" has type %s; supported: F32, F16, BF16"
              .formatted(directory.name(), tensor.file(), tensor.name(), tensor.dtype()));
    }
    return tensor;
  }

  BackboneSpec spec() {
    return spec;
  }

  List<Resolved> weights() {
    return weights;
  }

  /** The table of tokens. */
  TensorInfo tokenEmbedding() {
    return weights.get(Slot.TOKEN_EMBEDDING.ordinal()).stored();
  }

  /** The snapshot. */
  public ModelDirectory directory() {
    return directory;
  }

  /** Index of the last block that runs, from 0. */
  public int lastLayer() {
    return lastLayer;
  }

  /** Number of blocks of the whole model. */
  public int layers() {
    return spec.sizes().layers();
  }

  /** The value of model_type. */
  public String family() {
    return spec.identity().family();
  }

  /** Returns the name that config.json gives the model, or "" where it does not. */
  public String nameOrPath() {
    return spec.identity().nameOrPath();
  }

  /** Width of the hidden states. */
  public int hiddenSize() {
    return spec.sizes().width();
  }

  /** Returns whether a token's state depends only on what is before it. */
  public boolean causal() {
    return spec.forward().attention().causal();
  }

  /** Number of token ids, which are 0 to this minus 1. */
  public int vocabularySize() {
    return spec.sizes().vocabulary();
  }

  /** Longest sequence the backbone was made for, in tokens including specials. */
  public int maxPositions() {
    return spec.positions().max();
  }

  /** Returns whether longer sequences are impossible, since each position has a learned vector. */
  public boolean learnedPositions() {
    return spec.positions().learned();
  }

  /** Id of the beginning-of-sequence token, where config.json names one. */
  public OptionalInt bosTokenId() {
    return spec.identity().bosTokenId();
  }

  /** Remarks worth showing to the user, one line each. */
  public List<String> warnings() {
    return warnings;
  }

  /** The tensors that loading reads, in a fixed order, each once. */
  public Set<TensorInfo> tensors() {
    Set<TensorInfo> tensors = new LinkedHashSet<>();
    weights.forEach(
        weight -> {
          if (weight.tensor() != null) {
            tensors.add(weight.tensor());
          }
        });
    return tensors;
  }

  /** Bytes of {@link #tensors()} in the file. */
  public long bytes() {
    return tensors().stream().mapToLong(TensorInfo::byteSize).sum();
  }

  /** Number of parameters in {@link #tensors()}. */
  public long parameters() {
    return tensors().stream().mapToLong(TensorInfo::elements).sum();
  }

  /**
   * Floating-point operations of the blocks' products for a token: a multiplication and an addition
   * per parameter of a matrix. Embeddings are looked up, not multiplied.
   */
  public double productFlops() {
    return products().mapToDouble(i -> 2.0 * weights.get(i).stored().elements()).sum();
  }

  /** Returns the places of the last block's matrices among the weights. */
  List<Integer> lastBlockProducts() {
    return products().filter(i -> i >= Slot.firstOf(lastLayer)).boxed().toList();
  }

  private IntStream products() {
    return IntStream.range(0, weights.size())
        .filter(
            i -> {
              Weight weight = weights.get(i).weight();
              return weight.shape().length == 2
                  && (weight.kind() == Weight.Kind.LINEAR
                      || weight.kind() == Weight.Kind.TRANSPOSED);
            });
  }

  /**
   * Floating-point operations of attention for a token, on the mean of a sequence: products of
   * queries and keys, and of weights and values, for keys that it may look at only.
   *
   * @param length of the sequence, in tokens
   */
  public double attentionFlops(int length) {
    Attention attention = spec.forward().attention();
    double keys = 0;
    for (int layer = 0; layer <= lastLayer; layer++) {
      int window = attention.windows().get(layer);
      double most = attention.causal() ? (length + 1) / 2.0 : length;
      double seen = attention.causal() ? window : 2.0 * window + 1;
      keys += window == 0 ? most : Math.min(most, seen);
    }
    return 4.0 * attention.heads().queryWidth() * keys;
  }
}
