package io.github.tommerspark.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.report.Documents.Document;
import io.github.tommerspark.report.Documents.Legend;
import io.github.tommerspark.report.Documents.Passage;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;
import org.jsoup.parser.Parser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTest {

  private static final String HOSTILE =
      "<script>alert(1)</script> \"quoted\" 'single' `tick` & </p></style></title><img src=x onerror=alert(2)> {{title}} {{{style}}} ${x} %s";

  @Test
  void hostileTextIsText() throws Exception {
    org.jsoup.nodes.Document page = parse(everywhere(HOSTILE));
    assertThat(page.select("script, img, iframe, object, link, base")).isEmpty();
    assertThat(page.getAllElements())
        .allSatisfy(
            element ->
                assertThat(element.attributes().asList())
                    .noneMatch(
                        attribute ->
                            attribute.getKey().startsWith("on")
                                || attribute.getKey().equals("style")));
    assertThat(page.title()).isEqualTo(HOSTILE);
    assertThat(page.select("h1").text()).isEqualTo(HOSTILE);
    assertThat(page.select("h2").eachText()).containsExactly(HOSTILE);
    assertThat(page.select("p.text").first().wholeText()).isEqualTo(HOSTILE);
    assertThat(page.select("p.text > span[title]").attr("title")).startsWith(HOSTILE + " 0.500: <");
    assertThat(page.select("td").eachText()).contains(HOSTILE);
    assertThat(page.select("figcaption").eachText()).contains(HOSTILE);
    assertThat(page.select("dd").eachText()).containsExactly(HOSTILE);
    assertThat(page.select("ul.excerpts strong").text()).isEqualTo(HOSTILE);
  }

  @Test
  void nothingOnThePageLeavesIt() throws Exception {
    org.jsoup.nodes.Document page = parse(everywhere("https://example.org/x"));
    assertThat(page.select("[src], [srcset], form, meta[http-equiv=refresh]")).isEmpty();
    assertThat(page.select("[href]").eachAttr("href")).allMatch(link -> link.startsWith("#"));
    assertThat(page.select("style").html()).doesNotContain("url(", "@import");
  }

  @Test
  void theSecurityPolicyAdmitsOurStyleSheetAlone() throws Exception {
    org.jsoup.nodes.Document page = parse(everywhere("x"));
    byte[] digest =
        MessageDigest.getInstance("SHA-256")
            .digest(page.select("style").first().data().getBytes(StandardCharsets.UTF_8));
    assertThat(page.select("meta[http-equiv=Content-Security-Policy]").attr("content"))
        .isEqualTo(
            "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'"
                .formatted(Base64.getEncoder().encodeToString(digest)));
  }

  @Test
  void whatHtmlCannotHoldIsShown() throws Exception {
    String html = html(everywhere("a\u0000b\u001bc\u007fd\u0085e\ud800f\uffffg\r\nh\ti"));
    assertThat(parse(html).select("p.text").first().wholeText())
        .isEqualTo("a␀b␛c␡d\ufffde\ufffdf\ufffdg␍\nh\ti");
    assertThat(html.getBytes(StandardCharsets.UTF_8)).doesNotContain((byte) 0);
  }

  @Test
  void theWritingDirectionOfATextStaysInIt() throws Exception {
    String text = "שלום \u202eevil\u202c עולם";
    org.jsoup.nodes.Document page = parse(everywhere(text));
    assertThat(page.select("p.text").eachAttr("dir")).containsOnly("auto");
    assertThat(page.select("p.text").first().wholeText()).isEqualTo(text);
    assertThat(page.select("p.text > span[title]").attr("title")).doesNotContain("\u202e: ");
    assertThat(page.select("td").eachAttr("dir")).containsOnly("auto");
    assertThat(page.select("legend ~ label bdi").text()).isEqualTo(text);
  }

  @Test
  void aTokenOf10000CharactersIsThereOnce() throws Exception {
    String token = "x".repeat(10_000);
    Page page =
        page(
            new Documents(
                List.of(new Legend(MarkStyle.model(0), "model")),
                List.of(
                    new Document("1", "", "", List.of(new Passage("", token, List.of(), ""))))));
    assertThat(parse(page).select("p.text").first().wholeText()).isEqualTo(token);
    assertThat(html(page)).containsOnlyOnce(token);
  }

  /** The parser repairs what is wrong, so its list of errors is what tells. */
  @ParameterizedTest
  @ValueSource(strings = {"agreement.json", "evaluation.json"})
  void pagesOfResultsAreWellFormed(String file) throws Exception {
    Parser parser = Parser.htmlParser().setTrackErrors(20);
    String html = html(new Page("t", "m", List.of(Results.read(resource(file), file))));
    parser.parseInput(html, "");
    assertThat(parser.getErrors()).isEmpty();
  }

  @Test
  void agreementIsShown() throws Exception {
    org.jsoup.nodes.Document page =
        parse(new Page("t", "m", List.of(Results.read(resource("agreement.json"), "a.json"))));
    Element heat = page.select("figure:has(figcaption:contains(whole corpus)) svg.heat").first();
    assertThat(heat.select("g > text").eachText())
        .containsExactly("1.00", "0.57", "0.61", "0.57", "1.00", "0.52", "0.61", "0.52", "1.00");
    assertThat(heat.select("text > title").eachText())
        .contains("nano-llama", "nano-neox", "llama-3.2-1b");
    assertThat(heat.select("g > title").get(1).wholeText())
        .isEqualTo(
            "nano-llama × nano-neox: 0.569\n2,228 mentions in common\n0.546 to 0.592 (95% interval)");
    assertThat(page.select("svg.chart polyline[points]")).hasSizeGreaterThanOrEqualTo(6);
    assertThat(page.select("p").text()).contains("⚠ 2 documents have the same id");
    assertThat(page.select("table:has(caption:contains(Labels)) td").eachText())
        .containsExactly("nano-llama", "nano-neox", "0.731", "1,894", "2,228");
    assertThat(page.select("table:has(caption:contains(By label)) td").eachText())
        .containsExactly(
            "<person>",
            "nano-llama",
            "nano-neox",
            "0.845",
            "1,031",
            "998",
            "902",
            "no label",
            "nano-llama",
            "nano-neox",
            "-0.012",
            "17",
            "44",
            "0");
  }

  @Test
  void agreementWithoutLabelsHasNoTableOfThem() throws Exception {
    String json = new String(resource("agreement.json"), StandardCharsets.UTF_8);
    ObjectNode without = (ObjectNode) new ObjectMapper().readTree(json);
    without.putNull("labels");
    Section section = Results.read(without.toString().getBytes(StandardCharsets.UTF_8), "a.json");
    assertThat(parse(new Page("t", "m", List.of(section))).select("caption").eachText())
        .contains("Models")
        .noneMatch(caption -> caption.toLowerCase(Locale.ROOT).contains("label"));
  }

  @Test
  void evaluationIsShown() throws Exception {
    org.jsoup.nodes.Document page =
        parse(new Page("t", "m", List.of(Results.read(resource("evaluation.json"), "e.json"))));
    assertThat(page.select("figcaption").eachText())
        .contains("Precision and recall, wikinews (large dots: best F1)");
    assertThat(page.select("circle[r=6]")).hasSize(8);
    assertThat(page.select("strong.miss").eachText()).containsOnly("Marie Curie");
    assertThat(page.select("strong.spurious").eachText()).containsOnly("<script>alert(1)</script>");
    assertThat(page.select("tr:contains(sample_weighted)")).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"kind\":\"agreement\"} | Cannot read f: field \"micro.dice\" is missing",
        "{\"kind\":\"evaluation\"} | Cannot read f: field \"rows\" is missing",
        "{\"kind\":\"x\"} | Cannot read f: field \"kind\" is \"x\", but must be \"agreement\" or \"evaluation\", as the commands agree and evaluate write it",
        "{} | Cannot read f: field \"kind\" is missing, but must be \"agreement\" or \"evaluation\", as the commands agree and evaluate write it",
        "null | Cannot read f: it holds nothing",
        "{\"kind\":\"agreement\",\"models\":[{\"name\":\"a\"}],\"micro\":{\"dice\":[[1,0]]}} | Cannot read f: field \"micro.dice\" is not 1 × 1, a row and a column for each model"
      })
  void whatIsNoResultIsRefusedInOneLine(String jsonAndMessage) {
    String[] parts = jsonAndMessage.split(" \\| ");
    assertThatThrownBy(() -> Results.read(parts[0].getBytes(StandardCharsets.UTF_8), "f"))
        .isInstanceOf(IOException.class)
        .hasMessage(parts[1]);
  }

  @Test
  void brokenJsonIsRefusedInOneLine() {
    assertThatThrownBy(() -> Results.read("{\"kind\"".getBytes(StandardCharsets.UTF_8), "f"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Cannot read f: ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void longTablesAreCutAndSaySo() throws Exception {
    Table.Builder table = Table.of("Numbers", "n#");
    for (int i = 0; i < Table.MAX_ROWS + 7; i++) {
      table.row(Integer.toString(i));
    }
    org.jsoup.nodes.Document page = parse(page(table.build()));
    assertThat(page.select("tbody tr")).hasSize(Table.MAX_ROWS);
    assertThat(page.select("p.note").text())
        .isEqualTo("7 more rows are left out here; the files have them.");
    assertThat(page.select("details > summary").text()).isEqualTo("Numbers (300 rows)");
  }

  @Test
  void theLargestPageStaysSmallEnoughToOpen() throws Exception {
    List<Document> documents = new ArrayList<>();
    for (int d = 0; d < 50; d++) {
      List<Mark> marks = new ArrayList<>();
      for (int m = 0; m < Documents.MAX_MENTIONS / 50; m++) {
        int start = m * 14;
        marks.add(
            new Mark(start, start + 6 + m % 40, MarkStyle.model(m % 2), "nano-llama", 0.9f, null));
      }
      documents.add(
          new Document(
              "document " + d, "", "", List.of(new Passage("", "word ".repeat(600), marks, ""))));
    }
    assertThat(html(page(new Documents(List.of(), documents))).length()).isLessThan(10_000_000);
  }

  /** A page with this text wherever a text can be. */
  private static Page everywhere(String text) {
    int length = text.codePointCount(0, text.length());
    Mark mark = new Mark(0, length, MarkStyle.model(0), text, 0.5f, null);
    return new Page(
        text,
        text,
        List.of(
            new Section(
                text,
                List.of(
                    new Paragraph(text),
                    Facts.of(text, text),
                    Table.of(text, text, "n#").row(text, "1").build(),
                    new HeatMap(
                        text,
                        text,
                        text,
                        List.of(text),
                        List.of(text),
                        new double[][] {{0.5}},
                        new String[][] {{text}},
                        true),
                    new LineChart(
                        text,
                        text,
                        text,
                        List.of(text),
                        List.of(
                            new LineChart.Series(
                                text, List.of(new LineChart.Point(0, 0.5, text, true))))),
                    new Documents(
                        List.of(new Legend(MarkStyle.model(0), text)),
                        List.of(
                            new Document(
                                text,
                                text,
                                text,
                                List.of(new Passage(text, text, List.of(mark), text))))),
                    new Excerpts(
                        text,
                        List.of(new Excerpts.Excerpt(text, text, text, text, MarkStyle.MISS)))))));
  }

  private static Page page(Block block) {
    return new Page("title", "made", List.of(new Section("heading", List.of(block))));
  }

  private static String html(Page page) throws IOException {
    StringWriter out = new StringWriter();
    page.write(out);
    return out.toString();
  }

  private static org.jsoup.nodes.Document parse(Page page) throws IOException {
    return parse(html(page));
  }

  private static org.jsoup.nodes.Document parse(String html) {
    return Jsoup.parse(html);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = PageTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }
}
