package io.github.tommerspark.spark;

import ai.djl.engine.EngineException;
import io.github.tommerspark.detect.LoadReport;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.WorkReport;
import io.github.tommerspark.engine.DeviceFailedException;
import io.github.tommerspark.engine.DeviceHealth;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.engine.Torch;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of this JVM: one detector per list of models, engine options and device, loaded by the
 * first task that asks for it while others wait, and shared by all tasks after that, whatever their
 * decoders and thresholds. The device is the one that Spark assigned to the task.
 *
 * <p>In local mode the driver is the executor, and this is its holder too.
 *
 * <p>A detector is closed when no task has used it for {@value #IDLE_MINUTES} minutes, or when the
 * memory of a device does not suffice to load another beside it. Never while a task uses it:
 * freeing native memory under a forward call would crash the JVM. A load that fails is not
 * remembered, so that a retried task tries again.
 */
public final class ExecutorModels {

  private static final Logger LOG = LoggerFactory.getLogger(ExecutorModels.class);

  private static final int FAILED_SECONDS = 20;

  static final int IDLE_MINUTES = 10;

  private static final ConcurrentHashMap<Key, Slot> SLOTS = new ConcurrentHashMap<>();

  /** The work of detectors that are closed. */
  private static WorkReport past = WorkReport.NONE;

  static {
    Thread thread = new Thread(ExecutorModels::closeNowAndThen, "tommer-idle-models");
    thread.setDaemon(true);
    thread.start();
  }

  private ExecutorModels() {}

  /**
   * The detector for these models, loading it if this JVM has none yet.
   *
   * @param models what to load
   * @param options how to run it
   * @return the shared detector and what it took to load; not to be closed by the caller, and not
   *     to be used after its task
   * @throws IOException if a model cannot be read
   * @throws IllegalStateException if a GPU was asked for and this task has none that can be used
   * @throws DeviceFailedException if the device failed in this JVM
   */
  public static Loaded get(List<ModelSpec> models, EngineOptions options) throws IOException {
    EngineSetup.apply();
    TaskDevice device = TaskDevice.current(options);
    requireDevice(device.engine());
    Key key = new Key(models.stream().map(ModelSpec::withoutDecoder).toList(), device.engine());
    while (true) {
      Slot slot = SLOTS.computeIfAbsent(key, Slot::new);
      if (slot.enter()) {
        try {
          return slot.get(device).using(models);
        } finally {
          TaskContext task = TaskContext.get();
          if (task == null) {
            // The driver's own look at a model.
            slot.leave();
          } else {
            task.addTaskCompletionListener((TaskCompletionListener) ended -> slot.leave());
          }
        }
      }
    }
  }

  private static void closeNowAndThen() {
    try {
      while (true) {
        TimeUnit.MINUTES.sleep(1);
        closeUnused(TimeUnit.MINUTES.toNanos(IDLE_MINUTES));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Closes the detectors that no task uses, nor has for that long. */
  static void closeUnused(long nanos) {
    for (Slot slot : SLOTS.values()) {
      slot.closeIfUnused(nanos);
    }
  }

  /** Detectors that are loaded. */
  static long count() {
    return SLOTS.values().stream().filter(slot -> slot.loaded != null).count();
  }

  /**
   * Makes sure that the device may be used. An executor whose device failed would fail the tasks
   * that it is given at once, and so get all there are: it takes its time, in which others take
   * them, and {@link FailedDevices} ends it.
   */
  private static void requireDevice(EngineOptions options) {
    try {
      DeviceHealth.require(Torch.device(options));
    } catch (DeviceFailedException e) {
      if (TaskContext.get() != null && !SparkEnv.get().executorId().equals("driver")) {
        try {
          TimeUnit.SECONDS.sleep(FAILED_SECONDS);
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
        }
      }
      throw e;
    }
  }

  /**
   * Returns the simulated time of the forward calls of an application.
   *
   * @param options where its settings say nothing
   * @return microseconds; 0 if they are computed
   */
  public static int simulatedMicros(SparkConf conf, EngineOptions options) {
    return conf.getInt(TaskDevice.TEST_CALL_PROPERTY, options.provoked().callMicros());
  }

  /** Returns the work of all detectors of this JVM since it started. */
  public static synchronized WorkReport work() {
    return SLOTS.values().stream().map(Slot::work).reduce(past, WorkReport::plus);
  }

  private static synchronized void forget(Slot slot) {
    past = past.plus(slot.work());
    SLOTS.remove(slot.key, slot);
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
  public record Loaded(MentionDetector detector, int loads, double seconds, String device) {

    private Loaded using(List<ModelSpec> models) throws IOException {
      return new Loaded(detector.using(models), loads, seconds, device);
    }
  }

  private record Key(List<ModelSpec> models, EngineOptions options) {}

  private static final class Slot {

    private final Key key;

    /** Held while loading, when others are to see that the slot is in use. */
    private final Object loading = new Object();

    private volatile Loaded loaded;
    private int loads;
    private int users;
    private long left;
    private boolean closed;

    Slot(Key key) {
      this.key = key;
    }

    /** Enters it, to be left again; returns false if it is closed. */
    synchronized boolean enter() {
      if (closed) {
        return false;
      }
      users++;
      return true;
    }

    synchronized void leave() {
      users--;
      left = System.nanoTime();
    }

    synchronized void closeIfUnused(long nanos) {
      if (users > 0 || closed || System.nanoTime() - left < nanos) {
        return;
      }
      closed = true;
      forget(this);
      if (loaded != null) {
        LOG.info(
            "Closing {}, which no task uses",
            key.models().stream().map(ModelSpec::name).collect(Collectors.joining(", ")));
        loaded.detector().close();
      }
    }

    Loaded get(TaskDevice device) throws IOException {
      Loaded present = loaded;
      return present != null ? present : load(device);
    }

    WorkReport work() {
      Loaded present = loaded;
      return present == null ? WorkReport.NONE : present.detector().work();
    }

    private Loaded load(TaskDevice device) throws IOException {
      synchronized (loading) {
        if (loaded == null) {
          long begin = System.nanoTime();
          MentionDetector detector = detector();
          long took = System.nanoTime() - begin;
          ExecutorCounts.LOAD_NANOS.add(took);
          double seconds = took / 1e9;
          loads++;
          LOG.info(
              "Executor {} loaded {} in {} s: {}",
              SparkEnv.get() == null ? "none" : SparkEnv.get().executorId(),
              key.models().stream().map(ModelSpec::name).collect(Collectors.joining(", ")),
              String.format(Locale.ROOT, "%.2f", seconds),
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

    /** A lack of memory may be that others are kept which nobody uses. */
    private MentionDetector detector() throws IOException {
      try {
        return MentionDetector.load(key.models(), key.options());
      } catch (EngineException e) {
        if (!DeviceHealth.isMemoryExhausted(e)) {
          throw e;
        }
        LOG.warn("Memory does not suffice to load a model; closing those that no task uses");
        closeUnused(0);
        return MentionDetector.load(key.models(), key.options());
      }
    }
  }

  private static String describe(LoadReport report) {
    return String.format(
        Locale.ROOT,
        "%s on %s in %s, %.1f MB",
        report.backbone(),
        report.device(),
        report.dtype(),
        report.bytesRead() / 1e6);
  }
}
