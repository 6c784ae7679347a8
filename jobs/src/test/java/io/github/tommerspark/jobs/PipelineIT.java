package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.jobs.SparkSubmit.Run;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pipeline stage in a user's program, with our jar as it is shipped and real executors. */
class PipelineIT {

  private static final String TEXT = "Marie Curie 👩‍🔬 left Warsaw for the University of Paris.";

  @TempDir private static Path folder;

  @Test
  void aPipelineRunsOnExecutorsWithNothingButOurJar() throws Exception {
    Files.writeString(
        folder.resolve("docs.jsonl"),
        "{\"n\": 0, \"text\": \"%s\"}\n".formatted(TEXT)
            + "{\"n\": 1, \"text\": \"Ada met Charles Babbage in London.\"}\n{\"n\": 2}\n"
                .repeat(3));
    Run run =
        SparkSubmit.submit(
            folder,
            List.of(
                "--master",
                "local-cluster[2,1,1024]",
                "--jars",
                jarOf(PipelineApplication.class).toString(),
                "--class",
                PipelineApplication.class.getName()),
            "docs.jsonl",
            "pipeline",
            "out");
    assertThat(run.code()).as(run.err()).isZero();

    List<Row> rows =
        LocalSpark.session()
            .read()
            .parquet(folder.resolve("out").toString())
            .orderBy("n")
            .collectAsList();
    assertThat(rows).hasSize(7);
    try (MentionDetector detector = MentionDetector.builder().model("nano-llama").build()) {
      assertThat(rows.get(0).<Row>getList(2).stream().map(mention -> mention.getString(2)))
          .containsExactlyElementsOf(
              detector.detect(List.of(TEXT)).get(0).stream().map(Mention::text).toList());
    }
    for (Row chunk : rows.get(0).<Row>getList(3)) {
      assertThat(TEXT.substring(chunk.getInt(1), chunk.getInt(2) + 1))
          .isEqualTo(chunk.getString(3));
    }
    assertThat(rows.get(0).getList(3)).isNotEmpty();
  }

  @Test
  void theJarBringsNothingOfSparkOrSparkNlp() throws IOException {
    try (JarFile jar = new JarFile(System.getProperty("tommer.jar"))) {
      assertThat(jar.stream().map(JarEntry::getName))
          .contains("io/github/tommerspark/pipeline/MentionDetectorModel.class")
          .noneMatch(name -> name.startsWith("org/apache/spark/"))
          .noneMatch(name -> name.startsWith("com/johnsnowlabs/"))
          .noneMatch(name -> name.startsWith("breeze/"));
    }
  }

  private static Path jarOf(Class<?> type) throws IOException {
    Path jar = folder.resolve("application.jar");
    String name = type.getName().replace('.', '/') + ".class";
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
        InputStream in = type.getClassLoader().getResourceAsStream(name)) {
      out.putNextEntry(new JarEntry(name));
      in.transferTo(out);
    }
    return jar;
  }
}
