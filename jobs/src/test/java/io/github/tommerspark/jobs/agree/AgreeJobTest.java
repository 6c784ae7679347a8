package io.github.tommerspark.jobs.agree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.detect.Typing;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.output.ResultPlace;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.results.AgreementFile;
import io.github.tommerspark.spark.AgreementPlan;
import io.github.tommerspark.spark.ColumnAgreement;
import io.github.tommerspark.spark.MentionColumns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgreeJobTest {

  private static final String TEXT = "Marie Curie 👩‍🔬 was born in Warsaw, Poland.";

  private static final StructType SCHEMA =
      new StructType()
          .add("id", DataTypes.StringType)
          .add("text", DataTypes.StringType)
          .add(MentionColumns.mentions("mentions_a"))
          .add(MentionColumns.mentions("mentions_b"))
          .add(MentionColumns.mentions("mentions_c"))
          .add(MentionColumns.error());

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"threshold", "greedy"})
  void upstreamsFilesGiveUpstreamsNumbers(String decoder) throws IOException {
    Path golden = golden();
    JsonNode expected =
        new ObjectMapper().readTree(golden.resolve("compare.json").toFile()).get(decoder);
    String[] datasets = new String[expected.get("families").size()];
    for (int i = 0; i < datasets.length; i++) {
      String family = expected.get("families").get(i).asText();
      datasets[i] =
          family + "=" + golden.resolve("inferences_%s_%s.json".formatted(family, decoder));
    }
    AgreementFile report = run(job(datasets));

    for (int a = 0; a < datasets.length; a++) {
      for (int b = 0; b < datasets.length; b++) {
        assertThat(report.micro().dice()[a][b])
            .isCloseTo(
                expected.at("/matrix/dice_matrix/%d/%d".formatted(a, b)).asDouble(), within(1e-9));
        assertThat(report.micro().iou()[a][b])
            .isCloseTo(
                expected.at("/matrix/iou_matrix/%d/%d".formatted(a, b)).asDouble(), within(1e-9));
      }
    }
    expected
        .get("pairs")
        .fields()
        .forEachRemaining(
            pair -> {
              List<String> names = Arrays.asList(pair.getKey().split("\\|"));
              List<String> models = report.models().stream().map(m -> m.name()).toList();
              int a = models.indexOf(names.get(0));
              int b = models.indexOf(names.get(1));
              JsonNode golds = pair.getValue();
              assertThat(report.models().get(a).mentions())
                  .isEqualTo(golds.get("n_entitiesA").asLong());
              assertThat(report.models().get(b).mentions())
                  .isEqualTo(golds.get("n_entitiesB").asLong());
              assertThat(report.micro().intersection()[a][b])
                  .isEqualTo(golds.get("n_intersection").asLong());
              assertThat(report.micro().dice()[a][b])
                  .isCloseTo(golds.get("dice").asDouble(), within(1e-9));
              assertThat(report.micro().iou()[a][b])
                  .isCloseTo(golds.get("iou").asDouble(), within(1e-9));
            });
  }

  @Test
  void severalDatasetsEqualColumnsOfOne() throws IOException {
    write("all", random(60));
    for (String model : List.of("a", "b", "c")) {
      spark
          .read()
          .parquet(path("all"))
          .selectExpr("id", "text", "mentions_%s as mentions".formatted(model), "error")
          .repartition(3)
          .write()
          .parquet(path(model));
    }
    AgreementFile columns = run(job("all"));
    AgreementFile datasets = run(job("a=" + path("a"), "b=" + path("b"), "c=" + path("c")));
    assertThat(columns.documents()).isEqualTo(60);
    assertThat(columns.micro().intersection()[0][1]).isPositive();
    assertSameNumbers(datasets, columns);
  }

  @Test
  void partitionsFormatsAndOrderDoNotMatter() throws IOException {
    write("all", random(60));
    Dataset<Row> rows = spark.read().parquet(path("all"));
    rows.repartition(7).write().parquet(path("seven"));
    rows.coalesce(1).orderBy("text").write().parquet(path("one"));
    // Back come long offsets and double scores.
    rows.write().json(path("json"));
    AgreementFile expected = run(job("all"));
    assertThat(expected.intervals().diceLow()[0][1])
        .isLessThan(expected.micro().dice()[0][1])
        .isGreaterThan(0);
    assertThat(expected.intervals().diceHigh()[0][1]).isGreaterThan(expected.micro().dice()[0][1]);
    for (String other : List.of("seven", "one", "json")) {
      assertSameNumbers(run(job(other)), expected);
    }
  }

  @Test
  void relaxedMeasuresSeeTheText() throws IOException {
    write(
        "rows",
        List.of(
            // "Warsaw," and "Poland." as whitespace splits them; the emoji is three code points.
            row("1", TEXT, spans(0, 11, 28, 35), spans(6, 11, 28, 34), spans())));
    AgreementFile report = run(job("rows"));
    assertThat(report.micro().dice()[0][1]).isZero();
    assertThat(report.relaxed().overlap().dice()[0][1]).isEqualTo(1);
    assertThat(report.relaxed().sameEnd().dice()[0][1]).isEqualTo(0.5);
    assertThat(report.relaxed().sameLastWord().dice()[0][1]).isEqualTo(1);
    assertThat(report.micro().dice()[0][2]).isZero();
    assertThat(report.micro().dice()[2][2]).isEqualTo(1);
    assertThat(report.byLength())
        .contains(
            new AgreementFile.ByLength("1", "a", "b", 0.0, 1L, 2L, 0L),
            new AgreementFile.ByLength("2", "a", "b", 0.0, 1L, 0L, 0L));
  }

  @Test
  void withoutTextWhatNeedsItIsUnknown() throws IOException {
    write("rows", List.of(row("1", TEXT, spans(0, 11), spans(0, 11), spans())));
    spark.read().parquet(path("rows")).drop("text").write().parquet(path("dropped"));
    AgreementFile report = run(job("dropped"));
    assertThat(report.relaxed().sameLastWord()).isNull();
    assertThat(report.micro().dice()[0][1]).isEqualTo(1);
    // Mentions carry their own text.
    assertThat(report.byLength()).isNotEmpty();
    assertThat(report.warnings()).anyMatch(w -> w.endsWith("the last word is not known"));
  }

  @Test
  void whatCannotBeComparedIsLeftOutAndSaid() throws IOException {
    Row failed =
        RowFactory.create("failed", TEXT, spans(0, 5), spans(), spans(), "b: out of memory");
    write(
        "left",
        List.of(
            row("1", TEXT, spans(0, 11), spans(), spans()),
            row("1", TEXT, spans(0, 11), spans(), spans()),
            row("1", TEXT, spans(0, 11), spans(), spans()),
            row("left only", TEXT, spans(0, 11), spans(), spans()),
            row(null, null, spans(), spans(), spans()),
            failed));
    write(
        "right",
        List.of(
            row("failed", TEXT, spans(0, 5), spans(), spans()),
            row("1", TEXT, spans(0, 11), spans(), spans()),
            row("right only", TEXT, spans(0, 11), spans(), spans()),
            row("right too", TEXT, spans(0, 11), spans(), spans())));
    AgreementFile report =
        run(job("l=" + path("left"), "r=" + path("right")).columns("mentions_a"));
    assertThat(report.documents()).isEqualTo(1);
    assertThat(report.models())
        .containsExactly(
            new AgreementFile.Model("l", 1L, "mentions_a", "l"),
            new AgreementFile.Model("r", 1L, "mentions_a", "r"));
    assertThat(report.warnings())
        .containsExactly(
            "1 document(s) with an error were left out",
            "1 row(s) without an id were left out",
            "2 id(s) of other datasets are not in l and were left out",
            "2 row(s) of l repeat an id and were left out",
            "1 id(s) of other datasets are not in r and were left out");
    assertThat(AgreementReport.summary(report)).contains("Note: 2 row(s) of l repeat an id");

    AgreementFile alone = run(job("left"));
    assertThat(alone.documents()).isEqualTo(4);
    assertThat(alone.warnings())
        .contains(
            "1 document(s) with an error were left out", "1 row(s) without an id were left out")
        .anyMatch(w -> w.startsWith("About 40 % of the rows repeat an id, and each row counts;"));
  }

  @Test
  void differentTextsAreRefused() throws IOException {
    write("left", List.of(row("1", TEXT, spans(0, 11), spans(), spans())));
    write("right", List.of(row("1", TEXT + " ", spans(0, 11), spans(), spans())));
    assertThatThrownBy(() -> run(job("l=" + path("left"), "r=" + path("right"))))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "Cannot compare mentions in different texts: 1 id(s) have more than one text, such as 1; compare runs over the same documents, or name what identifies them with --id-column");
    assertThat(folder.resolve("out0")).doesNotExist();

    write("other", List.of(row("2", TEXT, spans(0, 11), spans(), spans())));
    assertRefused(
        job("l=" + path("left"), "o=" + path("other")),
        "Cannot compare datasets without a document in common: no id is in all of \\[l, o\\]; .*");
  }

  @Test
  void whatMakesNoSenseIsRefused() throws IOException {
    write("rows", List.of(row("1", TEXT, spans(0, 11), spans(), spans())));
    assertRefused(
        job("rows").columns("mentions_a"),
        "Cannot compare a single model: .*rows has only the mentions column mentions_a; .*");
    assertRefused(
        job("rows").columns("mentions_a", "mentions_b", "mentions_x"),
        "Cannot find the column \"mentions_x\" of --columns in .*rows");
    assertRefused(
        job("rows").columns("text"),
        "Cannot read mentions from the column \"text\" of .*rows: it is of type string, .*");
    assertRefused(
        job("rows").idColumn("key"),
        "Cannot find the column \"key\" of --id-column in .*rows: its columns are id, text, .*");
    assertRefused(
        job("rows").textColumn("body"),
        "Cannot find the column \"body\" of --text-column in .*rows: its columns are .*");
    assertRefused(
        job("rows").consensus(4, "all"),
        "Cannot write mentions that 4 models found: there are only 3 models");
    assertRefused(
        job("rows").consensus(2, "mentions_a"),
        "Cannot add the column \"mentions_a\": .*rows has one of that name; .*");
    assertRefused(job("nothing"), "Cannot read the input .*nothing: no such file or directory");
    assertRefused(
        job("rows").output("rows/agreement"), "Cannot write to .* lie inside one another.*");
    spark.sql("select 'x' text, array(1) mentions").write().parquet(path("none"));
    assertRefused(
        job("none"),
        "Cannot find mentions in .*none: none of its columns is an array<struct<.*>>; they are text, mentions");
  }

  @Test
  void onlyAComparisonIsOverwritten() throws IOException {
    write("rows", List.of(row("1", TEXT, spans(0, 11), spans(), spans())));
    run(job("rows").output("out").consensus(1, "any"));
    assertRefused(
        job("rows").output("out"),
        "Cannot write to .*out: it holds data already; name another --output, or say --mode overwrite");
    run(job("rows").output("out").overwrite());
    assertThat(folder.resolve("out/consensus")).doesNotExist();
    Files.writeString(folder.resolve("out/thesis.tex"), "years of work");
    assertRefused(
        job("rows").output("out").overwrite(), "Cannot overwrite .*out: it holds thesis.tex, .*");
    write("annotated", List.of(row("1", TEXT, spans(), spans(), spans())));
    assertRefused(
        job("rows").output("annotated").overwrite(), "Cannot overwrite .*: it holds part-.*");
    assertThat(folder.resolve("out/thesis.tex")).exists();
  }

  @Test
  void consensusOfColumnsAndOfDatasets() throws IOException {
    List<Row> rows =
        List.of(
            row("1", TEXT, spans(0, 11, 28, 34), spans(0, 11, 6, 11), spans(0, 11, 28, 34)),
            row("2", TEXT, spans(), spans(0, 5), spans()),
            row("3", null, spans(), spans(), spans()));
    write("all", rows);
    run(job("all").output("columns").consensus(2, "agreed"));
    List<Row> expected = consensus("columns");
    assertThat(spark.read().parquet(path("columns/consensus")).columns())
        .containsExactly("id", "text", "mentions_a", "mentions_b", "mentions_c", "error", "agreed");
    assertThat(expected).hasSize(3);
    // Scores of the first span of each row are 0.9, of the second 0.8: see spans(...).
    assertThat(expected.get(0).<Row>getList(1))
        .extracting(Row::mkString)
        .containsExactly("011Marie Curie0.9", "2834Warsaw0.8");
    assertThat(expected.get(1).<Row>getList(1)).isEmpty();

    for (String model : List.of("a", "b", "c")) {
      spark
          .read()
          .parquet(path("all"))
          .selectExpr("id", "text", "'%s' as origin".formatted(model), "mentions_" + model)
          .write()
          .parquet(path(model));
    }
    run(
        job("a=" + path("a"), "b=" + path("b"), "c=" + path("c"))
            .output("datasets")
            .consensus(2, "agreed"));
    assertThat(spark.read().parquet(path("datasets/consensus")).columns())
        .containsExactly("id", "text", "origin", "mentions_a", "agreed");
    assertThat(consensus("datasets")).isEqualTo(expected);
  }

  @Test
  void filesHoldTheSameNumbers() throws IOException {
    write("all", random(30));
    AgreementFile report = run(job("all").output("out"));
    JsonNode json = new ObjectMapper().readTree(folder.resolve("out/agreement.json").toFile());
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "kind",
            "product",
            "created",
            "documents",
            "models",
            "micro",
            "macro",
            "relaxed",
            "intervals",
            "length_unit",
            "by_length",
            "by_threshold",
            "labels",
            "warnings");
    // These mentions have no labels.
    assertThat(json.get("labels").isNull()).isTrue();
    assertThat(folder.resolve("out/by_label.csv")).doesNotExist();
    assertThat(AgreementReport.summary(report)).doesNotContain("label");
    assertThat(json.get("kind").asText()).isEqualTo("agreement");
    assertThat(json.at("/models/1/name").asText()).isEqualTo("b");
    double dice = report.micro().dice()[0][2];
    assertThat(json.at("/micro/dice/0/2").asDouble()).isEqualTo(dice);
    assertThat(json.at("/micro/intersection/2/0").asLong())
        .isEqualTo(report.micro().intersection()[0][2]);
    assertThat(json.at("/relaxed/same_last_word/dice/0/1").isNumber()).isTrue();
    assertThat(json.at("/intervals/replicates").asInt()).isEqualTo(100);
    assertThat(json.at("/by_threshold/0/a_count").isIntegralNumber()).isTrue();

    assertThat(Files.readAllLines(folder.resolve("out/dice.csv")))
        .hasSize(4)
        .startsWith("model,a,b,c")
        .element(1)
        .asString()
        .endsWith("," + dice);
    Dataset<Row> pairs = spark.read().parquet(path("out/pairs"));
    assertThat(pairs.count()).isEqualTo(9);
    Row cell = pairs.where("a = 'a' and b = 'c'").first();
    assertThat(cell.<Double>getAs("dice")).isEqualTo(dice);
    assertThat(cell.<Long>getAs("a_count")).isEqualTo(report.models().get(0).mentions());
    assertThat(
            spark
                .read()
                .option("header", true)
                .option("inferSchema", true)
                .csv(path("out/by_threshold.csv"))
                .selectExpr("sum(both)")
                .first()
                .getLong(0))
        .isEqualTo(
            spark
                .read()
                .parquet(path("out/by_threshold"))
                .selectExpr("sum(both)")
                .first()
                .getLong(0))
        .isPositive();
  }

  @Test
  void labelsOfCommonMentionsAreCompared() throws IOException {
    writeTyped(
        "all",
        RowFactory.create(
            "1",
            TEXT,
            typed(0, 11, "person", 28, 34, "place", 36, 42, null),
            typed(0, 11, "person", 28, 34, "city", 36, 42, "place"),
            spans(0, 11, 28, 34),
            null),
        // As 0.1 wrote it.
        RowFactory.create(
            "2", TEXT, typed(0, 11, "person", 0, 5, null), typed(0, 5, "O"), spans(0, 5), null),
        RowFactory.create("3", TEXT, typed(), typed(0, 5, "person"), spans(), null));
    AgreementFile report = run(job("all").output("out"));
    AgreementFile.Labels labels = report.labels();
    // po = 2/4; pe = 1/16 each for person and place, and 2/4 · 1/4 for none.
    assertThat(labels.kappa()[0][1]).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(labels.kappa()[1]).containsExactly(labels.kappa()[0][1], 1.0, null);
    assertThat(labels.kappa()[2]).containsOnlyNulls();
    assertThat(labels.same()[0]).containsExactly(5L, 2L, null);
    assertThat(labels.byLabel())
        .extracting(AgreementFile.ByLabel::label, AgreementFile.ByLabel::both)
        .containsExactly(
            tuple("city", 0L), tuple("person", 1L), tuple("place", 0L), tuple(null, 1L));
    assertThat(labels.byLabel().get(3))
        .usingRecursiveComparison()
        .ignoringFields("kappa")
        .isEqualTo(new AgreementFile.ByLabel(null, "a", "b", 0.0, 2L, 1L, 1L));
    assertThat(AgreementReport.summary(report))
        .containsPattern("A +B +kappa of labels +same label +both\\n +a +b +0\\.333 +2 +4");

    JsonNode json = new ObjectMapper().readTree(folder.resolve("out/agreement.json").toFile());
    assertThat(json.at("/labels/kappa/0/1").asDouble()).isEqualTo(labels.kappa()[0][1]);
    assertThat(json.at("/labels/kappa/0/2").isNull()).isTrue();
    assertThat(json.at("/labels/by_label/1/label").asText()).isEqualTo("person");
    assertThat(json.at("/labels/by_label/3/label").isNull()).isTrue();
    assertThat(Files.readAllLines(folder.resolve("out/by_label.csv")))
        .hasSize(5)
        .startsWith("label,a,b,kappa,a_count,b_count,both", "city,a,b,0.0,0,1,0")
        .element(4)
        .asString()
        .startsWith(",a,b,");
    assertThat(spark.read().parquet(path("out/by_label")).where("label is null").count())
        .isEqualTo(1);
    Dataset<Row> pairs = spark.read().parquet(path("out/pairs"));
    assertThat(pairs.where("a = 'a' and b = 'b'").select("kappa", "same_label").first())
        .isEqualTo(RowFactory.create(labels.kappa()[0][1], 2L));
    assertThat(pairs.where("kappa is null").count()).isEqualTo(5);
    // by_label is among what is replaced.
    assertSameNumbers(run(job("all").output("out").overwrite()), report);

    // The same from datasets, and from JSON, which leaves out what is null.
    for (String model : List.of("a", "b", "c")) {
      Dataset<Row> rows =
          spark
              .read()
              .parquet(path("all"))
              .selectExpr("id", "text", "mentions_%s as mentions".formatted(model), "error");
      if (model.equals("b")) {
        rows.write().json(path(model));
      } else {
        rows.write().parquet(path(model));
      }
    }
    assertSameNumbers(run(job("a=" + path("a"), "b=" + path("b"), "c=" + path("c"))), report);
  }

  @Test
  void labelsWithoutEndAreNotCompared() throws IOException {
    spark
        .range(0, 10_001, 1, 2)
        .selectExpr(
            "cast(id as string) as id",
            "'Ada' as text",
            "array(struct(0 as start, 3 as end, cast(id as string) as label)) as mentions_a",
            "array(struct(0 as start, 3 as end, 'person' as label)) as mentions_b")
        .write()
        .parquet(path("rows"));
    AgreementFile report = run(job("rows"));
    assertThat(report.micro().dice()[0][1]).isEqualTo(1);
    assertThat(report.labels()).isNull();
    assertThat(report.warnings())
        .containsExactly(
            "Two models gave more than 10,000 different labels: their agreement on labels is not known");
  }

  @Test
  void columnsNeedNoShuffleAndDatasetsOne() throws Exception {
    write("all", random(40));
    MentionDataset all =
        MentionDataset.open(
            spark, new AgreeOptions.Source(null, List.of(path("all"))), null, null, null);
    AgreementPlan plan = new AgreementPlan(all.models().size(), 1, 0, 0);
    assertThat(shuffled(() -> ColumnAgreement.count(all.spans(false), plan))).isZero();
    // Every row once.
    assertThat(shuffled(() -> run(job("x=" + path("all"), "y=" + path("all"))))).isEqualTo(80);
  }

  private interface Action {
    void run() throws IOException;
  }

  /** Records that were written for a shuffle. */
  private long shuffled(Action action) throws Exception {
    AtomicLong records = new AtomicLong();
    SparkListener listener =
        new SparkListener() {
          @Override
          public void onStageCompleted(SparkListenerStageCompleted stage) {
            records.addAndGet(
                stage.stageInfo().taskMetrics().shuffleWriteMetrics().recordsWritten());
          }
        };
    spark.sparkContext().addSparkListener(listener);
    try {
      action.run();
      spark.sparkContext().listenerBus().waitUntilEmpty();
    } finally {
      spark.sparkContext().removeSparkListener(listener);
    }
    return records.get();
  }

  private static void assertSameNumbers(AgreementFile actual, AgreementFile expected) {
    assertThat(actual)
        .usingRecursiveComparison()
        .ignoringFields("created", "warnings", "models")
        .isEqualTo(expected);
    assertThat(actual.models().stream().map(m -> m.name() + m.mentions()))
        .isEqualTo(expected.models().stream().map(m -> m.name() + m.mentions()).toList());
  }

  private void assertRefused(Job job, String message) {
    assertThatThrownBy(() -> run(job))
        .isInstanceOf(UserException.class)
        .message()
        .matches("(?s)" + message);
  }

  private List<Row> consensus(String output) {
    return spark
        .read()
        .parquet(path(output + "/consensus"))
        .select("id", "agreed")
        .orderBy("id")
        .collectAsList();
  }

  private static List<Row> random(int documents) {
    Random random = new Random(5);
    List<Row> rows = new ArrayList<>();
    for (int d = 0; d < documents; d++) {
      List<Row[]> models = new ArrayList<>();
      for (int m = 0; m < 3; m++) {
        List<Row> mentions = new ArrayList<>();
        for (int start = 0; start < 40; start++) {
          int length = 1 + random.nextInt(3);
          if (random.nextInt(4) == 0 && start + length <= TEXT.codePointCount(0, TEXT.length())) {
            mentions.add(mention(start, start + length, 0.5f + random.nextInt(50) / 100f));
          }
        }
        models.add(mentions.toArray(Row[]::new));
      }
      rows.add(row("doc" + d, TEXT, models.get(0), models.get(1), models.get(2)));
    }
    return rows;
  }

  private static Row row(String id, String text, Row[] a, Row[] b, Row[] c) {
    return RowFactory.create(id, text, a, b, c, null);
  }

  /** Mentions with falling scores. */
  private static Row[] spans(int... offsets) {
    Row[] mentions = new Row[offsets.length / 2];
    for (int i = 0; i < mentions.length; i++) {
      mentions[i] = mention(offsets[2 * i], offsets[2 * i + 1], (9 - i) / 10f);
    }
    return mentions;
  }

  private static Row mention(int start, int end, float score) {
    int from = TEXT.offsetByCodePoints(0, start);
    String text = TEXT.substring(from, TEXT.offsetByCodePoints(from, end - start));
    return RowFactory.create(start, end, text, score);
  }

  private void write(String name, List<Row> rows) {
    spark.createDataset(rows, Encoders.row(SCHEMA)).repartition(2).write().parquet(path(name));
  }

  private void writeTyped(String name, Row... rows) {
    Typing typing = Typing.labels(List.of("x"));
    StructType schema =
        new StructType()
            .add("id", DataTypes.StringType)
            .add("text", DataTypes.StringType)
            .add(MentionColumns.mentions("mentions_a", typing))
            .add(MentionColumns.mentions("mentions_b", typing))
            .add(MentionColumns.mentions("mentions_c"))
            .add(MentionColumns.error());
    spark
        .createDataset(List.of(rows), Encoders.row(schema))
        .repartition(2)
        .write()
        .parquet(path(name));
  }

  /** Mentions with labels: start, end, label, and so on. */
  private static Row[] typed(Object... fields) {
    Row[] mentions = new Row[fields.length / 3];
    for (int i = 0; i < mentions.length; i++) {
      Row mention = mention((int) fields[3 * i], (int) fields[3 * i + 1], 0.9f);
      String label = (String) fields[3 * i + 2];
      mentions[i] =
          RowFactory.create(
              mention.get(0),
              mention.get(1),
              mention.get(2),
              mention.get(3),
              label,
              label == null ? null : 0.8f);
    }
    return mentions;
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private static Path golden() {
    String root = System.getProperty("tommer.golden");
    return (root != null ? Path.of(root) : Path.of("../core/src/test/resources/golden"))
        .resolve("end_to_end");
  }

  private AgreementFile run(Job job) throws IOException {
    return AgreeJob.run(spark, job.options());
  }

  /** A dataset in the folder, or several as NAME=PATH. */
  private Job job(String... datasets) {
    return new Job(datasets);
  }

  private int outputs;

  private final class Job {
    private final String[] datasets;
    private List<String> columns;
    private String textColumn;
    private String idColumn;
    private String output = "out" + outputs++;
    private boolean overwrite;
    private int votes;
    private String consensusColumn = "consensus";

    private Job(String... datasets) {
      this.datasets = datasets;
    }

    Job columns(String... names) {
      columns = List.of(names);
      return this;
    }

    Job textColumn(String name) {
      textColumn = name;
      return this;
    }

    Job idColumn(String name) {
      idColumn = name;
      return this;
    }

    Job output(String name) {
      output = name;
      return this;
    }

    Job overwrite() {
      overwrite = true;
      return this;
    }

    Job consensus(int k, String column) {
      votes = k;
      consensusColumn = column;
      return this;
    }

    AgreeOptions options() {
      List<AgreeOptions.Source> sources = new ArrayList<>();
      for (String dataset : datasets) {
        String[] parts = dataset.split("=", 2);
        sources.add(
            parts.length == 1
                ? new AgreeOptions.Source(null, List.of(path(dataset)))
                : new AgreeOptions.Source(parts[0], List.of(parts[1])));
      }
      return new AgreeOptions(
          sources,
          columns,
          textColumn,
          idColumn,
          new ResultPlace(path(output), overwrite),
          new AgreeOptions.Bootstrap(100, 1),
          new AgreeOptions.Consensus(votes, consensusColumn));
    }
  }
}
