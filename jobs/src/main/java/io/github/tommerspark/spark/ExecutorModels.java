package io.github.tommerspark.spark;

import io.github.tommerspark.detect.LoadReport;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.spark.SparkEnv;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of this JVM: one detector per list of model specs and engine options, loaded by the
 * first task that asks for it while others wait, and shared by all tasks after that.
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
   */
  public static Loaded get(List<ModelSpec> models, EngineOptions options) throws IOException {
    return SLOTS.computeIfAbsent(new Key(List.copyOf(models), options), Slot::new).get();
  }

  /**
   * A detector of this JVM.
   *
   * @param detector shared by all tasks
   * @param loads how often this JVM has loaded these models; 1 unless something is wrong
   * @param seconds what loading took, the start of the engine included
   */
  public record Loaded(MentionDetector detector, int loads, double seconds) {}

  private record Key(List<ModelSpec> models, EngineOptions options) {}

  private static final class Slot {

    private final Key key;
    private volatile Loaded loaded;
    private int loads;

    Slot(Key key) {
      this.key = key;
    }

    Loaded get() throws IOException {
      Loaded present = loaded;
      return present != null ? present : load();
    }

    private synchronized Loaded load() throws IOException {
      if (loaded == null) {
        EngineSetup.apply();
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
        loaded = new Loaded(detector, loads, seconds);
      }
      return loaded;
    }
  }

  private static String describe(LoadReport report) {
    return "%s on %s in %s, %.1f MB"
        .formatted(report.backbone(), report.device(), report.dtype(), report.bytesRead() / 1e6);
  }
}
