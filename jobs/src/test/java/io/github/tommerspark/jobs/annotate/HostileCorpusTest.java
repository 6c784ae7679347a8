package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.WriteMode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A corpus of which one row in twenty is nothing that a model was made for. */
class HostileCorpusTest {

  private static final int EVERY = 20;
  private static final String FOUND = "transform(mentions, m -> struct(m.start, m.end, m.text))";

  /** Rows with a mention whose text is not what stands there. */
  private static final String CUT_OTHERWISE =
      "exists(mentions, m -> substring(text, m.start + 1, m.end - m.start) != m.text)";

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  /**
   * Hostile texts in turn.
   *
   * @param character how long the text of a single character is
   * @param letters how long the text of random letters without a space is
   * @param longTexts how many of those there are; further ones are null
   */
  private record Hostility(int character, int letters, int longTexts) {

    String text(int i) {
      Random random = new Random(i);
      return switch (i % 5) {
        case 0 -> null;
        case 1 -> "";
        case 2 ->
            "\0\1\2\7\b\t\n\u000b\f\r\u001b[31mIn Paris\u007f\u0085\u200b\ufeff\uffff".repeat(50);
        case 3 -> Character.toString('a' + i % 26).repeat(character);
        default -> i / 5 < longTexts ? letters(random) : null;
      };
    }

    private String letters(Random random) {
      StringBuilder text = new StringBuilder(letters);
      for (int i = 0; i < letters; i++) {
        text.append((char) ('a' + random.nextInt(26)));
      }
      return text.toString();
    }
  }

  @Test
  void everyRowComesOutAndTheOthersAreAsIfAlone() throws IOException {
    Hostility hostility = new Hostility(100_000, 8_000, 1);
    annotateAndCheck(100, hostility);

    write("peaceful.jsonl", 100, hostility, true);
    AnnotateJob.run(spark, options("peaceful.jsonl", "peaceful"));
    Dataset<Row> alone = written("peaceful").selectExpr("id", FOUND);
    Dataset<Row> amongHostile =
        written("out").where("id not like 'hostile%'").selectExpr("id", FOUND);
    assertThat(alone.exceptAll(amongHostile).count()).isZero();
    assertThat(amongHostile.exceptAll(alone).count()).isZero();
  }

  @Test
  @Tag("soak")
  void aThousandDocumentsWithMegabytesAndAMillionTokens() throws IOException {
    Provenance.Counts counts = annotateAndCheck(1000, new Hostility(5_000_000, 1_500_000, 2));
    assertThat(counts.tokens().get("nano-llama")).isGreaterThan(10_000_000);
  }

  @Test
  void everyPlaneOfUnicodeAndHalvesOfCharacters() throws IOException {
    Random random = new Random(17);
    List<String> texts = new ArrayList<>();
    for (int plane = 0; plane <= Character.MAX_CODE_POINT >> 16; plane++) {
      StringBuilder text = new StringBuilder("In Paris ");
      for (int i = 0; i < 200; i++) {
        int letter = plane << 16 | random.nextInt(1 << 16);
        text.appendCodePoint(
            letter >= Character.MIN_SURROGATE && letter <= Character.MAX_SURROGATE ? 'x' : letter);
      }
      texts.add(text.append(" Marie Curie left Warsaw.").toString());
    }
    texts.add("In \ud800 Paris \udc00\ud83d Marie Curie left Warsaw\udfff");
    texts.add("\ud83d");
    writeTexts(texts);
    AnnotateJob.run(spark, options("texts.jsonl", "out"));
    Dataset<Row> written = written("out");
    assertThat(written.select("id").distinct().count()).isEqualTo(texts.size());
    assertThat(written.where("error is not null").count()).isZero();
    assertThat(written.where("size(mentions) > 0").count()).isGreaterThanOrEqualTo(17);
    assertThat(written.where(CUT_OTHERWISE).count()).isZero();
  }

  @Test
  @Tag("soak")
  void aMillionRowsOfOneCharacter() throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(folder.resolve("texts.jsonl"))) {
      for (int i = 0; i < 1_000_000; i++) {
        out.write("{\"id\":\"%d\",\"text\":\"\\u%04x\"}\n".formatted(i, 32 + i % 50_000));
      }
    }
    AnnotateResult result = AnnotateJob.run(spark, options("texts.jsonl", "out"));
    assertThat(result.provenance().counts().rowsWritten()).isEqualTo(1_000_000);
    assertThat(result.provenance().counts().errorRows()).isZero();
    assertThat(written("out").select("id").distinct().count()).isEqualTo(1_000_000);
  }

  /** Texts of any characters, halves of some among them, which UTF-8 does not have. */
  private void writeTexts(List<String> texts) throws IOException {
    ObjectMapper json = JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
    try (BufferedWriter out = Files.newBufferedWriter(folder.resolve("texts.jsonl"))) {
      for (int i = 0; i < texts.size(); i++) {
        out.write(json.writeValueAsString(Map.of("id", String.valueOf(i), "text", texts.get(i))));
        out.newLine();
      }
    }
  }

  private Provenance.Counts annotateAndCheck(int rows, Hostility hostility) throws IOException {
    write("docs.jsonl", rows, hostility, false);
    AnnotateResult result = AnnotateJob.run(spark, options("docs.jsonl", "out"));

    Dataset<Row> written = written("out");
    assertThat(written.count()).isEqualTo(rows);
    assertThat(written.select("id").distinct().count()).isEqualTo(rows);
    assertThat(written.where("id like 'hostile%'").count()).isEqualTo(rows / EVERY);
    assertThat(written.where("error is not null").count()).isZero();
    assertThat(written.where(CUT_OTHERWISE).count()).isZero();
    // Nothing is cut: what was read is what is there.
    assertThat(written.selectExpr("max(length(text))").first().getInt(0))
        .isEqualTo(hostility.character());

    Provenance.Counts counts = result.provenance().counts();
    assertThat(counts.rowsIn()).isEqualTo(rows);
    assertThat(counts.rowsWritten()).isEqualTo(rows);
    assertThat(counts.errorRows()).isZero();
    assertThat(counts.withoutText())
        .isEqualTo(written.where("text is null or text = ''").count())
        .isPositive();
    assertThat(counts.mentions().get("nano-llama"))
        .isEqualTo(written.selectExpr("sum(size(mentions))").first().getLong(0))
        .isGreaterThan(rows);
    return counts;
  }

  private void write(String file, int rows, Hostility hostility, boolean withoutHostile)
      throws IOException {
    ObjectMapper json = new ObjectMapper();
    try (BufferedWriter out = Files.newBufferedWriter(folder.resolve(file))) {
      for (int i = 0; i < rows; i++) {
        boolean hostile = i % EVERY == EVERY - 1;
        if (hostile && withoutHostile) {
          continue;
        }
        Map<String, String> row = new HashMap<>();
        row.put("id", (hostile ? "hostile-" : "") + i);
        row.put(
            "text",
            hostile
                ? hostility.text(i / EVERY)
                : "%sIn %d Marie Curie left Warsaw for Paris."
                    .formatted("Long ago. ".repeat(i % 13), 1000 + i));
        out.write(json.writeValueAsString(row));
        out.newLine();
      }
    }
  }

  private Dataset<Row> written(String output) {
    return spark.read().parquet(folder.resolve(output).toString());
  }

  private AnnotateOptions options(String input, String output) {
    return new AnnotateOptions(
        new CorpusOptions(List.of(folder.resolve(input).toString()), null, Map.of(), "text", null),
        new OutputOptions(
            folder.resolve(output).toString(),
            OutputFormat.PARQUET,
            WriteMode.ERROR,
            "mentions",
            null,
            false),
        List.of(ModelSpec.bundled("nano-llama")),
        EngineOptions.defaults(),
        4,
        false,
        Map.of());
  }
}
