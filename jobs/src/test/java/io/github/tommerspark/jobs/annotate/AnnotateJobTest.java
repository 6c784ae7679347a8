package io.github.tommerspark.jobs.annotate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.message.Failures;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.spark.AnnotatePartition;
import io.github.tommerspark.spark.PartitionReports;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnnotateJobTest {

  private static final ModelSpec LLAMA = ModelSpec.bundled("nano-llama");
  private static final ModelSpec NEOX = ModelSpec.bundled("nano-neox");

  /** Checks what the columns promise, over all rows. */
  private static final String WRONG_TEXT =
      "size(filter(%s, m -> substring(text, m.start + 1, m.end - m.start) != m.text)) > 0";

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @BeforeEach
  void writeDocuments() throws IOException {
    Files.writeString(
        folder.resolve("docs.jsonl"),
        """
        {"key": "curie", "n": 1, "text": "Marie Curie was born in Warsaw and worked at the University of Paris."}
        {"key": "emoji", "n": 2, "text": "👩‍🔬 Ada Lovelace 🗼 met Charles Babbage in London 🇬🇧 in 1833."}
        {"key": "cjk", "n": 3, "text": "東京タワー is a tower in Tokyo, the capital of Japan (日本)."}
        {"key": "null", "n": 4, "text": null}
        {"key": "empty", "n": 5, "text": ""}
        {"key": "blank", "n": 6, "text": " \\t\\u00a0\\n"}
        {"key": "control", "n": 7, "text": "A\\u0000B\\u0001 The Times \\u001b[0m of London\\r\\n"}
        {"key": "special", "n": 8, "text": "<|begin_of_text|> Berlin <|end_of_text|> Rome <s></s>"}
        """);
  }

  @Test
  void theSchemaIsExactInMemoryAndInTheFiles() throws IOException {
    AnnotateOptions options = job().build();
    Corpus corpus = Corpus.open(spark, options.corpus());
    Layout layout = Layout.of(corpus, options);
    PartitionReports reports = new PartitionReports();
    spark.sparkContext().register(reports, "test");
    StructType schema =
        AnnotatePartition.annotate(corpus.rows(), layout.plan(), layout.schema(), reports).schema();
    assertThat(schema.treeString())
        .isEqualTo(
            """
            root
             |-- id: string (nullable = true)
             |-- key: string (nullable = true)
             |-- n: long (nullable = true)
             |-- text: string (nullable = true)
             |-- mentions: array (nullable = false)
             |    |-- element: struct (containsNull = false)
             |    |    |-- start: integer (nullable = false)
             |    |    |-- end: integer (nullable = false)
             |    |    |-- text: string (nullable = false)
             |    |    |-- score: float (nullable = false)
             |-- error: string (nullable = true)
            """);

    AnnotateJob.run(spark, options);
    assertThat(written().schema().simpleString())
        .isEqualTo(
            "struct<id:string,key:string,n:bigint,text:string,"
                + "mentions:array<struct<start:int,end:int,text:string,score:float>>,error:string>");
    assertThat(written().schema().apply("mentions").getComment().get())
        .isEqualTo("Mentions; start and end in code points, end exclusive");
  }

  @Test
  void everyRowComesOutOnceAndEveryMentionIsItsTextInSparkSql() throws IOException {
    AnnotateResult result = AnnotateJob.run(spark, job().build());
    Dataset<Row> rows = written();
    assertThat(rows.select("key").as(Encoders.STRING()).collectAsList())
        .containsExactlyInAnyOrder(
            "curie", "emoji", "cjk", "null", "empty", "blank", "control", "special");
    assertThat(rows.where("error is not null").count()).isZero();
    assertThat(rows.where(WRONG_TEXT.formatted("mentions")).count()).isZero();
    assertThat(mentions(rows, "curie")).contains("Marie Curie", "Warsaw");
    assertThat(mentions(rows, "emoji")).contains("London");
    assertThat(mentions(rows, "cjk")).isNotEmpty();
    for (String none : List.of("null", "empty", "blank")) {
      assertThat(mentions(rows, none)).isEmpty();
    }

    Provenance.Counts counts = result.provenance().counts();
    assertThat(counts.rowsIn()).isEqualTo(8);
    assertThat(counts.rowsWritten()).isEqualTo(8);
    assertThat(counts.withoutText()).isEqualTo(3);
    assertThat(counts.errorRows()).isZero();
    assertThat(counts.windowed()).isZero();
    assertThat(counts.mentions().get("nano-llama"))
        .isEqualTo(rows.selectExpr("sum(size(mentions))").first().getLong(0));
    assertThat(counts.tokens().get("nano-llama")).isPositive();
    assertThat(result.summary())
        .contains("rows in             8", "rows without text   3", "error rows          0");
  }

  @Test
  void mentionsAreSortedAndScored() throws IOException {
    AnnotateJob.run(spark, job().build());
    for (Row row : written().collectAsList()) {
      int start = -1;
      int end = -1;
      for (Row mention : row.<Row>getList(row.fieldIndex("mentions"))) {
        assertThat(mention.getInt(0) > start || mention.getInt(1) > end).isTrue();
        assertThat(mention.getInt(0)).isGreaterThanOrEqualTo(start);
        start = mention.getInt(0);
        end = mention.getInt(1);
        assertThat(mention.getFloat(3)).isBetween(0.36f, 1f);
      }
    }
  }

  @Test
  void severalModelsHaveAColumnEach() throws IOException {
    AnnotateJob.run(spark, job().models(LLAMA, NEOX).build());
    Dataset<Row> both = written();
    assertThat(both.columns())
        .containsExactly(
            "id", "key", "n", "text", "mentions_nano_llama", "mentions_nano_neox", "error");
    assertThat(both.where(WRONG_TEXT.formatted("mentions_nano_neox")).count()).isZero();
    AnnotateJob.run(spark, job().output("alone").models(NEOX).column("spans").build());
    assertThat(
            spark
                .read()
                .parquet(folder.resolve("alone").toString())
                .selectExpr("key", "transform(spans, m -> struct(m.start, m.end))")
                .exceptAll(
                    both.selectExpr(
                        "key", "transform(mentions_nano_neox, m -> struct(m.start, m.end))"))
                .count())
        .isZero();
  }

  @Test
  void theIdIsMadeOfTheText() throws IOException {
    AnnotateJob.run(spark, job().build());
    // Of "", and of the text of the first document.
    assertThat(id("empty")).isEqualTo("e3b0c44298fc1c149afbf4c8996fb924");
    assertThat(id("curie"))
        .isEqualTo(
            written()
                .where("key = 'curie'")
                .selectExpr("left(sha2(text, 256), 32)")
                .first()
                .getString(0));
    assertThat(id("null")).isNull();
  }

  @Test
  void aNamedIdIsKeptAndNoneIsMade() throws IOException {
    AnnotateResult result =
        AnnotateJob.run(spark, job().idColumn("key").select("key", "n").build());
    assertThat(written().columns()).containsExactly("key", "n", "mentions", "error");
    assertThat(result.provenance().input().idColumn()).isEqualTo("key");
  }

  @Test
  void anIdOfTheInputIsUsed() throws IOException {
    Files.writeString(folder.resolve("ids.jsonl"), "{\"id\": 7, \"text\": \"Paris\"}\n");
    AnnotateResult result = AnnotateJob.run(spark, job().input("ids.jsonl").dropText().build());
    assertThat(written().columns()).containsExactly("id", "mentions", "error");
    assertThat(result.provenance().input().idColumn()).isEqualTo("id");
  }

  @Test
  void columnsOfAnyTypePassThroughUnchanged() throws IOException {
    spark
        .sql(
            """
            select 'Paris' text, timestamp'1899-12-31 23:59:59.123456' t, date'0001-01-01' d,
              timestamp_ntz'2026-03-29 02:30:00' z, cast(1.5 as decimal(38, 18)) c,
              array(struct(1 a, map('k', array(1, null)) m)) s, cast('x' as binary) b,
              cast(null as int) nothing, named_struct('p', interval '1' day) i
            """)
        .write()
        .parquet(folder.resolve("typed").toString());
    AnnotateJob.run(spark, job().input("typed").build());
    Dataset<Row> before = spark.read().parquet(folder.resolve("typed").toString());
    Dataset<Row> after = written().drop("id", "mentions", "error");
    assertThat(after.schema()).isEqualTo(before.schema());
    assertThat(after.selectExpr("to_json(struct(*))").first())
        .isEqualTo(before.selectExpr("to_json(struct(*))").first());
  }

  @Test
  void clashesWithTheInputAreRefusedWithTheRemedy() throws IOException {
    Files.writeString(
        folder.resolve("clash.jsonl"), "{\"text\": \"a\", \"Mentions\": 1, \"error\": 2}\n");
    assertThatThrownBy(() -> AnnotateJob.run(spark, job().input("clash.jsonl").build()))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "Cannot add the column \"mentions\": the input has one of that name; rename ours with --output-column or leave it out with --select");
    assertThatThrownBy(
            () -> AnnotateJob.run(spark, job().input("clash.jsonl").column("spans").build()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("Cannot add the column \"error\"");
    AnnotateJob.run(spark, job().input("clash.jsonl").select("text").build());
    assertThat(written().columns()).containsExactly("id", "text", "mentions", "error");
    assertThatThrownBy(() -> AnnotateJob.run(spark, job().output("x").select("title").build()))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "Cannot find the column \"title\" of --select in the input: its columns are key, n, text");
  }

  @Test
  void malformedRecordsBecomeErrorRows() throws IOException {
    Files.writeString(
        folder.resolve("bad.jsonl"),
        "{\"text\": \"Rome is old.\"}\n{\"text\": \"cut o\n{\"text\": \"Oslo is cold.\"}\n");
    AnnotateResult result = AnnotateJob.run(spark, job().input("bad.jsonl").build());
    assertThat(written().select("error").as(Encoders.STRING()).collectAsList())
        .containsExactlyInAnyOrder(null, null, "input: malformed JSON: {\"text\": \"cut o");
    assertThat(written().where("error is not null and size(mentions) = 0").count()).isEqualTo(1);
    assertThat(result.provenance().counts().errorRows()).isEqualTo(1);
    assertThat(result.provenance().counts().withoutText()).isZero();
    assertThatThrownBy(
            () -> AnnotateJob.run(spark, job().input("bad.jsonl").output("x").failFast().build()))
        .satisfies(
            thrown ->
                assertThat(Failures.line(thrown))
                    .startsWith("A row failed and --fail-fast is set: input: malformed JSON"));
  }

  /** JSON breaks off where its schema is learnt, text where it is annotated. */
  @ParameterizedTest
  @ValueSource(strings = {"jsonl", "txt"})
  void aFileThatBreaksOffIsNamed(String extension) throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(whole)) {
      // Random letters, so that the first lines are whole in half the file.
      Random random = new Random(1);
      for (int i = 0; i < 200; i++) {
        gzip.write("{\"text\": \"%x\"}\n".formatted(random.nextLong()).getBytes(UTF_8));
      }
    }
    Files.createDirectory(folder.resolve("gz"));
    Files.writeString(folder.resolve("gz/a." + extension), "{\"text\": \"Rome is old.\"}\n");
    String broken = "gz/b." + extension + ".gz";
    Files.write(folder.resolve(broken), Arrays.copyOf(whole.toByteArray(), whole.size() / 2));
    assertThatThrownBy(() -> AnnotateJob.run(spark, job().input("gz").build()))
        .satisfies(
            thrown ->
                assertThat(Failures.line(thrown))
                    .startsWith("Cannot read file:")
                    .contains(broken + ": Unexpected end of input stream; repair or remove"));
    assertThat(folder.resolve("out/_SUCCESS")).doesNotExist();
  }

  @Test
  void jsonAndOrcOutput() throws IOException {
    AnnotateJob.run(spark, job().format(OutputFormat.JSON).build());
    List<String> lines = spark.read().textFile(folder.resolve("out").toString()).collectAsList();
    assertThat(lines).hasSize(8).allMatch(line -> line.endsWith("\"error\":null}"));
    AnnotateResult orc =
        AnnotateJob.run(spark, job().output("orc").format(OutputFormat.ORC).build());
    assertThat(orc.provenance().counts().rowsWritten()).isEqualTo(8);
    assertThat(spark.read().orc(folder.resolve("orc").toString()).count()).isEqualTo(8);
  }

  @Test
  void partitioningDoesNotChangeTheMentions() throws IOException {
    AnnotateJob.run(spark, job().repartition(1).build());
    AnnotateJob.run(spark, job().output("five").repartition(5).build());
    String spans = "transform(mentions, m -> struct(m.start, m.end, m.text))";
    Dataset<Row> five = spark.read().parquet(folder.resolve("five").toString());
    assertThat(five.selectExpr("key", spans).exceptAll(written().selectExpr("key", spans)).count())
        .isZero();
    try (Stream<Path> files = Files.list(folder.resolve("five"))) {
      assertThat(files.filter(file -> file.getFileName().toString().startsWith("part-")))
          .hasSizeBetween(2, 5);
    }
  }

  @Test
  void orderWithinAPartitionIsKept() throws IOException {
    AnnotateJob.run(spark, job().repartition(0).build());
    try (Stream<Path> files = Files.list(folder.resolve("out"))) {
      Path one = files.filter(file -> file.toString().endsWith(".parquet")).findFirst().get();
      List<Long> order =
          spark.read().parquet(one.toString()).select("n").as(Encoders.LONG()).collectAsList();
      assertThat(order).isSorted();
    }
  }

  @Test
  void anEmptyCorpusGivesAnEmptyOutputWithTheSchema() throws IOException {
    Files.createFile(folder.resolve("none.jsonl"));
    AnnotateResult result = AnnotateJob.run(spark, job().input("none.jsonl").build());
    assertThat(result.provenance().counts().rowsWritten()).isZero();
    assertThat(written().columns()).containsExactly("id", "text", "mentions", "error");
  }

  @Test
  void provenanceSaysWhatMadeTheFiles() throws IOException {
    AnnotateResult result = AnnotateJob.run(spark, job().models(LLAMA, NEOX).build());
    Provenance read = newestProvenance("out");
    assertThat(read).isEqualTo(result.provenance());
    assertThat(read.version()).matches("\\d+\\.\\d+\\.\\d+.*");
    assertThat(read.models())
        .extracting(Provenance.Model::name)
        .containsExactly("nano-llama", "nano-neox");
    assertThat(read.models()).allSatisfy(model -> assertThat(model.fingerprint()).hasSize(64));
    assertThat(read.executors().values()).allMatch(executor -> executor.loads() == 1);
    try (Stream<Path> files = Files.list(folder.resolve("out"))) {
      assertThat(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> name.startsWith("part-")))
          .containsExactlyInAnyOrderElementsOf(read.output().files().keySet());
    }
  }

  @Test
  void appendDemandsTheSameModelsUsedInTheSameWay() throws IOException {
    AnnotateResult first = AnnotateJob.run(spark, job().build());
    AnnotateResult second = AnnotateJob.run(spark, job().mode(WriteMode.APPEND).build());
    assertThat(written().count()).isEqualTo(16);
    assertThat(second.provenance().counts().rowsWritten()).isEqualTo(8);
    assertThat(second.provenance().output().files().keySet())
        .doesNotContainAnyElementsOf(first.provenance().output().files().keySet());

    assertThatThrownBy(
            () ->
                AnnotateJob.run(
                    spark,
                    job()
                        .mode(WriteMode.APPEND)
                        .models(LLAMA.withDecoder(LLAMA.decoder(), 0.75))
                        .build()))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            "--threshold of nano-llama is 0.36 there and 0.75 now; name another --output");
    assertThatThrownBy(
            () -> AnnotateJob.run(spark, job().mode(WriteMode.APPEND).models(NEOX).build()))
        .hasMessageContaining("model fingerprint of nano-neox is ");
    assertThatThrownBy(
            () -> AnnotateJob.run(spark, job().mode(WriteMode.APPEND).models(LLAMA, NEOX).build()))
        .hasMessageContaining("number of models is 1 there and 2 now");
    assertThatThrownBy(
            () -> AnnotateJob.run(spark, job().mode(WriteMode.APPEND).dropText().build()))
        .hasMessageContaining("column text is string there and absent now");
    assertThatThrownBy(
            () ->
                AnnotateJob.run(
                    spark, job().mode(WriteMode.APPEND).format(OutputFormat.JSON).build()))
        .hasMessageContaining("--output-format is parquet there and json now");
    assertThat(written().count()).isEqualTo(16);
  }

  @Test
  void overwriteReplaces() throws IOException {
    AnnotateJob.run(spark, job().build());
    AnnotateJob.run(spark, job().mode(WriteMode.OVERWRITE).select("key").build());
    assertThat(written().columns()).containsExactly("id", "key", "mentions", "error");
    assertThat(written().count()).isEqualTo(8);
    assertThat(
            CommitLog.of(
                    new org.apache.hadoop.fs.Path(folder.resolve("out").toUri()),
                    new Configuration())
                .runs())
        .hasSize(1);
  }

  @Test
  void aLongDocumentIsReadInWindows() throws IOException {
    String sentence = "Marie Curie was born in Warsaw and worked at the University of Paris. ";
    Files.writeString(
        folder.resolve("long.jsonl"), "{\"text\": \"" + sentence.repeat(200) + "\"}\n");
    AnnotateResult result = AnnotateJob.run(spark, job().input("long.jsonl").build());
    assertThat(result.provenance().counts().windowed()).isEqualTo(1);
    assertThat(written().where(WRONG_TEXT.formatted("mentions")).count()).isZero();
    Row row = written().first();
    List<Row> mentions = row.getList(row.fieldIndex("mentions"));
    assertThat(mentions.get(mentions.size() - 1).getInt(0)).isGreaterThan(199 * sentence.length());
  }

  @Test
  void aDeviceThatRunsOutOfMemoryCostsTimeOnly() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      lines.append(
          "{\"key\": \"%d\", \"text\": \"%sMarie Curie left Warsaw for Paris.\"}\n"
              .formatted(i, "In 1891, so it is told, ".repeat(i % 8)));
    }
    Files.writeString(folder.resolve("many.jsonl"), lines);
    AnnotateJob.run(spark, job().input("many.jsonl").output("roomy").build());
    AnnotateResult tight =
        AnnotateJob.run(spark, job().input("many.jsonl").memoryTokens(100).build());

    String found = "transform(mentions, m -> struct(m.start, m.end, m.text))";
    Dataset<Row> expected =
        spark.read().parquet(folder.resolve("roomy").toString()).selectExpr("key", found, "error");
    assertThat(expected.where("error is not null").count()).isZero();
    assertThat(written().selectExpr("key", found, "error").exceptAll(expected).count()).isZero();
    assertThat(tight.provenance().counts()).isEqualTo(newestProvenance("roomy").counts());
    assertThat(newestProvenance("roomy").executors().get("driver").batchTokens())
        .isEqualTo(EngineOptions.DEFAULT_BATCH_TOKENS);
    assertThat(tight.provenance().executors().get("driver").batchTokens()).isBetween(50, 100);

    // The next job of this executor begins with what was learned.
    AnnotateResult again =
        AnnotateJob.run(spark, job().input("many.jsonl").output("again").memoryTokens(100).build());
    assertThat(again.provenance().executors().get("driver"))
        .isEqualTo(tight.provenance().executors().get("driver"));
  }

  private Dataset<Row> written() {
    return spark.read().parquet(folder.resolve("out").toString());
  }

  private String id(String key) {
    return written().where("key = '" + key + "'").select("id").first().getString(0);
  }

  private static List<String> mentions(Dataset<Row> rows, String key) {
    Row row = rows.where("key = '" + key + "'").select("mentions").first();
    return row.<Row>getList(0).stream().map(mention -> mention.getString(2)).toList();
  }

  private Provenance newestProvenance(String output) throws IOException {
    return CommitLog.newest(
            new org.apache.hadoop.fs.Path(folder.resolve(output).toUri()), new Configuration())
        .orElseThrow();
  }

  private Job job() {
    return new Job();
  }

  /** Options of a run from docs.jsonl to out, with what a test wants to be different. */
  private final class Job {

    private String input = "docs.jsonl";
    private String output = "out";
    private String idColumn;
    private OutputFormat format = OutputFormat.PARQUET;
    private WriteMode mode = WriteMode.ERROR;
    private String column = "mentions";
    private List<String> select;
    private boolean dropText;
    private List<ModelSpec> models = List.of(LLAMA);
    private int repartition;
    private boolean failFast;
    private EngineOptions engine = EngineOptions.defaults();

    Job input(String value) {
      input = value;
      return this;
    }

    Job output(String value) {
      output = value;
      return this;
    }

    Job idColumn(String value) {
      idColumn = value;
      return this;
    }

    Job format(OutputFormat value) {
      format = value;
      return this;
    }

    Job mode(WriteMode value) {
      mode = value;
      return this;
    }

    Job column(String value) {
      column = value;
      return this;
    }

    Job select(String... values) {
      select = Arrays.asList(values);
      return this;
    }

    Job dropText() {
      dropText = true;
      return this;
    }

    Job models(ModelSpec... values) {
      models = List.of(values);
      return this;
    }

    Job repartition(int value) {
      repartition = value;
      return this;
    }

    Job memoryTokens(int value) {
      engine = engine.withMemoryTokens(value);
      return this;
    }

    Job failFast() {
      failFast = true;
      return this;
    }

    AnnotateOptions build() {
      return new AnnotateOptions(
          new CorpusOptions(
              List.of(folder.resolve(input).toString()), null, Map.of(), "text", idColumn),
          new OutputOptions(
              folder.resolve(output).toString(), format, mode, column, select, dropText),
          models,
          engine,
          repartition,
          failFast,
          Map.of("--input", input));
    }
  }
}
