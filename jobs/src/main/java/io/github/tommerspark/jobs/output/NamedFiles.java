package io.github.tommerspark.jobs.output;

import io.github.tommerspark.spark.SparkMethods;
import java.io.Serializable;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.spark.internal.io.FileCommitProtocol;
import org.apache.spark.internal.io.FileNameSpec;
import org.apache.spark.sql.RuntimeConfig;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.internal.SQLConf;
import scala.Option;

/**
 * Spark's way to write files, whichever is set, with the writer's id in the names of the files:
 * Spark would make up one for each job, which only the job knows.
 */
public final class NamedFiles extends FileCommitProtocol implements Serializable {

  private static final long serialVersionUID = 1L;

  /** The setting of Spark with the class that does the work. */
  private static final String WRAPPED = "spark.tommer.internal.commit-protocol";

  /** The option of a write with the id; without it, Spark's own is used. */
  private static final String WRITER = "tommer.writer";

  private final String path;
  private final boolean overwritesPartitions;
  private FileCommitProtocol wrapped;

  /** As Spark makes it. */
  public NamedFiles(String jobId, String path, boolean dynamicPartitionOverwrite) {
    this.path = path;
    this.overwritesPartitions = dynamicPartitionOverwrite;
    this.wrapped = wrap(SQLConf.get().getConfString(WRAPPED), jobId);
  }

  private FileCommitProtocol wrap(String type, String jobId) {
    return FileCommitProtocol.instantiate(type, jobId, path, overwritesPartitions);
  }

  /** Makes it the way of a session. */
  static void use(SparkSession spark) {
    RuntimeConfig conf = spark.conf();
    String key = SQLConf.FILE_COMMIT_PROTOCOL_CLASS().key();
    if (!conf.get(key).equals(NamedFiles.class.getName())) {
      conf.set(WRAPPED, conf.get(key));
      conf.set(key, NamedFiles.class.getName());
    }
  }

  /** The class that does the work in a session. */
  static String wrapped(SparkSession spark) {
    String set = spark.conf().get(SQLConf.FILE_COMMIT_PROTOCOL_CLASS().key());
    return set.equals(NamedFiles.class.getName()) ? spark.conf().get(WRAPPED) : set;
  }

  /** The options of a write for a writer. */
  static Map<String, String> options(String writer) {
    return Map.of(
        WRITER,
        writer,
        // A folder in _temporary for this job alone, which removes it and no other.
        "mapreduce.job.application.attempt.id",
        Integer.toString(WriterId.attempt(writer)),
        "mapreduce.fileoutputcommitter.cleanup.skipped",
        "true",
        // It would be there before the commit.
        "mapreduce.fileoutputcommitter.marksuccessfuljobs",
        "false");
  }

  @Override
  public void setupJob(JobContext job) {
    String writer = job.getConfiguration().get(WRITER);
    if (writer != null) {
      wrapped = wrap(job.getConfiguration().get(WRAPPED), writer);
    }
    wrapped.setupJob(job);
  }

  @Override
  public void commitJob(
      JobContext job, scala.collection.Seq<FileCommitProtocol.TaskCommitMessage> tasks) {
    SparkMethods.call(FileCommitProtocol.class, "commitJob", wrapped, job, tasks);
  }

  /** The same on Scala 2.13, where this is the type. */
  public void commitJob(
      JobContext job, scala.collection.immutable.Seq<FileCommitProtocol.TaskCommitMessage> tasks) {
    SparkMethods.call(FileCommitProtocol.class, "commitJob", wrapped, job, tasks);
  }

  @Override
  public void abortJob(JobContext job) {
    wrapped.abortJob(job);
  }

  @Override
  public void setupTask(TaskAttemptContext task) {
    wrapped.setupTask(task);
  }

  @Override
  @Deprecated
  public String newTaskTempFile(TaskAttemptContext task, Option<String> folder, String extension) {
    return wrapped.newTaskTempFile(task, folder, extension);
  }

  @Override
  public String newTaskTempFile(TaskAttemptContext task, Option<String> folder, FileNameSpec name) {
    return wrapped.newTaskTempFile(task, folder, name);
  }

  @Override
  @Deprecated
  public String newTaskTempFileAbsPath(TaskAttemptContext task, String folder, String extension) {
    return wrapped.newTaskTempFileAbsPath(task, folder, extension);
  }

  @Override
  public String newTaskTempFileAbsPath(TaskAttemptContext task, String folder, FileNameSpec name) {
    return wrapped.newTaskTempFileAbsPath(task, folder, name);
  }

  @Override
  public FileCommitProtocol.TaskCommitMessage commitTask(TaskAttemptContext task) {
    return wrapped.commitTask(task);
  }

  @Override
  public void abortTask(TaskAttemptContext task) {
    wrapped.abortTask(task);
  }

  @Override
  public boolean deleteWithJob(FileSystem fs, Path file, boolean recursive) {
    return wrapped.deleteWithJob(fs, file, recursive);
  }

  @Override
  public void onTaskCommit(FileCommitProtocol.TaskCommitMessage task) {
    wrapped.onTaskCommit(task);
  }
}
