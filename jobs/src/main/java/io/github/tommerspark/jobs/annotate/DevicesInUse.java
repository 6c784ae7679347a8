package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.spark.PartitionReport;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The devices that executors run their models on.
 *
 * @param gpus GPUs; Spark gives no GPU to two executors
 * @param cpus executors that use their processors
 */
record DevicesInUse(long gpus, long cpus) {

  /** Not known yet. */
  static final DevicesInUse NONE = new DevicesInUse(0, 0);

  /** The devices that reports come from. */
  static DevicesInUse of(Collection<PartitionReport> reports) {
    record Device(String executor, String name) {}
    Set<Device> devices =
        reports.stream()
            .map(report -> new Device(report.executor(), report.device()))
            .collect(Collectors.toSet());
    long gpus = devices.stream().filter(device -> device.name().startsWith("gpu")).count();
    return new DevicesInUse(gpus, devices.size() - gpus);
  }

  /** For people, such as {@code 4 GPUs} or {@code 3 CPU executors}; empty if there are none. */
  @Override
  public String toString() {
    String onGpus =
        gpus == 0 ? "" : gpus == 1 ? "1 GPU" : String.format(Locale.ROOT, "%,d GPUs", gpus);
    String onCpus =
        cpus == 0
            ? ""
            : cpus == 1 ? "1 CPU executor" : String.format(Locale.ROOT, "%,d CPU executors", cpus);
    return onGpus + (gpus > 0 && cpus > 0 ? " and " : "") + onCpus;
  }
}
