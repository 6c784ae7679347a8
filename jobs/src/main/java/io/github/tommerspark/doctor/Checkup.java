package io.github.tommerspark.doctor;

import com.sun.management.OperatingSystemMXBean;
import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.engine.Processor;
import io.github.tommerspark.engine.Torch;
import io.github.tommerspark.message.OptionNames;
import io.github.tommerspark.spark.EngineSetup;
import io.github.tommerspark.spark.ExecutorModels;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.SparkHadoopUtil;

/**
 * Examines the JVM it runs in: Java, the native library, the device, threads, memory, whether paths
 * can be reached, and whether a small model gives the right answer in fp32 and bf16.
 */
final class Checkup {

  private static final int MIN_JAVA = 17;

  /**
   * Packages of java.base that Spark reaches into (org.apache.spark.launcher.JavaModuleOptions).
   */
  private static final List<String> OPENED =
      List.of(
          "java.lang",
          "java.lang.invoke",
          "java.lang.reflect",
          "java.io",
          "java.net",
          "java.nio",
          "java.util",
          "java.util.concurrent",
          "java.util.concurrent.atomic",
          "sun.nio.ch",
          "sun.nio.cs",
          "sun.security.action",
          "sun.util.calendar");

  /** Memory that libtorch's code and a batch of a small model take outside the heap. */
  private static final long NATIVE_BYTES = 1L << 30;

  private final DeviceChoice device;
  private final List<String> paths;
  private final List<Finding> findings = new ArrayList<>();

  private Checkup(DeviceChoice device, List<String> paths) {
    this.device = device;
    this.paths = paths;
  }

  /**
   * Examines this JVM.
   *
   * @param device where models are to run
   * @param paths URIs of files or directories that jobs will read
   * @return what was found, at least one finding per check that could be made
   */
  static List<Finding> run(DeviceChoice device, List<String> paths) {
    EngineSetup.apply();
    Checkup checkup = new Checkup(device, paths);
    checkup.java();
    checkup.memory();
    checkup.paths();
    // Without the library there is nothing more to see.
    if (checkup.library()) {
      checkup.threads();
      checkup.smoke(ComputeType.FP32);
      checkup.smoke(ComputeType.BF16);
    }
    return checkup.findings;
  }

  private void java() {
    String version = System.getProperty("java.version");
    if (Runtime.version().feature() < MIN_JAVA) {
      findings.add(Finding.fail("java", version, "use Java " + MIN_JAVA + " or newer"));
      return;
    }
    Module base = Object.class.getModule();
    List<String> closed =
        OPENED.stream()
            .filter(name -> !base.isOpen(name, Checkup.class.getModule()))
            .map(name -> "--add-opens=java.base/" + name + "=ALL-UNNAMED")
            .toList();
    findings.add(
        closed.isEmpty()
            ? Finding.ok("java", version + ", opened as Spark needs it")
            : Finding.fail(
                "java",
                version + ", with packages closed that Spark needs",
                "start it with spark-submit, or with " + String.join(" ", closed)));
  }

  private void memory() {
    long heap = Runtime.getRuntime().maxMemory();
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long all = system.getTotalMemorySize();
    String found =
        "%s of heap, %s in all for this machine or container".formatted(size(heap), size(all));
    findings.add(
        all - heap < NATIVE_BYTES
            ? Finding.warn(
                "memory",
                found,
                "models live outside the heap: leave at least %s, by a smaller heap or a larger spark.executor.memoryOverhead"
                    .formatted(size(NATIVE_BYTES)))
            : Finding.ok("memory", found));
  }

  private void paths() {
    SparkEnv env = SparkEnv.get();
    Configuration hadoop =
        SparkHadoopUtil.get().newConfiguration(env == null ? new SparkConf() : env.conf());
    PathProbe probe = new PathProbe(hadoop, PathProbe.PATIENCE);
    for (String location : paths) {
      findings.add(probe.look(location));
    }
  }

  private boolean library() {
    try {
      findings.add(
          Finding.ok(
              "library",
              "%s, built for %s"
                  .formatted(Torch.library(), Torch.builtForCuda() ? "CUDA" : "CPUs")));
    } catch (RuntimeException | LinkageError e) {
      findings.add(
          Finding.fail(
              "library",
              "libtorch does not load: " + e,
              "let DJL_CACHE_DIR name a writable directory that is not mounted noexec, or PYTORCH_LIBRARY_PATH an unpacked libtorch 2.7.1"));
      return false;
    }
    int gpus = Torch.gpuCount();
    String visible = Torch.visibleDevices();
    String found =
        String.format(
            Locale.ROOT,
            "%d GPU(s), CUDA_VISIBLE_DEVICES is %s",
            gpus,
            visible == null ? "not set" : "\"" + visible + "\"");
    if (gpus == 0 && device == DeviceChoice.GPU) {
      findings.add(
          Finding.fail(
              "device",
              found,
              Torch.builtForCuda()
                  ? "check the driver with nvidia-smi, and that the container is given a GPU"
                  : "name a libtorch built for CUDA in PYTORCH_LIBRARY_PATH"));
    } else {
      findings.add(Finding.ok("device", found));
    }
    return true;
  }

  private void threads() {
    int processors = Runtime.getRuntime().availableProcessors();
    int threads = Torch.threads();
    String found =
        String.format(Locale.ROOT, "%d processors, %d thread(s) per call", processors, threads);
    findings.add(
        threads > processors
            ? Finding.warn(
                "threads", found, "set -Dai.djl.pytorch.num_threads to at most " + processors)
            : Finding.ok("threads", found));
  }

  private void smoke(ComputeType dtype) {
    String check = dtype.label();
    EngineOptions options = EngineOptions.defaults().withDevice(device, 0).withDtype(dtype);
    try {
      Smoke smoke = Smoke.read();
      ExecutorModels.Loaded models = ExecutorModels.get(List.of(smoke.spec()), options);
      List<Mention> found = models.detector().detect(List.of(smoke.text())).get(0);
      double dice = smoke.dice(found);
      double difference = smoke.scoreDifference(found);
      boolean exact = dtype == ComputeType.FP32;
      boolean right =
          exact ? dice == 1 && difference <= smoke.tolerance() : dice >= smoke.bf16Dice();
      String what =
          String.format(
              Locale.ROOT,
              "%s on %s: DICE %.3f with the expected mentions, scores differ by at most %.1e",
              smoke.model(),
              models.device(),
              dice,
              difference);
      if (dtype == ComputeType.BF16 && !Torch.device(options).isGpu() && !Processor.hasBfloat16()) {
        what += "; slower than fp32, this processor having no instructions for it";
      }
      findings.add(
          right
              ? Finding.ok(check, what)
              : Finding.fail(
                  check,
                  what,
                  "do not use --dtype %s on this device, and report the processor and the versions above"
                      .formatted(check)));
    } catch (IOException | RuntimeException e) {
      findings.add(
          Finding.fail(
              check,
              "the model does not run: " + OptionNames.flags(e.getMessage()),
              "see the log of this JVM for the cause"));
    }
  }

  /** Bytes, for people. */
  static String size(long bytes) {
    return bytes < 1 << 20
        ? String.format(Locale.ROOT, "%d bytes", bytes)
        : String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1 << 30));
  }
}
