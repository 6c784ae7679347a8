package io.github.tommerspark.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A text cut where marks begin and end, so that marks may nest and cross in any way: HTML elements
 * cannot cross, but pieces between two boundaries can carry a line for every mark over them.
 *
 * <p>Lines lie in lanes below the text. Shorter marks take their lane first, each the highest one
 * where it meets no other: so a mark is always below those inside it, and marks of the same place
 * by different models are neighbours. Marks that only touch take different lanes too, for a line
 * without a gap would look like one mark.
 *
 * @param pieces of the text, in order; together they are the text
 * @param lanes how many lanes there are
 * @param hidden marks that no lane was left for
 */
record Markup(List<Piece> pieces, int lanes, int hidden) {

  /** More lanes than these cannot be told apart. */
  static final int MAX_LANES = 18;

  /** Characters of a mention that its tooltip shows. */
  private static final int SHOWN = 80;

  /**
   * A part of the text under the same marks.
   *
   * @param text the part
   * @param title what is over it, a line for each mark; empty if nothing is
   * @param lines classes of the lines under it
   */
  record Piece(String text, String title, List<String> lines) {}

  private record Placed(Mark mark, int lane) {}

  /**
   * Cuts a text.
   *
   * @param text any
   * @param marks inside it; what reaches beyond its end is cut there
   */
  static Markup of(String text, List<Mark> marks) {
    int[] codePoints = text.codePoints().toArray();
    List<Placed> placed = place(marks, codePoints.length);
    TreeMap<Integer, List<Placed>> opening = new TreeMap<>();
    TreeMap<Integer, List<Placed>> closing = new TreeMap<>();
    TreeSet<Integer> boundaries = new TreeSet<>(List.of(codePoints.length));
    for (Placed mark : placed) {
      int end = Math.min(mark.mark.end(), codePoints.length);
      opening.computeIfAbsent(mark.mark.start(), at -> new ArrayList<>()).add(mark);
      closing.computeIfAbsent(end, at -> new ArrayList<>()).add(mark);
      boundaries.add(mark.mark.start());
      boundaries.add(end);
    }
    List<Piece> pieces = new ArrayList<>();
    TreeMap<Integer, Mark> open = new TreeMap<>();
    Map<Mark, String> titles = new HashMap<>();
    int from = 0;
    for (int to : boundaries) {
      if (to > from) {
        pieces.add(piece(codePoints, from, to, open, titles));
      }
      closing.getOrDefault(to, List.of()).forEach(mark -> open.remove(mark.lane));
      opening.getOrDefault(to, List.of()).forEach(mark -> open.put(mark.lane, mark.mark));
      from = to;
    }
    int lanes = placed.stream().mapToInt(mark -> mark.lane + 1).max().orElse(0);
    long drawable = marks.stream().filter(mark -> mark.start() < codePoints.length).count();
    return new Markup(List.copyOf(pieces), lanes, (int) (drawable - placed.size()));
  }

  private static Piece piece(
      int[] codePoints, int from, int to, TreeMap<Integer, Mark> open, Map<Mark, String> titles) {
    StringBuilder title = new StringBuilder();
    List<String> lines = new ArrayList<>();
    open.forEach(
        (lane, mark) -> {
          title.append(title.isEmpty() ? "" : "\n");
          title.append(titles.computeIfAbsent(mark, m -> title(codePoints, m)));
          lines.add(String.format(Locale.ROOT, "m l%d %s", lane, mark.style().css()));
        });
    return new Piece(new String(codePoints, from, to - from), title.toString(), lines);
  }

  private static String title(int[] codePoints, Mark mark) {
    int length = Math.min(mark.end(), codePoints.length) - mark.start();
    return "%s: %s%s"
        .formatted(
            mark.label(),
            withoutDirections(new String(codePoints, mark.start(), Math.min(length, SHOWN))),
            length > SHOWN ? "…" : "");
  }

  /** A tooltip has no markup that could keep the order of one line's letters from the others. */
  private static String withoutDirections(String text) {
    return text.replaceAll("[\\u202a-\\u202e\\u2066-\\u2069\\u200e\\u200f]", "")
        .replaceAll("\\s+", " ");
  }

  private static List<Placed> place(List<Mark> marks, int length) {
    List<Mark> order =
        new ArrayList<>(marks.stream().filter(mark -> mark.start() < length).toList());
    order.sort(
        Comparator.comparingInt((Mark mark) -> mark.end() - mark.start())
            .thenComparingInt(Mark::start)
            .thenComparingInt(mark -> mark.style().order()));
    List<Placed> placed = new ArrayList<>();
    // Of each lane, the marks in it by start.
    List<TreeMap<Integer, Mark>> lanes = new ArrayList<>();
    for (Mark mark : order) {
      int lane = 0;
      while (lane < lanes.size() && !free(lanes.get(lane), mark)) {
        lane++;
      }
      if (lane == MAX_LANES) {
        continue;
      }
      if (lane == lanes.size()) {
        lanes.add(new TreeMap<>());
      }
      lanes.get(lane).put(mark.start(), mark);
      placed.add(new Placed(mark, lane));
    }
    return placed;
  }

  private static boolean free(TreeMap<Integer, Mark> lane, Mark mark) {
    Map.Entry<Integer, Mark> before = lane.floorEntry(mark.end());
    return before == null || before.getValue().end() < mark.start();
  }
}
