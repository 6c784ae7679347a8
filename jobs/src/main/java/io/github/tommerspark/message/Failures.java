package io.github.tommerspark.message;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.detect.ModelFailedException;
import io.github.tommerspark.engine.DeviceFailedException;
import io.github.tommerspark.engine.DeviceMemoryException;
import io.github.tommerspark.hub.HubException;
import java.io.FileNotFoundException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkException;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.streaming.StreamingQueryException;
import org.jspecify.annotations.Nullable;

/** Turns whatever was thrown into the one line that the user sees. */
public final class Failures {

  /** An exception that an executor sent as text: class name, colon, message. */
  private static final Pattern REMOTE =
      Pattern.compile("Lost task [^\\n]*? \\([^\\n]*?\\): (?:[\\w$.]+\\.)?([\\w$]+): ([^\\n]*)");

  private static final Pattern EXECUTOR_LOST =
      Pattern.compile("Lost task [^\\n]*? \\([^\\n]*?\\): (ExecutorLostFailure[^\\n]*)");

  private static final Pattern CAUSED_BY =
      Pattern.compile("\\nCaused by: (?:[\\w$.]+\\.)?([\\w$]+): ([^\\n]*)");

  /** Classes in hadoop-aws and spark-hadoop-cloud. */
  private static final Pattern FOR_S3A =
      Pattern.compile("org\\.apache\\.(hadoop\\.fs\\.s3a|spark\\.internal\\.io\\.cloud)\\.");

  /** Errors that a broken class path or broken native libraries cause. */
  private static final Set<String> LINKAGE =
      Set.of(
          "UnsatisfiedLinkError",
          "NoClassDefFoundError",
          "NoSuchMethodError",
          "NoSuchFieldError",
          "IncompatibleClassChangeError",
          "UnsupportedClassVersionError",
          "ExceptionInInitializerError");

  /** Their messages name cause and remedy; what they were made from does not. */
  private static final Set<Class<? extends Throwable>> TELLING =
      Set.of(
          UserException.class,
          ModelFormatException.class,
          HubException.class,
          DeviceFailedException.class,
          DeviceMemoryException.class,
          ModelFailedException.class);

  private static final String OURS = "io.github.tommerspark.";

  private Failures() {}

  /** One line without a stack trace, for the command line; never empty. */
  public static String line(Throwable thrown) {
    String line = message(thrown).replaceAll("\\s*[\\r\\n]+\\s*", " ").strip();
    return Redaction.uri(Objects.requireNonNull(OptionNames.flags(line)));
  }

  /** Returns whether Spark has logged it: it ended a task or a query. */
  public static boolean isLogged(Throwable thrown) {
    return chain(thrown).stream()
        .anyMatch(t -> t instanceof SparkException || t instanceof StreamingQueryException);
  }

  private static List<Throwable> chain(Throwable thrown) {
    List<Throwable> chain = new ArrayList<>();
    for (Throwable t = thrown; t != null && !chain.contains(t); t = t.getCause()) {
      chain.add(t);
    }
    return chain;
  }

  private static String message(Throwable thrown) {
    List<Throwable> chain = chain(thrown);
    for (Throwable t : chain) {
      if (TELLING.stream().anyMatch(kind -> kind.isInstance(t))) {
        return String.valueOf(t.getMessage());
      }
    }
    for (int i = chain.size() - 1; i >= 0; i--) {
      if (isOurs(chain.get(i))) {
        return String.valueOf(chain.get(i).getMessage());
      }
    }
    for (Throwable t : chain) {
      if (t instanceof ClassNotFoundException && FOR_S3A.matcher(t.getMessage()).find()) {
        return "The jars for s3a are not among Spark's: use ./submit.sh --s3a, or see docs/s3.md (%s)"
            .formatted(t.getMessage());
      }
    }
    for (Throwable t : chain) {
      if (t instanceof AnalysisException) {
        return firstLine(t);
      }
    }
    // Spark wraps a task's exception in its own; the innermost one names what happened.
    Throwable last = chain.get(chain.size() - 1);
    if (!(last instanceof SparkException)) {
      return describe(last);
    }
    String message = String.valueOf(last.getMessage());
    Matcher lost = EXECUTOR_LOST.matcher(message);
    if (lost.find()) {
      return lost.group(1);
    }
    Matcher remote = REMOTE.matcher(message);
    if (remote.find()) {
      String name = remote.group(1);
      String text = remote.group(2);
      Matcher cause = CAUSED_BY.matcher(message);
      while (!isTelling(name) && cause.find()) {
        name = cause.group(1);
        text = cause.group(2);
      }
      return describe(name, text);
    }
    return firstLine(last);
  }

  /** Returns whether our own code threw it, with a sentence that says of which file it speaks. */
  private static boolean isOurs(Throwable t) {
    StackTraceElement[] trace = t.getStackTrace();
    return trace.length > 0
        && trace[0].getClassName().startsWith(OURS)
        && String.valueOf(t.getMessage()).startsWith("Cannot ");
  }

  private static boolean isTelling(String name) {
    return TELLING.stream().anyMatch(kind -> kind.getSimpleName().equals(name));
  }

  private static String describe(Throwable t) {
    return describe(t.getClass().getSimpleName(), t.getMessage());
  }

  private static String describe(String name, @Nullable String message) {
    if (name.equals(OutOfMemoryError.class.getSimpleName())) {
      return "Java's memory does not suffice (%s): give the driver more with --driver-memory, and executors with --executor-memory"
          .formatted(message);
    }
    if (LINKAGE.contains(name)) {
      return "Cannot load a class or library (%s: %s): use Java 17 or newer, the Spark that the jar is for, and the whole jar, or see ./submit.sh doctor"
          .formatted(name, message);
    }
    if (message == null || message.isBlank()) {
      return name;
    }
    if (name.equals(FileNotFoundException.class.getSimpleName())
        || name.equals(NoSuchFileException.class.getSimpleName())) {
      return "No such file: " + message;
    }
    // A sentence of ours stands alone; a bare value needs the name of the exception to mean much.
    return message.contains(" ") ? message : name + ": " + message;
  }

  private static String firstLine(Throwable t) {
    String message = t.getMessage();
    return message == null || message.isBlank()
        ? t.getClass().getSimpleName()
        : message.strip().split("\\R", 2)[0];
  }
}
