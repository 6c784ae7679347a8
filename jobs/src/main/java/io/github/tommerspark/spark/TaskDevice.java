package io.github.tommerspark.spark;

import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.engine.Torch;
import java.util.Locale;
import java.util.function.IntSupplier;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/**
 * The device that a task runs its models on: on the GPU that Spark assigned to it, if it did and a
 * GPU may be used.
 *
 * @param engine the options with the device's number filled in
 * @param assigned the assigned GPU's CUDA ordinal; null if Spark assigned none
 */
record TaskDevice(EngineOptions engine, Integer assigned) {

  /**
   * A Spark property for tests: {@code cpu} loads models on the CPU, whatever GPU a task was
   * assigned, and records the GPU that it would have used.
   */
  static final String TEST_PROPERTY = "spark.tommer.test.device";

  /**
   * A Spark property for tests: tokens of a forward call above which it fails as if the device were
   * out of memory.
   */
  static final String TEST_MEMORY_PROPERTY = "spark.tommer.test.memory-tokens";

  /**
   * A Spark property for tests and measurements: microseconds that a simulated device takes for
   * each forward call.
   */
  static final String TEST_CALL_PROPERTY = "spark.tommer.test.call-micros";

  /**
   * A Spark property for tests: which forward calls fail, as {@link
   * io.github.tommerspark.engine.InjectedFaults} has it; with {@code @ID} after it, on the executor
   * of that id only.
   */
  static final String TEST_FAULTS_PROPERTY = "spark.tommer.test.faults";

  private static final String GPU = "gpu";

  /** The device of the task that runs on this thread, or of a program without Spark. */
  static TaskDevice current(EngineOptions options) {
    SparkEnv env = SparkEnv.get();
    if (env == null) {
      return new TaskDevice(options, null);
    }
    int memory = env.conf().getInt(TEST_MEMORY_PROPERTY, options.provoked().memoryTokens());
    int micros = ExecutorModels.simulatedMicros(env.conf(), options);
    EngineOptions engine =
        options
            .withMemoryTokens(memory)
            .withCallMicros(micros)
            .withFaults(faults(env, options.provoked().faults()));
    TaskContext task = TaskContext.get();
    ResourceInformation gpu = task == null ? null : task.resourcesJMap().get(GPU);
    return gpu == null
        ? new TaskDevice(engine, null)
        : of(engine, gpu.addresses()[0], env.conf(), Torch.visibleDevices(), Torch::gpuCount);
  }

  private static String faults(SparkEnv env, String otherwise) {
    String[] parts = env.conf().get(TEST_FAULTS_PROPERTY, "").split("@", 2);
    boolean here = parts.length == 1 || parts[1].equals(env.executorId());
    return parts[0].isEmpty() ? otherwise : here ? parts[0] : null;
  }

  /**
   * The device of a task.
   *
   * @param address of the GPU that Spark assigned
   * @param conf the application's settings
   * @param visibleDevices the value of CUDA_VISIBLE_DEVICES; null if it is not set
   * @param gpuCount how many GPUs CUDA sees; asked only if a GPU may be used
   */
  static TaskDevice of(
      EngineOptions options,
      String address,
      SparkConf conf,
      String visibleDevices,
      IntSupplier gpuCount) {
    if (options.device() == DeviceChoice.CPU) {
      return new TaskDevice(options, null);
    }
    GpuAddressing addressing =
        GpuAddressing.parse(conf.get(GpuAddressing.PROPERTY, GpuAddressing.ORDINAL.label()));
    int ordinal = addressing.ordinal(address, visibleDevices, gpuCount.getAsInt());
    boolean test = conf.get(TEST_PROPERTY, "").equals("cpu");
    return new TaskDevice(
        test
            ? options.withDevice(DeviceChoice.CPU, ordinal)
            : options.withDevice(options.device(), ordinal),
        ordinal);
  }

  /**
   * Returns the description of a device for messages.
   *
   * @param loaded libtorch's name of the device that holds the models
   * @return that name, followed by the assigned GPU where it is another one
   */
  String describe(String loaded) {
    return assigned == null || loaded.equals("gpu(" + assigned + ")")
        ? loaded
        : String.format(Locale.ROOT, "%s (assigned: gpu(%d))", loaded, assigned);
  }

  /** Returns whether a GPU was assigned that the models could have used but did not. */
  boolean missed(String loaded) {
    return assigned != null
        && engine.device() != DeviceChoice.CPU
        && !loaded.equals("gpu(" + assigned + ")");
  }
}
