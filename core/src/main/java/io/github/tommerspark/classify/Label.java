package io.github.tommerspark.classify;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A label to choose among: the name that mentions get, and the wordings of it that the backbone
 * reads. A label fits a mention as well as the best of its wordings does.
 *
 * @param name what is written
 * @param wordings what is read, at least one; of most labels the name alone
 */
public record Label(String name, List<String> wordings) implements Serializable {

  /** The longest wording, in UTF-16 units: a sentence. */
  private static final int MAX_WORDING = 1000;

  /**
   * Checks the wordings.
   *
   * @throws IllegalArgumentException if there is none, or one is blank, too long or spread over
   *     lines
   */
  public Label {
    Objects.requireNonNull(name, "name");
    wordings = List.copyOf(wordings);
    if (wordings.isEmpty()) {
      throw new IllegalArgumentException("the label \"%s\" has no wording".formatted(name));
    }
    for (String wording : wordings) {
      // Names have rules of their own.
      if (!wording.equals(name)) {
        check(name, wording);
      }
    }
  }

  private static void check(String name, String wording) {
    if (wording.isBlank() || wording.length() > MAX_WORDING) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a wording of the label \"%s\" has %s characters; it must have 1 to %d",
              name,
              wording.isBlank() ? "no" : String.valueOf(wording.length()),
              MAX_WORDING));
    }
    if (wording.codePoints().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "a wording of the label \"%s\" has a control character in it".formatted(name));
    }
  }

  /** A label that is read as it is called. */
  public static Label of(String name) {
    return new Label(name, List.of(name));
  }

  /** Labels that are read as they are called. */
  public static List<Label> named(List<String> names) {
    return names.stream().map(Label::of).toList();
  }

  /** The names of labels. */
  public static List<String> names(List<Label> labels) {
    return labels.stream().map(Label::name).toList();
  }

  /** Returns whether it is read as it is called, and in no other wording. */
  public boolean isItsName() {
    return wordings.equals(List.of(name));
  }
}
