package io.github.tommerspark.spark;

import io.github.tommerspark.engine.Cancellation;
import io.github.tommerspark.engine.Torch;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;

/**
 * Settings of a JVM that must be made before the engine starts in it.
 *
 * <p>Intra-op threads: tasks times threads must never exceed the cores, since two threads that spin
 * on one core are several times slower than one. On an executor a task owns {@code spark.task.cpus}
 * cores. In local mode, cores that {@code local[n]} leaves unused are shared out.
 */
public final class EngineSetup {

  /** DJL's own switch: nothing is downloaded that the user did not name. */
  private static final String OFFLINE = "ai.djl.offline";

  /** The Spark property that lets DJL download a libtorch that is not there. */
  public static final String DOWNLOAD_PROPERTY = "spark.tommer.allow-native-download";

  private EngineSetup() {}

  /** Settles it, leaving alone whatever was set on the command line of the JVM. */
  public static void apply() {
    SparkEnv env = SparkEnv.get();
    Torch.useThreads(
        env == null ? 1 : threads(env.conf(), Runtime.getRuntime().availableProcessors()));
    if (System.getProperty(OFFLINE) == null) {
      boolean download = env != null && env.conf().getBoolean(DOWNLOAD_PROPERTY, false);
      System.setProperty(OFFLINE, Boolean.toString(!download));
    }
    Cancellation.listenTo(EngineSetup::killed);
  }

  /** The sign by which the task of the current thread, if it has one, says that it was killed. */
  private static Optional<BooleanSupplier> killed() {
    return Optional.ofNullable(TaskContext.get()).map(task -> task::isInterrupted);
  }

  /**
   * Threads for the products of one task.
   *
   * @param conf the application's settings
   * @param processors processors of this machine
   */
  static int threads(SparkConf conf, int processors) {
    int taskCpus = conf.getInt("spark.task.cpus", 1);
    int cores = localCores(conf.get("spark.master", ""), processors);
    if (cores == 0) {
      // A worker may offer more cores than its machine has.
      return Math.max(1, Math.min(taskCpus, processors));
    }
    int tasks = Math.max(1, cores / taskCpus);
    return Math.max(1, processors / tasks);
  }

  /** Cores of a local master; 0 if the master is not local. */
  static int localCores(String master, int processors) {
    if (master.equals("local")) {
      return 1;
    }
    if (!master.startsWith("local[")) {
      return 0;
    }
    String cores = master.substring("local[".length()).split("[,\\]]", 2)[0].trim();
    return cores.equals("*") ? processors : Integer.parseInt(cores);
  }
}
