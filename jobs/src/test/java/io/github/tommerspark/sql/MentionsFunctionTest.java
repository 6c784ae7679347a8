package io.github.tommerspark.sql;

import static io.github.tommerspark.sql.functions.mentions;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.size;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.pipeline.MentionDetectorModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Queries with calls against the same queries with columns that the pipeline's stage has made,
 * which is the partition code of the annotate job.
 */
class MentionsFunctionTest {

  private static final SparkSession SPARK = LocalSpark.session();

  @TempDir private static Path folder;

  @BeforeAll
  static void writeDocuments() {
    List<Row> rows = new ArrayList<>();
    String[] texts = {
      "Marie Curie was born in Warsaw.",
      "The European Central Bank in Frankfurt raised its rates.",
      null,
      "",
      "Ada Lovelace wrote to Charles Babbage 🙂 in London.",
      "Nothing here to see, is there?",
    };
    for (int i = 0; i < 18; i++) {
      rows.add(RowFactory.create(i, i % 3, "Title of Paris " + i % 2, texts[i % texts.length]));
    }
    StructType schema =
        new StructType()
            .add("id", DataTypes.IntegerType)
            .add("k", DataTypes.IntegerType)
            .add("title", DataTypes.StringType)
            .add("text", DataTypes.StringType);
    ArrowDocuments.read(rows, schema);
    Dataset<Row> documents = SPARK.createDataFrame(rows, schema).repartition(3);
    documents.write().parquet(folder.resolve("docs").toString());
    Dataset<Row> stored = SPARK.read().parquet(folder.resolve("docs").toString());
    stored.createOrReplaceTempView("docs");
    Dataset<Row> annotated = stage("text", "m").transform(stage("title", "t").transform(stored));
    annotated
        .withColumn("m", org.apache.spark.sql.functions.expr("if(text IS NULL, NULL, m)"))
        .write()
        .parquet(folder.resolve("annotated").toString());
    SPARK
        .read()
        .parquet(folder.resolve("annotated").toString())
        .createOrReplaceTempView("annotated");
  }

  private static MentionDetectorModel stage(String input, String output) {
    return new MentionDetectorModel()
        .setModel("nano-llama")
        .setInputCol(input)
        .setOutputCol(output);
  }

  /** {m} is a call on the text, {t} one on the title, {docs} the table that either needs. */
  static List<String> queries() {
    return List.of(
        "SELECT id, {m} AS x FROM {docs}",
        "SELECT id, {m}, {m} AS again, size({m}) FROM {docs}",
        "SELECT id, {m} AS x, {t} AS y FROM {docs}",
        "SELECT id FROM {docs} WHERE size({m}) > 1",
        "SELECT id, {m} AS x FROM {docs} WHERE size({m}) > 1 AND k = 1",
        "SELECT id FROM {docs} WHERE k = 0 OR size({m}) > 2",
        "SELECT k, sum(size({m})) FROM {docs} GROUP BY k",
        "SELECT k, max(get({m}, 0).text), count({m}), count(DISTINCT get({m}, 0).score) FROM {docs} GROUP BY k",
        "SELECT size({m}) AS n, count(*) FROM {docs} GROUP BY size({m})",
        "SELECT size({m}) AS n, count(*) FROM {docs} GROUP BY 1 HAVING count(*) > 3 ORDER BY n",
        "SELECT k, collect_list(get({m}, 0).text) FILTER (WHERE size({m}) > 1) FROM (SELECT * FROM {docs} ORDER BY id) GROUP BY k",
        "SELECT text, {m} AS x, count(*) FROM {docs} GROUP BY text, {m}",
        "SELECT DISTINCT {m} AS x FROM {docs}",
        "SELECT k, size({m}) AS n, count(*) FROM {docs} GROUP BY ROLLUP (k, size({m}))",
        "SELECT id, rank() OVER (PARTITION BY k ORDER BY size({m}), id) FROM {docs}",
        "SELECT id, sum(size({m})) OVER (ORDER BY id ROWS 2 PRECEDING) FROM {docs}",
        "SELECT id, x.text, x.start, x.end, x.score FROM {docs} LATERAL VIEW explode({m}) v AS x",
        "SELECT id, x.text FROM {docs} LATERAL VIEW OUTER explode({m}) v AS x WHERE x.score > 0.5 OR x IS NULL",
        "SELECT id, p, x.text FROM {docs} LATERAL VIEW posexplode({m}) v AS p, x",
        "SELECT id, explode({m}) AS x FROM {docs}",
        "SELECT id, inline({m}) FROM {docs}",
        "SELECT id, v.x.text FROM {docs}, LATERAL (SELECT explode({m}) AS x) v",
        "SELECT id, v.n FROM {docs}, LATERAL (SELECT size({m}) + k AS n) v",
        "WITH c AS (SELECT id, {m} AS x FROM {docs}) SELECT id, size(x) FROM c UNION ALL SELECT id, -1 FROM c",
        "SELECT id, {m} AS x FROM {docs} WHERE k = 0 UNION SELECT id, {m} FROM {docs} WHERE k = 1",
        "SELECT id, {m} AS x FROM {docs} EXCEPT SELECT id, {m} FROM {docs} WHERE k = 1",
        "SELECT id FROM {docs} WHERE id IN (SELECT size({m}) FROM {docs})",
        "SELECT id FROM {docs} a WHERE EXISTS (SELECT 1 FROM {docs} b WHERE b.k = a.id AND size({b.m}) > 1)",
        "SELECT id FROM {docs} a WHERE NOT EXISTS (SELECT 1 FROM {docs} b WHERE b.id = size({a.m}))",
        "SELECT id FROM {docs} a WHERE size({a.m}) IN (SELECT b.id FROM {docs} b WHERE b.k >= a.k)",
        "SELECT id, (SELECT max(size({b.m})) FROM {docs} b WHERE b.k = a.k) AS n FROM {docs} a",
        "SELECT id, (SELECT sum(size({m})) FROM {docs}) AS n FROM {docs}",
        "SELECT id FROM {docs} WHERE size({m}) = (SELECT max(size({m})) FROM {docs})",
        "SELECT a.id, b.id FROM {docs} a JOIN {docs} b ON a.id = size({b.m})",
        "SELECT a.id, b.id FROM {docs} a LEFT JOIN {docs} b ON a.id = b.id AND size({b.m}) > 1",
        "SELECT a.id, b.id FROM {docs} a FULL JOIN {docs} b ON size({a.m}) = b.id",
        "SELECT a.id, b.id FROM {docs} a LEFT SEMI JOIN {docs} b ON a.id = b.id AND size({b.m}) > 1"
            .replace(", b.id FROM", " FROM"),
        "SELECT /*+ MERGE(b) */ a.id, size({a.m}), size({b.m}) FROM {docs} a JOIN {docs} b ON a.id = b.id AND get({a.m}, 0).text = get({b.m}, 0).text",
        "SELECT id, CASE WHEN k = 0 THEN {m} WHEN k = 1 THEN {t} END AS x FROM {docs}",
        "SELECT id, CASE WHEN size({m}) > 1 THEN {t} ELSE {m} END AS x FROM {docs}",
        "SELECT id, if(k = 0, {m}, NULL) AS x, if(k = 1, size({m}), -1) AS y FROM {docs}",
        "SELECT id, coalesce({m}, {t}) AS x FROM {docs}",
        "SELECT id, transform({m}, x -> x.text) AS x, exists({m}, x -> x.score > 0.9) FROM {docs}",
        "SELECT id, to_json({m}) AS x, cast({m} AS STRING) FROM {docs}",
        "SELECT id, {m} AS x FROM {docs} ORDER BY size({m}) DESC, id LIMIT 5",
        "SELECT count(*) FROM (SELECT {m} AS x FROM {docs} LIMIT 4)",
        "SELECT id, {m} AS x FROM (SELECT * FROM {docs} DISTRIBUTE BY k SORT BY id)",
        "SELECT count(*) FROM (SELECT id, {m} AS x FROM {docs})",
        "SELECT * FROM (SELECT k, size({m}) AS n FROM {docs}) PIVOT (sum(n) FOR k IN (0, 1, 2))",
        "SELECT k, map_from_entries(collect_list(struct(id, size({m})))) [1] FROM {docs} GROUP BY k",
        "SELECT id, d.x FROM {docs} NATURAL JOIN (SELECT id, {m} AS x FROM {docs}) d");
  }

  private static String withCalls(String query) {
    return withCalls(query, "docs");
  }

  private static String withCalls(String query, String table) {
    return query
        .replaceAll("\\{(\\w\\.)?m}", "mentions($1text, 'nano-llama')")
        .replaceAll("\\{(\\w\\.)?t}", "mentions($1title, 'nano-llama')")
        .replace("{docs}", table);
  }

  private static String withColumns(String query) {
    return query.replaceAll("\\{(\\w\\.)?([mt])}", "$1$2").replace("{docs}", "annotated");
  }

  private static List<String> rows(String query) {
    return SPARK.sql(query).collectAsList().stream()
        .map(Row::toString)
        .sorted(Comparator.naturalOrder())
        .toList();
  }

  @ParameterizedTest
  @MethodSource("queries")
  void givesWhatTheJobGives(String query) {
    assertThat(rows(withCalls(query))).isNotEmpty().isEqualTo(rows(withColumns(query)));
  }

  @ParameterizedTest
  @MethodSource("queries")
  void givesTheSameWithoutAdaptiveExecutionAndBroadcasts(String query) {
    SPARK.conf().set("spark.sql.adaptive.enabled", "false");
    SPARK.conf().set("spark.sql.autoBroadcastJoinThreshold", "-1");
    try {
      givesWhatTheJobGives(query);
    } finally {
      SPARK.conf().unset("spark.sql.adaptive.enabled");
      SPARK.conf().unset("spark.sql.autoBroadcastJoinThreshold");
    }
  }

  /** Columnar sources use their batches again; rows that wait for their answers must not change. */
  @ParameterizedTest
  @ValueSource(strings = {"arrow", "orc", "json", "rows of parquet", "cached", "made"})
  void givesTheSameFromEverySource(String source) {
    Dataset<Row> documents = source(source);
    documents.createOrReplaceTempView("sourced");
    try {
      for (String query :
          List.of(
              "SELECT id, {m} AS x, {t} AS y FROM {docs}",
              "SELECT id, x.text FROM {docs} LATERAL VIEW explode({m}) v AS x WHERE k = 1",
              "SELECT k, collect_list(get({m}, 0).text) FILTER (WHERE size({m}) > 1) FROM (SELECT * FROM {docs} ORDER BY id) GROUP BY k",
              "SELECT a.id, size({a.m}), {b.t} FROM {docs} a JOIN {docs} b ON a.id = b.id")) {
        assertThat(rows(withCalls(query, "sourced")))
            .as(query)
            .isNotEmpty()
            .isEqualTo(rows(withColumns(query)));
      }
    } finally {
      documents.unpersist();
      SPARK.conf().unset("spark.sql.parquet.enableVectorizedReader");
    }
  }

  private static Dataset<Row> source(String name) {
    Dataset<Row> docs = SPARK.table("docs");
    String path = folder.resolve(name).toString();
    switch (name) {
      case "arrow":
        return SPARK.read().format(ArrowDocuments.class.getName()).load();
      case "orc":
        docs.write().orc(path);
        return SPARK.read().orc(path);
      case "json":
        docs.write().json(path);
        return SPARK.read().schema(docs.schema()).json(path);
      case "rows of parquet":
        SPARK.conf().set("spark.sql.parquet.enableVectorizedReader", "false");
        return docs;
      case "cached":
        return docs.select("*").cache();
      default:
        return SPARK.createDataFrame(docs.collectAsList(), docs.schema());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mentions() | argument text is missing",
        "mentions(id) | argument text must be a STRING, but is INT; write CAST(docs.id AS STRING)",
        "mentions(array(text)) | argument text must be a STRING, but is ARRAY<STRING>; explode it first",
        "mentions(cast(text AS BINARY)) | argument text must be a STRING, but is BINARY",
        "mentions(text, 'nano-lama') | argument model: Unknown model \"nano-lama\": bundled are",
        "mentions(text, 7) | argument model must be a STRING, such as 'bge-small', but is INT",
        "mentions(text, NULL) | argument model must be a STRING",
        "mentions(text, cast(NULL AS STRING)) | argument model must not be null; leave it out for bge-small",
        "mentions(text, title) | argument model must be a constant, but is docs.title",
        "mentions(text, if(rand() > 2, 'minilm', 'nano-llama')) | argument model must be a constant",
        "mentions(text, 'a=/no/such,/place') | argument model: ",
        "mentions(text, 'nano-llama', 0.5) | argument options must be a MAP<STRING, STRING>",
        "mentions(text, 'nano-llama', map(title, '1')) | argument options must be a constant",
        "mentions(text, 'nano-llama', map('treshold', '0.9')) | unknown option \"treshold\", did you mean threshold?",
        "mentions(text, 'nano-llama', map('threshold', '1.5')) | option threshold: ",
        "mentions(text, 'nano-llama', map('threshold', NULL)) | option threshold must not be null",
        "mentions(text, 'nano-llama', map('decoder', 'best')) | option decoder: ",
        "mentions(text, 'nano-llama', map('dtype', 'int8')) | option dtype: ",
        "mentions(text, 'nano-llama', map('max_tokens', 'many')) | option max_tokens: it must be a whole number, but is \"many\"",
        "mentions(text, 'nano-llama', map('max_tokens', '16', 'overlap', '12')) | overlap",
        "mentions(text, 'nano-llama', map('batch_tokens', '0')) | option batch_tokens: it must be at least 1, but is 0",
        "mentions(text, 'nano-llama', map('word_boundaries', 'yes')) | option word_boundaries: it must be true or false",
        "mentions(text, 'nano-llama', map('on_error', 'skip')) | option on_error: it must be fail or null",
        "mentions(text, 'nano-llama', map('head', '/x')) | option head needs option backbone",
        "mentions(text, 'nano-llama', labels => array('person')) | labels",
        "mentions(text, all_labels => true) | all_labels needs labels, labels_file or classifier",
        "mentions(text, labels => 'a', labels_file => '/x') | labels and labels_file exclude each other",
        "mentions(text, labels_file => '/no/such') | Cannot read labels_file /no/such: there is no such file",
        "mentions(text, labels => 'a', rank_by => 'luck') | it must be one of mention, label, product",
        "mentions(text, labels => 'a', rank_by => 'label') | Cannot use rank_by label with decoder threshold",
        "mentions(text, 'nano-llama', map('decoder', 'flat'), 4) | it takes text [, model [, options]]",
        "mentions(text, model => 'nano-llama', model => 'minilm') | model",
        "mentions(text, speed => 'high') | unknown option \"speed\"; there are all_labels, backbone, batch_tokens",
        "transform(array(text), t -> mentions(t)) | cannot be called in a lambda function, row by row; explode the array",
      })
  void refusesWhatMakesNoSense(String call, String message) {
    assertThatThrownBy(() -> SPARK.sql("SELECT " + call + " FROM docs"))
        .isInstanceOf(AnalysisException.class)
        // PySpark 4 cannot show an error without a condition.
        .matches(error -> ((AnalysisException) error).errorClass().isDefined())
        .hasMessageContaining(message)
        .message()
        .doesNotContain(" --");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SELECT 1 FROM docs a LEFT JOIN docs b ON size(mentions(concat(a.text, b.text))) > 1 | reads both sides of a LEFT OUTER JOIN",
        "SELECT 1 FROM docs a LEFT ANTI JOIN docs b ON size(mentions(concat(a.text, b.text))) > 1 | reads both sides of a LEFT ANTI JOIN",
        "SELECT 1 FROM docs a WHERE EXISTS (SELECT 1 FROM docs b WHERE size(mentions(concat(a.text, b.text))) > 1) | reads columns of a subquery and of the query around it at once",
      })
  void refusesWhatCannotBeBatched(String query, String message) {
    assertThatThrownBy(() -> SPARK.sql(query))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining(message);
  }

  @Test
  void readsBothSidesOfAnInnerJoinAfterIt() {
    String join =
        " FROM docs a JOIN docs b ON a.id = b.k %s size(mentions(concat(a.text, ' ', b.text), 'nano-llama')) > 3";
    assertThat(rows("SELECT a.id, b.id" + join.formatted("AND")))
        .isNotEmpty()
        .isEqualTo(rows("SELECT a.id, b.id" + join.formatted("WHERE")));
  }

  @Test
  void nullGivesNullAndBlankGivesNone() {
    assertThat(
            rows(
                "SELECT mentions(NULL) IS NULL, mentions(cast(NULL AS STRING), 'nano-llama') IS NULL, size(mentions(' ', 'nano-llama'))"))
        .containsExactly("[true,true,0]");
  }

  @Test
  void callsOnAggregatesAreComputedAboveThem() {
    assertThat(
            rows(
                "SELECT k, get(mentions(max(text), 'nano-llama'), 0).text, mentions(concat('Title of ', min(title)), 'nano-llama') IS NULL FROM docs GROUP BY k HAVING size(mentions(max(text), 'nano-llama')) > 0"))
        .isNotEmpty();
    assertThat(rows("SELECT text, size(mentions(text, 'nano-llama')) FROM docs GROUP BY text"))
        .isEqualTo(rows("SELECT DISTINCT text, size(m) FROM annotated"));
  }

  @Test
  void callsOnAnswersOfCallsAreComputedInTurn() {
    assertThat(
            rows(
                "SELECT id, mentions(get(mentions(text, 'nano-llama'), 0).text, 'nano-llama') IS NULL FROM docs"))
        .hasSize(18);
  }

  // --- Plans ------------------------------------------------------------------------------------

  private static String plan(Dataset<Row> query) {
    return query.queryExecution().optimizedPlan().toString();
  }

  private static String plan(String query) {
    return plan(SPARK.sql(query));
  }

  private static int operators(String plan) {
    return plan.split("Mentions \\[", -1).length - 1;
  }

  @Test
  void equalCallsAreComputedOnce() {
    String m = "mentions(text, 'nano-llama')";
    assertThat(operators(plan("SELECT " + m + ", size(" + m + ") FROM docs"))).isOne();
    assertThat(operators(plan("SELECT " + m + " FROM docs WHERE size(" + m + ") > 1"))).isOne();
    assertThat(
            operators(
                plan("SELECT m, size(m) FROM (SELECT " + m + " AS m FROM docs) WHERE size(m) > 1")))
        .isOne();
    assertThat(
            operators(
                plan(
                    "SELECT "
                        + m
                        + " FROM docs WHERE size("
                        + m
                        + ") > 1 ORDER BY size("
                        + m
                        + ")")))
        .isOne();
  }

  @Test
  void severalModelsShareAnOperator() {
    Dataset<Row> both =
        SPARK
            .table("docs")
            .withColumn("a", mentions(col("text"), "nano-llama"))
            .withColumn("b", mentions(col("text"), "nano-neox"))
            .withColumn("c", mentions(col("text"), "nano-llama", Map.of("threshold", "0.99")));
    assertThat(operators(plan(both))).isOne();
    assertThat(both.where(size(col("a")).lt(size(col("c")))).count()).isZero();
    assertThat(both.where("size(a) > 0 AND size(b) > 0").count()).isPositive();
  }

  @Test
  void rowsThatAreNotNeededAreNotRead() {
    String call = "mentions(text, 'nano-llama')";
    assertThat(plan("SELECT id FROM (SELECT id, " + call + " AS m FROM docs)"))
        .doesNotContain("Mentions");
    assertThat(plan("SELECT count(*) FROM (SELECT " + call + " FROM docs)"))
        .doesNotContain("Mentions");
    assertThat(plan("SELECT id, " + call + " FROM docs WHERE size(" + call + ") > 1 AND k = 1"))
        .containsPattern("(?s)Mentions.*Filter .*k#\\d+ = 1");
    assertThat(
            plan(
                "SELECT id FROM (SELECT id, "
                    + call
                    + " AS m FROM docs LIMIT 5) WHERE size(m) > 0"))
        .containsPattern("(?s)Mentions.*LocalLimit 5");
    assertThat(plan("SELECT k, " + call + " FROM docs LIMIT 3"))
        .containsPattern("(?s)Mentions.*LocalLimit 3");
    assertThat(plan("SELECT CASE WHEN k = 1 THEN " + call + " END FROM docs"))
        .containsPattern(
            "Mentions .*if \\(.*k#\\d+ <=> 1|Mentions .*if \\(.*= 1.* text#\\d+ else null");
  }

  @Test
  void onlyNeededColumnsAreRead() {
    assertThat(
            SPARK
                .sql("SELECT size(mentions(text, 'nano-llama')) FROM docs WHERE k = 1")
                .queryExecution()
                .executedPlan()
                .toString())
        .contains("ReadSchema: struct<k:int,text:string>")
        .contains("PushedFilters: [IsNotNull(k), EqualTo(k,1)]");
  }

  @Test
  void explainShowsTheModel() {
    String call = "mentions(text, 'nano-llama', map('threshold', '0.9'))";
    for (String mode : List.of("", "FORMATTED", "EXTENDED")) {
      assertThat(
              SPARK.sql("EXPLAIN " + mode + " SELECT " + call + " FROM docs").first().getString(0))
          .containsPattern(
              "Mentions.*(?s).*\\[nano-llama \\(threshold=0.9\\) AS mentions#\\d+], text#\\d+");
    }
    assertThat(SPARK.sql("DESCRIBE FUNCTION EXTENDED mentions").collectAsList().toString())
        .contains("mentions(text [, model [, options]])");
  }

  // --- Views, caches, streams -------------------------------------------------------------------

  @Test
  void viewsAndCachesHoldTheAnswers() {
    SPARK.sql(
        "CREATE OR REPLACE TEMP VIEW seen AS SELECT id, k, mentions(text, 'nano-llama') AS m FROM docs");
    List<String> expected = rows("SELECT id, m FROM annotated WHERE k = 1");
    assertThat(rows("SELECT id, m FROM seen WHERE k = 1")).isEqualTo(expected);
    SPARK.sql("CACHE TABLE seen");
    try {
      assertThat(plan("SELECT id, m FROM seen WHERE k = 1"))
          .contains("InMemoryRelation")
          .doesNotContain("Project [mentions");
      assertThat(rows("SELECT id, m FROM seen WHERE k = 1")).isEqualTo(expected);
    } finally {
      SPARK.sql("UNCACHE TABLE seen");
    }
  }

  @Test
  void streamsAreAnnotated() throws Exception {
    SPARK
        .readStream()
        .schema(SPARK.table("docs").schema())
        .parquet(folder.resolve("docs").toString())
        .select(col("id"), mentions(col("text"), "nano-llama").as("m"))
        .where("size(m) > 1")
        .writeStream()
        .format("memory")
        .queryName("streamed")
        .trigger(Trigger.AvailableNow())
        .start()
        .awaitTermination();
    assertThat(rows("SELECT * FROM streamed"))
        .isEqualTo(rows("SELECT id, m FROM annotated WHERE size(m) > 1"));
  }

  @Test
  void tablesAreWritten() {
    Path out = folder.resolve("written");
    SPARK.sql(
        "INSERT OVERWRITE DIRECTORY '%s' USING parquet SELECT id, mentions(text, 'nano-llama') AS m FROM docs"
            .formatted(out));
    SPARK.read().parquet(out.toString()).createOrReplaceTempView("written");
    assertThat(rows("SELECT id, m FROM written")).isEqualTo(rows("SELECT id, m FROM annotated"));
  }
}
