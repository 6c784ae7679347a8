package io.github.tommerspark.gold;

import io.github.tommerspark.source.Quoted;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@link GoldFormat#CONLL}. */
final class ConllLines implements GoldFormat.LineParser {

  /** O, or a place in a mention and possibly its type; some data has types with more hyphens. */
  private static final Pattern TAG = Pattern.compile("O|([BIESLUM])(?:-(.+))?");

  private static final Pattern KEY_AND_VALUE = Pattern.compile("#\\s*\\w+\\s*=");

  private static final String DOCUMENT_START = "-DOCSTART-";

  private final String file;
  private final StringBuilder text = new StringBuilder();
  private final List<GoldSpan> mentions = new ArrayList<>();
  private long firstLine;

  /** Columns of the file, 0 before its first token, and the line that says so. */
  private int columns;

  private long columnsLine;

  /** The open mention: where it begins and ends so far, and its type; -1 if none is open. */
  private int openStart = -1;

  private int openEnd;
  private @Nullable String openType;

  ConllLines(String file) {
    this.file = file;
  }

  @Override
  public void line(long number, String line, List<GoldDocument> documents)
      throws GoldFormatException {
    if (line.isBlank()) {
      end(documents);
      return;
    }
    String[] fields = line.indexOf('\t') >= 0 ? line.split("\t", -1) : line.strip().split("\\s+");
    if (fields[0].equals(DOCUMENT_START)) {
      end(documents);
      return;
    }
    String tag = fields[fields.length - 1].strip();
    Matcher matcher = TAG.matcher(tag);
    boolean token = fields.length > 1 && matcher.matches();
    if (isComment(line, fields.length, token)) {
      return;
    }
    if (!token) {
      throw new GoldFormatException(
          file,
          number,
          fields.length == 1
              ? "there is one column, where a token and its tag were expected"
              : "%s is no tag; tags are O, or B, I, E, S, L, U or M, followed by - and a type"
                  .formatted(Quoted.of(tag)));
    }
    checkColumns(number, fields.length);
    if (fields[0].isBlank()) {
      throw new GoldFormatException(file, number, "the token is empty");
    }
    if (text.isEmpty()) {
      firstLine = number;
    }
    append(fields[0].strip(), matcher.group(1), matcher.group(2));
  }

  /**
   * Lines that begin with # between sentences and are no tokens: a token may be # too, but then the
   * line has a tag and as many columns as others.
   */
  private boolean isComment(String line, int fields, boolean token) {
    if (!line.startsWith("#") || !text.isEmpty()) {
      return false;
    }
    return !token || (columns == 0 ? KEY_AND_VALUE.matcher(line).lookingAt() : fields != columns);
  }

  private void checkColumns(long number, int found) throws GoldFormatException {
    if (columns == 0) {
      columns = found;
      columnsLine = number;
    } else if (found != columns) {
      throw new GoldFormatException(
          file,
          number,
          String.format(
              Locale.ROOT, "there are %d columns, but %d in line %d", found, columns, columnsLine));
    }
  }

  private void append(String token, String place, String type) {
    if (!text.isEmpty()) {
      text.append(' ');
    }
    int start = text.length();
    text.append(token);
    if (place == null) {
      close();
      return;
    }
    boolean inside = "IELM".contains(place);
    if (!inside || openStart < 0 || !Objects.equals(openType, type)) {
      close();
      openStart = start;
      openType = type;
    }
    openEnd = text.length();
    if ("ELSU".contains(place)) {
      close();
    }
  }

  private void close() {
    if (openStart >= 0) {
      mentions.add(new GoldSpan(openStart, openEnd, openType));
      openStart = -1;
    }
  }

  @Override
  public void end(List<GoldDocument> documents) {
    close();
    if (!text.isEmpty()) {
      documents.add(new GoldDocument(file + ":" + firstLine, text.toString(), mentions));
    }
    text.setLength(0);
    mentions.clear();
  }
}
