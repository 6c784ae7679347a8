package io.github.tommerspark.export;

import io.github.tommerspark.text.CodePointOffsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The standoff of brat: a text file that is the text, and beside it a file with a line for each
 * mention. Scores are notes of annotators.
 */
public final class Brat {

  /** Ends of lines, or of fields in them, for any reader of such files. */
  private static final Pattern BREAK = Pattern.compile("[\\t\\v\\x1c-\\x1e]+");

  /** Characters that names of types may not have. */
  private static final Pattern NO_NAME = Pattern.compile("[^\\p{L}\\p{M}\\p{N}_-]+");

  private Brat() {}

  /**
   * Returns the lines of mentions. One that goes over the end of a line is written in pieces, as
   * brat does it. What consists of nothing but line breaks and tabs cannot be written.
   *
   * @param noLabel the label of a mention without one
   */
  public static String mentions(AnnotatedText text, String noLabel) {
    CodePointOffsets offsets = CodePointOffsets.of(text.text());
    StringBuilder lines = new StringBuilder();
    StringBuilder notes = new StringBuilder();
    int number = 0;
    for (Annotation mention : text.mentions()) {
      List<int[]> pieces = pieces(text, mention);
      if (pieces.isEmpty()) {
        continue;
      }
      number++;
      List<String> places = new ArrayList<>();
      List<String> words = new ArrayList<>();
      for (int[] piece : pieces) {
        places.add(offsets.toCodePoint(piece[0]) + " " + offsets.toCodePoint(piece[1]));
        words.add(text.text().substring(piece[0], piece[1]));
      }
      lines
          .append('T')
          .append(number)
          .append('\t')
          .append(type(mention.labelOr(noLabel)))
          .append(' ')
          .append(String.join(";", places))
          .append('\t')
          .append(String.join(" ", words))
          .append('\n');
      if (mention.score() != null) {
        notes.append(
            String.format(
                Locale.ROOT, "#%d\tAnnotatorNotes T%d\tscore %s", number, number, mention.score()));
        if (mention.labelScore() != null) {
          notes.append(", label score ").append(mention.labelScore());
        }
        notes.append('\n');
      }
    }
    return lines.append(notes).toString();
  }

  private static List<int[]> pieces(AnnotatedText text, Annotation mention) {
    List<int[]> pieces = new ArrayList<>();
    Matcher breaks = BREAK.matcher(text.text()).region(mention.start(), mention.end());
    int start = mention.start();
    while (breaks.find()) {
      if (start < breaks.start()) {
        pieces.add(new int[] {start, breaks.start()});
      }
      start = breaks.end();
    }
    if (start < mention.end()) {
      pieces.add(new int[] {start, mention.end()});
    }
    return pieces;
  }

  /**
   * Returns the name of a type for a label: its letters, digits, hyphens and underscores, and one
   * underscore for each run of others.
   */
  public static String type(String label) {
    return NO_NAME.matcher(label).replaceAll("_");
  }

  /** Returns the file {@code annotation.conf} of a directory whose mentions have these labels. */
  public static String config(Collection<String> labels) {
    TreeSet<String> types = new TreeSet<>();
    labels.forEach(label -> types.add(type(label)));
    return "[entities]\n%s\n\n[relations]\n\n[events]\n\n[attributes]\n"
        .formatted(String.join("\n", types));
  }
}
