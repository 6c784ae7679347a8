package io.github.tommerspark.jobs;

import io.github.tommerspark.jobs.agree.AgreeCommand;
import io.github.tommerspark.jobs.annotate.AnnotateCommand;
import io.github.tommerspark.jobs.bench.BenchCommand;
import io.github.tommerspark.jobs.cli.OptionProperties;
import io.github.tommerspark.jobs.cli.VersionLine;
import io.github.tommerspark.jobs.evaluate.EvaluateCommand;
import io.github.tommerspark.jobs.export.ExportCommand;
import io.github.tommerspark.jobs.judge.JudgeCommand;
import io.github.tommerspark.jobs.report.ReportCommand;
import io.github.tommerspark.jobs.train.TrainClassifierCommand;
import io.github.tommerspark.jobs.train.TrainCommand;
import io.github.tommerspark.message.Failures;
import io.github.tommerspark.message.Nearest;
import io.github.tommerspark.message.OptionNames;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkUserAppException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;
import scala.Tuple2;

/**
 * The front door: {@code spark-submit tommer-spark-<version>.jar COMMAND [options]}.
 *
 * <p>Exit codes: 0 when the job is done; 1 when it failed, with one line on standard error; 2 when
 * the options make no sense, before Spark starts.
 */
@Command(
    name = "tommer-spark",
    description = "Finds entity mentions in text with ToMMeR heads on truncated language models.",
    subcommands = {
      AnnotateCommand.class,
      AgreeCommand.class,
      BenchCommand.class,
      DemoCommand.class,
      DoctorCommand.class,
      EvaluateCommand.class,
      ExportCommand.class,
      ImportCommand.class,
      JudgeCommand.class,
      NativesCommand.class,
      PullCommand.class,
      ReportCommand.class,
      ShowCommand.class,
      TrainCommand.class,
      TrainClassifierCommand.class,
      HelpCommand.class
    },
    versionProvider = VersionLine.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "tommer-spark help COMMAND explains a command and all of its options."})
public final class TommerSpark implements Runnable {

  @Spec private CommandSpec command;

  @CommandLine.Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it.
  private boolean help;

  @CommandLine.Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it.
  private boolean version;

  private TommerSpark() {}

  /**
   * Runs a command.
   *
   * @param args the command, then its options
   * @throws SparkUserAppException with the exit code, when spark-submit runs this and it is not 0
   */
  public static void main(String[] args) throws SparkUserAppException {
    Map<String, String> properties = new HashMap<>();
    for (Tuple2<String, String> property : new SparkConf().getAll()) {
      properties.put(property._1(), property._2());
    }
    int code = run(args, properties, System.err);
    if (code == ExitCode.OK) {
      return;
    }
    if (properties.containsKey("spark.submit.deployMode")) {
      // spark-submit exits with this code itself; in cluster mode it becomes the driver's, where
      // System.exit would look like a crash.
      throw exit(code);
    }
    System.exit(code);
  }

  /** Made by reflection: its constructor takes a cause, too, since Spark 4.1. */
  private static SparkUserAppException exit(int code) {
    Constructor<?> constructor = SparkUserAppException.class.getConstructors()[0];
    Object[] arguments = new Object[constructor.getParameterCount()];
    arguments[0] = code;
    try {
      return (SparkUserAppException) constructor.newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          String.format(Locale.ROOT, "Cannot hand the exit code %d to Spark", code), e);
    }
  }

  /**
   * Runs a command and returns its exit code.
   *
   * @param properties Spark's settings, of which {@code spark.tommer.*} are options
   * @param err receives the messages of failures
   */
  public static int run(String[] args, Map<String, String> properties, PrintStream err) {
    CommandLine root = commandLine();
    List<String> arguments = Arrays.asList(args);
    try {
      CommandLine chosen = args.length == 0 ? null : root.getSubcommands().get(args[0]);
      if (chosen != null && !(chosen.getCommand() instanceof HelpCommand)) {
        arguments =
            OptionProperties.merge(
                chosen, List.copyOf(root.getSubcommands().values()), arguments, properties);
        refuseUnknown(chosen, arguments);
      }
    } catch (ParameterException e) {
      return misused(e, err);
    }
    root.setParameterExceptionHandler((e, given) -> misused(e, err));
    root.setExecutionExceptionHandler((e, line, parsed) -> failed(e, line, err));
    try {
      return root.execute(arguments.toArray(String[]::new));
    } catch (Error e) {
      // Picocli hands exceptions over, but not these.
      tell(e, verbose(arguments), err);
      return ExitCode.SOFTWARE;
    }
  }

  private static boolean verbose(List<String> arguments) {
    return arguments.contains("--verbose");
  }

  /** The command line without anything run. */
  public static CommandLine commandLine() {
    return new CommandLine(new TommerSpark())
        // Texts are printed as they are, whatever the locale.
        .setOut(new PrintWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), true))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpWidth(100)
        .setUsageHelpLongOptionsMaxWidth(32);
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(),
        "No command; one of %s. --help explains them"
            .formatted(String.join(", ", new TreeSet<>(command.subcommands().keySet()))));
  }

  /** Says which option is unknown before saying which one is missing: often one explains both. */
  private static void refuseUnknown(CommandLine chosen, List<String> arguments) {
    for (String argument : arguments) {
      String name = argument.split("=", 2)[0];
      if (name.startsWith("--") && chosen.getCommandSpec().findOption(name) == null) {
        List<String> near = Nearest.to(name, chosen.getCommandSpec().optionsMap().keySet());
        throw new ParameterException(
            chosen,
            "Unknown option: %s%s"
                .formatted(
                    name,
                    near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?"));
      }
    }
  }

  private static int misused(ParameterException e, PrintStream err) {
    // Picocli's own words say it twice.
    String message = OptionNames.flags(e.getMessage()).replace("option option", "option");
    if (e instanceof UnmatchedArgumentException unmatched) {
      List<String> near = unmatched.getSuggestions();
      message += near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?";
    }
    err.println("tommer-spark: " + message.replaceAll("\\s*\\R\\s*", " "));
    return ExitCode.USAGE;
  }

  private static int failed(Exception e, CommandLine line, PrintStream err) {
    if (e instanceof ParameterException misuse) {
      return misused(misuse, err);
    }
    tell(e, line.getParseResult().matchedOptionValue("--verbose", false), err);
    return ExitCode.SOFTWARE;
  }

  private static void tell(Throwable thrown, boolean verbose, PrintStream err) {
    if (Failures.isLogged(thrown)) {
      // Some layouts of logs end a trace without ending its line.
      err.println();
    }
    err.println("tommer-spark: " + Failures.line(thrown));
    if (verbose) {
      thrown.printStackTrace(err);
    }
  }
}
