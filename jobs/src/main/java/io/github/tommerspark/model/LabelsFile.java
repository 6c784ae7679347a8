package io.github.tommerspark.model;

import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.classify.Label;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A file of labels: a line each, {@code name} or {@code name: wording; wording}. Mentions get the
 * name; with wordings, these are read in its place. Empty lines and those that begin with # say
 * nothing.
 */
final class LabelsFile {

  private static final int MAX_BYTES = 16 << 20;
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private final Path file;
  private final Map<String, Integer> lineOfName = new HashMap<>();

  private LabelsFile(Path file) {
    this.file = file;
  }

  /**
   * Reads labels.
   *
   * @param file in UTF-8
   * @return at least one, in the order of the file
   * @throws UserException if it cannot be read, or a line makes no sense; names file and line
   */
  static List<Label> read(Path file) {
    return new LabelsFile(file).labels();
  }

  private List<Label> labels() {
    List<String> lines = text().lines().toList();
    List<Label> labels = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        labels.add(label(line, i + 1));
      }
    }
    if (labels.isEmpty()) {
      throw unusable("there is no label in it");
    }
    return labels;
  }

  private String text() {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw unusable(
            String.format(Locale.ROOT, "it has more than %,d bytes, and is no list", MAX_BYTES));
      }
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
              .toString();
      return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw unusable("it is not in UTF-8");
    } catch (IOException e) {
      throw new UserException(
          "Cannot read ‹labelsFile› %s: %s"
              .formatted(file, Files.exists(file) ? e.getMessage() : "there is no such file"),
          e);
    }
  }

  private Label label(String line, int number) {
    int colon = line.indexOf(':');
    String name = (colon < 0 ? line : line.substring(0, colon)).strip();
    if (name.isEmpty()) {
      throw unusable(number, "there is no name in front of the colon");
    }
    Integer before = lineOfName.put(name, number);
    if (before != null) {
      throw unusable(
          number,
          String.format(
              Locale.ROOT,
              "label \"%s\" is in line %d already; write its wordings in one line, with ; between them",
              name,
              before));
    }
    try {
      ClassifierConfig.checkLabels(List.of(name));
      return colon < 0
          ? Label.of(name)
          : new Label(
              name,
              Arrays.stream(line.substring(colon + 1).split(";", -1)).map(String::strip).toList());
    } catch (IllegalArgumentException e) {
      throw unusable(number, e.getMessage());
    }
  }

  private UserException unusable(int line, String reason) {
    return new UserException(
        String.format(Locale.ROOT, "Cannot read ‹labelsFile› %s, line %d: %s", file, line, reason));
  }

  private UserException unusable(String reason) {
    return new UserException("Cannot read ‹labelsFile› %s: %s".formatted(file, reason));
  }
}
