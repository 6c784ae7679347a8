package io.github.tommerspark.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.gold.BratStandoff;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.gold.GoldFormat;
import io.github.tommerspark.gold.GoldSpan;
import io.github.tommerspark.gold.LabelStudioTasks;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class FormatsTest {

  private static final String NONE = "MENTION";

  private static final AnnotatedText ADA =
      new AnnotatedText(
          "ada & co",
          "👩 Ada, Countess of\nLovelace (London)",
          List.of(
              new Annotation(3, 6, .5f, "person", .75f),
              new Annotation(3, 28, .9f, null, null),
              new Annotation(20, 28, .625f, "a \"place\"", .5f),
              new Annotation(30, 36, null, "place", null)));

  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void displacyHasEntitiesWithoutOverlapAndAllSpans() throws IOException {
    JsonNode object = JSON.readTree(Displacy.json(ADA, Decoder.FLAT, NONE));
    assertThat(object.path("title").asText()).isEqualTo("ada & co");
    // .5 and .625 are more together than .9.
    assertThat(object.path("ents").toString())
        .isEqualTo(
            "[{\"start\":2,\"end\":5,\"label\":\"person\",\"score\":0.5,\"label_score\":0.75},"
                + "{\"start\":19,\"end\":27,\"label\":\"a \\\"place\\\"\",\"score\":0.625,\"label_score\":0.5},"
                + "{\"start\":29,\"end\":35,\"label\":\"place\"}]");
    assertThat(object.path("tokens").toString())
        .isEqualTo(
            "[\"👩\",\"Ada\",\",\",\"Countess\",\"of\",\"Lovelace\",\"(\",\"London\",\")\"]");
    assertThat(object.path("spans"))
        .extracting(
            s -> s.path("start_token").asInt() + "-" + s.path("end_token").asInt(),
            s -> s.path("label").asText())
        .containsExactly(
            tuple("1-6", NONE),
            tuple("1-2", "person"),
            tuple("5-6", "a \"place\""),
            tuple("7-8", "place"));
    JsonNode best = JSON.readTree(Displacy.json(ADA, Decoder.GREEDY, NONE));
    assertThat(best.path("ents")).hasSize(2);
  }

  @Test
  void standoffIsSplitWhereLinesEnd() {
    assertThat(Brat.mentions(ADA, NONE))
        .isEqualTo(
            """
            T1\tMENTION 2 18;19 27\tAda, Countess of Lovelace
            T2\tperson 2 5\tAda
            T3\ta_place_ 19 27\tLovelace
            T4\tplace 29 35\tLondon
            #1\tAnnotatorNotes T1\tscore 0.9
            #2\tAnnotatorNotes T2\tscore 0.5, label score 0.75
            #3\tAnnotatorNotes T3\tscore 0.625, label score 0.5
            """);
    assertThat(Brat.config(List.of("b c", "a", "b  c")))
        .isEqualTo("[entities]\na\nb_c\n\n[relations]\n\n[events]\n\n[attributes]\n");
  }

  @Test
  void wordsHaveTagsInTheLastColumn() {
    assertThat(Conll.lines(ADA.flat(Decoder.FLAT), NONE))
        .isEqualTo(
            """
            -DOCSTART- -X- O O

            👩 -X- _ O
            Ada -X- _ B-person
            , -X- _ O
            Countess -X- _ O
            of -X- _ O
            Lovelace -X- _ B-a_"place"
            ( -X- _ O
            London -X- _ B-place
            ) -X- _ O

            """);
    assertThat(Conll.lines(new AnnotatedText("x", " \n\u2003", List.of()), NONE)).isEmpty();
  }

  @Test
  void ofEqualSpansTheBestIsKept() {
    AnnotatedText twice =
        new AnnotatedText(
            "x",
            "Paris",
            List.of(
                new Annotation(0, 5, .5f, "person", null),
                new Annotation(0, 5, .75f, "city", null),
                new Annotation(0, 5, 0f, "ship", null)));
    assertThat(twice.flat(Decoder.FLAT).mentions())
        .extracting(Annotation::label)
        .containsExactly("city");
  }

  @Test
  void theInterfaceOfLabelStudioListsLabels() {
    assertThat(LabelStudio.config(List.of("place", "a \"b\" & <c>")))
        .contains(
            "<Label value=\"a &quot;b&quot; &amp; &lt;c&gt;\"/>\n    <Label value=\"place\"/>");
  }

  @Property(tries = 300)
  void standoffComesBackAsItWas(@ForAll("texts") AnnotatedText text) throws IOException {
    GoldDocument back =
        BratStandoff.read(
            text.id(),
            BratStandoff.text("x.txt", utf8(text.text())),
            "x.ann",
            utf8(Brat.mentions(text, NONE)));
    assertThat(back).isEqualTo(gold(text));
  }

  @Property(tries = 300)
  void correctedTasksComeBackAsTheyWere(@ForAll("texts") AnnotatedText text) throws IOException {
    ObjectNode task =
        (ObjectNode) JSON.readTree(LabelStudio.task(List.of(text), List.of("model"), NONE));
    // An annotator accepts the prediction.
    task.set("annotations", task.remove("predictions"));
    assertThat(LabelStudioTasks.read("tasks.json", utf8("[" + task + "]")))
        .containsExactly(gold(text));
  }

  @Property(tries = 300)
  void taggedWordsComeBackAsTheyWere(@ForAll("texts") AnnotatedText text) throws IOException {
    AnnotatedText flat = text.flat(Decoder.FLAT);
    List<GoldDocument> back = GoldFormat.CONLL.read("x.conll", utf8(Conll.lines(flat, NONE)));
    List<String> words = new ArrayList<>();
    back.forEach(
        document ->
            document.mentions().stream()
                .map(m -> document.text().substring(m.start(), m.end()).replace(" ", ""))
                .forEach(words::add));
    assertThat(words)
        .containsExactlyElementsOf(
            flat.mentions().stream()
                .map(m -> flat.words(m).replaceAll("[\\s\\h\\v\\x1c-\\x1f]", ""))
                .toList());
  }

  /** Texts of hostile characters; mentions begin and end with letters, as those of models do. */
  @Provide
  Arbitrary<AnnotatedText> texts() {
    Arbitrary<String> pieces =
        Arbitraries.of(
            "Ada",
            "Bob",
            "x",
            "東京",
            "👩",
            "é",
            "e\u0301",
            " ",
            "\n",
            "\r\n",
            "\t",
            "\u0085",
            "\u2028",
            "\u00a0",
            "#",
            "-",
            "\\n",
            "\"",
            "<b>",
            "\u000b",
            "\u001c",
            "\u200d",
            "-DOCSTART-",
            "O");
    return pieces
        .list()
        .ofMinSize(1)
        .ofMaxSize(30)
        .flatMap(
            list ->
                Arbitraries.longs()
                    .map(seed -> annotated(String.join("", list), new Random(seed))));
  }

  private static AnnotatedText annotated(String text, Random random) {
    List<Annotation> mentions = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int a = random.nextInt(text.length());
      int b = random.nextInt(text.length());
      int start = Math.min(a, b);
      int end = Math.max(a, b) + 1;
      if (Character.isLetter(text.charAt(start)) && Character.isLetter(text.charAt(end - 1))) {
        String label = random.nextBoolean() ? "LABEL" + i : null;
        mentions.add(new Annotation(start, end, random.nextFloat(), label, null));
      }
    }
    return new AnnotatedText("id", text, mentions);
  }

  private static GoldDocument gold(AnnotatedText text) {
    return new GoldDocument(
        text.id(),
        text.text(),
        text.mentions().stream()
            .map(m -> new GoldSpan(m.start(), m.end(), m.labelOr(NONE)))
            .toList());
  }

  private static InputStream utf8(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }
}
