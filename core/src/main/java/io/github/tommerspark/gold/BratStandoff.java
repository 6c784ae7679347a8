package io.github.tommerspark.gold;

import io.github.tommerspark.source.Quoted;
import io.github.tommerspark.text.CodePointOffsets;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the standoff of brat: a text, and beside it the lines of an {@code .ann} file, of which
 * those that begin with T are mentions. Other lines (relations, events, attributes, notes) are
 * passed over.
 *
 * <p>Offsets are in code points, ends exclusive, and every character of the text file counts. A
 * mention that is split where a line ends is one mention; one whose pieces have other text between
 * them cannot be a span and is refused.
 */
public final class BratStandoff {

  private static final Pattern MENTION =
      Pattern.compile("T\\S*\t(\\S+) (\\d{1,9} \\d{1,9}(?:;\\d{1,9} \\d{1,9})*)(?:\t(.*))?");

  private static final Pattern SPACE = Pattern.compile("[\\s\\h\\v\\x1c-\\x1f]+");

  private BratStandoff() {}

  /**
   * Decodes a text file, of which nothing is left out, a byte order mark neither.
   *
   * @param file what to call it in messages
   * @throws GoldFormatException if it is not UTF-8
   */
  public static String text(String file, InputStream in) throws IOException {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(in.readAllBytes()))
          .toString();
    } catch (CharacterCodingException e) {
      throw new GoldFormatException(file, "it is not UTF-8 text");
    }
  }

  /**
   * Reads the mentions of a text.
   *
   * @param id of the document
   * @param text of it
   * @param file with the mentions, as messages call it
   * @param in lines in UTF-8; read to its end, not closed
   * @throws GoldFormatException if a line makes no sense, or belongs to another text
   * @throws IOException if the stream cannot be read
   */
  public static GoldDocument read(String id, String text, String file, InputStream in)
      throws IOException {
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
    CodePointOffsets offsets = CodePointOffsets.of(text);
    List<GoldSpan> mentions = new ArrayList<>();
    long number = 0;
    try {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (line.startsWith("T")) {
          mentions.add(mention(text, offsets, line));
        }
      }
    } catch (CharacterCodingException e) {
      throw new GoldFormatException(file, number + 1, "it, or a line after it, is not UTF-8 text");
    } catch (IllegalArgumentException e) {
      throw new GoldFormatException(file, number, String.valueOf(e.getMessage()));
    }
    return new GoldDocument(id, text, mentions);
  }

  private static GoldSpan mention(String text, CodePointOffsets offsets, String line) {
    Matcher matcher = MENTION.matcher(line);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "%s is no mention; expected T1, a tab, TYPE START END, a tab, and the text"
              .formatted(Quoted.of(line)));
    }
    int first = -1;
    int last = -1;
    for (String piece : matcher.group(2).split(";")) {
      int start = Integer.parseInt(piece.substring(0, piece.indexOf(' ')));
      int end = Integer.parseInt(piece.substring(piece.indexOf(' ') + 1));
      if (start >= end || end > offsets.codePoints()) {
        throw new IllegalArgumentException(
            "%s does not lie in the text, which has %s code points"
                .formatted(piece, offsets.codePoints()));
      }
      int from = offsets.toUtf16(start);
      if (last >= 0 && (from < last || !isSpace(text.substring(last, from)))) {
        throw new IllegalArgumentException(
            "the pieces of the mention %s have other text between them, so that it is no span of the text; give it one piece, or leave it out"
                .formatted(Quoted.of(matcher.group(2))));
      }
      first = first < 0 ? from : first;
      last = offsets.toUtf16(end);
    }
    String found = text.substring(first, last);
    String told = matcher.group(3);
    if (told != null && !words(told).equals(words(found))) {
      throw new IllegalArgumentException(
          "the text has %s where the mention is %s; do both files belong together?"
              .formatted(Quoted.of(found), Quoted.of(told)));
    }
    return new GoldSpan(first, last, matcher.group(1));
  }

  private static boolean isSpace(String between) {
    return SPACE.matcher(between).replaceAll("").isEmpty();
  }

  private static String words(String text) {
    return SPACE.matcher(text).replaceAll(" ").strip();
  }
}
