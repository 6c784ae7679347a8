package io.github.tommerspark.report;

import java.util.List;

/**
 * Documents with their mentions underlined.
 *
 * @param legend what the lines mean
 * @param documents in order
 */
public record Documents(List<Legend> legend, List<Document> documents) implements Block {

  /**
   * Mentions drawn at most on a page: about 8 MB of HTML, which a browser still scrolls through.
   */
  public static final int MAX_MENTIONS = 10_000;

  /** Mentions that the table under a document lists. */
  private static final int LISTED = 500;

  /** Copies the lists. */
  public Documents {
    legend = List.copyOf(legend);
    documents = List.copyOf(documents);
  }

  /**
   * The meaning of a line.
   *
   * @param style of the line
   * @param name of the model, or what has become of the mention
   */
  public record Legend(MarkStyle style, String name) {
    String css() {
      return style.css();
    }
  }

  /**
   * A document.
   *
   * @param id that tells it from others
   * @param note more about it; empty if there is nothing more
   * @param error what went wrong when it was annotated; empty if nothing did
   * @param passages its text, once for every set of marks that is drawn on its own
   */
  public record Document(String id, String note, String error, List<Passage> passages) {

    /** Copies the list. */
    public Document {
      passages = List.copyOf(passages);
    }
  }

  /**
   * A text and its marks.
   *
   * @param heading whose marks they are; empty if all are drawn in one
   * @param text as far as it is shown
   * @param marks inside the text
   * @param note what is not shown; empty if all is
   */
  public record Passage(String heading, String text, List<Mark> marks, String note) {

    /** Copies the list. */
    public Passage {
      marks = List.copyOf(marks);
    }
  }

  @Override
  public String kind() {
    return "documents";
  }

  @Override
  public Object view() {
    return new View(
        legend,
        documents.stream()
            .map(
                document ->
                    new DocumentView(
                        document.id(),
                        document.note(),
                        document.error(),
                        document.passages().stream().map(PassageView::of).toList()))
            .toList());
  }

  private record View(List<Legend> legend, List<DocumentView> documents) {}

  private record DocumentView(String id, String note, String error, List<PassageView> passages) {}

  private record PassageView(
      String heading, String note, int lanes, List<Markup.Piece> pieces, int count, Table table) {

    static PassageView of(Passage passage) {
      Markup markup = Markup.of(passage.text(), passage.marks());
      String note = (passage.note() + " " + hidden(markup.hidden())).strip();
      return new PassageView(
          passage.heading(),
          note,
          markup.lanes(),
          markup.pieces(),
          passage.marks().size(),
          table(passage));
    }

    private static String hidden(int marks) {
      return switch (marks) {
        case 0 -> "";
        case 1 -> "1 mention lies under so many others that no line is drawn for it.";
        default ->
            Numbers.count(marks)
                + " mentions lie under so many others that no lines are drawn for them.";
      };
    }

    private static Table table(Passage passage) {
      int[] codePoints = passage.text().codePoints().toArray();
      List<Mark> listed = passage.marks().stream().limit(LISTED).toList();
      boolean typed = listed.stream().anyMatch(mark -> mark.type() != null);
      Table.Builder table =
          typed
              ? Table.of("", "Mention", "By", "Type", "Start#", "End#", "Score#")
              : Table.of("", "Mention", "By", "Start#", "End#", "Score#");
      for (Mark mark : listed) {
        int from = Math.min(mark.start(), codePoints.length);
        int to = Math.min(mark.end(), codePoints.length);
        String text = new String(codePoints, from, to - from);
        String start = Integer.toString(mark.start());
        String end = Integer.toString(mark.end());
        String score = mark.score() == null ? null : Numbers.ratio(mark.score());
        if (typed) {
          table.row(text, mark.by(), mark.type(), start, end, score);
        } else {
          table.row(text, mark.by(), start, end, score);
        }
      }
      return table.build();
    }
  }
}
