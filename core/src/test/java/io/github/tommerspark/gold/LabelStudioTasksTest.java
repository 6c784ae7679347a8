package io.github.tommerspark.gold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelStudioTasksTest {

  private static final String DATA = "\"data\": {\"id\": \"d\", \"text\": \"👩 Ada\\nin Rome\"}";

  @Test
  void offsetsAreCodePointsAndEachLabelIsAMention() throws IOException {
    GoldDocument document =
        one(
            task(
                DATA,
                annotation(
                    region("labels", 2, 8, "Ada\\\\nin", "A", "B"),
                    region("labels", 9, 13, "Rome"),
                    "{\"type\": \"choices\", \"value\": {\"choices\": [\"x\"]}}",
                    "{\"type\": \"relation\", \"from_id\": \"a\", \"to_id\": \"b\"}")));
    assertThat(document.id()).isEqualTo("d");
    assertThat(document.mentions())
        .containsExactly(
            new GoldSpan(3, 9, "A"), new GoldSpan(3, 9, "B"), new GoldSpan(10, 14, null));
  }

  @Test
  void groundTruthCountsAndElseTheNewestThatWasNotSkipped() throws IOException {
    String first = annotation(region("labels", 2, 5, "Ada", "first"));
    String newest =
        "{\"updated_at\": \"2026-02-01T00:00:00Z\", \"result\": [%s]}"
            .formatted(region("labels", 2, 5, "Ada", "newest"));
    String older =
        "{\"updated_at\": \"2026-01-01T00:00:00Z\", \"result\": [%s]}"
            .formatted(region("labels", 2, 5, "Ada", "older"));
    String skipped =
        "{\"was_cancelled\": true, \"updated_at\": \"2026-03-01T00:00:00Z\", \"result\": []}";
    String truth =
        "{\"ground_truth\": true, \"result\": [%s]}"
            .formatted(region("labels", 2, 5, "Ada", "truth"));
    assertThat(types(task(DATA, newest, older, skipped))).containsExactly("newest");
    assertThat(types(task(DATA, truth, newest))).containsExactly("truth");
    assertThat(types(task(DATA, first, first.replace("first", "second"))))
        .containsExactly("second");
    assertThat(read("[" + task(DATA, skipped) + "," + task(DATA) + "]")).isEmpty();
  }

  @Test
  void aPageHasItsOffsetsBesideItsPaths() throws IOException {
    String region =
        "{\"type\": \"hypertextlabels\", \"value\": {\"start\": \"/p[1]/text()[1]\", \"end\": \"/p[1]/text()[1]\", "
            + "\"globalOffsets\": {\"start\": 2, \"end\": 5}, \"text\": \"Ada\", \"hypertextlabels\": [\"PER\"]}}";
    assertThat(types(task("\"id\": 7, \"data\": {\"article\": \"👩 Ada\"}", annotation(region))))
        .containsExactly("PER");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"id\": 1, \"text\": \"x\", \"label\": []} | task 1: it has no \"data\" or no \"annotations\"; export from Label Studio as JSON",
        "{\"data\": {\"a\": \"x\", \"b\": \"y\"}, \"annotations\": [{\"result\": []}]} | cannot tell which of its data \"a\", \"b\" is the text",
        "{\"data\": {\"text\": \"👩 Ada\"}, \"annotations\": [{\"result\": [{\"type\": \"labels\", \"value\": {\"start\": 3, \"end\": 5, \"text\": \"Ad\", \"labels\": []}}]}]} | the text has \"da\" where the region is \"Ad\"; offsets must count code points",
        "{\"data\": {\"text\": \"Ada\"}, \"annotations\": [{\"result\": [{\"type\": \"labels\", \"value\": {\"start\": 0, \"end\": 4}}]}]} | the region from 0 to 4 does not lie in the text, which has 3 code points",
        "{\"data\": {\"text\": \"Ada\"}, \"annotations\": [{\"result\": [{\"type\": \"labels\", \"value\": {\"start\": \"0\", \"end\": 3}}]}]} | not offsets in code points",
        "{\"data\": {\"text\": \"Ada\"}, \"annotations\": [{\"result\": [{\"type\": \"rectanglelabels\", \"value\": {}}]}]} | a region of type \"rectanglelabels\", which does not mark a text",
        "{\"data\": | it is not JSON"
      })
  void whatMakesNoSenseIsNamedWithItsTask(String json, String reason) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(GoldFormatException.class)
        .hasMessageStartingWith("Cannot read gold file tasks.json")
        .hasMessageContaining(reason);
  }

  private static List<String> types(String task) throws IOException {
    return one(task).mentions().stream().map(GoldSpan::type).toList();
  }

  private static String task(String data, String... annotations) {
    return "{%s, \"annotations\": [%s], \"predictions\": [{\"result\": []}]}"
        .formatted(data, String.join(", ", annotations));
  }

  private static String annotation(String... results) {
    return "{\"result\": [%s]}".formatted(String.join(", ", results));
  }

  private static String region(String type, int start, int end, String text, String... labels) {
    return "{\"type\": \"%s\", \"value\": {\"start\": %d, \"end\": %d, \"text\": \"%s\", \"%s\": [%s]}}"
        .formatted(
            type,
            start,
            end,
            text,
            type,
            String.join(", ", List.of(labels).stream().map(l -> '"' + l + '"').toList()));
  }

  private static GoldDocument one(String task) throws IOException {
    List<GoldDocument> documents = read("[" + task + "]");
    assertThat(documents).hasSize(1);
    return documents.get(0);
  }

  private static List<GoldDocument> read(String json) throws IOException {
    return LabelStudioTasks.read(
        "tasks.json", new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
  }
}
