package io.github.tommerspark.jobs;

import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.ScoredText;
import io.github.tommerspark.detect.SpanLabels;
import io.github.tommerspark.detect.Typing;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.cli.Color;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.Highlighter;
import io.github.tommerspark.jobs.cli.ModelOptions;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.message.Version;
import io.github.tommerspark.report.Block;
import io.github.tommerspark.report.Documents;
import io.github.tommerspark.report.Documents.Document;
import io.github.tommerspark.report.Documents.Legend;
import io.github.tommerspark.report.Documents.Passage;
import io.github.tommerspark.report.HeatMap;
import io.github.tommerspark.report.Mark;
import io.github.tommerspark.report.MarkStyle;
import io.github.tommerspark.report.Page;
import io.github.tommerspark.report.Paragraph;
import io.github.tommerspark.report.Section;
import io.github.tommerspark.spark.EngineSetup;
import io.github.tommerspark.text.CodePointOffsets;
import io.github.tommerspark.text.TokenizedText;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Finds the mentions of one text and shows them; needs no Spark session. */
@Command(
    name = "show",
    customSynopsis = "tommer-spark show TEXT [OPTIONS]",
    sortOptions = false,
    description =
        "Marks the entity mentions of a text in the terminal, or as HTML; with --labels or --classifier it says what they are.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  show \"Marie Curie was born in Warsaw.\"",
      "  show \"Marie Curie was born in Warsaw.\" --classifier labels/mine --labels 'scientist,city'",
      "  show \"Marie Curie was born in Warsaw.\" --model bge-small --model minilm",
      "  show \"Marie Curie was born in Warsaw.\" --html curie.html --heat-map",
      "  show - < letter.txt"
    })
final class ShowCommand implements Callable<Integer> {

  /** Tokens of a heat map at most: a screen and a half. */
  private static final int MAX_TOKENS = 80;

  /** The label shown for a mention that none of the labels fits. */
  private static final String NO_LABEL = "other";

  /** Mentions listed in the terminal. */
  private static final int LISTED = 50;

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Parameters(
      arity = "1",
      paramLabel = "TEXT",
      description = "The text; - reads it from the standard input.")
  private String text;

  @Mixin private ModelOptions models;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page with the mentions underlined; named .html, replaced if there.")
  private Path html;

  @Option(
      names = "--heat-map",
      description =
          "On the page, also draw the score of every span, its first token against its last.")
  private boolean heatMap;

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      defaultValue = "auto",
      description = "auto, always or never (default: ${DEFAULT-VALUE}).")
  private Color color;

  @Override
  public Integer call() throws IOException {
    if (heatMap && html == null) {
      throw common.impossible("--heat-map needs --html FILE to draw it in");
    }
    if (html != null && !html.toString().endsWith(".html") && !html.toString().endsWith(".htm")) {
      throw common.impossible("--html must be named .html, but is " + html);
    }
    EngineOptions engine = common.checked(models::engine);
    List<ModelSpec> asked = new ArrayList<>();
    for (ModelSpec spec : common.checked(models::specs)) {
      asked.add(
          spec.typing() == null && MentionDetector.bringsLabels(spec)
              ? spec.withTyping(Typing.labels(LabelModel.DEFAULT_LABELS))
              : spec);
    }
    List<ModelDescription> described = MentionDetector.describe(asked, engine);
    List<ModelSpec> specs = described.stream().map(ModelDescription::spec).toList();
    if (text.equals("-")) {
      text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    }
    EngineSetup.apply();
    // A heat map needs the spans below the threshold too, and the decoders ignore them.
    List<ModelSpec> loaded =
        heatMap ? specs.stream().map(spec -> spec.withDecoder(spec.decoder(), 0)).toList() : specs;
    try (MentionDetector detector = MentionDetector.load(loaded, engine)) {
      List<ScoredText> results = detector.score(List.of(text)).get(0);
      List<Found> found = new ArrayList<>();
      for (int i = 0; i < specs.size(); i++) {
        found.add(found(described.get(i), results.get(i)));
      }
      print(found);
      if (html != null) {
        write(found);
        command.commandLine().getOut().println("Wrote " + html.toAbsolutePath());
      }
    }
    return 0;
  }

  /**
   * The mentions of one model in the text.
   *
   * @param labels that mentions may have; none where they have none
   */
  private record Found(
      ModelSpec model, List<String> labels, ScoredText scored, List<Mention> mentions) {

    /** Index of a mention's label; null where mentions have none. */
    Integer colour(Mention mention) {
      if (labels.isEmpty()) {
        return null;
      }
      return mention.label() == null ? labels.size() : labels.indexOf(mention.label());
    }
  }

  private static Found found(ModelDescription description, ScoredText scored) {
    ModelSpec model = description.spec();
    if (scored.error() != null) {
      throw new UserException(
          "Cannot find mentions with %s: %s".formatted(model.name(), scored.error()));
    }
    Candidates decoded = scored.decode(model.decoder(), model.threshold().value());
    List<String> labels =
        description.classifier() == null ? List.of() : description.classifier().classes();
    return new Found(model, labels, scored, scored.mentions(decoded));
  }

  private void print(List<Found> found) {
    PrintWriter out = command.commandLine().getOut();
    Highlighter highlighter = new Highlighter(color.ansi());
    CodePointOffsets offsets = CodePointOffsets.of(text);
    for (Found one : found) {
      List<Mention> mentions = one.mentions();
      out.println(
          String.format(
              Locale.ROOT,
              "%s, %d mentions above %s",
              one.model().name(),
              mentions.size(),
              one.model().threshold().value()));
      out.println(
          highlighter.highlight(
              text,
              mentions.stream()
                  .map(
                      m ->
                          new Highlighter.Span(
                              offsets.toCodePoint(m.start()),
                              offsets.toCodePoint(m.end()),
                              one.colour(m)))
                  .toList()));
      out.println();
      mentions.stream()
          .sorted(Comparator.comparingDouble(m -> -m.score()))
          .limit(LISTED)
          .forEach(
              m ->
                  out.println(
                      String.format(
                          Locale.ROOT,
                          "  %.4f  %s%s",
                          m.score(),
                          m.text().replaceAll("\\s+", " "),
                          label(one, m, highlighter))));
      if (mentions.size() > LISTED) {
        out.println(String.format(Locale.ROOT, "  and %,d more", mentions.size() - LISTED));
      }
      out.println();
    }
  }

  private static String label(Found found, Mention mention, Highlighter highlighter) {
    if (found.labels().isEmpty()) {
      return "";
    }
    String label =
        mention.label() == null
            ? NO_LABEL
            : String.format(Locale.ROOT, "%s %.2f", mention.label(), mention.labelScore());
    StringBuilder shown = new StringBuilder(highlighter.coloured(label, found.colour(mention)));
    for (SpanLabels.Label other : others(mention)) {
      String text = String.format(Locale.ROOT, "%s %.2f", other.name(), other.score());
      shown.append(", ").append(highlighter.coloured(text, found.labels().indexOf(other.name())));
    }
    return "  (%s)".formatted(shown);
  }

  /** The labels that fit a mention beside its own, where they were asked for. */
  private static List<SpanLabels.Label> others(Mention mention) {
    return mention.labels().isEmpty()
        ? List.of()
        : mention.labels().subList(1, mention.labels().size());
  }

  /** All labels that are known to fit a mention; null for none. */
  private static String names(Mention mention) {
    if (mention.label() == null) {
      return null;
    }
    StringJoiner names = new StringJoiner(", ").add(mention.label());
    others(mention).forEach(label -> names.add(label.name()));
    return names.toString();
  }

  private void write(List<Found> found) throws IOException {
    CodePointOffsets offsets = CodePointOffsets.of(text);
    List<Legend> legend = new ArrayList<>();
    List<Mark> marks = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      String name = found.get(i).model().name();
      double threshold = found.get(i).model().threshold().value();
      // One model's mentions have the colours of their labels, several models' those of the model.
      boolean byLabel = found.size() == 1 && !found.get(i).labels().isEmpty();
      if (byLabel) {
        List<String> labels = new ArrayList<>(found.get(i).labels());
        labels.add(NO_LABEL);
        for (int label = 0; label < labels.size(); label++) {
          legend.add(new Legend(MarkStyle.model(label), labels.get(label)));
        }
      } else {
        legend.add(new Legend(MarkStyle.model(i), "%s, threshold %s".formatted(name, threshold)));
      }
      for (Mention mention : found.get(i).mentions()) {
        MarkStyle style = MarkStyle.model(byLabel ? found.get(i).colour(mention) : i);
        marks.add(
            new Mark(
                offsets.toCodePoint(mention.start()),
                offsets.toCodePoint(mention.end()),
                style,
                name,
                mention.score(),
                names(mention)));
      }
    }
    List<Mark> drawn = marks.subList(0, Math.min(marks.size(), Documents.MAX_MENTIONS));
    String cut =
        drawn.size() < marks.size()
            ? String.format(
                Locale.ROOT, "%,d of %,d mentions are drawn.", drawn.size(), marks.size())
            : "";
    List<Section> sections = new ArrayList<>();
    sections.add(
        new Section(
            "Mentions",
            List.of(
                new Documents(
                    legend,
                    List.of(
                        new Document(
                            "Text",
                            String.format(Locale.ROOT, "%,d characters", offsets.codePoints()),
                            "",
                            List.of(new Passage("", text, drawn, cut))))))));
    if (heatMap) {
      for (Found one : found) {
        sections.add(scores(one));
      }
    }
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    Page page =
        new Page(
            "Entity mentions",
            "Made by tommer-spark %s at %s".formatted(Version.number(), now),
            sections);
    try (Writer out = Files.newBufferedWriter(html, StandardCharsets.UTF_8)) {
      page.write(out);
    }
  }

  /** The score of every span of the first tokens. */
  private Section scores(Found found) {
    ScoredText scored = found.scored();
    TokenizedText tokens = scored.tokens();
    int size = Math.min(tokens.size(), MAX_TOKENS);
    List<String> labels = new ArrayList<>();
    for (int token = 0; token < size; token++) {
      labels.add(
          scored.start(token) < scored.end(token)
              ? text.substring(scored.start(token), scored.end(token))
              : "∅");
    }
    double[][] values = new double[size][size];
    String[][] details = new String[size][size];
    for (int start = 0; start < size; start++) {
      Arrays.fill(values[start], Double.NaN);
      Arrays.fill(details[start], "");
    }
    Candidates candidates = scored.candidates();
    for (int i = 0; i < candidates.size(); i++) {
      int start = candidates.start(i);
      int end = candidates.end(i);
      if (start < size && end < size) {
        values[start][end] = candidates.score(i);
        if (scored.start(start) < scored.end(end)) {
          details[start][end] = text.substring(scored.start(start), scored.end(end));
        }
      }
    }
    List<Block> blocks = new ArrayList<>();
    blocks.add(
        new HeatMap(
            "Probability of every span to be a mention",
            "first token",
            "last token",
            labels,
            labels,
            values,
            details,
            false));
    if (size < tokens.size()) {
      blocks.add(
          new Paragraph(
              String.format(
                  Locale.ROOT, "The first %d of %,d tokens are drawn.", size, tokens.size())));
    }
    return new Section("Scores of " + found.model().name(), blocks);
  }
}
