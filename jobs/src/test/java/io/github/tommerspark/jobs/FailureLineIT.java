package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told when a task fails, which Spark has a lot to say about. */
class FailureLineIT {

  private static final String LINE =
      "tommer-spark: A row failed and --fail-fast is set: input: malformed JSON: {\"text\":";

  @TempDir private Path folder;

  @Test
  void theLineThatCountsIsTheOnlyOneThatIsNotOfTheLog() throws Exception {
    String told = run(Path.of("..", "conf", "log4j2.properties").toRealPath());
    List<String> lines = told.lines().filter(line -> !line.isBlank()).toList();
    assertThat(lines.get(lines.size() - 1)).startsWith(LINE);
    assertThat(lines.subList(0, lines.size() - 1))
        .allMatch(line -> line.matches("[0-9:]{8} (WARN|ERROR|INFO) .*"));
  }

  @Test
  void theLineThatCountsIsALineWhateverTheLogLooksLike() throws Exception {
    Path config = folder.resolve("log.properties");
    Files.write(
        config,
        List.of(
            "appender.console.type = Console",
            "appender.console.name = console",
            "appender.console.target = SYSTEM_ERR",
            "appender.console.layout.type = PatternLayout",
            "appender.console.layout.pattern = %m%n%ex{short}",
            "rootLogger.level = error",
            "rootLogger.appenderRef.console.ref = console"));
    String told = run(config);
    assertThat(told).contains("\tat ");
    assertThat(told.lines().filter(line -> line.contains("tommer-spark: ")))
        .singleElement()
        .asString()
        .startsWith(LINE);
  }

  private String run(Path logging) throws Exception {
    Files.writeString(
        folder.resolve("docs.jsonl"), "{\"text\": \"Paris is in France.\"}\n{\"text\": \n");
    Path log = folder.resolve("log");
    int code =
        Drivers.start(
                folder,
                log,
                List.of("spark.master=local[1]", "log4j2.configurationFile=" + logging),
                "annotate",
                "--fail-fast",
                "--input=docs.jsonl",
                "--output=out")
            .waitFor();
    String told = Files.readString(log);
    assertThat(code).as(told).isEqualTo(1);
    return told;
  }
}
