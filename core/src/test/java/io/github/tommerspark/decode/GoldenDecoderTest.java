package io.github.tommerspark.decode;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.testing.Golden;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden case, threshold and decoder: spans, scores and order are exactly equal. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GoldenDecoderTest {

  /** The scores of a case [start][end] and what was published code's answer at one threshold. */
  record Case(int id, String style, float[][] scores, double threshold, JsonNode results) {

    List<Span> cells() {
      return DenseReference.cells(scores);
    }

    /** Whether cells below the diagonal, which our decoders are never given, have scores. */
    boolean hasReversedCells() {
      for (int start = 0; start < scores.length; start++) {
        for (int end = 0; end < start; end++) {
          if (scores[start][end] > 0) {
            return true;
          }
        }
      }
      return false;
    }

    List<Span> result(String name) {
      List<Span> spans = new ArrayList<>();
      for (JsonNode span : results.required(name)) {
        int start = span.get(0).intValue();
        int end = span.get(1).intValue();
        // infer_entities gives no scores.
        double score = span.has(2) ? span.get(2).doubleValue() : scores[start][end];
        spans.add(Span.span(start, end, score));
      }
      return spans;
    }

    @Override
    public String toString() {
      return "case " + id + " (" + style + ", n=" + scores.length + ") at " + threshold;
    }
  }

  private List<Case> cases;

  @BeforeAll
  void readCases() throws IOException {
    cases = new ArrayList<>();
    JsonNode file =
        new ObjectMapper().readTree(Golden.root().resolve("decoding/cases.json").toFile());
    for (JsonNode json : file) {
      float[][] scores = new float[json.required("n").intValue()][json.required("n").intValue()];
      for (int end = 0; end < scores.length; end++) {
        for (int start = 0; start < scores.length; start++) {
          scores[start][end] = (float) json.required("span_probs").get(end).get(start).asDouble();
        }
      }
      json.required("results")
          .fields()
          .forEachRemaining(
              entry ->
                  cases.add(
                      new Case(
                          json.required("id").intValue(),
                          json.required("style").textValue(),
                          scores,
                          Double.parseDouble(entry.getKey()),
                          entry.getValue())));
    }
  }

  Stream<Case> cases() {
    return cases.stream();
  }

  @Test
  void casesCoverTiesAtTheThresholdAndReversedCells() {
    assertThat(cases).anyMatch(c -> c.cells().stream().anyMatch(s -> s.score() == 0.05f));
    assertThat(cases).anyMatch(Case::hasReversedCells);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void threshold(Case c) {
    List<Span> expected =
        c.result("infer_entities_threshold").stream()
            .filter(s -> s.start() <= s.end())
            .sorted(Span.BY_START_AND_END)
            .toList();
    check(Decoder.THRESHOLD, c, expected);
  }

  /** The documented difference between the two published ways to apply a threshold. */
  @ParameterizedTest
  @MethodSource("cases")
  void thresholdFunctionDiffersOnlyInScoresThatEqualTheRoundedThreshold(Case c) {
    List<Span> ours = Span.decode(Decoder.THRESHOLD, c.cells(), c.threshold());
    List<Span> function = c.result("threshold");
    assertThat(function).containsAll(ours);
    assertThat(function)
        .filteredOn(s -> !ours.contains(s))
        .allMatch(s -> s.score() == (float) c.threshold());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void greedy(Case c) {
    check(Decoder.GREEDY, c, c.result("greedy"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void flat(Case c) {
    check(Decoder.FLAT, c, c.result("flat"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void greedyNested(Case c) {
    check(Decoder.GREEDY_NESTED, c, c.result("decode_greedy_nested"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void wellNested(Case c) {
    check(Decoder.WELL_NESTED, c, c.result("well_nested"));
  }

  /**
   * The published function lets cells below the diagonal win rows and columns. They are no spans
   * and are dropped before decoding here, so with such cells the dense reference, which gives the
   * published answer on the whole matrix, says what is right on the upper half.
   */
  @ParameterizedTest
  @MethodSource("cases")
  void lineColumnGreedy(Case c) {
    List<Span> published = c.result("line_col_greedy");
    assertThat(DenseReference.decode(Decoder.LINE_COL_GREEDY, c.scores(), c.threshold()))
        .isEqualTo(published);
    float[][] upperHalf = DenseReference.matrix(c.scores().length, c.cells());
    check(
        Decoder.LINE_COL_GREEDY,
        c,
        c.hasReversedCells()
            ? DenseReference.decode(Decoder.LINE_COL_GREEDY, upperHalf, c.threshold())
            : published);
  }

  private static void check(Decoder decoder, Case c, List<Span> expected) {
    if (decoder != Decoder.LINE_COL_GREEDY) {
      assertThat(DenseReference.decode(decoder, c.scores(), c.threshold()))
          .as("dense reference")
          .isEqualTo(expected);
    }
    List<Span> all = new ArrayList<>(c.cells());
    Collections.shuffle(all, new Random(c.id()));
    assertThat(Span.decode(decoder, all, c.threshold()))
        .as("all cells, shuffled")
        .isEqualTo(expected);
    List<Span> needed = all.stream().filter(s -> s.score() >= (float) c.threshold()).toList();
    assertThat(Span.decode(decoder, needed, c.threshold()))
        .as("no cell below the threshold")
        .isEqualTo(expected);
  }
}
