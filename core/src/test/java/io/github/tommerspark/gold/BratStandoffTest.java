package io.github.tommerspark.gold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BratStandoffTest {

  private static final String TEXT = "👩 Ada\nLovelace met Ada in Rome";

  @Test
  void mentionsAreReadAndOtherLinesPassedOver() throws IOException {
    GoldDocument document =
        read(
            TEXT,
            """
            T1\tPER 2 5;6 14\tAda Lovelace
            T2\tPER 19 22\tAda
            T3\tgeo-loc_2 26 30
            R1\tmet Arg1:T1 Arg2:T2
            E1\tmet:T2
            A1\tSure T1
            #1\tAnnotatorNotes T1\tscore 0.5
            *\tEquiv T1 T2
            """);
    assertThat(document.id()).isEqualTo("doc");
    assertThat(document.mentions())
        .extracting(m -> document.text().substring(m.start(), m.end()), GoldSpan::type)
        .containsExactly(
            tuple("Ada\nLovelace", "PER"), tuple("Ada", "PER"), tuple("Rome", "geo-loc_2"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "T1\\tPER 2 5\\tBob | the text has \"Ada\" where the mention is \"Bob\"",
        "T1\\tPER 2 99\\tAda | 2 99 does not lie in the text, which has 30 code points",
        "T1\\tPER 5 5\\t | 5 5 does not lie in the text",
        "T1\\tPER 2 5;19 22\\tAda Ada | have other text between them",
        "T1\\tPER 19 22;2 5\\tAda Ada | have other text between them",
        "T1 PER 2 5 Ada | is no mention; expected T1, a tab",
        "T1\\tPER 2 99999999999\\tAda | is no mention"
      })
  void whatMakesNoSenseIsNamedWithItsLine(String line, String reason) {
    assertThatThrownBy(() -> read(TEXT, "T0\tLOC 26 30\tRome\n" + line.replace("\\t", "\t") + "\n"))
        .isInstanceOf(GoldFormatException.class)
        .hasMessageStartingWith("Cannot read gold file doc.ann, line 2: ")
        .hasMessageContaining(reason);
  }

  @Test
  void everyCharacterOfTheTextFileCounts() throws IOException {
    byte[] file = "\uFEFFone\r\ntwo".getBytes(StandardCharsets.UTF_8);
    String text = BratStandoff.text("doc.txt", new ByteArrayInputStream(file));
    GoldDocument document = read(text, "T1\tX 6 9\ttwo\n");
    assertThat(document.mentions()).containsExactly(new GoldSpan(6, 9, "X"));
    assertThatThrownBy(
            () ->
                BratStandoff.text(
                    "doc.txt", new ByteArrayInputStream(new byte[] {'a', (byte) 0xFF})))
        .hasMessage("Cannot read gold file doc.txt: it is not UTF-8 text");
  }

  private static GoldDocument read(String text, String lines) throws IOException {
    InputStream in = new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8));
    return BratStandoff.read("doc", text, "doc.ann", in);
  }
}
