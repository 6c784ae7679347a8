package io.github.tommerspark.gold;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The text formats of gold files. */
public enum GoldFormat {
  /**
   * An object a line: {@code {"id": …, "text": …, "entities": [{"start": …, "end": …, "type":
   * …}]}}. Offsets are in code points, ends exclusive. Other keys are ignored. Without an id, a
   * record is called by its file and line; type may be missing or null.
   */
  JSONL(Set.of("jsonl", "ndjson", "json")),

  /**
   * A token a line, empty lines between sentences: the first column is the token, the last one its
   * tag. Columns are separated by tabs if the line has any, else by blanks. Tags may be of any of
   * the usual schemes (BIO1, BIO2, BIOES, BILOU, BMES), with or without types. A text is its tokens
   * joined by single spaces, and is called by its file and first line.
   *
   * <p>As the CoNLL scorer reads them: a mention begins at B, at S or U, and wherever a token
   * inside a mention follows one that is outside or of another type.
   */
  CONLL(Set.of("conll", "bio", "bio1", "bio2", "iob", "iob2", "bioes", "tsv", "txt"));

  private final Set<String> extensions;

  GoldFormat(Set<String> extensions) {
    this.extensions = extensions;
  }

  /**
   * Reads a file.
   *
   * @param file what to call it in messages and ids
   * @param in UTF-8 text, with or without a byte order mark; read to its end, not closed
   * @return its documents in order
   * @throws GoldFormatException if a line makes no sense
   * @throws IOException if the stream cannot be read
   */
  public List<GoldDocument> read(String file, InputStream in) throws IOException {
    // Strict: a replacement character in the place of broken bytes would shift offsets.
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
    LineParser parser = this == JSONL ? new JsonLines(file) : new ConllLines(file);
    List<GoldDocument> documents = new ArrayList<>();
    long number = 0;
    try {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        boolean mark = number == 1 && line.startsWith("\uFEFF");
        parser.line(number, mark ? line.substring(1) : line, documents);
      }
      parser.end(documents);
    } catch (CharacterCodingException e) {
      throw new GoldFormatException(file, number + 1, "it, or a line after it, is not UTF-8 text");
    }
    return documents;
  }

  /** The name in options. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The format that a file's name tells.
   *
   * @param fileName without an extension of compression
   * @return the format, or nothing if the extension is not known
   */
  public static Optional<GoldFormat> ofFileName(String fileName) {
    String extension = fileName.substring(fileName.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(format -> format.extensions.contains(extension))
        .findFirst();
  }

  /**
   * The format with the given {@link #label() label}.
   *
   * @throws IllegalArgumentException if there is none; the message lists all labels
   */
  public static GoldFormat parse(String label) {
    return Arrays.stream(values())
        .filter(format -> format.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Unknown gold format \"%s\": use one of %s"
                        .formatted(
                            label,
                            Arrays.stream(values())
                                .map(GoldFormat::label)
                                .collect(Collectors.joining(", ")))));
  }

  /** Makes documents of lines. */
  interface LineParser {

    /** Takes a line and adds the document that it completes, if it does. */
    void line(long number, String line, List<GoldDocument> documents) throws GoldFormatException;

    /** Adds the document that the end of the file completes, if it does. */
    void end(List<GoldDocument> documents) throws GoldFormatException;
  }
}
