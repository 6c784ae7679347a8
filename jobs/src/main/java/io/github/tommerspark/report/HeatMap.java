package io.github.tommerspark.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A matrix of numbers between 0 and 1 as coloured squares.
 *
 * @param caption above it
 * @param rowAxis what the rows are; empty if that is plain
 * @param columnAxis what the columns are; empty if that is plain
 * @param rows labels from top to bottom
 * @param columns labels from left to right
 * @param values by row, then column; NaN leaves the square out
 * @param details per square what the tooltip adds; empty strings where it adds nothing
 * @param printed whether squares are large and show their numbers
 */
public record HeatMap(
    String caption,
    String rowAxis,
    String columnAxis,
    List<String> rows,
    List<String> columns,
    double[][] values,
    String[][] details,
    boolean printed)
    implements Block {

  /** Above this, a square is so dark that its number must be light. */
  private static final double DARK = 0.65;

  private static final int LARGE = 58;
  private static final int SMALL = 17;

  /** Width of a letter in the labels, on average and in units of the drawing. */
  private static final double LETTER = 6.6;

  private static final int LABEL_LENGTH = 24;
  private static final int AXIS = 18;
  private static final int LEGEND = 44;

  /**
   * Checks that the parts fit.
   *
   * @throws IllegalArgumentException if there are more or fewer values than labels
   */
  public HeatMap {
    rows = List.copyOf(rows);
    columns = List.copyOf(columns);
    if (values.length != rows.size() || details.length != rows.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "\"%s\" has %d rows, but %d labels",
              caption,
              values.length,
              rows.size()));
    }
    for (int row = 0; row < values.length; row++) {
      if (values[row].length != columns.size() || details[row].length != columns.size()) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "Row %d of \"%s\" has %d values, but there are %d labels",
                row,
                caption,
                values[row].length,
                columns.size()));
      }
    }
  }

  @Override
  public String kind() {
    return "heatMap";
  }

  @Override
  public Object view() {
    int side = printed ? LARGE : SMALL;
    double left = AXIS + width(rows);
    // Labels of columns are written upwards where they would not fit side by side.
    boolean upright = !printed || width(columns) > side - 2;
    double top = AXIS + (upright ? width(columns) : 16);
    List<Square> squares = new ArrayList<>();
    for (int row = 0; row < rows.size(); row++) {
      for (int column = 0; column < columns.size(); column++) {
        double value = values[row][column];
        if (!Double.isNaN(value)) {
          squares.add(square(row, column, value, left, top, side));
        }
      }
    }
    List<Label> labels = new ArrayList<>();
    for (int row = 0; row < rows.size(); row++) {
      labels.add(
          new Label(
              shortened(rows.get(row)),
              rows.get(row),
              Numbers.place(left - 6),
              Numbers.place(top + (row + 0.5) * side + 4),
              "end",
              ""));
    }
    for (int column = 0; column < columns.size(); column++) {
      double x = left + (column + 0.5) * side + (upright ? 4 : 0);
      double y = top - 6;
      labels.add(
          new Label(
              shortened(columns.get(column)),
              columns.get(column),
              Numbers.place(x),
              Numbers.place(y),
              upright ? "start" : "middle",
              upright ? "rotate(-90 %s %s)".formatted(Numbers.place(x), Numbers.place(y)) : ""));
    }
    double bodyHeight = rows.size() * side;
    double bodyWidth = columns.size() * side;
    double legendTop = top + bodyHeight + 14;
    List<Step> legend = new ArrayList<>();
    for (int i = 0; i <= 4; i++) {
      legend.add(
          new Step(
              Numbers.place(left + i * 34),
              Numbers.place(left + i * 34 + 17),
              opacity(i / 4.0),
              Numbers.shortRatio(i / 4.0)));
    }
    String middleX = Numbers.place(left + bodyWidth / 2);
    String middleY = Numbers.place(top + bodyHeight / 2);
    return new View(
        caption,
        Numbers.place(Math.max(left + bodyWidth, left + 5 * 34) + 10),
        Numbers.place(legendTop + LEGEND),
        side - 1,
        squares,
        labels,
        rowAxis,
        "12",
        middleY,
        columnAxis,
        middleX,
        "13",
        legend,
        Numbers.place(legendTop),
        Numbers.place(legendTop + 28));
  }

  private Square square(int row, int column, double value, double left, double top, int side) {
    double x = left + column * side;
    double y = top + row * side;
    String title =
        "%s × %s: %s".formatted(rows.get(row), columns.get(column), Numbers.ratio(value));
    String detail = details[row][column];
    return new Square(
        Numbers.place(x),
        Numbers.place(y),
        opacity(value),
        detail.isEmpty() ? title : title + "\n" + detail,
        printed ? Numbers.shortRatio(value) : "",
        Numbers.place(x + side / 2.0),
        Numbers.place(y + side / 2.0 + 4),
        value > DARK ? "on-dark" : "on-light");
  }

  private static String opacity(double value) {
    return Numbers.place(0.05 + 0.95 * Math.max(0, Math.min(1, value)));
  }

  private static double width(List<String> labels) {
    return 12
        + LETTER * labels.stream().mapToInt(label -> letters(shortened(label))).max().orElse(0);
  }

  /** Ideographs are twice as wide as letters. */
  private static int letters(String label) {
    return label.codePoints().map(c -> Character.isIdeographic(c) || c > 0xffff ? 2 : 1).sum();
  }

  private static String shortened(String label) {
    int length = label.codePointCount(0, label.length());
    return length <= LABEL_LENGTH
        ? label
        : label.substring(0, label.offsetByCodePoints(0, LABEL_LENGTH - 1)) + "…";
  }

  private record View(
      String caption,
      String width,
      String height,
      int side,
      List<Square> squares,
      List<Label> labels,
      String rowAxis,
      String rowAxisX,
      String rowAxisY,
      String columnAxis,
      String columnAxisX,
      String columnAxisY,
      List<Step> legend,
      String legendY,
      String legendTextY) {}

  private record Square(
      String x,
      String y,
      String opacity,
      String title,
      String text,
      String textX,
      String textY,
      String shade) {}

  private record Label(
      String text, String full, String x, String y, String anchor, String transform) {}

  private record Step(String x, String textX, String opacity, String text) {}
}
