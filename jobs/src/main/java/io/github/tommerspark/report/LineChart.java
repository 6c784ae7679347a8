package io.github.tommerspark.report;

import com.samskivert.mustache.Template;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Curves of shares: the vertical axis runs from 0 to 1, the horizontal one does too or has
 * categories.
 *
 * @param caption above it
 * @param xAxis what the horizontal axis is
 * @param yAxis what the vertical axis is
 * @param categories labels of x = 0, 1, 2 …; empty if x runs from 0 to 1
 * @param series the curves
 */
public record LineChart(
    String caption, String xAxis, String yAxis, List<String> categories, List<Series> series)
    implements Block {

  /** Curves of one chart at most. */
  public static final int MAX_SERIES = 2 * MarkStyle.COLOURS;

  /** Labels that fit below the horizontal axis. */
  private static final int MAX_TICKS = 12;

  private static final int WIDTH = 560;
  private static final int HEIGHT = 320;
  private static final int LEFT = 52;
  private static final int RIGHT = 16;
  private static final int TOP = 10;
  private static final int BOTTOM = 46;
  private static final int LEGEND_LINE = 18;

  private static final Template SVG = Page.template("linechart.svg");

  /**
   * A curve.
   *
   * @param name in the legend
   * @param points from left to right
   */
  public record Series(String name, List<Point> points) {

    /** Copies the list. */
    public Series {
      points = List.copyOf(points);
    }
  }

  /**
   * A point of a curve.
   *
   * @param x between 0 and 1, or the index of a category
   * @param y between 0 and 1
   * @param title of its tooltip
   * @param best whether it is to stand out
   */
  public record Point(double x, double y, String title, boolean best) {}

  /** Copies the lists. */
  public LineChart {
    categories = List.copyOf(categories);
    series = List.copyOf(series);
  }

  @Override
  public String kind() {
    return "lineChart";
  }

  @Override
  public Object view() {
    List<Curve> curves = new ArrayList<>();
    for (int i = 0; i < Math.min(series.size(), MAX_SERIES); i++) {
      curves.add(curve(i, series.get(i)));
    }
    List<Tick> xTicks = new ArrayList<>();
    if (categories.isEmpty()) {
      for (int i = 0; i <= 5; i++) {
        xTicks.add(new Tick(Numbers.place(x(i / 5.0)), Numbers.fixed(i / 5.0, 1)));
      }
    } else {
      int step = (categories.size() + MAX_TICKS - 1) / MAX_TICKS;
      for (int i = 0; i < categories.size(); i += step) {
        xTicks.add(new Tick(Numbers.place(x(i)), categories.get(i)));
      }
    }
    List<Tick> yTicks = new ArrayList<>();
    for (int i = 0; i <= 5; i++) {
      yTicks.add(new Tick(Numbers.place(y(i / 5.0)), Numbers.fixed(i / 5.0, 1)));
    }
    return new View(
        caption,
        xAxis,
        yAxis,
        WIDTH,
        HEIGHT,
        LEFT,
        WIDTH - RIGHT,
        TOP,
        HEIGHT - BOTTOM,
        Numbers.place((LEFT + WIDTH - RIGHT) / 2.0),
        Numbers.place((TOP + HEIGHT - BOTTOM) / 2.0),
        xTicks,
        yTicks,
        curves,
        series.size() - curves.size());
  }

  /**
   * The chart as a file of its own.
   *
   * @return an SVG document
   */
  public String svg() {
    View view = (View) view();
    List<Label> legend = new ArrayList<>();
    for (int i = 0; i < view.curves().size(); i++) {
      int middle = HEIGHT + LEGEND_LINE * i + LEGEND_LINE / 2;
      legend.add(
          new Label(
              view.curves().get(i).css(),
              String.format(Locale.ROOT, "%d,%d %d,%d", LEFT, middle, LEFT + 28, middle),
              LEFT + 36,
              middle + 4,
              view.curves().get(i).name()));
    }
    return SVG.execute(
        Map.of(
            "view",
            view,
            "caption",
            caption,
            "width",
            WIDTH,
            "fullHeight",
            HEIGHT + LEGEND_LINE * view.curves().size() + TOP,
            "legend",
            legend));
  }

  private record Label(String css, String line, int x, int y, String name) {}

  private Curve curve(int index, Series one) {
    String css =
        String.format(
            Locale.ROOT,
            "s%d%s",
            index % MarkStyle.COLOURS,
            index < MarkStyle.COLOURS ? "" : " second");
    List<Dot> dots =
        one.points().stream()
            .filter(point -> !Double.isNaN(point.x()) && !Double.isNaN(point.y()))
            .map(
                point ->
                    new Dot(
                        Numbers.place(x(point.x())),
                        Numbers.place(y(point.y())),
                        one.name() + ": " + point.title(),
                        point.best() ? "6" : "2.5"))
            .toList();
    return new Curve(
        one.name(),
        css,
        dots.stream().map(dot -> dot.x() + "," + dot.y()).collect(Collectors.joining(" ")),
        dots);
  }

  private double x(double value) {
    double share = categories.isEmpty() ? value : (value + 0.5) / Math.max(1, categories.size());
    return LEFT + share * (WIDTH - LEFT - RIGHT);
  }

  private static double y(double value) {
    return HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM);
  }

  private record View(
      String caption,
      String xAxis,
      String yAxis,
      int width,
      int height,
      int left,
      int right,
      int top,
      int bottom,
      String middleX,
      String middleY,
      List<Tick> xTicks,
      List<Tick> yTicks,
      List<Curve> curves,
      int omitted) {
    @SuppressWarnings("UnusedMethod") // The template asks for it.
    boolean cut() {
      return omitted > 0;
    }
  }

  private record Tick(String at, String text) {}

  private record Curve(String name, String css, String points, List<Dot> dots) {}

  private record Dot(String x, String y, String title, String radius) {}
}
