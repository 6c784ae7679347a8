package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.Drivers;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.LocaleApplication;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.WriteMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TimeZone;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Outputs are the same bytes, and incremental runs go on, wherever a JVM is. */
class LocaleRunsTest {

  /** With digits, capitals, calendars and separators of their own. */
  private static final List<String> LOCALES =
      List.of(
          "ar-EG", "fa-IR-u-nu-arabext", "hi-IN-u-nu-deva", "th-TH-u-ca-buddhist-nu-thai", "tr");

  /** Those of the long form beside them. */
  private static final List<String> MORE_LOCALES =
      List.of(
          "ar-SA-u-ca-islamic",
          "az",
          "bn-BD-u-nu-beng",
          "de-CH",
          "de-DE",
          "en-US",
          "fr-FR",
          "he-IL",
          "ja-JP-u-ca-japanese",
          "ko-KR",
          "lt-LT",
          "my-MM-u-nu-mymr",
          "ne-NP-u-nu-deva",
          "pl-PL",
          "pt-BR",
          "ru-RU",
          "sv-SE",
          "ur-PK-u-nu-arabext",
          "vi-VN",
          "zh-TW-u-ca-roc");

  private static final List<String> ZONES =
      List.of("Asia/Kathmandu", "Pacific/Apia", "America/St_Johns");

  private final Locale locale = Locale.getDefault();
  private final TimeZone zone = TimeZone.getDefault();
  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @AfterEach
  void comeHome() {
    Locale.setDefault(locale);
    TimeZone.setDefault(zone);
  }

  @Test
  void aRunWritesTheSameBytesEverywhere() throws IOException {
    write("in/docs.jsonl", "Marie Curie was born in Warsaw in 1867.");
    String expected = annotated("home");
    assertThat(expected).contains("\"mentions\":[{\"start\":");
    for (int i = 0; i < LOCALES.size(); i++) {
      go(i);
      assertThat(annotated("away-" + i)).as(LOCALES.get(i)).isEqualTo(expected);
    }
  }

  /** In each of them with each zone, in a JVM for each of two charsets. */
  @Test
  @Tag("soak")
  void allCommandsWriteTheSameInEachLocaleZoneAndCharset() throws Exception {
    List<String> places =
        MORE_LOCALES.stream()
            .flatMap(language -> ZONES.stream().map(there -> language + "=" + there))
            .toList();
    Set<String> results = new HashSet<>();
    int runs = 0;
    for (String charset : List.of("UTF-8", "ISO-8859-1")) {
      Path home = Files.createDirectories(folder.resolve(charset));
      List<String> arguments = new ArrayList<>(List.of("results"));
      arguments.addAll(places);
      Process process =
          Drivers.start(
              LocaleApplication.class,
              home,
              home.resolve("log"),
              List.of("file.encoding=" + charset, "spark.master=local[1]"),
              Map.of("LC_ALL", charset.equals("UTF-8") ? "C.UTF-8" : "C"),
              arguments.toArray(String[]::new));
      assertThat(process.waitFor()).as(() -> read(home.resolve("log"))).isZero();
      List<String> lines = Files.readAllLines(home.resolve("results"));
      assertThat(lines).hasSameSizeAs(places);
      results.addAll(lines);
      runs += lines.size();
    }
    assertThat(results).hasSize(1);
    System.out.println(runs + " times " + results);
    assertThat(results.iterator().next())
        .contains(" part part agreement.json dice.csv ")
        .contains(" evaluation.json");
  }

  @Test
  void incrementalRunsGoOnEverywhere() throws IOException {
    IncrementalOptions growing = new IncrementalOptions(null, 1, false);
    for (int i = 0; i < 2 * LOCALES.size(); i++) {
      go(i % LOCALES.size());
      write("in/%s.jsonl".formatted(i), "Ada Lovelace met Charles Babbage in London.");
      IncrementalResult result = IncrementalJob.run(spark, options("out"), growing);
      assertThat(result.counts().rowsWritten()).isEqualTo(1);
      assertThat(result.summary()).contains("rows written        1\n");
      assertThat(result.directory()).matches(".*/run=0001-[0-9a-f]{8}");
    }
  }

  private static void go(int to) {
    Locale.setDefault(Locale.forLanguageTag(LOCALES.get(to)));
    TimeZone.setDefault(TimeZone.getTimeZone(ZONES.get(to % ZONES.size())));
  }

  private String annotated(String output) throws IOException {
    AnnotateJob.run(spark, options(output));
    try (Stream<Path> files = Files.list(folder.resolve(output))) {
      return files
          .filter(file -> file.getFileName().toString().matches("part-.*\\.json"))
          .map(LocaleRunsTest::read)
          .collect(Collectors.joining());
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(String file, String text) throws IOException {
    Files.createDirectories(folder.resolve("in"));
    Files.writeString(folder.resolve(file), "{\"key\": \"I\", \"text\": \"%s\"}\n".formatted(text));
  }

  private AnnotateOptions options(String output) {
    return new AnnotateOptions(
        new CorpusOptions(List.of(folder.resolve("in").toString()), null, Map.of(), "text", null),
        new OutputOptions(
            folder.resolve(output).toString(),
            OutputFormat.JSON,
            WriteMode.ERROR,
            "mentions",
            null,
            false),
        List.of(ModelSpec.bundled("nano-llama")),
        EngineOptions.defaults().withDtype(ComputeType.FP32),
        0,
        false,
        Map.of());
  }
}
