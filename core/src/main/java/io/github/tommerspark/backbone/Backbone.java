package io.github.tommerspark.backbone;

import ai.djl.Device;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.github.tommerspark.backbone.BackbonePlan.Resolved;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.FloatConversion;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.engine.Cancellation;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.Processor;
import io.github.tommerspark.engine.ScriptModule;
import io.github.tommerspark.engine.Torch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A truncated language model in native memory. Weights that are stored in the type of the products
 * are views of the file on a CPU, where that may be mapped; all others are copied once, a part at a
 * time.
 */
public final class Backbone implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Backbone.class);

  private static final List<String> COMMON = List.of("packed", "common", "attention", "products");

  /** Small enough that a part is still in the processor's cache when it is converted. */
  private static final int STAGING_FLOATS = 1 << 20;

  private static final int MIN_ROUNDS = 4;
  private static final long MEASURED_NANOS = 1_000_000_000L;

  // c10::ScalarType
  private static final long UINT8 = 0;
  private static final long HALF = 5;
  private static final long FLOAT = 6;
  private static final long BFLOAT16 = 15;

  private final BackbonePlan plan;
  private final ScriptModule module;
  private final ComputeType dtype;
  private final PtNDArray[] arrays;
  private final IValue weights;

  private Backbone(BackbonePlan plan, ScriptModule module, ComputeType dtype, PtNDArray[] arrays) {
    this.plan = plan;
    this.module = module;
    this.dtype = dtype;
    this.arrays = arrays;
    this.weights = IValue.listFrom(arrays);
  }

  /**
   * Reads the weights.
   *
   * @param plan what to load
   * @param checkpoint the plan's weights; may be closed afterwards
   * @param dtype type of the products; not AUTO
   * @param device where to run
   * @param sources further sources whose methods the module is to have
   * @throws IOException if a tensor cannot be read, or has a value that is not finite in the type
   *     of the products
   */
  public static Backbone load(
      BackbonePlan plan,
      Checkpoint checkpoint,
      ComputeType dtype,
      Device device,
      List<String> sources)
      throws IOException {
    Forward forward = plan.spec().forward();
    Torch.Kernels kernels =
        Torch.kernels(
            device, dtype, forward.attention().heads().width(), forward.attention().softCap());
    Map<String, Object> attributes = new LinkedHashMap<>(forward.attributes());
    attributes.putAll(kernels.attributes());
    ScriptModule module =
        ScriptModule.load(sources(forward, kernels.sources(), sources), attributes, device);
    try (ScriptModule loader = ScriptModule.load(List.of("weights"), Map.of(), device)) {
      Map<TensorInfo, PtNDArray> loaded = new HashMap<>();
      Loader reader = new Loader(checkpoint, module, loader, dtype, staging());
      PtNDArray[] arrays = new PtNDArray[plan.weights().size()];
      for (int i = 0; i < arrays.length; i++) {
        Resolved weight = plan.weights().get(i);
        PtNDArray array = weight.tensor() == null ? null : loaded.get(weight.tensor());
        if (array == null) {
          array = reader.read(weight);
          if (weight.tensor() != null) {
            loaded.put(weight.tensor(), array);
          }
        }
        arrays[i] = array;
      }
      if (dtype == ComputeType.BF16 && !device.isGpu() && !Processor.hasBfloat16()) {
        LOG.warn("bf16 is slower than fp32 here: this processor has no instructions for it");
      }
      return new Backbone(plan, module, dtype, arrays);
    } catch (IOException | RuntimeException e) {
      module.close();
      throw e;
    }
  }

  /** Names of the sources of a backbone's module, in their order. */
  static List<String> sources(Forward forward, List<String> kernels, List<String> further) {
    List<String> all = new ArrayList<>(COMMON);
    all.addAll(kernels);
    all.add(forward.script().source());
    all.addAll(further);
    return all;
  }

  /** A backbone on the CPU whose weights are all empty: for whoever only looks at its script. */
  static Backbone withoutWeights(BackbonePlan plan, List<String> sources) {
    List<String> kernels = Torch.GpuAttention.BLOCKS.sources();
    ScriptModule module =
        ScriptModule.load(
            sources(plan.spec().forward(), kernels, sources),
            plan.spec().forward().attributes(),
            Device.cpu());
    PtNDArray[] arrays = new PtNDArray[plan.weights().size()];
    Arrays.setAll(arrays, i -> module.floats(module.manager(), new float[0], 0));
    return new Backbone(plan, module, ComputeType.FP32, arrays);
  }

  /** Returns the plan of what was loaded. */
  public BackbonePlan plan() {
    return plan;
  }

  /** The module with the methods {@code hidden} and those of the further sources. */
  public ScriptModule module() {
    return module;
  }

  /** The type of the products. */
  public ComputeType dtype() {
    return dtype;
  }

  /** The weights, as the module's methods take them; owned by this backbone. */
  public IValue weights() {
    return weights;
  }

  /**
   * Hidden states of a packed batch.
   *
   * @param ids token ids of all sequences, one after the other
   * @param groups (count, length) pairs in the same order
   * @param layers indices of blocks, ascending, at most {@link BackbonePlan#lastLayer()}
   * @return per layer the output of that block, float32 (tokens × width), row-major
   */
  public List<float[]> hiddenStates(long[] ids, long[] groups, long... layers) {
    return taps(ids, groups, layers, PtNDArray::toFloatArray);
  }

  /**
   * Hidden states of a packed batch as bytes.
   *
   * @param ids token ids of all sequences, one after the other
   * @param groups (count, length) pairs in the same order
   * @param layers indices of blocks, ascending, at most {@link BackbonePlan#lastLayer()}
   * @return per layer the output of that block, float32 in native byte order (tokens × width),
   *     row-major
   */
  public List<ByteBuffer> hiddenBytes(long[] ids, long[] groups, long... layers) {
    return taps(ids, groups, layers, tap -> tap.toByteBuffer(false));
  }

  private <T> List<T> taps(
      long[] ids, long[] groups, long[] layers, Function<PtNDArray, T> reader) {
    try (PtNDManager call = module.newCallManager();
        IValue idsValue = IValue.from(module.longs(call, ids, ids.length));
        IValue groupsValue = IValue.listFrom(groups);
        IValue layersValue = IValue.listFrom(layers);
        IValue result =
            module.run(
                "hidden", idsValue, groupsValue, layersValue, weights, Cancellation.stop())) {
      List<T> states = new ArrayList<>();
      for (PtNDArray tap : result.toTensorArray(call)) {
        states.add(reader.apply(tap));
      }
      return states;
    }
  }

  /**
   * Measures how fast this device computes the products of a block, and nothing else: through the
   * same library, in the same type, with this backbone's own weights.
   *
   * @param rows tokens that are multiplied at once
   * @param calls how many calls run at the same time, each on a thread of its own
   * @return floating-point operations per second of all calls together, the best of some rounds
   */
  public double peakFlops(int rows, int calls) {
    List<PtNDArray> matrices = plan.lastBlockProducts().stream().map(i -> arrays[i]).toList();
    double flops =
        plan.lastBlockProducts().stream()
            .mapToDouble(i -> 2.0 * rows * plan.weights().get(i).stored().elements())
            .sum();
    ExecutorService threads = Executors.newFixedThreadPool(calls);
    try (PtNDManager owner = module.newCallManager();
        IValue weightList = IValue.listFrom(matrices.toArray(PtNDArray[]::new));
        IValue inputs =
            IValue.listFrom(
                matrices.stream()
                    .map(
                        weight ->
                            module.runTensor(
                                owner, "noise", IValue.from((long) rows), IValue.from(weight)))
                    .toArray(PtNDArray[]::new))) {
      Callable<Void> call =
          () -> {
            try (PtNDManager result = module.newCallManager();
                IValue last = module.run("products", inputs, weightList)) {
              // Waits for a GPU.
              last.toTensor(result).toFloatArray();
            }
            return null;
          };
      double best = 0;
      long begin = System.nanoTime();
      for (int round = 0;
          round < MIN_ROUNDS || System.nanoTime() - begin < MEASURED_NANOS;
          round++) {
        long start = System.nanoTime();
        for (Future<Void> done : threads.invokeAll(Collections.nCopies(calls, call))) {
          done.get();
        }
        best = Math.max(best, flops * calls / ((System.nanoTime() - start) / 1e9));
      }
      return best;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while measuring", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("Cannot measure the products of a block", e.getCause());
    } finally {
      threads.shutdown();
    }
  }

  @Override
  public void close() {
    weights.close();
    module.close();
  }

  // One for all weights: direct buffers stay until the collector runs, which a load does not start.
  private static ByteBuffer staging() {
    return ByteBuffer.allocateDirect(Float.BYTES * STAGING_FLOATS).order(ByteOrder.nativeOrder());
  }

  /** Brings weights from a checkpoint into the module's memory. */
  private record Loader(
      Checkpoint checkpoint,
      ScriptModule module,
      ScriptModule loader,
      ComputeType dtype,
      ByteBuffer staging) {

    PtNDArray read(Resolved resolved) throws IOException {
      Weight weight = resolved.weight();
      return switch (weight.kind()) {
        case ABSENT -> module.floats(module.manager(), new float[0], 0);
        case TABLE ->
            module.floats(
                module.manager(), Objects.requireNonNull(weight.values()), weight.shape());
        case NORM -> module.floats(module.manager(), finite(resolved.stored()), weight.shape());
        case NORM_OFFSET -> {
          float[] scale = finite(resolved.stored());
          for (int i = 0; i < scale.length; i++) {
            scale[i] += 1;
          }
          yield module.floats(module.manager(), scale, weight.shape());
        }
        case EMBEDDING -> finiteMatrix(resolved.stored(), embeddingType(resolved.stored()));
        case LINEAR -> finiteMatrix(resolved.stored(), computeType());
        case TRANSPOSED ->
            loader.runTensor(
                module.manager(),
                "transposed",
                IValue.from(finiteMatrix(resolved.stored(), computeType())));
      };
    }

    private float[] finite(TensorInfo tensor) throws IOException {
      float[] values = checkpoint.floats(tensor);
      if (!FloatConversion.allFinite(values)) {
        throw notFinite(tensor);
      }
      return values;
    }

    private PtNDArray finiteMatrix(TensorInfo tensor, long type) throws IOException {
      PtNDArray weight = matrix(tensor, type);
      try (IValue argument = IValue.from(weight);
          IValue finite = loader.run("finite", argument)) {
        if (!finite.toBoolean()) {
          throw notFinite(tensor);
        }
        return weight;
      }
    }

    private ModelFormatException notFinite(TensorInfo tensor) {
      return new ModelFormatException(
          "Cannot use %s: tensor %s has values that are not finite in %s; %s"
              .formatted(
                  tensor.file(),
                  tensor.name(),
                  dtype.label(),
                  dtype == ComputeType.FP16 && tensor.dtype() != DType.F16
                      ? "they may be too large for fp16: use ‹dtype› bf16 or fp32"
                      : "download or convert the model again"));
    }

    private long computeType() {
      return switch (dtype) {
        case BF16 -> BFLOAT16;
        case FP16 -> HALF;
        default -> FLOAT;
      };
    }

    /** Rows are looked up and widened, so 16-bit tables may stay as they are stored. */
    private long embeddingType(TensorInfo tensor) {
      return tensor.dtype() == DType.F32 ? computeType() : storedType(tensor);
    }

    private static long storedType(TensorInfo tensor) {
      return switch (tensor.dtype()) {
        case BF16 -> BFLOAT16;
        case F16 -> HALF;
        default -> FLOAT;
      };
    }

    private PtNDArray matrix(TensorInfo tensor, long type) throws IOException {
      if (type == storedType(tensor) && !module.device().isGpu()) {
        Optional<ByteBuffer> mapped = checkpoint.map(tensor);
        if (mapped.isPresent()) {
          // As bytes, since the binding knows no bf16.
          return loader.runTensor(
              module.manager(),
              "stored",
              IValue.from(module.bytes(module.manager(), mapped.get())),
              IValue.from(type),
              IValue.from(tensor.elements()),
              IValue.listFrom(tensor.shape()));
        }
        return stored(tensor, type);
      }
      return copy(tensor, type);
    }

    /** A copy of what is stored, in the same type. */
    private PtNDArray stored(TensorInfo tensor, long type) throws IOException {
      PtNDArray bytes =
          loader.runTensor(
              module.manager(),
              "allocate",
              IValue.listFrom(new long[] {tensor.byteSize()}),
              IValue.from(UINT8),
              IValue.from(module.gpu()));
      ByteBuffer part = staging.duplicate();
      for (long first = 0; first < tensor.byteSize(); first += part.capacity()) {
        part.clear().limit((int) Math.min(part.capacity(), tensor.byteSize() - first));
        checkpoint.readRaw(tensor, first, part);
        try (PtNDManager call = module.newCallManager()) {
          PtNDArray source = module.bytes(call, part.flip());
          loader.runTensor(
              call, "fill", IValue.from(bytes), IValue.from(first), IValue.from(source));
        }
      }
      return loader.runTensor(
          module.manager(),
          "stored",
          IValue.from(bytes),
          IValue.from(type),
          IValue.from(tensor.elements()),
          IValue.listFrom(tensor.shape()));
    }

    private PtNDArray copy(TensorInfo tensor, long type) throws IOException {
      PtNDArray weight =
          loader.runTensor(
              module.manager(),
              "allocate",
              IValue.listFrom(tensor.shape()),
              IValue.from(type),
              IValue.from(module.gpu()));
      for (long first = 0; first < tensor.elements(); first += STAGING_FLOATS) {
        int count = (int) Math.min(STAGING_FLOATS, tensor.elements() - first);
        staging.limit(Float.BYTES * count);
        checkpoint.readFloats(tensor, first, staging.asFloatBuffer());
        try (PtNDManager call = module.newCallManager()) {
          PtNDArray source = module.view(call, staging, count);
          loader.runTensor(
              call, "fill", IValue.from(weight), IValue.from(first), IValue.from(source));
        }
      }
      return weight;
    }
  }
}
