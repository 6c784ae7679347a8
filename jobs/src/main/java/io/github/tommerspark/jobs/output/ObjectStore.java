package io.github.tommerspark.jobs.output;

import io.github.tommerspark.message.Redaction;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.MultipartUploader;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.util.functional.FutureIO;
import org.apache.spark.SparkStatusTracker;
import org.apache.spark.sql.RuntimeConfig;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.internal.SQLConf;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The needs of object stores (s3a) that file systems do not have. They have no rename: an object
 * appears whole when it is closed, or, uploaded in parts, when the upload is completed, and parts
 * that nobody completes stay, unseen and paid for.
 *
 * <p>Known by what it can do, not by its name, and only through Hadoop's own interfaces: the
 * classes of a store are there only where it is used.
 */
public final class ObjectStore {

  private static final Logger LOG = LoggerFactory.getLogger(ObjectStore.class);

  /** In spark-hadoop-cloud. */
  private static final String CHECKPOINT_MANAGER =
      "org.apache.spark.internal.io.cloud.AbortableStreamBasedCheckpointFileManager";

  /**
   * The folder in which s3a's committer keeps its notes, in the directory that is written to; with
   * the job's id behind it since Hadoop 3.4.
   */
  private static final String MAGIC = "__magic";

  private static final int LONGEST_WAIT_SECONDS = 20;

  private ObjectStore() {}

  /** Returns whether a path is in one. */
  public static boolean holds(FileSystem fs, Path path) throws IOException {
    return fs.hasPathCapability(path, CommonPathCapabilities.ABORTABLE_STREAM);
  }

  /** Warns if Spark would write data there by renames. */
  public static void checkCommitter(SparkSession spark, Path output) throws IOException {
    String protocol = NamedFiles.wrapped(spark);
    boolean renames = protocol.equals(SQLConf.FILE_COMMIT_PROTOCOL_CLASS().defaultValueString());
    if (renames && holds(fileSystem(spark, output), output)) {
      LOG.warn(
          "{} has no rename, but Spark is set to commit by renames: slow, and a failure in the middle leaves part of the files; use the settings in conf/s3a.conf (./submit.sh --s3a)",
          shown(output));
    }
  }

  /** Lets Spark write a checkpoint there without renames, unless a manager is set. */
  public static void prepareCheckpoint(SparkSession spark, Path checkpoint) throws IOException {
    RuntimeConfig conf = spark.conf();
    String key = SQLConf.STREAMING_CHECKPOINT_FILE_MANAGER_CLASS().parent().key();
    if (conf.getOption(key).isDefined() || !holds(fileSystem(spark, checkpoint), checkpoint)) {
      return;
    }
    try {
      Class.forName(CHECKPOINT_MANAGER, false, Thread.currentThread().getContextClassLoader());
      conf.set(key, CHECKPOINT_MANAGER);
    } catch (ClassNotFoundException e) {
      LOG.warn(
          "The checkpoint {} is in a store without rename, and spark-hadoop-cloud is not among Spark's jars: add it, as docs/s3.md says",
          shown(checkpoint));
    }
  }

  /**
   * Removes what a write that failed has left. Spark's committer does that, too, but when a job
   * fails, other tasks of it still run, and what they begin after that stays.
   *
   * <p>Throws nothing: why the write failed is what matters.
   */
  public static void cleanUp(SparkSession spark, Path directory) {
    try {
      Configuration hadoop = spark.sparkContext().hadoopConfiguration();
      FileSystem fs = directory.getFileSystem(hadoop);
      if (holds(fs, directory)) {
        awaitTasks(spark.sparkContext().statusTracker());
        abortUploads(directory, hadoop);
        removeNotes(fs, directory);
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("Cannot remove what a failed write left in {}: {}", shown(directory), e.toString());
    }
  }

  /** Removes the notes of s3a's committer from a directory that nobody writes to. */
  static void removeNotes(FileSystem fs, Path directory) throws IOException {
    try {
      for (FileStatus notes : fs.listStatus(directory, path -> path.getName().startsWith(MAGIC))) {
        fs.delete(notes.getPath(), true);
      }
    } catch (FileNotFoundException e) {
      // Nothing was ever written there.
    }
  }

  private static void awaitTasks(SparkStatusTracker status) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_WAIT_SECONDS);
    while (Arrays.stream(status.getExecutorInfos()).anyMatch(e -> e.numRunningTasks() > 0)
        && System.nanoTime() < end) {
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /**
   * Aborts the multipart uploads into a directory that were begun and not completed, whoever began
   * them; so nobody else may be writing to it.
   *
   * <p>A store that does not permit it is left to its lifecycle rules, with a warning.
   */
  public static void abortUploads(Path directory, Configuration hadoop) throws IOException {
    FileSystem fs = directory.getFileSystem(hadoop);
    if (!holds(fs, directory)
        || !fs.hasPathCapability(directory, CommonPathCapabilities.FS_MULTIPART_UPLOADER)) {
      return;
    }
    try (MultipartUploader uploads = fs.createMultipartUploader(directory).build()) {
      int ended = FutureIO.awaitFuture(uploads.abortUploadsUnderPath(directory));
      if (ended > 0) {
        LOG.info("Removed {} upload(s) that nobody finished from {}", ended, shown(directory));
      }
    } catch (IOException e) {
      LOG.warn("Cannot remove unfinished uploads from {}: {}", shown(directory), e.toString());
    }
  }

  private static String shown(Path path) {
    return Redaction.uri(path.toString());
  }

  private static FileSystem fileSystem(SparkSession spark, Path path) throws IOException {
    return path.getFileSystem(spark.sparkContext().hadoopConfiguration());
  }
}
