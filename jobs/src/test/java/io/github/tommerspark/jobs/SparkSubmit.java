package io.github.tommerspark.jobs;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The jar as users run it: spark-submit's main class, with only Spark's jars beside it. */
public final class SparkSubmit {

  /**
   * A finished run.
   *
   * @param code it ended with
   * @param out what it printed
   * @param err what it logged
   */
  public record Run(int code, String out, String err) {}

  private SparkSubmit() {}

  /** Runs a command in a folder, which its files and logs go to. */
  public static Run submit(Path folder, List<String> options, String... arguments)
      throws Exception {
    Path out = Files.createTempFile(folder, "stdout", ".txt");
    Path err = Files.createTempFile(folder, "stderr", ".txt");
    Process process = start(folder, out, err, List.of(), options, arguments);
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    return new Run(
        process.waitFor(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  /**
   * Starts a command.
   *
   * @param folder its working directory
   * @param out receives its output, and {@code err} its log
   * @param jars directories of jars beside Spark's
   * @param options of spark-submit
   * @param arguments of the command line
   */
  static Process start(
      Path folder, Path out, Path err, List<Path> jars, List<String> options, String... arguments)
      throws IOException {
    String home = System.getProperty("tommer.spark.home");
    StringBuilder classPath = new StringBuilder(home + "/jars/*");
    jars.forEach(directory -> classPath.append(File.pathSeparator).append(directory).append("/*"));
    List<String> command = Drivers.java();
    command.add("-Xmx1g");
    command.addAll(Arrays.asList(System.getProperty("tommer.spark.opens").split(" ")));
    command.addAll(List.of("-cp", classPath.toString(), "org.apache.spark.deploy.SparkSubmit"));
    command.addAll(List.of("--class", TommerSpark.class.getName()));
    command.addAll(List.of("--conf", "spark.driver.host=127.0.0.1"));
    command.addAll(List.of("--conf", "spark.driver.bindAddress=127.0.0.1"));
    command.addAll(List.of("--conf", "spark.ui.enabled=false"));
    command.addAll(options);
    command.add(System.getProperty("tommer.jar"));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("SPARK_HOME", home);
    builder.environment().put("SPARK_SCALA_VERSION", LocalSpark.scalaVersion());
    return builder.start();
  }
}
