package io.github.tommerspark.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.TableJars;
import io.github.tommerspark.jobs.TommerSpark;
import io.github.tommerspark.jobs.annotate.AnnotateJob;
import io.github.tommerspark.jobs.annotate.AnnotateOptions;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.report.Documents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.sql.SparkSession;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReportJobTest {

  private static final String SPANS = "array<struct<start:int,end:int,text:string,score:float>>";

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(
      value = OutputFormat.class,
      names = {"PARQUET", "JSON", "ORC"})
  void whatAnnotateWroteIsShownWithItsProvenance(OutputFormat format) throws IOException {
    Path docs = folder.resolve("docs.jsonl");
    Files.writeString(
        docs,
        """
        {"id": "curie", "text": "Marie Curie was born in Warsaw."}
        {"id": "tower", "text": "東京タワー 🗼 is in Tokyo, the capital of Japan."}
        {"id": "empty", "text": ""}
        """);
    AnnotateJob.run(
        spark,
        new AnnotateOptions(
            new CorpusOptions(
                List.of(docs.toUri().toString()), InputFormat.JSON, Map.of(), "text", "id"),
            new OutputOptions(path("mentions"), format, WriteMode.ERROR, "mentions", null, false),
            List.of(ModelSpec.bundled("nano-llama"), ModelSpec.bundled("nano-neox")),
            EngineOptions.defaults(),
            0,
            false,
            Map.of()));

    Document page = report(options("mentions"));
    assertThat(page.select("h2").eachText()).containsExactly("Annotated dataset: mentions");
    assertThat(page.select("article h3 > bdi").eachText()).containsExactly("curie", "tower");
    assertThat(page.select("fieldset bdi").eachText()).containsExactly("nano-llama", "nano-neox");
    assertThat(page.select("article p.text").first().wholeText())
        .isEqualTo("Marie Curie was born in Warsaw.");
    assertThat(page.select("table:has(caption:contains(Models)) td").eachText())
        .contains("llama", "gpt_neox");
    assertThat(page.select("table:has(caption:contains(Runs)) td").eachText()).contains("3", "1");
    assertThat(page.text()).contains("2 of 3 rows");
    assertThat(page.select("span[title]").eachAttr("title"))
        .anySatisfy(title -> assertThat(title).matches("(?s).*nano-llama [01]\\.\\d{3}: Warsaw.*"));
  }

  @Test
  void goldSpansMakeHitsMissesAndSpuriousMentions() throws IOException {
    write(
        "d",
        """
        select 'a' as id, 'Ada met Bob in Rome' as text,
          array(named_struct('start', 0, 'end', 3, 'text', 'Ada', 'score', 0.9f),
                named_struct('start', 8, 'end', 11, 'text', 'Bob', 'score', 0.4f),
                named_struct('start', 4, 'end', 7, 'text', 'met', 'score', 0.8f)) as mentions,
          array(named_struct('start', 0L, 'end', 3L, 'type', 'PER'),
                named_struct('start', 8L, 'end', 11L, 'type', 'PER'),
                named_struct('start', 15L, 'end', 19L, 'type', 'LOC')) as gold
        """);
    Document page = report(options("d").gold("gold"));
    assertThat(page.select("p.text .hit").eachText()).containsExactly("Ada", "Bob");
    assertThat(page.select("p.text .spurious").eachText()).containsExactly("met");
    assertThat(page.select("p.text .miss").eachText()).containsExactly("Rome");
    assertThat(page.select("p.text > span[title]").first().attr("title"))
        .isEqualTo("mentions 0.900 (PER): Ada");

    page = report(options("d").gold("gold").threshold(0.5));
    assertThat(page.select("p.text .hit").eachText()).containsExactly("Ada");
    assertThat(page.select("p.text .miss").eachText()).containsExactly("Bob", "Rome");
  }

  @Test
  void hostileDocumentsAreText() throws IOException {
    String hostile = "<script>alert(1)</script> \u202eright to left\u202c A\u0000B ";
    List<String> rows = new ArrayList<>();
    rows.add(row("script", hostile, 8));
    rows.add(row("rtl", "ירושלים היא עיר", 7));
    rows.add(row("token", "x".repeat(10_000), 10_000));
    write("d", String.join(" union all ", rows));
    Document page = report(options("d"));
    assertThat(page.select("script")).isEmpty();
    assertThat(page.select("article:has(h3:contains(script)) p.text").first().wholeText())
        .isEqualTo(hostile.replace('\u0000', '␀'));
    assertThat(page.select("article:has(h3:contains(token)) p.text").first().wholeText())
        .isEqualTo("x".repeat(3_000));
    assertThat(page.select("article:has(h3:contains(token)) p.note").text())
        .isEqualTo("The first 3,000 of 10,000 characters are shown.");
    assertThat(page.select("article:has(h3:contains(rtl)) p.text .m").text()).isEqualTo("ירושלים");
  }

  @Test
  void aLargeDatasetIsSampledAlwaysTheSameWay() throws IOException {
    spark
        .range(10_000)
        .selectExpr(
            "cast(id as string) as id",
            "concat('Document ', id) as text",
            "array(named_struct('start', 0, 'end', 8, 'text', 'Document', 'score', 0.7f)) as mentions")
        .write()
        .parquet(path("d"));
    List<String> first = report(options("d")).select("article h3 > bdi").eachText();
    assertThat(first).hasSize(40).doesNotHaveDuplicates();
    assertThat(report(options("d")).select("article h3 > bdi").eachText()).isEqualTo(first);
    assertThat(report(options("d").seed(7)).select("article h3 > bdi").eachText())
        .hasSize(40)
        .isNotEqualTo(first);
  }

  @Test
  void thePageHasRoomForSoManyMentionsAndSaysSo() throws IOException {
    spark
        .range(20)
        .selectExpr(
            "cast(id as string) as id",
            "repeat('word ', 600) as text",
            "transform(sequence(0, 1199), i -> named_struct('start', i, 'end', i + 4, 'text', 'w', 'score', 0.7f)) as mentions")
        .write()
        .parquet(path("d"));
    Document page = report(options("d"));
    assertThat(page.select("article")).hasSize(Documents.MAX_MENTIONS / 1200);
    assertThat(page.text())
        .contains("12 more were sampled, but the page has room for 10,000 mentions only");
  }

  @Test
  void severalInputsBecomeSectionsInTheirOrder() throws Exception {
    write("d", row("a", "Ada", 3));
    Path results = Files.createDirectory(folder.resolve("results"));
    for (String name : List.of("agreement.json", "evaluation.json")) {
      Files.copy(
          Path.of(ReportJobTest.class.getResource("/io/github/tommerspark/report/" + name).toURI()),
          results.resolve(name));
    }
    Document page = report(options("results", "d", "results/agreement.json"));
    assertThat(page.select("h2").eachText())
        .containsExactly(
            "Agreement of models",
            "Evaluation against gold data",
            "Annotated dataset: d",
            "Agreement of models");
    assertThat(page.select("nav a").eachAttr("href")).containsExactly("#s1", "#s2", "#s3", "#s4");
    assertThat(page.select("#s3 h2").text()).isEqualTo("Annotated dataset: d");
  }

  @Test
  void aReportLeavesNothingBesideItAndReplacesAnEarlierOne() throws IOException {
    write("d", row("a", "Ada", 3));
    report(options("d"));
    report(options("d"));
    try (var files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("d", "report.html");
    }
  }

  @Test
  void aDatasetWithoutItsTextsHasNoDocuments() throws IOException {
    write("d", "select id, mentions from (%s)".formatted(row("a", "Ada", 3)));
    Document page = report(options("d"));
    assertThat(page.select("article")).isEmpty();
    assertThat(page.text()).contains("The dataset was written without its texts");
  }

  @Test
  void aTableIsADatasetAlsoAtASnapshot() throws Exception {
    TableJars.assume();
    spark.conf().set("spark.sql.catalog.reported", "org.apache.iceberg.spark.SparkCatalog");
    spark.conf().set("spark.sql.catalog.reported.type", "hadoop");
    spark.conf().set("spark.sql.catalog.reported.warehouse", path("lake"));
    String table = "reported.db.mentions";
    spark.sql(row("a", "Ada", 3)).writeTo(table).using("iceberg").create();
    long first = spark.table(table + ".snapshots").select("snapshot_id").first().getLong(0);
    spark.sql(row("b", "Bob", 3)).writeTo(table).append();
    for (String input : List.of("table:" + table, path("lake/db/mentions"))) {
      Document now = report(new Options(List.of(input), path("report.html")));
      assertThat(now.select("article h3 > bdi").eachText()).containsExactly("a", "b");
      assertThat(now.select("fieldset bdi").eachText()).containsExactly("mentions");
      Document then = report(new Options(List.of(input + "@" + first), path("report.html")));
      assertThat(then.select("article h3 > bdi").eachText()).containsExactly("a");
    }
  }

  @Test
  void whatCannotBeReportedOnIsRefused() throws IOException {
    write("d", row("a", "Ada", 3));
    Files.createDirectory(folder.resolve("nothing"));
    Files.writeString(folder.resolve("other.json"), "{\"kind\": 3}");
    write("plain", "select 1 as a");
    refused(options("absent"), "Cannot report on file:.*/absent: no such file or directory");
    refused(
        options("nothing"),
        "Cannot report on file:.*/nothing: it has neither agreement.json nor evaluation.json, and no dataset that can be read: .*");
    refused(
        options("plain"),
        "Cannot report on file:.*/plain: it has neither agreement.json nor evaluation.json, and no column of mentions among a");
    refused(
        options("other.json"), "Cannot read file:.*/other.json: field \"kind\" is \"3\", but.*");
    refused(
        options("d").gold("right"),
        "Cannot find the column \"right\" of --gold-column in file:.*/d: its columns are id, text, mentions");
    refused(
        options("d").gold("text"),
        "Cannot take the column \"text\" for gold spans: it is string, not an array of structs with start and end");
    refused(options("d").text("body"), "Cannot find the column \"body\" of --text-column in .*");
  }

  @Test
  void optionsThatMakeNoSenseAreRefusedBeforeSparkStarts() {
    assertThatThrownBy(() -> parse("--output", "x.jsonl"))
        .hasMessage("--output must be named .html, but is x.jsonl");
    assertThatThrownBy(() -> parse("--output", "x.html", "--documents", "-1"))
        .hasMessage("--documents must not be negative, but is -1");
    assertThatThrownBy(() -> parse("--output", "x.html", "--max-characters", "0"))
        .hasMessage("--max-characters must be at least 1, but is 0");
    assertThatThrownBy(() -> parse("--output", "x.html", "--threshold", "1"))
        .hasMessage("--threshold must be at least 0 and below 1, but is 1.0");
    assertThat(parse("--output", "x.html").inputs()).containsExactly("in");
  }

  private static ReportOptions parse(String... arguments) {
    var root = TommerSpark.commandLine();
    List<String> all = new ArrayList<>(List.of("report", "--input", "in"));
    all.addAll(Arrays.asList(arguments));
    root.parseArgs(all.toArray(String[]::new));
    return ((ReportCommand) root.getSubcommands().get("report").getCommand()).options();
  }

  private void refused(Options options, String message) {
    assertThatThrownBy(() -> report(options)).hasMessageMatching(message);
  }

  private void write(String name, String sql) {
    spark.sql(sql).coalesce(1).write().parquet(path(name));
  }

  /** A row with one mention, which begins with the text. */
  private static String row(String id, String text, int end) {
    String literal =
        IntStream.range(0, text.length())
            .mapToObj(i -> "\\u%04X".formatted((int) text.charAt(i)))
            .reduce("", String::concat);
    return "select '%s' as id, '%s' as text, cast(array(named_struct('start', 0, 'end', %d, 'text', 'm', 'score', 0.75f)) as %s) as mentions"
        .formatted(id, literal, end, SPANS);
  }

  private String path(String name) {
    return folder.resolve(name).toUri().toString();
  }

  private Document report(Options options) throws IOException {
    ReportJob.run(spark, options.build());
    return Jsoup.parse(folder.resolve("report.html").toFile(), "UTF-8");
  }

  private Options options(String... inputs) {
    return new Options(Arrays.stream(inputs).map(this::path).toList(), path("report.html"));
  }

  /** Options of a report, most of them at their defaults. */
  private static final class Options {
    private final List<String> inputs;
    private final String output;
    private double threshold;
    private long seed;
    private String text;
    private String gold;

    Options(List<String> inputs, String output) {
      this.inputs = inputs;
      this.output = output;
    }

    Options threshold(double threshold) {
      this.threshold = threshold;
      return this;
    }

    Options seed(long seed) {
      this.seed = seed;
      return this;
    }

    Options text(String column) {
      this.text = column;
      return this;
    }

    Options gold(String column) {
      this.gold = column;
      return this;
    }

    ReportOptions build() {
      return new ReportOptions(
          inputs, output, "Title", new ReportOptions.Shown(40, 3_000, threshold, seed), text, gold);
    }
  }
}
