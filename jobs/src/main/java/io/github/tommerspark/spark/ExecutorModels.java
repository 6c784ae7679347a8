package io.github.tommerspark.spark;

import io.github.tommerspark.detect.LoadReport;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.WorkReport;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.engine.Torch;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of this JVM: one detector per list of model specs, engine options and device, loaded
 * by the first task that asks for it while others wait, and shared by all tasks after that. The
 * device is the one that Spark assigned to the task.
 *
 * <p>In local mode the driver is the executor, and this is its holder too.
 *
 * <p>A detector is never closed: tasks of other jobs may be using it, and freeing native memory
 * while a task thread is inside a forward call would crash the JVM. The memory goes with the
 * process. A load that fails is not remembered, so that a retried task tries again.
 */
public final class ExecutorModels {

  private static final Logger LOG = LoggerFactory.getLogger(ExecutorModels.class);

  private static final ConcurrentHashMap<Key, Slot> SLOTS = new ConcurrentHashMap<>();

  private ExecutorModels() {}

  /**
   * The detector for these models, loading it if this JVM has none yet.
   *
   * @param models what to load
   * @param options how to run it
   * @return the shared detector and what it took to load; never to be closed by the caller
   * @throws IOException if a model cannot be read
   * @throws IllegalStateException if a GPU was asked for and this task has none that can be used
   */
  public static Loaded get(List<ModelSpec> models, EngineOptions options) throws IOException {
    EngineSetup.apply();
    TaskDevice device = TaskDevice.current(options);
    return SLOTS
        .computeIfAbsent(new Key(List.copyOf(models), device.engine()), Slot::new)
        .get(device);
  }

  /**
   * How long the forward calls of an application are simulated to take.
   *
   * @param options where its settings say nothing
   * @return microseconds; 0 if they are computed
   */
  public static int simulatedMicros(SparkConf conf, EngineOptions options) {
    return conf.getInt(TaskDevice.TEST_CALL_PROPERTY, options.callMicros());
  }

  /** What all detectors of this JVM did since it started. */
  public static WorkReport work() {
    return SLOTS.values().stream().map(Slot::work).reduce(WorkReport.NONE, WorkReport::plus);
  }

  /**
   * A detector of this JVM.
   *
   * @param detector shared by all tasks
   * @param loads how often this JVM has loaded these models; 1 unless something is wrong
   * @param seconds what loading took, the start of the engine included
   * @param device where the models are, such as {@code cpu} or {@code gpu(0)}, and the GPU that
   *     Spark assigned if it is another
   */
  public record Loaded(MentionDetector detector, int loads, double seconds, String device) {}

  private record Key(List<ModelSpec> models, EngineOptions options) {}

  private static final class Slot {

    private final Key key;
    private volatile Loaded loaded;
    private int loads;

    Slot(Key key) {
      this.key = key;
    }

    Loaded get(TaskDevice device) throws IOException {
      Loaded present = loaded;
      return present != null ? present : load(device);
    }

    WorkReport work() {
      Loaded present = loaded;
      return present == null ? WorkReport.NONE : present.detector().work();
    }

    private synchronized Loaded load(TaskDevice device) throws IOException {
      if (loaded == null) {
        long begin = System.nanoTime();
        MentionDetector detector = MentionDetector.load(key.models(), key.options());
        long took = System.nanoTime() - begin;
        ExecutorCounts.LOAD_NANOS.add(took);
        double seconds = took / 1e9;
        loads++;
        LOG.info(
            "Executor {} loaded {} in {} s: {}",
            SparkEnv.get() == null ? "none" : SparkEnv.get().executorId(),
            key.models().stream().map(ModelSpec::name).collect(Collectors.joining(", ")),
            "%.2f".formatted(seconds),
            detector.loadReports().stream()
                .map(ExecutorModels::describe)
                .collect(Collectors.joining("; ")));
        String place = detector.loadReports().get(0).device();
        if (device.missed(place)) {
          LOG.warn(
              "Spark assigned GPU {}, but the models run on the CPU: {} sees {} GPU(s); --device gpu makes this an error",
              device.assigned(),
              Torch.library(),
              Torch.gpuCount());
        }
        loaded = new Loaded(detector, loads, seconds, device.describe(place));
      }
      return loaded;
    }
  }

  private static String describe(LoadReport report) {
    return "%s on %s in %s, %.1f MB"
        .formatted(report.backbone(), report.device(), report.dtype(), report.bytesRead() / 1e6);
  }
}
