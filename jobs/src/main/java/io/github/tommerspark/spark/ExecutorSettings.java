package io.github.tommerspark.spark;

import java.util.Set;

/** Spark properties of ours that are settings of a cluster rather than options of a command. */
public final class ExecutorSettings {

  /** Their names. */
  public static final Set<String> PROPERTIES =
      Set.of(
          GpuAddressing.PROPERTY,
          TaskDevice.TEST_PROPERTY,
          TaskDevice.TEST_MEMORY_PROPERTY,
          TaskDevice.TEST_FAULTS_PROPERTY,
          TaskDevice.TEST_CALL_PROPERTY);

  private ExecutorSettings() {}
}
