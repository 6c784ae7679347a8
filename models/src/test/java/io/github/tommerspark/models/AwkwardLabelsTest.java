package io.github.tommerspark.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.Typing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Labels as people give them to the label model of bge-small, which reads any words. */
class AwkwardLabelsTest {

  private static final String CURIE =
      "Marie Curie was born in Warsaw. She won the Nobel Prize in Physics in 1903.";
  private static final String MERKEL =
      "The physicist Angela Merkel led the Christian Democratic Union of Germany in the federal election of 2005.";
  private static final String LEARNING =
      "Support vector machines outperform naive Bayes on text classification in terms of accuracy.";

  static Stream<Arguments> sensible() {
    return Stream.of(
        // Labels as they are meant.
        Arguments.of(
            "person, location", CURIE, Map.of("Marie Curie", "person", "Warsaw", "location")),
        Arguments.of(
            "scientist, city, award",
            CURIE,
            Map.of("Marie Curie", "scientist", "Warsaw", "city", "Nobel Prize", "award")),
        Arguments.of(
            "algorithm, metric, task",
            LEARNING,
            Map.of("Support vector machines", "algorithm", "text classification", "task")),
        Arguments.of(
            "political party, election, country",
            MERKEL,
            Map.of(
                "Christian Democratic Union of Germany", "political party", "Germany", "country")),
        // One alone, which takes what it fits and nothing else.
        Arguments.of("person", CURIE, Map.of("Marie Curie", "person", "Warsaw", "-")),
        Arguments.of("date", CURIE, Map.of("1903", "date", "Marie Curie", "-")),
        // A label and a broader one of the same things.
        Arguments.of("person, politician, location", MERKEL, Map.of("Germany", "location")),
        Arguments.of("location, city, country", CURIE, Map.of("Warsaw", "city")),
        Arguments.of("company, corporation, person", CURIE, Map.of("Marie Curie", "person")),
        // Spelled in another way than the training data do.
        Arguments.of(
            "PERSON, LOCATION", CURIE, Map.of("Marie Curie", "PERSON", "Warsaw", "LOCATION")),
        Arguments.of(
            "Person, Location", CURIE, Map.of("Marie Curie", "Person", "Warsaw", "Location")),
        Arguments.of(
            "scientists, cities", CURIE, Map.of("Marie Curie", "scientists", "Warsaw", "cities")),
        Arguments.of(
            "organization, person",
            MERKEL,
            Map.of("Christian Democratic Union of Germany", "organization")),
        Arguments.of(
            "a person or human being, a city or town",
            CURIE,
            Map.of("Marie Curie", "a person or human being", "Warsaw", "a city or town")),
        // What fits nothing is given to nothing.
        Arguments.of("enzyme, person", CURIE, Map.of("Marie Curie", "person", "Warsaw", "-")),
        Arguments.of("chess opening", CURIE, Map.of("Marie Curie", "-", "Warsaw", "-")));
  }

  @ParameterizedTest
  @MethodSource("sensible")
  void labelsAreReadAsTheyAreMeant(String labels, String text, Map<String, String> expected)
      throws IOException {
    Map<String, String> found = labels(List.of(labels.split(", ")), text);
    assertThat(found).containsAllEntriesOf(expected);
  }

  static Stream<List<String>> strange() {
    return Stream.of(
        List.of("zxqvw", "wqzzk"),
        List.of("человек", "город"),
        List.of("人", "城市", "組織"),
        List.of("شخص", "مدينة"),
        List.of("😀", "🏙️"),
        List.of("e\u0301ve\u0301nement", "\u00e9v\u00e9nement"),
        List.of("\"", "%s", "<b>", "1"),
        List.of("x".repeat(200)),
        List.of("or", "and", "not"));
  }

  @ParameterizedTest
  @MethodSource("strange")
  void strangeLabelsAreGivenOrNotButNeverOthers(List<String> labels) throws IOException {
    for (String label : labels(labels, CURIE).values()) {
      assertThat(label).isIn(Stream.concat(labels.stream(), Stream.of("-")).toList());
    }
  }

  @Test
  void labelsThatAreNoneAreRefusedByName() {
    assertThatThrownBy(() -> Typing.labels(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs a classifier or labels");
    assertRefused(List.of(" "), "names must have 1 to 200 characters");
    assertRefused(List.of("person "), "a class is called \"person \"");
    assertRefused(List.of("person", "city", "person"), "there are two classes \"person\"");
    assertRefused(List.of("a\nb"), "control character");
    assertRefused(List.of("O"), "the name of what is of no class");
    assertRefused(List.of("x".repeat(201)), "names must have 1 to 200 characters");
    assertRefused(
        IntStream.rangeClosed(0, 10_000).mapToObj(i -> "label " + i).toList(), "10001 classes");
  }

  private static void assertRefused(List<String> labels, String reason) {
    assertThatThrownBy(
            () ->
                MentionDetector.builder()
                    .model("bge-small")
                    .labels(labels.toArray(String[]::new))
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void theOrderOfLabelsSaysNothing() throws IOException {
    List<String> labels = new ArrayList<>(LabelModel.DEFAULT_LABELS);
    Map<String, String> found = labels(labels, MERKEL);
    Collections.shuffle(labels, new Random(7));
    assertThat(labels(labels, MERKEL)).isEqualTo(found);
  }

  @Test
  void aLabelDoesNotDependOnTheBatch() throws IOException {
    List<String> texts = List.of(CURIE, MERKEL, LEARNING, "", "no", CURIE.repeat(40));
    try (MentionDetector detector = detector(LabelModel.DEFAULT_LABELS)) {
      List<List<Mention>> together = detector.detect(texts);
      for (int i = 0; i < texts.size(); i++) {
        assertThat(described(detector.detect(List.of(texts.get(i))).get(0)))
            .isEqualTo(described(together.get(i)));
      }
    }
  }

  @Test
  void tenThousandLabelsAreReadAndToldApart() throws IOException {
    List<String> labels =
        new ArrayList<>(IntStream.range(0, 9_998).mapToObj(i -> "thing number " + i).toList());
    labels.add("physicist");
    labels.add("city");
    assertThat(new HashSet<>(labels)).hasSize(10_000);
    assertThat(labels(labels, CURIE)).containsEntry("Warsaw", "city");
  }

  /** The text of each mention with its label, - for none. */
  private static Map<String, String> labels(List<String> labels, String text) throws IOException {
    try (MentionDetector detector = detector(labels)) {
      Map<String, String> found = new LinkedHashMap<>();
      for (Mention mention : detector.detect(List.of(text)).get(0)) {
        found.put(mention.text(), mention.label() == null ? "-" : mention.label());
        if (mention.label() != null) {
          assertThat(mention.labelScore()).isBetween(0f, 1f);
        }
      }
      return found;
    }
  }

  private static List<String> described(List<Mention> mentions) {
    return mentions.stream()
        .map(mention -> mention.start() + "-" + mention.end() + " " + mention.label())
        .toList();
  }

  private static MentionDetector detector(List<String> labels) throws IOException {
    return MentionDetector.builder()
        .model("bge-small")
        .labels(labels.toArray(String[]::new))
        .decoder(Decoder.THRESHOLD)
        .build();
  }
}
