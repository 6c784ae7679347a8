package io.github.tommerspark.doctor;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.security.AccessControlException;

/**
 * Looks at paths with the settings of a job, but for its patience: a job is to outlast an outage,
 * for minutes if need be, while somebody who asks whether a path can be reached waits for an
 * answer.
 */
final class PathProbe {

  /** The time to wait for one path. */
  static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final String CHECK = "path";

  private static final int CONNECT_MILLIS = 3_000;
  private static final int ANSWER_MILLIS = 8_000;

  private final Configuration hadoop;
  private final Duration patience;

  /**
   * A probe.
   *
   * @param hadoop the settings of jobs
   * @param patience after which a path counts as out of reach
   */
  PathProbe(Configuration hadoop, Duration patience) {
    this.hadoop = hadoop;
    this.patience = patience;
  }

  /** Looks at a file or directory. */
  Finding look(String location) {
    FutureTask<String> look = new FutureTask<>(() -> describe(new Path(location)));
    Thread thread = new Thread(look, "tommer-spark path probe");
    // What does not answer may not listen to interrupts either.
    thread.setDaemon(true);
    thread.start();
    try {
      return Finding.ok(CHECK, look.get(patience.toMillis(), TimeUnit.MILLISECONDS));
    } catch (ExecutionException e) {
      Throwable cause = Objects.requireNonNull(e.getCause());
      return Finding.fail(CHECK, "%s: %s".formatted(location, cause), remedy(cause));
    } catch (TimeoutException e) {
      look.cancel(true);
      return Finding.fail(
          CHECK,
          String.format(Locale.ROOT, "%s: no answer within %,d s", location, patience.toSeconds()),
          remedy(e));
    } catch (InterruptedException e) {
      look.cancel(true);
      Thread.currentThread().interrupt();
      return Finding.fail(CHECK, location + ": interrupted", "try again");
    }
  }

  private String describe(Path path) throws IOException {
    // Of its own, not the one that jobs in this JVM use: that keeps the settings it was made with.
    try (FileSystem fs = FileSystem.newInstance(path.toUri(), impatient(path.toUri()))) {
      FileStatus status = fs.getFileStatus(path);
      return "%s: %s"
          .formatted(
              path,
              status.isDirectory()
                  ? String.format(
                      Locale.ROOT, "a directory of %d entries", fs.listStatus(path).length)
                  : Checkup.size(status.getLen()));
    }
  }

  private Configuration impatient(URI location) {
    Configuration quick = new Configuration(hadoop);
    // hdfs.
    quick.setInt("ipc.client.connect.timeout", CONNECT_MILLIS);
    quick.setInt("ipc.client.connect.max.retries", 1);
    quick.setInt("ipc.client.connect.max.retries.on.timeouts", 1);
    // s3a: the settings of one bucket go before those of all.
    String s3a = "fs.s3a.bucket.%s.".formatted(location.getHost());
    quick.setInt(s3a + "connection.establish.timeout", CONNECT_MILLIS);
    quick.setInt(s3a + "connection.timeout", ANSWER_MILLIS);
    quick.setInt(s3a + "attempts.maximum", 1);
    quick.setInt(s3a + "retry.limit", 1);
    return quick;
  }

  private static String remedy(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof ClassNotFoundException || t instanceof UnsupportedFileSystemException) {
        return "let Spark have the jars of that file system; those of s3a come with ./submit.sh --s3a";
      } else if (t instanceof FileNotFoundException) {
        return "check that it exists";
      } else if (t instanceof AccessDeniedException || t instanceof AccessControlException) {
        return "check the credentials, and what they allow";
      } else if (t instanceof ConnectException
          || t instanceof NoRouteToHostException
          || t instanceof SocketTimeoutException
          || t instanceof UnknownHostException
          || t instanceof TimeoutException) {
        return "check the address, for s3a spark.hadoop.fs.s3a.endpoint and .path.style.access, and that this machine may connect to it";
      }
    }
    return "check that it exists, its address and the credentials";
  }
}
