package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ShowCommandTest {

  private static final String TEXT = "Marie Curie was born in Warsaw 🗼.";

  @TempDir private Path folder;

  @Test
  void mentionsAreMarkedInTheTerminal() {
    String out = show(TEXT, "--color", "never");
    assertThat(out).startsWith("bge-small, ").contains("[Marie Curie]").contains("[Warsaw] 🗼");
    assertThat(out).containsPattern("\n  [01]\\.\\d{4}  Warsaw  \\(location 0\\.\\d{2}\\)\n");
    assertThat(show(TEXT, "--model", "nano-llama", "--color", "never"))
        .containsPattern("\n  [01]\\.\\d{4}  Warsaw\n");
    assertThat(show(TEXT, "--model", "nano-llama", "--color", "always"))
        .contains("\u001b[1;36m[\u001b[0m");
  }

  @Test
  void theFirstTextOfANewcomerIsReadWell() {
    String out =
        show(
            "Marie Curie was born in Warsaw. Ludwig van Beethoven's Ninth Symphony was first heard at the"
                + " Theater am Kärntnertor in Vienna on 7 May 1824.",
            "--color",
            "never");
    assertThat(
            out.lines()
                .filter(line -> line.startsWith("  "))
                .map(line -> line.substring(10).replaceAll("  \\(.*", "")))
        .contains(
            "Marie Curie",
            "Warsaw",
            "Ludwig van Beethoven",
            "Ninth Symphony",
            "Theater am Kärntnertor",
            "Vienna",
            "7 May 1824");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bge-small", "minilm"})
  void mentionsHaveLabelsWithoutBeingAskedFor(String model) {
    String out =
        show(
            "Marie Curie was born in Warsaw. She won the Nobel Prize in Physics in 1903.",
            "--model",
            model,
            "--color",
            "never");
    assertThat(labelled(out))
        .containsEntry("Marie Curie", "person")
        .containsEntry("Warsaw", "location")
        .containsEntry("Nobel Prize", "award")
        .containsEntry("1903", "date");
    assertThat(labelled(out).getOrDefault("Nobel Prize in Physics", "award")).isEqualTo("award");
    assertThat(labelled(out).getOrDefault("Physics", "other")).isEqualTo("other");
  }

  /** The label of every mention that is listed. */
  private static Map<String, String> labelled(String out) {
    Map<String, String> labels = new HashMap<>();
    Matcher line =
        Pattern.compile("(?m)^  [01]\\.\\d{4}  (.+)  \\((\\D+?)( [01]\\.\\d+)?\\)$").matcher(out);
    while (line.find()) {
      labels.put(line.group(1), line.group(2));
    }
    return labels;
  }

  @Test
  void aPageHasTheMentionsOfEveryModelAndTheScoresOfEverySpan() throws Exception {
    Path file = folder.resolve("page.html");
    String out =
        show(
            TEXT,
            "--model",
            "nano-llama",
            "--model",
            "nano-neox",
            "--html",
            file.toString(),
            "--heat-map",
            "--color",
            "never");
    assertThat(out).contains("nano-neox, ").endsWith("Wrote " + file + "\n");
    Document page = Jsoup.parse(file.toFile(), "UTF-8");
    assertThat(page.select("p.text").first().wholeText()).isEqualTo(TEXT);
    assertThat(page.select("h2").eachText())
        .containsExactly("Mentions", "Scores of nano-llama", "Scores of nano-neox");
    assertThat(page.select("fieldset bdi").eachText())
        .satisfiesExactly(
            llama -> assertThat(llama).isEqualTo("nano-llama, threshold 0.36"),
            neox -> assertThat(neox).matches("nano-neox, threshold 0\\.\\d+"));
    assertThat(page.select("svg.heat text.axis").eachText())
        .containsExactly("first token", "last token", "first token", "last token");
    // What is drawn as a mention is drawn dark in the heat map too.
    assertThat(page.select("#s2 svg g > title").eachText())
        .anySatisfy(title -> assertThat(title).matches(".*: (1\\.000|0\\.[89]\\d\\d) Warsaw"));
    assertThat(page.select("script")).isEmpty();
  }

  @Test
  void theMentionsDoNotDependOnTheHeatMap() throws Exception {
    Path file = folder.resolve("page.html");
    for (String decoder : new String[] {"threshold", "greedy", "flat", "well_nested"}) {
      String plain =
          show(
              TEXT,
              "--model",
              "nano-llama",
              "--decoder",
              decoder,
              "--threshold",
              "0.6",
              "--color",
              "never");
      String mapped =
          show(
              TEXT,
              "--model",
              "nano-llama",
              "--decoder",
              decoder,
              "--threshold",
              "0.6",
              "--color",
              "never",
              "--html",
              file.toString(),
              "--heat-map");
      assertThat(mapped).startsWith(plain.stripTrailing());
    }
  }

  @Test
  void aGgufFileIsABackbone() {
    Path file = Path.of("../core/src/test/resources/golden/gguf/llama.gguf");
    assertThat(show(TEXT, "--model", "tiny-llama=" + file, "--color", "never"))
        .startsWith("tiny-llama, ")
        .contains(" above 0.42\n");
  }

  @Test
  void emptyTextHasNoMentions() {
    assertThat(show("", "--model", "nano-llama", "--color", "never"))
        .startsWith("nano-llama, 0 mentions above 0.36\n");
    assertThat(
            show(
                " \u00a0",
                "--model",
                "nano-llama",
                "--html",
                folder.resolve("e.html").toString(),
                "--heat-map"))
        .contains("0 mentions");
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    assertThat(misused("--heat-map")).isEqualTo("--heat-map needs --html FILE to draw it in");
    assertThat(misused("--html", "x.txt")).isEqualTo("--html must be named .html, but is x.txt");
    assertThat(misused("--model", "x")).startsWith("Unknown model \"x\"");
    assertThat(misused("--threshold", "high"))
        .isEqualTo("A threshold must be recommended, recall, precision or a number, but is high");
    assertThat(misused("--threshold", "2"))
        .isEqualTo("A threshold must be at least 0 and below 1, but is 2.0");
  }

  private static String show(String... arguments) {
    StringWriter out = new StringWriter();
    CommandLine root = TommerSpark.commandLine().setOut(new PrintWriter(out, true));
    assertThat(root.execute(with(arguments))).isZero();
    return out.toString();
  }

  private static String misused(String... arguments) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    assertThat(
            TommerSpark.run(
                with(Stream.concat(Stream.of("text"), Stream.of(arguments)).toArray(String[]::new)),
                Map.of(),
                new PrintStream(err, true, StandardCharsets.UTF_8)))
        .isEqualTo(2);
    return err.toString(StandardCharsets.UTF_8).strip().replaceFirst("tommer-spark: ", "");
  }

  private static String[] with(String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "show";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return all;
  }
}
