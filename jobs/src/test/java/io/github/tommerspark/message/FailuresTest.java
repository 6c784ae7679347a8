package io.github.tommerspark.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.checkpoint.ModelFormatException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

class FailuresTest {

  @Test
  void theCauseOfAFailedTaskIsWhatCounts() {
    IOException cause = new IOException("Cannot read head x: rank is missing");
    assertThat(Failures.line(new SparkException("Job aborted.", new UncheckedIOException(cause))))
        .isEqualTo("Cannot read head x: rank is missing");
  }

  @Test
  void theCauseIsFoundInWhatAnExecutorOfAnotherProcessSent() {
    String message =
        """
        Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times, most recent failure: Lost task 0.3 in stage 3.0 (TID 6) (127.0.0.1 executor 0): org.apache.spark.SparkException: [TASK_WRITE_FAILED] Task failed while writing rows to file:/x.
        \tat org.apache.spark.sql.errors.QueryExecutionErrors$.taskFailedWhileWritingRowsError(QueryExecutionErrors.scala:774)
        Caused by: io.github.tommerspark.spark.RowFailedException: A row failed and --fail-fast is set: nano: boom
        \tat io.github.tommerspark.spark.AnnotatePartition$Annotated.output(AnnotatePartition.java:160)
        \t... 14 more

        Driver stacktrace:""";
    assertThat(Failures.line(new SparkException(message)))
        .isEqualTo("A row failed and --fail-fast is set: nano: boom");
  }

  @Test
  void aModelFileThatCannotBeReadIsNamed() {
    assertThat(
            Failures.line(
                new SparkException(
                    "Job aborted.",
                    new ModelFormatException(
                        "Cannot read x/classifier.json: it is not valid JSON (bad token)",
                        new IOException("bad token at line 1")))))
        .isEqualTo("Cannot read x/classifier.json: it is not valid JSON (bad token)");
    String message =
        """
        Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times, most recent failure: Lost task 0.3 in stage 3.0 (TID 6) (127.0.0.1 executor 0): org.apache.spark.SparkException: Task failed.
        \tat org.apache.spark.X.y(X.scala:774)
        Caused by: io.github.tommerspark.checkpoint.ModelFormatException: Cannot read x/classifier.json: it is not valid JSON
        \tat io.github.tommerspark.checkpoint.StrictJson.malformed(StrictJson.java:1)
        Caused by: java.io.IOException: bad token at line 1
        \t... 14 more

        Driver stacktrace:""";
    assertThat(Failures.line(new SparkException(message)))
        .isEqualTo("Cannot read x/classifier.json: it is not valid JSON");
  }

  @Test
  void aLostExecutorIsNamed() {
    String message =
        "Job aborted due to stage failure: Task 1 in stage 0.0 failed 4 times, most recent failure: Lost task 1.3 in stage 0.0 (TID 9) (10.0.0.1 executor 3): ExecutorLostFailure (executor 3 exited caused by one of the running tasks) Reason: Command exited with code 137\nDriver stacktrace:";
    assertThat(Failures.line(new SparkException(message)))
        .startsWith("ExecutorLostFailure (executor 3 exited")
        .endsWith("Command exited with code 137");
  }

  @Test
  void anExceptionWithoutASentenceIsNamed() {
    assertThat(Failures.line(new NullPointerException())).isEqualTo("NullPointerException");
    assertThat(Failures.line(new IllegalStateException("closed")))
        .isEqualTo("IllegalStateException: closed");
    assertThat(Failures.line(new FileNotFoundException("/x/y"))).isEqualTo("No such file: /x/y");
  }

  @Test
  void errorsOfTheJvmAreToldWithARemedy() {
    assertThat(Failures.line(new OutOfMemoryError("Java heap space")))
        .isEqualTo(
            "Java's memory does not suffice (Java heap space): give the driver more with --driver-memory, and executors with --executor-memory");
    assertThat(Failures.line(new ExceptionInInitializerError(new NoClassDefFoundError("a/B"))))
        .isEqualTo(
            "Cannot load a class or library (NoClassDefFoundError: a/B): use Java 17 or newer, the Spark that the jar is for, and the whole jar, or see ./submit.sh doctor");
    String remote =
        """
        Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times, most recent failure: Lost task 0.3 in stage 3.0 (TID 6) (10.0.0.1 executor 0): java.lang.OutOfMemoryError: Java heap space
        \tat x.Y.z(Y.java:1)

        Driver stacktrace:""";
    assertThat(Failures.line(new SparkException(remote)))
        .startsWith("Java's memory does not suffice (Java heap space): ");
  }

  @Test
  void whatSparkHasLoggedIsKnown() {
    assertThat(Failures.isLogged(new RuntimeException(new SparkException("Job aborted."))))
        .isTrue();
    assertThat(Failures.isLogged(new UserException("no such file"))).isFalse();
  }

  @Test
  void oneLineWithoutSecrets() {
    assertThat(
            Failures.line(
                new RuntimeException(
                    new ClassNotFoundException(
                        "Class org.apache.hadoop.fs.s3a.S3AFileSystem not found"))))
        .isEqualTo(
            "The jars for s3a are not among Spark's: use ./submit.sh --s3a, or see docs/s3.md (Class org.apache.hadoop.fs.s3a.S3AFileSystem not found)");
    assertThat(Failures.line(new UserException("Cannot read s3a://a:b@c/d:\n  gone  \n")))
        .isEqualTo("Cannot read s3a://c/d: gone");
  }
}
