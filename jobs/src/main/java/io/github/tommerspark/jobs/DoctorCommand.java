package io.github.tommerspark.jobs;

import io.github.tommerspark.doctor.ExecutorCheckups;
import io.github.tommerspark.doctor.Finding;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says whether jobs will run here, and on the executors. */
@Command(
    name = "doctor",
    customSynopsis = "tommer-spark doctor [OPTIONS]",
    sortOptions = false,
    description =
        "Examines Java, the native library, the device, threads, memory and given paths, and runs a small model in fp32 and bf16. Prints a line per finding; exits with 1 if one is FAIL.")
final class DoctorCommand implements Callable<Integer> {

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--executors",
      description = "Examine the executors by a Spark job, instead of this JVM.")
  private boolean executors;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description =
          "auto, cpu or gpu; with gpu, a missing GPU is FAIL (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--path",
      paramLabel = "PATH",
      arity = "1..*",
      description = "Files or directories that jobs will read, on any Hadoop file system.")
  private List<String> paths = new ArrayList<>();

  @Override
  public Integer call() {
    DeviceChoice choice = common.checked(() -> DeviceChoice.parse(device));
    PrintWriter out = command.commandLine().getOut();
    List<Finding> fails = new ArrayList<>();
    if (executors) {
      onExecutors(choice, out, fails);
    } else {
      print(ExecutorCheckups.here(choice, paths), out, fails);
    }
    if (!fails.isEmpty()) {
      Finding first = fails.get(0);
      throw new UserException(
          String.format(
              Locale.ROOT,
              "Jobs cannot run here: %s: %s; %s (checks that failed: %d)",
              first.check(),
              first.found(),
              first.remedy(),
              fails.size()));
    }
    return ExitCode.OK;
  }

  private void onExecutors(DeviceChoice choice, PrintWriter out, List<Finding> fails) {
    try (SparkSession spark = Sessions.start("doctor")) {
      for (ExecutorCheckups.Report report :
          ExecutorCheckups.run(
                  JavaSparkContext.fromSparkContext(spark.sparkContext()), choice, paths)
              .values()) {
        out.println("executor %s on %s".formatted(report.executor(), report.host()));
        print(report.findings(), out, fails);
      }
    }
  }

  private static void print(List<Finding> findings, PrintWriter out, List<Finding> fails) {
    findings.forEach(finding -> out.println(Redaction.uri(finding.line())));
    findings.stream().filter(finding -> finding.level() == Finding.Level.FAIL).forEach(fails::add);
  }
}
