package io.github.tommerspark.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Offsets of mentions in documents that Spark NLP assembled and split. */
class SparkNlpOffsetsPropertyTest {

  private static final int TEXTS = 60;

  @Property(tries = 4, shrinking = ShrinkingMode.OFF)
  void mentionsOfSentencesAreInTheDocument(@ForAll("texts") List<String> texts) {
    check(SparkNlp.sentences(), texts);
  }

  @Property(tries = 4, shrinking = ShrinkingMode.OFF)
  void mentionsOfDocumentsAreInTheDocument(@ForAll("texts") List<String> texts) {
    check(SparkNlp.pipeline(List.of(SparkNlp.assembler(), SparkNlp.detector("document"))), texts);
  }

  private static void check(Pipeline pipeline, List<String> texts) {
    Dataset<Row> rows = Texts.rows(texts);
    List<Row> found = pipeline.fit(rows).transform(rows).collectAsList();
    assertThat(found).hasSize(texts.size());
    found.forEach(SparkNlp::checkOffsets);
    // One sentence is there in any case, so that nothing found would be noticed.
    assertThat(found).anySatisfy(row -> assertThat(SparkNlp.results(row)).contains("Warsaw"));
  }

  @Provide
  Arbitrary<List<String>> texts() {
    Arbitrary<String> words =
        Arbitraries.of(
            "Marie Curie",
            "London",
            "Zu\u0308rich",
            "\u0301",
            "😀",
            "👩\u200d🔬",
            "𝔘𝔫𝔦",
            "東京",
            "🇬🇧",
            "the",
            "of Paris",
            "U.S.",
            "Mr.",
            "met",
            "3.14",
            "\uFEFF",
            "\u00a0");
    Arbitrary<String> separators =
        Arbitraries.of(" ", "  ", ". ", ".", "! ", "\r\n", "\n", "\n\n", "\t", "? ", "…", "\r", "");
    return Combinators.combine(words, separators)
        .as(String::concat)
        .list()
        .ofMaxSize(20)
        .map(parts -> String.join("", parts))
        .list()
        .ofSize(TEXTS)
        .map(texts -> Stream.concat(texts.stream(), Stream.of("😀 Ada was in Warsaw.")).toList());
  }
}
