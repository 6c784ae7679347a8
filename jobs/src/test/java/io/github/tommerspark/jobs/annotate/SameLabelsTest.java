package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.SpanLabels;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.TommerSpark;
import io.github.tommerspark.jobs.evaluate.EvaluateCommand;
import io.github.tommerspark.jobs.evaluate.EvaluateJob;
import io.github.tommerspark.jobs.evaluate.EvaluateResult;
import io.github.tommerspark.pipeline.MentionDetectorModel;
import io.github.tommerspark.results.EvaluationFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The same labels for the same text, whatever one asks for them. */
class SameLabelsTest {

  private static final List<String> TEXTS =
      List.of(
          "Marie Curie was born in Warsaw. She won the Nobel Prize in Physics in 1903.",
          "The physicist Angela Merkel led the Christian Democratic Union in the election of 2005.",
          "Ada Lovelace wrote to Charles Babbage 🙂 about the Analytical Engine.",
          "no",
          "Support vector machines outperform naive Bayes on text classification. ".repeat(60));

  private static final String LABELS =
      """
      person: person; human being
      scientist
      PLACE: location; city; country
      award
      date
      political party: an organisation that takes part in elections
      algorithm: algorithm; method of machine learning
      """;

  /** Of mentions and of labels; what batches of other sizes make of them. */
  private static final float ROUNDING = 1e-5f;

  @TempDir private static Path folder;

  private static List<Found> expected;

  private final SparkSession spark = LocalSpark.session();

  /** A mention of a text, with offsets in code points. */
  private record Found(
      int text,
      int start,
      int end,
      String mention,
      float score,
      String label,
      Float labelScore,
      List<SpanLabels.Label> labels) {

    static Found of(Row row) {
      return new Found(
          Integer.parseInt(row.getString(0)),
          row.getInt(1),
          row.getInt(2),
          row.getString(3),
          row.getFloat(4),
          row.getString(5),
          row.isNullAt(6) ? null : row.getFloat(6),
          row.<Row>getList(7).stream()
              .map(label -> new SpanLabels.Label(label.getString(0), label.getFloat(1)))
              .toList());
    }
  }

  @BeforeAll
  static void annotate() throws IOException {
    Files.writeString(labels(), LABELS);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < TEXTS.size(); i++) {
      lines.add("{\"id\": \"%d\", \"text\": \"%s\", \"entities\": []}".formatted(i, TEXTS.get(i)));
    }
    Files.write(folder.resolve("docs.jsonl"), lines);
    run("annotated", "--all-labels");
    expected = found(LocalSpark.session().read().parquet(folder.resolve("annotated").toString()));
  }

  private static Path labels() {
    return folder.resolve("labels.txt");
  }

  private static String[] options(String... more) {
    return Stream.concat(
            Stream.of(
                "--labels-file",
                labels().toString(),
                "--decoder",
                "greedy",
                "--rank-by",
                "product"),
            Stream.of(more))
        .toArray(String[]::new);
  }

  private static void run(String output, String... more) throws IOException {
    AnnotateCommand command =
        parsed(
            "annotate",
            Stream.concat(
                    Stream.of(
                        "--input",
                        folder.resolve("docs.jsonl").toString(),
                        "--output",
                        folder.resolve(output).toString()),
                    Stream.of(options(more)))
                .toArray(String[]::new));
    AnnotateJob.run(LocalSpark.session(), command.options());
  }

  private static List<Found> found(Dataset<Row> annotated) {
    return annotated
        .selectExpr("id", "inline(mentions)")
        .selectExpr("id", "start", "end", "text", "score", "label", "label_score", "labels")
        .collectAsList()
        .stream()
        .map(Found::of)
        .sorted(Comparator.comparing(Found::text).thenComparing(Found::start))
        .toList();
  }

  private Dataset<Row> documents() {
    return spark.read().json(folder.resolve("docs.jsonl").toString()).select("id", "text");
  }

  private static MentionDetectorModel stage() {
    return new MentionDetectorModel()
        .setLabelsFile(labels().toString())
        .setDecoder("greedy")
        .setRankBy("product")
        .setAllLabels(true);
  }

  @Test
  void annotateFindsWhatThereIs() {
    assertThat(expected.stream().filter(found -> found.text() == 0).map(Found::label))
        .filteredOn(Objects::nonNull)
        .containsExactly("scientist", "PLACE", "award", "date");
    assertThat(expected).anyMatch(found -> found.labels().size() > 1);
    assertThat(expected).anyMatch(found -> found.label() == null && found.labels().isEmpty());
    for (Found found : expected) {
      if (found.label() != null) {
        assertThat(found.labels().get(0))
            .isEqualTo(new SpanLabels.Label(found.label(), found.labelScore()));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 100, 2048, 100_000})
  void theStageGivesTheSameInBatchesOfAnySize(int tokens) {
    assertSame(found(stage().setBatchTokens(tokens).transform(documents())));
  }

  @Test
  void sqlGivesTheSame() {
    documents().createOrReplaceTempView("same_labels");
    assertSame(
        found(
            spark.sql(
                """
                SELECT id, mentions(text, labels_file => '%s', decoder => 'greedy',
                    rank_by => 'product', all_labels => true) AS mentions FROM same_labels"""
                    .formatted(labels()))));
  }

  @Test
  void showSaysTheSame() {
    Pattern line = Pattern.compile("(?m)^  ([01]\\.\\d{4})  (.+?)  \\((.*)\\)$");
    for (int i = 0; i < 3; i++) {
      StringWriter out = new StringWriter();
      CommandLine root = TommerSpark.commandLine().setOut(new PrintWriter(out, true));
      assertThat(
              root.execute(
                  Stream.concat(
                          Stream.of("show", TEXTS.get(i), "--color", "never"),
                          Stream.of(options("--all-labels")))
                      .toArray(String[]::new)))
          .isZero();
      List<String> shown = new ArrayList<>();
      Matcher matcher = line.matcher(out.toString());
      while (matcher.find()) {
        shown.add(matcher.group(2) + ": " + matcher.group(3));
      }
      int text = i;
      assertThat(shown)
          .containsExactlyInAnyOrderElementsOf(
              expected.stream()
                  .filter(found -> found.text() == text)
                  .map(found -> found.mention() + ": " + words(found))
                  .toList());
    }
  }

  private static String words(Found found) {
    return found.label() == null
        ? "other"
        : String.join(
            ", ",
            found.labels().stream()
                .map(label -> String.format(Locale.ROOT, "%s %.2f", label.name(), label.score()))
                .toList());
  }

  /** Every mention is gold, of the type that annotate gives it, and so all are right. */
  @Test
  void evaluateFindsTheSame() throws IOException {
    List<String> gold = new ArrayList<>();
    for (int i = 0; i < TEXTS.size(); i++) {
      int text = i;
      List<String> entities =
          expected.stream()
              .filter(found -> found.text() == text && found.label() != null)
              .map(
                  found ->
                      "{\"start\": %d, \"end\": %d, \"type\": \"%s\"}"
                          .formatted(found.start(), found.end(), found.label()))
              .toList();
      gold.add(
          "{\"id\": \"%d\", \"text\": \"%s\", \"entities\": [%s]}"
              .formatted(i, TEXTS.get(i), String.join(", ", entities)));
    }
    Files.write(folder.resolve("gold.jsonl"), gold);
    long labelled = expected.stream().filter(found -> found.label() != null).count();
    List<EvaluationFile.Typed> typed = new ArrayList<>();
    run("for-evaluate");
    for (String[] predictions :
        List.of(
            options(), new String[] {"--predictions", "bge=" + folder.resolve("for-evaluate")})) {
      EvaluateCommand command =
          parsed(
              "evaluate",
              Stream.concat(
                      Stream.of(
                          "--gold",
                          "g=" + folder.resolve("gold.jsonl"),
                          "--matching",
                          "char",
                          "--keep-unannotated",
                          "--overwrite",
                          "--output",
                          folder.resolve("scores").toString()),
                      Stream.of(predictions))
                  .toArray(String[]::new));
      EvaluateResult result = EvaluateJob.run(spark, command.options());
      EvaluationFile.Typed micro = result.evaluation().typed().get(0);
      assertThat(micro.truePos()).isEqualTo(labelled);
      assertThat(micro.falsePos()).isZero();
      assertThat(micro.total()).isEqualTo(labelled);
      typed.add(micro);
    }
    assertThat(typed.get(0))
        .usingRecursiveComparison()
        .ignoringFields("model")
        .isEqualTo(typed.get(1));
  }

  @Test
  void severalSetsOfLabelsShareAForward() throws IOException {
    Path models = folder.resolve("models.json");
    Files.writeString(
        models,
        """
        [{"name": "broad", "backbone": "bge-small", "labelsFile": "labels.txt", "decoder": "greedy",
          "rankBy": "product", "allLabels": true},
         {"name": "narrow", "backbone": "bge-small", "labels": ["scientist", "city"],
          "requireLabel": true},
         {"name": "bare", "backbone": "bge-small"}]""");
    AnnotateCommand command =
        parsed(
            "annotate",
            "--input",
            folder.resolve("docs.jsonl").toString(),
            "--models",
            models.toString(),
            "--output",
            folder.resolve("several").toString());
    AnnotateOptions options = command.options();
    AnnotateJob.run(spark, options);
    Dataset<Row> written = spark.read().parquet(folder.resolve("several").toString());
    assertSame(found(written.withColumnRenamed("mentions_broad", "mentions")));
    assertThat(
            written
                .where("id = '0'")
                .selectExpr("inline(mentions_narrow)")
                .selectExpr("concat(text, ' ', label)")
                .as(Encoders.STRING())
                .collectAsList())
        .containsExactly("Marie Curie scientist", "Warsaw city");
    assertThat(written.selectExpr("inline(mentions_bare)").columns())
        .containsExactly("start", "end", "text", "score");
    List<ModelSpec> models3 = options.models();
    try (MentionDetector detector = MentionDetector.load(models3, EngineOptions.defaults())) {
      assertThat(detector.loadReports()).hasSize(1);
      List<Mention> broad =
          detector.annotate(List.of(TEXTS.get(0))).get(0).results().get(0).mentions();
      assertThat(broad).extracting(Mention::label).contains("PLACE");
    }
  }

  private void assertSame(List<Found> found) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      Found one = found.get(i);
      Found other = expected.get(i);
      assertThat(one)
          .usingRecursiveComparison()
          .ignoringFields("score", "labelScore", "labels")
          .isEqualTo(other);
      assertThat(one.score()).isCloseTo(other.score(), within(ROUNDING));
      assertThat(one.labels()).hasSameSizeAs(other.labels());
      for (int label = 0; label < one.labels().size(); label++) {
        assertThat(one.labels().get(label).name()).isEqualTo(other.labels().get(label).name());
        assertThat(one.labels().get(label).score())
            .isCloseTo(other.labels().get(label).score(), within(ROUNDING));
      }
    }
  }

  private static <T> T parsed(String command, String... arguments) {
    CommandLine root = TommerSpark.commandLine();
    root.parseArgs(Stream.concat(Stream.of(command), Stream.of(arguments)).toArray(String[]::new));
    return root.getSubcommands().get(command).getCommand();
  }
}
