package io.github.tommerspark.engine;

import static io.github.tommerspark.engine.ComputeType.BF16;
import static io.github.tommerspark.engine.ComputeType.FP32;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.engine.StandardCapabilities;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** libtorch in this JVM: started once, on first use, with threads and memory set for inference. */
public final class Torch {
  private static final Logger LOG = LoggerFactory.getLogger(Torch.class);

  private static final String THREADS = "ai.djl.pytorch.num_threads";
  private static final String INTEROP_THREADS = "ai.djl.pytorch.num_interop_threads";

  // mallopt parameters of glibc, malloc.h.
  private static final int M_TRIM_THRESHOLD = -1;
  private static final int M_MMAP_THRESHOLD = -3;

  private static final Object START = new Object();
  private static volatile boolean started;
  private static int gpuCount;
  private static boolean oneDnn;
  private static String library = "";
  private static boolean builtForCuda;

  private Torch() {}

  /**
   * Sets how many threads one forward call may use. Has no effect after the first model was loaded,
   * since libtorch reads it once, nor when the system property {@code ai.djl.pytorch.num_threads}
   * is set already.
   *
   * @param threads threads of one call; calls running at once, times this, should not exceed the
   *     cores, or the calls wait for each other busily
   * @throws IllegalArgumentException if threads is below 1
   */
  public static void useThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("At least one thread is needed, but got " + threads);
    }
    synchronized (START) {
      if (System.getProperty(THREADS) == null) {
        System.setProperty(THREADS, Integer.toString(threads));
      }
    }
  }

  /**
   * The device that was chosen.
   *
   * @throws IllegalStateException if a GPU was asked for and libtorch sees none of that number
   */
  public static Device device(EngineOptions options) {
    start();
    int gpus = gpuCount;
    return switch (options.device()) {
      case CPU -> Device.cpu();
      case AUTO ->
          options.deviceOrdinal() < gpus ? Device.gpu(options.deviceOrdinal()) : Device.cpu();
      case GPU -> {
        if (options.deviceOrdinal() >= gpus) {
          throw new IllegalStateException(
              String.format(
                  Locale.ROOT,
                  "Cannot use GPU %d: %s sees %s, and CUDA_VISIBLE_DEVICES is %s; use ‹device› cpu, or give this JVM a CUDA build of libtorch and a visible GPU",
                  options.deviceOrdinal(),
                  library(),
                  gpus == 0 ? "no GPU" : gpus + " GPU(s), counted from 0",
                  visibleDevices() == null ? "not set" : "\"" + visibleDevices() + "\""));
        }
        yield Device.gpu(options.deviceOrdinal());
      }
    };
  }

  /** GPUs that libtorch sees, starting it if need be; 0 for a build without CUDA. */
  public static int gpuCount() {
    start();
    return gpuCount;
  }

  /** Returns whether the loaded libtorch is a build for CUDA, starting it if need be. */
  public static boolean builtForCuda() {
    start();
    return builtForCuda;
  }

  /** Threads of one call, starting libtorch if need be. */
  public static int threads() {
    start();
    return Integer.getInteger(THREADS, Runtime.getRuntime().availableProcessors());
  }

  /** Version and place of the loaded libtorch, starting it if need be. */
  public static String library() {
    start();
    return library;
  }

  /** Calls that may run on the processors at once without waiting for each other busily. */
  static int callsPerMachine() {
    int processors = Runtime.getRuntime().availableProcessors();
    // Left alone, libtorch gives every call all processors.
    return Math.max(1, processors / Math.max(1, Integer.getInteger(THREADS, processors)));
  }

  /** The value of CUDA_VISIBLE_DEVICES, by which CUDA hides and renumbers GPUs; null if not set. */
  public static @Nullable String visibleDevices() {
    return System.getenv("CUDA_VISIBLE_DEVICES");
  }

  /** Ways in which a GPU may compute the attention of a packed batch. */
  public enum GpuAttention {
    /** One call of FlashAttention for all sequences, which knows neither fp32 nor a soft cap. */
    VARLEN(List.of("linear", "attention_varlen")),
    /** A call for each length of sequences, or for lengths that are nearly the same. */
    BLOCKS(List.of("linear", "attention_blocks", "attention_fused"));

    // Of FlashAttention.
    private static final int MAX_HEAD_DIM = 256;
    private static final int HEAD_DIM_STEP = 8;

    private final List<String> sources;

    GpuAttention(List<String> sources) {
      this.sources = sources;
    }

    /** The name in lower case. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Names of the sources of products and attention. */
    public List<String> sources() {
      return sources;
    }

    /**
     * Returns whether it can compute a backbone in 16 bits.
     *
     * @param headDim dimensions of a head
     * @param softCap bound of the scores; 0 for none
     */
    public boolean suits(int headDim, double softCap) {
      if (this == BLOCKS) {
        return true;
      }
      return softCap == 0 && headDim % HEAD_DIM_STEP == 0 && headDim <= MAX_HEAD_DIM;
    }
  }

  /**
   * Products and attention of a module.
   *
   * @param sources names of the sources with {@code linear} and {@code attend}
   * @param attributes what these sources read of the module
   */
  public record Kernels(List<String> sources, Map<String, Object> attributes) {
    private Kernels(List<String> sources) {
      this(sources, Map.of());
    }
  }

  /**
   * Returns the fastest {@code linear} and {@code attend} on a device, for products of a type. On a
   * CPU types that it does not multiply by itself are widened; builds of libtorch for other
   * processors may be without oneDNN.
   *
   * @param dtype type of the products; not AUTO
   * @param headDim dimensions of a head
   * @param softCap bound of the scores; 0 for none
   */
  public static Kernels kernels(Device device, ComputeType dtype, int headDim, double softCap) {
    start();
    if (device.isGpu()) {
      boolean varlen =
          dtype != FP32
              && GpuAttention.VARLEN.suits(headDim, softCap)
              && FlashAttention.worksOn(device);
      return new Kernels((varlen ? GpuAttention.VARLEN : GpuAttention.BLOCKS).sources());
    }
    if (oneDnn && (dtype == FP32 || dtype == BF16 && OneDnnBfloat16.SUPPORTED)) {
      return new Kernels(
          List.of("linear_onednn", "attention_blocks", "attention_tiled"),
          Map.of("outruns_mkl", Processor.outrunsMkl()));
    }
    return new Kernels(
        dtype == FP32
            ? List.of("linear", "attention_blocks", "attention_fused")
            : List.of("linear_widened", "attention_blocks", "attention_widened"));
  }

  /**
   * Says whether FlashAttention of packed sequences works on a device: older GPUs and some builds
   * of libtorch are without. Asked once for each device, by comparing it with plain attention.
   */
  private static final class FlashAttention {
    private static final Map<Device, Boolean> WORKS = new ConcurrentHashMap<>();
    private static final double TOLERANCE = 0.05;

    static boolean worksOn(Device device) {
      return WORKS.computeIfAbsent(device, FlashAttention::tried);
    }

    private static boolean tried(Device device) {
      try (ScriptModule module = ScriptModule.load(List.of("flash_attention"), Map.of(), device);
          PtNDManager call = module.newCallManager()) {
        float[] difference =
            module.runTensor(call, "difference", IValue.from(module.gpu())).toFloatArray();
        if (difference[0] < TOLERANCE) {
          return true;
        }
        LOG.warn(
            "FlashAttention on {} is off by {}; attention takes more calls here",
            device,
            difference[0]);
      } catch (EngineException e) {
        LOG.info(
            "No FlashAttention on {} ({}); attention takes more calls here",
            device,
            String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
      }
      return false;
    }
  }

  /**
   * Says whether oneDNN has products of bfloat16 for this processor; it is asked once, when the
   * first model in bfloat16 is loaded.
   */
  private static final class OneDnnBfloat16 {
    static final boolean SUPPORTED = supported();

    private static boolean supported() {
      try (ScriptModule module =
              ScriptModule.load(List.of("onednn_bfloat16"), Map.of(), Device.cpu());
          IValue supported = module.run("supports_bfloat16")) {
        return supported.toBoolean();
      }
    }
  }

  /** A manager of native memory on that device; everything it holds goes when it is closed. */
  static PtNDManager newManager(Device device) {
    start();
    return (PtNDManager) NDManager.newBaseManager(device, "PyTorch");
  }

  /**
   * Switches the profiling graph executor off for this thread: it would compile anew for every
   * length of a batch.
   */
  static void prepareThread() {
    JniUtils.setGraphExecutorOptimize(false);
  }

  private static void start() {
    if (started) {
      return;
    }
    synchronized (START) {
      if (started) {
        return;
      }
      keepMemory();
      if (System.getProperty(INTEROP_THREADS) == null) {
        // The sources have no parallel branches.
        System.setProperty(INTEROP_THREADS, "1");
      }
      System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
      NativeLibraries.load(() -> Engine.getEngine("PyTorch"));
      Engine engine = Engine.getEngine("PyTorch");
      // A CPU build of libtorch sees no GPU, whatever the machine has.
      builtForCuda = engine.hasCapability(StandardCapabilities.CUDA);
      gpuCount = builtForCuda ? engine.getGpuCount() : 0;
      oneDnn = engine.hasCapability(StandardCapabilities.MKLDNN);
      library = "libtorch %s in %s".formatted(LibUtils.getVersion(), LibUtils.getLibtorchPath());
      LOG.debug("{} started, {} GPU(s)", library, gpuCount);
      started = true;
    }
  }

  /**
   * Tells glibc to keep freed memory. By default every large temporary tensor is mapped and
   * unmapped anew, and the page faults cost more than the arithmetic.
   */
  private static void keepMemory() {
    if (!Platform.isLinux() || System.getenv("MALLOC_MMAP_THRESHOLD_") != null) {
      return;
    }
    try {
      NativeLibrary libc = NativeLibrary.getInstance(Platform.C_LIBRARY_NAME);
      Object[] keepBlocks = {M_MMAP_THRESHOLD, 1 << 30};
      Object[] keepTop = {M_TRIM_THRESHOLD, Integer.MAX_VALUE};
      int kept =
          libc.getFunction("mallopt").invokeInt(keepBlocks)
              & libc.getFunction("mallopt").invokeInt(keepTop);
      if (kept != 1) {
        LOG.debug("malloc of this system does not take thresholds; {}", Native.VERSION);
      }
    } catch (LinkageError e) {
      LOG.debug("No mallopt here; memory settings stay as they are", e);
    }
  }
}
