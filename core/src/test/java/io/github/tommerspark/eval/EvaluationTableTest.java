package io.github.tommerspark.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.tommerspark.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class EvaluationTableTest {

  private static final List<String> COLUMNS =
      List.of(
          "precision",
          "recall",
          "f1",
          "true_pos",
          "false_pos",
          "total",
          "total_spans",
          "n_samples",
          "predicted_fraction");

  /** From the counts per data set alone, every printed digit of the published tables. */
  @TestFactory
  Stream<DynamicTest> publishedTables() throws IOException {
    Path heads = Golden.shared().map(shared -> shared.resolve("heads")).orElse(null);
    Assumptions.assumeTrue(
        heads != null,
        "the published tables lie beside the checkout, in ../shared, and are absent");
    List<Path> tables = new ArrayList<>();
    try (Stream<Path> files = Files.walk(heads)) {
      for (Path file : files.filter(f -> f.getFileName().toString().startsWith("Eval_")).toList()) {
        if (Files.readString(file).contains("\tAggregated\t")) {
          tables.add(file);
        }
      }
    }
    assertThat(tables).isNotEmpty();
    return tables.stream()
        .sorted()
        .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> reproduce(file)));
  }

  private static void reproduce(Path file) throws IOException {
    List<Map<String, String>> published = parse(Files.readString(file));
    List<EvaluationRow> rows = new ArrayList<>();
    for (Map<String, String> line : published) {
      if (!List.of("Aggregated", "Mean").contains(line.get("dataset"))) {
        rows.add(row(line));
      }
    }
    List<Map<String, String>> ours = parse(new EvaluationTable(rows).csv());
    Map<String, Map<String, String>> byName =
        ours.stream().collect(Collectors.toMap(line -> line.get("dataset"), line -> line));
    assertThat(byName).hasSize(rows.size() + 3);
    for (Map<String, String> line : published) {
      String name = line.get("dataset");
      Map<String, String> found =
          byName.get(
              switch (name) {
                case "Aggregated" -> "sample_weighted";
                case "Mean" -> "macro";
                default -> name;
              });
      for (String column : COLUMNS) {
        assertThat(Double.parseDouble(found.get(column)))
            .as("%s of %s", column, name)
            .isEqualTo(Double.parseDouble(line.get(column)));
      }
    }
  }

  private static EvaluationRow row(Map<String, String> line) {
    return EvaluationRow.of(
        line.get("dataset"),
        new SpanScores(
            count(line.get("true_pos")), count(line.get("false_pos")), count(line.get("total"))),
        OptionalLong.of(count(line.get("total_spans"))),
        count(line.get("n_samples")));
  }

  private static long count(String number) {
    return (long) Double.parseDouble(number);
  }

  private static List<Map<String, String>> parse(String csv) {
    List<String[]> lines =
        csv.lines().map(line -> line.split("\t", -1)).collect(Collectors.toList());
    String[] header = lines.remove(0);
    List<Map<String, String>> rows = new ArrayList<>();
    for (String[] line : lines) {
      Map<String, String> row = new LinkedHashMap<>();
      for (int i = 0; i < header.length; i++) {
        row.put(header[i], line[i]);
      }
      rows.add(row);
    }
    return rows;
  }

  /** Two data sets, 8 of 10 right of 16 gold in 3 documents, 1 of 10 right of 2 gold in 1. */
  @Test
  void theAggregatesByHand() {
    EvaluationTable table =
        new EvaluationTable(
            List.of(
                EvaluationRow.of("a", new SpanScores(8, 2, 16), OptionalLong.of(100), 3),
                EvaluationRow.of("b", new SpanScores(1, 9, 2), OptionalLong.of(300), 1)));
    EvaluationRow micro = table.aggregates().get(0);
    assertThat(micro.dataset()).isEqualTo("micro");
    assertThat(micro.precision()).isCloseTo(9 / 20.0, within(1e-8));
    assertThat(micro.recall()).isCloseTo(9 / 18.0, within(1e-8));
    assertThat(micro.f1()).isCloseTo(18 / 38.0, within(1e-8));
    assertThat(micro.predictedFraction()).isEqualTo(18 / 400.0);
    EvaluationRow macro = table.aggregates().get(1);
    assertThat(macro.dataset()).isEqualTo("macro");
    assertThat(macro.precision()).isCloseTo((0.8 + 0.1) / 2, within(1e-8));
    assertThat(macro.recall()).isCloseTo(0.5, within(1e-8));
    assertThat(macro.f1()).isCloseTo((16 / 26.0 + 2 / 12.0) / 2, within(1e-8));
    assertThat(macro.truePositives()).isEqualTo(4.5);
    assertThat(macro.samples()).isEqualTo(4);
    EvaluationRow weighted = table.aggregates().get(2);
    assertThat(weighted.dataset()).isEqualTo("sample_weighted");
    double precision = (3 * 0.8 + 0.1) / 4;
    assertThat(weighted.precision()).isCloseTo(precision, within(1e-8));
    assertThat(weighted.recall()).isCloseTo(0.5, within(1e-8));
    assertThat(weighted.f1()).isCloseTo(2 * precision * 0.5 / (precision + 0.5), within(1e-7));
    assertThat(weighted.truePositives()).isEqualTo(9);
  }

  @Test
  void whatIsNotKnownIsEmpty() {
    EvaluationTable table =
        new EvaluationTable(
            List.of(
                EvaluationRow.of("a", new SpanScores(1, 0, 3), OptionalLong.empty(), 1),
                EvaluationRow.of("b", new SpanScores(0, 0, 0), OptionalLong.of(0), 0)));
    assertThat(table.csv())
        .isEqualTo(
            """
            \tdataset\tprecision\trecall\tf1\ttrue_pos\tfalse_pos\ttotal\ttotal_spans\tn_samples\tpredicted_fraction
            0\ta\t1\t0.3333\t0.5\t1\t0\t3\t\t1\t
            1\tb\t0\t0\t0\t0\t0\t0\t0\t0\t0
            2\tmicro\t1\t0.3333\t0.5\t1\t0\t3\t\t1\t
            3\tmacro\t0.5\t0.1667\t0.25\t0.5\t0\t1.5\t\t1\t
            4\tsample_weighted\t1\t0.3333\t0.5\t1\t0\t3\t\t1\t
            """);
    assertThat(new EvaluationTable(List.of()).aggregates()).isEmpty();
  }
}
