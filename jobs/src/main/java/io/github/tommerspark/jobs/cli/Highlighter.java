package io.github.tommerspark.jobs.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Marks mentions in a text for a terminal: every mention in brackets, coloured by what it is, or so
 * that the two brackets of one mention are recognised when mentions are nested or cross.
 */
public final class Highlighter {

  /**
   * Part of a text.
   *
   * @param start its first code point
   * @param end the code point after its last
   * @param colour index of its colour; null for one that no mention around it has
   */
  public record Span(int start, int end, Integer colour) {

    /** A part of no colour of its own. */
    public Span(int start, int end) {
      this(start, end, null);
    }
  }

  private static final String[] COLOURS = {
    "\u001b[1;36m", "\u001b[1;33m", "\u001b[1;35m", "\u001b[1;32m", "\u001b[1;34m", "\u001b[1;31m",
    "\u001b[0;36m", "\u001b[0;33m", "\u001b[0;35m", "\u001b[0;32m", "\u001b[0;34m", "\u001b[0;31m"
  };
  private static final String RESET = "\u001b[0m";

  private final boolean ansi;

  /** With colours, or with brackets alone. */
  public Highlighter(boolean ansi) {
    this.ansi = ansi;
  }

  /** The text with its mentions marked. */
  public String highlight(String text, List<Span> mentions) {
    List<Span> toOpen = new ArrayList<>(mentions);
    // At one place, the longer opens first.
    toOpen.sort(
        Comparator.comparingInt(Span::start).thenComparing(Span::end, Comparator.reverseOrder()));
    // Index is colour; null is a colour that is free.
    List<Span> open = new ArrayList<>();
    StringBuilder out = new StringBuilder();
    int[] codePoints = text.codePoints().toArray();
    int next = 0;
    for (int i = 0; i <= codePoints.length; i++) {
      for (int colour = open.size() - 1; colour >= 0; colour--) {
        if (open.get(colour) != null && open.get(colour).end() == i) {
          bracket(out, "]", colour, open.get(colour));
          open.set(colour, null);
        }
      }
      while (next < toOpen.size() && toOpen.get(next).start() == i) {
        int colour = open.indexOf(null);
        if (colour < 0) {
          colour = open.size();
          open.add(null);
        }
        open.set(colour, toOpen.get(next++));
        bracket(out, "[", colour, open.get(colour));
      }
      if (i < codePoints.length) {
        out.appendCodePoint(codePoints[i]);
      }
    }
    return out.toString();
  }

  private void bracket(StringBuilder out, String bracket, int colour, Span span) {
    out.append(coloured(bracket, span.colour() == null ? colour : span.colour()));
  }

  /** Text in the colour of an index; as it is without colours. */
  public String coloured(String text, int colour) {
    return ansi ? COLOURS[colour % COLOURS.length] + text + RESET : text;
  }
}
