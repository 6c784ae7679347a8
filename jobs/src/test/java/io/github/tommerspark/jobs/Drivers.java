package io.github.tommerspark.jobs;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Drivers in JVMs of their own, with the classes of this build: something to kill. */
public final class Drivers {

  /**
   * JVMs that live for seconds: compiling well what runs once costs more than it saves, and a sixth
   * of their time is the verification of Spark's classes.
   */
  private static final List<String> SHORT_LIVED =
      List.of(
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC",
          "-XX:+UnlockDiagnosticVMOptions",
          "-XX:-BytecodeVerificationRemote");

  private Drivers() {}

  /** The beginning of a command that starts such a JVM, to be added to. */
  static List<String> java() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(SHORT_LIVED);
    return command;
  }

  /** Settings for two executors of one core, each in a JVM of its own. */
  public static List<String> cluster() {
    return List.of(
        "spark.master=local-cluster[2,1,1024]",
        "spark.executor.memory=1g",
        "spark.executor.extraJavaOptions=" + String.join(" ", SHORT_LIVED),
        "spark.executor.extraClassPath=" + classPath(),
        "spark.scheduler.minRegisteredResourcesRatio=1.0",
        "spark.scheduler.maxRegisteredResourcesWaitingTime=60s",
        // Each task to the executor that is free.
        "spark.locality.wait=0");
  }

  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  /** What the build lays out before the tests. */
  private static String sparkHome() {
    return System.getProperty("tommer.spark.home");
  }

  /**
   * Starts a command.
   *
   * @param folder its working directory
   * @param log receives what it prints
   * @param properties Spark's settings as key=value, beside those of a small local session
   * @param arguments of the command line
   */
  public static Process start(Path folder, Path log, List<String> properties, String... arguments)
      throws IOException {
    return start(folder, log, properties, Map.of(), arguments);
  }

  /**
   * Starts a command.
   *
   * @param environment variables beside those of this process
   */
  public static Process start(
      Path folder,
      Path log,
      List<String> properties,
      Map<String, String> environment,
      String... arguments)
      throws IOException {
    return start(TommerSpark.class, folder, log, properties, environment, arguments);
  }

  /**
   * Starts a main class.
   *
   * @param main the class
   * @param jars directories of jars before those of the tests
   */
  public static Process start(
      Class<?> main,
      List<String> jars,
      Path folder,
      Path log,
      List<String> properties,
      String... arguments)
      throws IOException {
    return start(main, jars, folder, log, properties, Map.of(), arguments);
  }

  /**
   * Starts a main class.
   *
   * @param main the class
   */
  public static Process start(
      Class<?> main,
      Path folder,
      Path log,
      List<String> properties,
      Map<String, String> environment,
      String... arguments)
      throws IOException {
    return start(main, List.of(), folder, log, properties, environment, arguments);
  }

  private static Process start(
      Class<?> main,
      List<String> jars,
      Path folder,
      Path log,
      List<String> properties,
      Map<String, String> environment,
      String... arguments)
      throws IOException {
    List<String> command = java();
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens") || argument.startsWith("-Dai.djl"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Xmx1g",
            "-Dspark.driver.host=127.0.0.1",
            "-Dspark.driver.bindAddress=127.0.0.1",
            "-Dspark.ui.enabled=false",
            "-Dspark.sql.shuffle.partitions=2"));
    properties.forEach(property -> command.add("-D" + property));
    StringBuilder classPath = new StringBuilder();
    jars.forEach(directory -> classPath.append(directory).append("/*").append(File.pathSeparator));
    command.addAll(List.of("-cp", classPath.append(classPath()).toString(), main.getName()));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    builder.environment().put("SPARK_HOME", sparkHome());
    builder.environment().put("SPARK_SCALA_VERSION", LocalSpark.scalaVersion());
    return builder.start();
  }
}
