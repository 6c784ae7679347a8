package io.github.tommerspark.jobs.cli;

import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of every command, and how a command says that its options make no sense. */
public final class CommonOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it.
  private boolean help;

  @Option(names = "--verbose", description = "Show the stack trace of a failure.")
  @SuppressWarnings(
      "UnusedVariable") // Failures are shown by whoever runs the command, which asks picocli for
  // it.
  private boolean verbose;

  /**
   * Returns the supplier's result, with its complaints about options as errors of the command line.
   *
   * @throws ParameterException with the supplier's words if it finds them impossible
   */
  public <T> T checked(Supplier<T> supplier) {
    try {
      return supplier.get();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }

  /** To be thrown where options make no sense. */
  public ParameterException impossible(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
