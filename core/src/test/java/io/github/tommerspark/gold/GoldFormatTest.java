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

class GoldFormatTest {

  @Test
  void offsetsOfJsonLinesAreCodePoints() throws IOException {
    List<GoldDocument> documents =
        json(
            """
            {"id": "a", "text": "👩 Ada met 🗼.", "entities": [{"start": 2, "end": 5, "type": "PER"}, {"start": 10, "end": 11}]}

            {"text": "Rome", "entities": [{"start": 0, "end": 4, "type": null, "link": 7}], "extra": {}}
            {"id": 3, "text": "", "entities": []}
            """);
    GoldDocument first = documents.get(0);
    assertThat(first.mentions())
        .containsExactly(new GoldSpan(3, 6, "PER"), new GoldSpan(11, 13, null));
    assertThat(text(first)).containsExactly("Ada", "🗼");
    assertThat(documents.get(1))
        .isEqualTo(new GoldDocument("gold.jsonl:3", "Rome", List.of(new GoldSpan(0, 4, null))));
    assertThat(documents.get(2)).isEqualTo(new GoldDocument("3", "", List.of()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"text\": \"a\"                                                | it is not a JSON object (Unexpected end-of-input: expected close marker for Object",
        "[]                                                              | it is not a JSON object",
        "{\"text\": \"a\", \"entities\": []} {}                          | it is not a JSON object (Trailing token",
        "{\"entities\": []}                                              | \"text\" is missing, not a string",
        "{\"text\": \"a\"}                                               | \"entities\" is missing, not an array",
        "{\"text\": \"ab\", \"entities\": [{\"start\": 0}]}              | \"end\" of an entity is missing, not an offset in code points",
        "{\"text\": \"ab\", \"entities\": [{\"start\": 0.5, \"end\": 1}]} | \"start\" of an entity is \"0.5\", not an offset in code points",
        "{\"text\": \"ab\", \"entities\": [{\"start\": 1, \"end\": 1}]}  | a mention must have 0 <= start < end, but one has start 1 and end 1",
        "{\"text\": \"ab\", \"entities\": [{\"start\": -1, \"end\": 1}]} | a mention must have 0 <= start < end, but one has start -1 and end 1",
        "{\"text\": \"ab\", \"entities\": [{\"start\": 1, \"end\": 3}]}  | the mention [1, 3) does not lie in the text, which has 2 UTF-16 units",
        "{\"text\": \"👩b\", \"entities\": [{\"start\": 1, \"end\": 3}]} | the mention [1, 3) does not lie in the text, which has 2 code points",
        "{\"text\": \"ab\", \"entities\": [{\"start\": 0, \"end\": 1, \"type\": 3}]} | \"type\" of an entity is \"3\", not a string",
      })
  void aMalformedJsonLineIsNamed(String line, String reason) {
    assertThatThrownBy(() -> json("{\"text\": \"fine\", \"entities\": []}\n" + line + "\n"))
        .isInstanceOf(GoldFormatException.class)
        .hasMessageStartingWith("Cannot read gold file gold.jsonl, line 2: " + reason)
        .hasMessageNotContaining("\n");
  }

  @Test
  void brokenUtf8IsNotReplaced() {
    byte[] latin1 = "{\"text\": \"é\", \"entities\": []}".getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> GoldFormat.JSONL.read("f", new ByteArrayInputStream(latin1)))
        .isInstanceOf(GoldFormatException.class)
        .hasMessageContaining("is not UTF-8 text");
  }

  @Test
  void aFileOfConll2003() throws IOException {
    List<GoldDocument> documents =
        conll(
            """
            \uFEFF-DOCSTART- -X- -X- O

            EU NNP B-NP B-ORG
            rejects VBZ B-VP O
            German JJ B-NP B-MISC
            call NN I-NP O

            Peter NNP B-NP B-PER
            Blackburn NNP I-NP I-PER
            """);
    assertThat(documents)
        .containsExactly(
            new GoldDocument(
                "gold.conll:3",
                "EU rejects German call",
                List.of(new GoldSpan(0, 2, "ORG"), new GoldSpan(11, 17, "MISC"))),
            new GoldDocument(
                "gold.conll:8", "Peter Blackburn", List.of(new GoldSpan(0, 15, "PER"))));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    // BIO1: B only parts neighbours of one type.
    "I-A I-A O I-A, A:a b|A:d",
    "I-A B-A I-B O, A:a|A:b|B:c",
    // BIO2, and an I that begins a mention as the CoNLL scorer reads it.
    "B-A I-A B-A O, A:a b|A:c",
    "B-A I-B I-B O, A:a|B:b c",
    "O O O I-A, A:d",
    // BIOES, BILOU, BMES.
    "S-A B-A E-A S-A, A:a|A:b c|A:d",
    "B-A I-A E-A I-A, A:a b c|A:d",
    "U-A B-A I-A L-A, A:a|A:b c d",
    "B-A M-A E-A O, A:a b c",
    "E-A O S-A E-A, A:a|A:c|A:d",
    // Without types, and with hyphens in them.
    "B I O S, :a b|:d",
    "B-per-son I-per-son O O, per-son:a b",
  })
  void tagSchemes(String tags, String expected) throws IOException {
    String[] tag = tags.split(" ");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < tag.length; i++) {
      lines.append((char) ('a' + i)).append('\t').append(tag[i]).append("\r\n");
    }
    GoldDocument document = conll(lines.toString()).get(0);
    assertThat(document.text()).isEqualTo("a b c d");
    assertThat(
            String.join(
                "|",
                document.mentions().stream()
                    .map(
                        m ->
                            (m.type() == null ? "" : m.type())
                                + ":"
                                + document.text().substring(m.start(), m.end()))
                    .toList()))
        .isEqualTo(expected);
  }

  @Test
  void commentsBetweenSentencesAreNotTokens() throws IOException {
    List<GoldDocument> documents =
        conll(
            """
            # id 26ca31fc\tdomain=en
            # sent_id = 3
            #\t_\t_\tO
            Ada\t_\t_\tB-PER



            # text = Rome
            #\t_\t_\tB-HASH
            Rome\t_\t_\tB-LOC
            """);
    assertThat(documents.stream().map(GoldDocument::text)).containsExactly("# Ada", "# Rome");
    assertThat(documents.get(1).mentions())
        .containsExactly(new GoldSpan(0, 1, "HASH"), new GoldSpan(2, 6, "LOC"));
  }

  @Test
  void aTokenWithABlankNeedsTabs() throws IOException {
    GoldDocument document = conll("New York\tB-LOC\n👩\tB-X\n").get(0);
    assertThat(text(document)).containsExactly("New York", "👩");
  }

  @Test
  void anEmptyFileHasNoDocuments() throws IOException {
    assertThat(conll("\n\n-DOCSTART- O\n\n")).isEmpty();
    assertThat(json("")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Ada B-PER%nLovelace            | line 2: there is one column, where a token and its tag were expected",
        "Ada B-PER%nLovelace I_PER      | line 2: \"I_PER\" is no tag; tags are O, or B, I, E, S, L, U or M, followed by - and a type",
        "Ada B-PER%n%nmet VBD O         | line 3: there are 3 columns, but 2 in line 1",
        "Ada B-%n                       | line 1: \"B-\" is no tag",
        "Ada\tO%n\tO                    | line 2: the token is empty",
      })
  void aMalformedConllLineIsNamed(String lines, String reason) {
    assertThatThrownBy(() -> conll(lines.formatted()))
        .isInstanceOf(GoldFormatException.class)
        .hasMessageStartingWith("Cannot read gold file gold.conll, " + reason);
  }

  @Test
  void namesTellFormats() {
    assertThat(GoldFormat.ofFileName("test.jsonl")).contains(GoldFormat.JSONL);
    assertThat(GoldFormat.ofFileName("wnut17.IOB2")).contains(GoldFormat.CONLL);
    assertThat(GoldFormat.ofFileName("eng.testb")).isEmpty();
    assertThat(GoldFormat.parse("conll")).isEqualTo(GoldFormat.CONLL);
    assertThatThrownBy(() -> GoldFormat.parse("xml"))
        .hasMessage("Unknown gold format \"xml\": use one of jsonl, conll");
  }

  private static List<String> text(GoldDocument document) {
    return document.mentions().stream()
        .map(m -> document.text().substring(m.start(), m.end()))
        .toList();
  }

  private static List<GoldDocument> json(String lines) throws IOException {
    return GoldFormat.JSONL.read("gold.jsonl", utf8(lines));
  }

  private static List<GoldDocument> conll(String lines) throws IOException {
    return GoldFormat.CONLL.read("gold.conll", utf8(lines));
  }

  private static ByteArrayInputStream utf8(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }
}
