package io.github.tommerspark.linkage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.spark.SparkUserAppException;
import org.apache.spark.internal.io.FileCommitProtocol;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.TaskInfo;
import org.apache.spark.sql.execution.streaming.StreamingQueryWrapper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import scala.Option;
import scala.collection.Seq;

/**
 * One jar for all versions of Spark: everything that it refers to is there in each, although it was
 * compiled against the oldest.
 */
class LinkIT {

  private static final String OURS = "io/github/tommerspark/";

  /** Classes that are compiled once for each Scala, whose version follows. */
  private static final String OF_SCALA = OURS + "sql/scala";

  private static Map<String, byte[]> jar;
  private static ClassPool compiled;

  @BeforeAll
  static void readJar() throws IOException {
    jar = classes(System.getProperty("tommer.jar"));
    compiled = ClassPool.of(Path.of(System.getProperty("tommer.spark.home"), "jars"));
    compiled.add(jar);
  }

  @AfterAll
  static void close() throws IOException {
    compiled.close();
  }

  @Test
  void theJarLinksToWhatItWasCompiledAgainst() {
    assertThat(LinkCheck.run(ours(), compiled, compiled)).isEmpty();
    assertThat(LinkCheck.run(ofScala("212"), compiled, compiled)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"4.0", "4.1", "4.2"})
  void theJarLinksToLaterVersions(String line) throws IOException {
    try (ClassPool pool = pool(line);
        ClassPool compiled213 = pool("4.1")) {
      assertThat(LinkCheck.run(ours(), compiled, pool)).isEmpty();
      assertThat(LinkCheck.run(ofScala("213"), compiled213, pool)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"4.0", "4.1", "4.2"})
  void aSeqInASignatureIsFound(String line) throws IOException {
    assertThat(breaks(line, CallsWithSeq.class))
        .containsExactly(
            "%s.tasks: there is no scala.collection.Seq org.apache.spark.scheduler.TaskInfo.accumulables()"
                .formatted(CallsWithSeq.class.getName()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"4.0", "4.1", "4.2"})
  void aMethodToImplementThatHasAnotherSignatureIsFound(String line) throws IOException {
    String name = CommitsWithSeq.class.getName();
    String protocol = FileCommitProtocol.class.getName();
    assertThat(breaks(line, CommitsWithSeq.class))
        .containsExactlyInAnyOrder(
            "%s: does not implement void %s.commitJob(%s, scala.collection.immutable.Seq)"
                .formatted(name, protocol, JobContext.class.getName()),
            "%s: void %s.commitJob(%s, scala.collection.Seq) overrides nothing"
                .formatted(name, name, JobContext.class.getName()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"4.1", "4.2"})
  void classesThatMovedAndConstructorsThatChangedAreFound(String line) throws IOException {
    assertThat(breaks(line, NamesWhatMoved.class))
        .anyMatch(
            told -> told.endsWith("there is no class " + StreamingQueryWrapper.class.getName()))
        .anyMatch(
            told ->
                told.contains(
                    "there is no void " + SparkUserAppException.class.getName() + ".<init>(int)"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"4.0", "4.1", "4.2"})
  void aSeqInAMethodReferenceIsFound(String line) throws IOException {
    assertThat(breaks(line, RefersToSeq.class))
        .containsExactly(
            "%s.reader: there is no scala.collection.Seq org.apache.spark.scheduler.TaskInfo.accumulables()"
                .formatted(RefersToSeq.class.getName()));
  }

  /** What a check of a class of this file alone says; it links to what it was compiled against. */
  private static List<String> breaks(String line, Class<?> planted) throws IOException {
    String name = planted.getName().replace('.', '/');
    try (InputStream bytes = planted.getResourceAsStream("/" + name + ".class");
        ClassPool pool = pool(line)) {
      Map<String, byte[]> classes = Map.of(name, bytes.readAllBytes());
      compiled.add(classes);
      pool.add(classes);
      assertThat(LinkCheck.run(classes, compiled, compiled)).isEmpty();
      return LinkCheck.run(classes, compiled, pool);
    }
  }

  private static ClassPool pool(String line) throws IOException {
    ClassPool pool = ClassPool.of(Path.of(System.getProperty("tommer.link.jars"), line));
    pool.add(jar);
    return pool;
  }

  /** Those of the jar for any Scala, without what others wrote. */
  private static Map<String, byte[]> ours() {
    Map<String, byte[]> ours = new HashMap<>(jar);
    ours.keySet()
        .removeIf(
            name ->
                !name.startsWith(OURS)
                    || name.startsWith(OURS + "shaded/")
                    || name.startsWith(OF_SCALA));
    assertThat(ours).hasSizeGreaterThan(500);
    return ours;
  }

  /** Those of the jar for one Scala. */
  private static Map<String, byte[]> ofScala(String version) {
    Map<String, byte[]> ours = new HashMap<>(jar);
    ours.keySet().removeIf(name -> !name.startsWith(OF_SCALA + version + "/"));
    assertThat(ours).isNotEmpty();
    return ours;
  }

  private static Map<String, byte[]> classes(String file) throws IOException {
    Map<String, byte[]> classes = new HashMap<>();
    try (ZipFile zip = new ZipFile(file)) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        String name = entry.getName();
        if (name.endsWith(".class") && !name.startsWith("META-INF/")) {
          classes.put(
              name.substring(0, name.length() - ".class".length()),
              zip.getInputStream(entry).readAllBytes());
        }
      }
    }
    return classes;
  }

  // --- what breaks, as somebody might write it ---------------------------------------------------

  private static final class CallsWithSeq {
    static int tasks(SparkListenerTaskEnd event) {
      return event.taskInfo().accumulables().size();
    }
  }

  private static final class RefersToSeq {
    static Function<TaskInfo, Seq<?>> reader() {
      return TaskInfo::accumulables;
    }
  }

  private static final class NamesWhatMoved {
    static Object running(Object query) throws SparkUserAppException {
      if (query instanceof StreamingQueryWrapper wrapper) {
        return wrapper;
      }
      throw new SparkUserAppException(1);
    }
  }

  private static final class CommitsWithSeq extends FileCommitProtocol {

    @Override
    public void setupJob(JobContext job) {}

    @Override
    public void commitJob(JobContext job, Seq<FileCommitProtocol.TaskCommitMessage> tasks) {}

    @Override
    public void abortJob(JobContext job) {}

    @Override
    public void setupTask(TaskAttemptContext task) {}

    @Override
    @Deprecated
    public String newTaskTempFile(
        TaskAttemptContext task, Option<String> folder, String extension) {
      return "";
    }

    @Override
    @Deprecated
    public String newTaskTempFileAbsPath(TaskAttemptContext task, String folder, String extension) {
      return "";
    }

    @Override
    public FileCommitProtocol.TaskCommitMessage commitTask(TaskAttemptContext task) {
      return null;
    }

    @Override
    public void abortTask(TaskAttemptContext task) {}
  }
}
