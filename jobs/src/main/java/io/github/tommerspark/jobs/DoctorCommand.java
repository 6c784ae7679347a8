package io.github.tommerspark.jobs;

import io.github.tommerspark.doctor.ExecutorCheckups;
import io.github.tommerspark.doctor.Finding;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.message.Redaction;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
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
    boolean fails =
        executors ? onExecutors(choice, out) : print(ExecutorCheckups.here(choice, paths), out);
    return fails ? ExitCode.SOFTWARE : ExitCode.OK;
  }

  private boolean onExecutors(DeviceChoice choice, PrintWriter out) {
    try (SparkSession spark = Sessions.start("doctor")) {
      boolean fails = false;
      for (ExecutorCheckups.Report report :
          ExecutorCheckups.run(
                  JavaSparkContext.fromSparkContext(spark.sparkContext()), choice, paths)
              .values()) {
        out.println("executor %s on %s".formatted(report.executor(), report.host()));
        fails |= print(report.findings(), out);
      }
      return fails;
    }
  }

  private static boolean print(List<Finding> findings, PrintWriter out) {
    findings.forEach(finding -> out.println(Redaction.uri(finding.line())));
    return findings.stream().anyMatch(finding -> finding.level() == Finding.Level.FAIL);
  }
}
