package io.github.tommerspark.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Upstream's compare_inferences on its own files. */
class GoldenAgreementTest {

  private static final double TOLERANCE = 1e-9;

  private final Path folder = Golden.root().resolve("end_to_end");
  private final JsonNode expected = json("compare.json");

  @Test
  void allModelsAtOnce() {
    for (String decoder : List.of("threshold", "greedy")) {
      JsonNode golden = expected.get(decoder);
      List<String> families = new ArrayList<>();
      golden.get("families").forEach(family -> families.add(family.asText()));
      List<String> files = families.stream().map(family -> family + "_" + decoder).toList();
      List<PairAgreement> pairs = compare(files);
      assertThat(pairs).hasSize(families.size() * (families.size() - 1) / 2);
      for (PairAgreement pair : pairs) {
        assertSame(
            pair, golden.get("pairs").get(families.get(pair.a()) + "|" + families.get(pair.b())));
        JsonNode matrix = golden.get("matrix");
        assertThat(pair.dice())
            .isCloseTo(
                matrix.get("dice_matrix").get(pair.a()).get(pair.b()).asDouble(),
                within(TOLERANCE));
        assertThat(pair.iou())
            .isCloseTo(
                matrix.get("iou_matrix").get(pair.b()).get(pair.a()).asDouble(), within(TOLERANCE));
      }
    }
  }

  @Test
  void aFileWithItselfAndWithAnotherDecoder() {
    for (String decoder : List.of("threshold", "greedy")) {
      expected
          .get(decoder)
          .get("self")
          .fields()
          .forEachRemaining(
              self -> {
                String file = self.getKey() + "_" + decoder;
                assertSame(compare(List.of(file, file)).get(0), self.getValue());
              });
    }
    expected
        .get("threshold_vs_greedy")
        .fields()
        .forEachRemaining(
            pair ->
                assertSame(
                    compare(List.of(pair.getKey() + "_threshold", pair.getKey() + "_greedy"))
                        .get(0),
                    pair.getValue()));
  }

  @Test
  void nothingFound() {
    AgreementTally tally = new AgreementTally(2, 0, 0);
    tally.add("one", List.of(SpanSet.EMPTY, SpanSet.EMPTY));
    assertSame(tally.pairs().get(0), expected.get("threshold").get("both_empty"));
  }

  private static void assertSame(PairAgreement pair, JsonNode golden) {
    assertThat(pair.aCount()).isEqualTo(golden.get("n_entitiesA").asLong());
    assertThat(pair.bCount()).isEqualTo(golden.get("n_entitiesB").asLong());
    assertThat(pair.both()).isEqualTo(golden.get("n_intersection").asLong());
    assertThat(pair.dice()).isCloseTo(golden.get("dice").asDouble(), within(TOLERANCE));
    assertThat(pair.iou()).isCloseTo(golden.get("iou").asDouble(), within(TOLERANCE));
  }

  private List<PairAgreement> compare(List<String> files) {
    Map<String, List<SpanSet>> documents = new LinkedHashMap<>();
    for (String file : files) {
      for (JsonNode sample : json("inferences_" + file + ".json").get("samples")) {
        List<SpanSet.Span> spans = new ArrayList<>();
        for (JsonNode entity : sample.get("pred_entities")) {
          JsonNode position = entity.get("pos");
          spans.add(
              new SpanSet.Span(
                  position.get(0).asInt(),
                  position.get(1).asInt(),
                  (float) entity.get("score").asDouble(),
                  SpanSet.UNKNOWN,
                  SpanSet.UNKNOWN,
                  null));
        }
        documents
            .computeIfAbsent(sample.get("data_id").asText(), id -> new ArrayList<>())
            .add(SpanSet.of(spans));
      }
    }
    AgreementTally tally = new AgreementTally(files.size(), 0, 0);
    documents.forEach(tally::add);
    return tally.pairs();
  }

  private JsonNode json(String file) {
    try {
      return new ObjectMapper().readTree(Files.readAllBytes(folder.resolve(file)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
