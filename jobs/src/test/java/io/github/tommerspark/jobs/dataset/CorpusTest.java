package io.github.tommerspark.jobs.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.spark.ZstdCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTest {

  private static final String TWO_DOCUMENTS =
      """
      {"id": 1, "text": "Ada Lovelace met Babbage."}
      {"id": 2, "text": "東京は大きい 🗼"}
      """;

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @Test
  void jsonLines() throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), TWO_DOCUMENTS);
    Corpus corpus = open("a.jsonl");
    assertThat(corpus.format()).isEqualTo(InputFormat.JSON);
    assertThat(corpus.malformedColumn()).isNull();
    assertThat(texts(corpus)).containsExactly("Ada Lovelace met Babbage.", "東京は大きい 🗼");
  }

  @Test
  void jsonLinesInGzip() throws IOException {
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("a.json.gz")))) {
      out.write(TWO_DOCUMENTS.getBytes(StandardCharsets.UTF_8));
    }
    assertThat(texts(open("a.json.gz"))).hasSize(2).contains("東京は大きい 🗼");
  }

  @Test
  void jsonLinesInZstd() throws IOException {
    Files.write(folder.resolve("a.ndjson.zst"), zstd(TWO_DOCUMENTS));
    assertThat(texts(open("a.ndjson.zst"))).hasSize(2).contains("東京は大きい 🗼");
  }

  @Test
  void zstdFramesOneAfterTheOther() throws IOException {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.write(zstd(TWO_DOCUMENTS));
    both.write(zstd(TWO_DOCUMENTS));
    Files.write(folder.resolve("a.jsonl.zst"), both.toByteArray());
    assertThat(texts(open("a.jsonl.zst"))).hasSize(4);
  }

  @Test
  void csvWithQuotesAndLineBreaks() throws IOException {
    Files.writeString(
        folder.resolve("a.csv"), "id,text\n1,\"He said \"\"no\"\",\nand left\"\n2,plain\n");
    Corpus corpus = open("a.csv");
    assertThat(texts(corpus)).containsExactly("He said \"no\",\nand left", "plain");
    assertThat(malformed(corpus)).containsExactly(null, null);
  }

  @Test
  void csvRecordOfTheWrongLengthIsMalformed() throws IOException {
    Files.writeString(folder.resolve("a.csv"), "id,text\n1,one,more\n2,two\n");
    assertThat(malformed(open("a.csv"))).containsExactly("1,one,more", null);
  }

  @Test
  void csvWithAnotherSeparator() throws IOException {
    Files.writeString(folder.resolve("a.csv"), "id;text\n1;one, two\n");
    Corpus corpus =
        Corpus.open(spark, options("text", null, Map.of("sep", ";"), folder.resolve("a.csv")));
    assertThat(texts(corpus)).containsExactly("one, two");
  }

  @Test
  void csvFilesWithDifferentHeadersAreNotReadByPosition() throws IOException {
    Files.writeString(folder.resolve("a.csv"), "id,text\n1,one\n");
    Files.writeString(folder.resolve("b.csv"), "text,id\ntwo,2\n");
    Corpus corpus = open("*.csv");
    assertThatThrownBy(() -> texts(corpus)).hasStackTraceContaining("header");
  }

  @Test
  void aLineOfTextIsARow() throws IOException {
    Files.writeString(folder.resolve("a.txt"), "one\n\ntwo\n");
    assertThat(texts(open("a.txt"))).containsExactly("one", "", "two");
  }

  @Test
  void parquetDirectoryWithMarkersBesideTheData() throws IOException {
    Path directory = folder.resolve("docs");
    spark.sql("select 'one' text, 7 n").write().parquet(directory.toString());
    assertThat(directory.resolve("_SUCCESS")).exists();
    Files.createDirectories(directory.resolve("_notes"));
    Files.writeString(directory.resolve("_notes/run-1.json"), "{}");
    Corpus corpus = open("docs");
    assertThat(corpus.format()).isEqualTo(InputFormat.PARQUET);
    assertThat(texts(corpus)).containsExactly("one");
    assertThat(corpus.rows().columns()).containsExactly("text", "n");
  }

  @Test
  void globsAndSeveralPaths() throws IOException {
    for (String name : List.of("a1", "a2", "b1")) {
      Files.writeString(folder.resolve(name + ".jsonl"), "{\"text\": \"" + name + "\"}\n");
    }
    assertThat(texts(open("a*.jsonl"))).containsExactlyInAnyOrder("a1", "a2");
    assertThat(texts(open("{a1,b1}.jsonl"))).containsExactlyInAnyOrder("a1", "b1");
    Corpus two =
        Corpus.open(
            spark,
            options(
                "text", null, Map.of(), folder.resolve("a1.jsonl"), folder.resolve("b1.jsonl")));
    assertThat(texts(two)).containsExactlyInAnyOrder("a1", "b1");
  }

  @Test
  void malformedJsonIsKept() throws IOException {
    Files.writeString(
        folder.resolve("a.jsonl"), "{\"text\": \"one\"}\n{\"text\": \"tw\n\"three\"\n");
    Corpus corpus = open("a.jsonl");
    assertThat(malformed(corpus)).containsExactly(null, "{\"text\": \"tw", "\"three\"");
    assertThat(corpus.columns()).extracting(field -> field.name()).containsExactly("text");
    assertThat(corpus.rows().count()).isEqualTo(3);
  }

  @Test
  void aTextLongerThanTheParsersDefaultBound() throws IOException {
    String text = "a".repeat(20_500_000);
    Files.writeString(folder.resolve("a.jsonl"), "{\"text\": \"" + text + "\"}\n");
    Corpus corpus = open("a.jsonl");
    assertThat(corpus.malformedColumn()).isNull();
    assertThat(corpus.rows().selectExpr("length(text)").first().getInt(0)).isEqualTo(20_500_000);
  }

  @Test
  void anEmptyFileIsAnEmptyCorpus() throws IOException {
    Files.createFile(folder.resolve("a.jsonl"));
    assertThat(texts(open("a.jsonl"))).isEmpty();
    Files.createFile(folder.resolve("a.csv"));
    assertThat(texts(open("a.csv"))).isEmpty();
  }

  @Test
  void theTextColumnIsFoundRegardlessOfCase() throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), "{\"Text\": \"one\"}\n");
    assertThat(open("a.jsonl").textColumn()).isEqualTo("Text");
  }

  @Test
  void missingTextColumnIsRefusedWithTheColumnsThereAre() throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), "{\"body\": \"one\", \"id\": 1}\nnot json\n");
    assertThatThrownBy(() -> open("a.jsonl"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "Cannot find the text column \"text\" in the input: its columns are body, id; name the right one with --text-column");
  }

  @Test
  void aTextColumnOfNumbersIsRefused() throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), "{\"text\": 5}\n");
    assertThatThrownBy(() -> open("a.jsonl"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("Cannot annotate the column \"text\": it is of type bigint");
  }

  @Test
  void missingFilesAreRefused() throws IOException {
    assertThatThrownBy(() -> open("none.jsonl"))
        .isInstanceOf(UserException.class)
        .hasMessageMatching("Cannot read the input file:.*/none.jsonl: no such file or directory");
    Files.createDirectories(folder.resolve("empty"));
    assertThatThrownBy(() -> open("empty"))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("there are no files in it");
  }

  @Test
  void unknownAndMixedFormatsAreRefusedUnlessNamed() throws IOException {
    Files.writeString(folder.resolve("a.dat"), "one\n");
    assertThatThrownBy(() -> open("a.dat"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("give --input-format, one of json, parquet, csv, text, orc");
    Files.writeString(folder.resolve("a.txt"), "two\n");
    Files.writeString(folder.resolve("a.jsonl"), "{\"text\": \"three\"}\n");
    assertThatThrownBy(() -> open("a.{txt,jsonl}"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("Cannot read files of several formats at once (json in ");
    Corpus named =
        Corpus.open(
            spark, options("text", InputFormat.TEXT, Map.of(), folder.resolve("a.{dat,txt}")));
    assertThat(texts(named)).containsExactlyInAnyOrder("one", "two");
  }

  @Test
  void rowsAreNotDroppedOnRequest() throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), TWO_DOCUMENTS);
    assertThatThrownBy(
            () ->
                Corpus.open(
                    spark,
                    options(
                        "text", null, Map.of("mode", "dropMalformed"), folder.resolve("a.jsonl"))))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no row is ever lost");
  }

  private static byte[] zstd(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new ZstdCodec().createOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private Corpus open(String name) {
    return Corpus.open(spark, options("text", null, Map.of(), folder.resolve(name)));
  }

  private static CorpusOptions options(
      String textColumn, InputFormat format, Map<String, String> readerOptions, Path... paths) {
    List<String> names = new ArrayList<>();
    for (Path path : paths) {
      names.add(path.toString());
    }
    return new CorpusOptions(names, format, readerOptions, textColumn, null);
  }

  private static List<String> texts(Corpus corpus) {
    return column(corpus, corpus.textColumn());
  }

  private static List<String> malformed(Corpus corpus) {
    return column(corpus, corpus.malformedColumn());
  }

  private static List<String> column(Corpus corpus, String name) {
    // All columns are read: Spark would not parse the others.
    List<String> values = new ArrayList<>();
    for (Row row : corpus.rows().collectAsList()) {
      values.add(row.getAs(name));
    }
    return values;
  }
}
