package io.github.tommerspark.text;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Says whether a regular expression of a {@code tokenizer.json} can be run on any text.
 *
 * <p>The native library tries one way to match after another, and where a match takes more than ten
 * million steps it ends the whole process. So only patterns are run of which their form shows that
 * a match takes a few steps per character of the text, of which a call has at most {@link
 * TextTokenizer#SINGLE_CALL_UNITS}. Patterns of published tokenizers have that form: alternatives
 * such as <code> ?\p{L}+</code>, <code>\s*[\r\n]+</code> or <code>\s+(?!\S)</code>.
 *
 * <p>Allowed are alternatives of items. An item is a character, an escape, a class, an anchor, a
 * group of alternatives without repetitions, a look-ahead for such a group; any but the last may
 * have a <code>?</code>, characters, escapes and classes also <code>*</code>, <code>+</code> or
 * {@code {m,n}}. An item that repeats gives back what it took, one at a time, when something after
 * it cannot match; so
 *
 * <ul>
 *   <li>only one item of an alternative may both repeat and have something after it that can fail,
 *   <li>and then another alternative must take all that this item could take, whatever comes after
 *       it: otherwise every character of a long run begins the same vain search, which ends no
 *       process but takes the square of the run's length.
 * </ul>
 */
final class SplitPattern {

  private static final int MAX_LENGTH = 10_000;
  private static final int MAX_REPEAT = 1_000;

  /** Vain ways of a match through a run, each of which takes as many steps as the run is long. */
  private static final int MAX_WAYS = 8;

  /** Escapes that stand for a character or a set of characters. */
  private static final String SETS = "sSdDwWhHrntfv";

  /** Escapes that stand for a place between characters. */
  private static final String PLACES = "AzZbB";

  /** Bounds on the number of times that an item may occur. */
  private enum Count {
    ONCE,
    OPTIONAL,
    ANY,
    SOME,
    COUNTED
  }

  /**
   * A part of an alternative.
   *
   * @param source the pattern of it, without its quantifier
   * @param canFail whether there are texts that it does not match
   * @param gives whether it gives back what it took
   */
  private record Item(String source, Count count, boolean canFail, boolean gives) {

    boolean repeats() {
      return count == Count.ANY || count == Count.SOME || count == Count.COUNTED;
    }
  }

  /** A pattern that is not of an allowed form; the message says why. */
  private static final class NotAllowedException extends Exception {

    private static final long serialVersionUID = 1L;

    NotAllowedException(String reason) {
      super(reason, null, false, false);
    }
  }

  private final String pattern;
  private int at;

  private SplitPattern(String pattern) {
    this.pattern = pattern;
  }

  /**
   * Looks at a pattern, without running it.
   *
   * @return why it may take too many steps, or nothing if it cannot
   */
  static Optional<String> danger(String pattern) {
    if (pattern.length() > MAX_LENGTH) {
      return Optional.of(String.format(Locale.ROOT, "it is longer than %d characters", MAX_LENGTH));
    }
    try {
      check(new SplitPattern(pattern).alternatives());
      return Optional.empty();
    } catch (NotAllowedException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  // --- steps -----------------------------------------------------------------------------------

  private static void check(List<List<Item>> alternatives) throws NotAllowedException {
    Set<String> taken = new HashSet<>();
    for (List<Item> items : alternatives) {
      wholeRun(items).ifPresent(taken::add);
    }
    int ways = 0;
    for (List<Item> items : alternatives) {
      Item vain = null;
      int optional = 0;
      for (int i = 0; i < items.size(); i++) {
        Item item = items.get(i);
        boolean more = items.subList(i + 1, items.size()).stream().anyMatch(Item::canFail);
        if (item.count() == Count.OPTIONAL && item.gives() && more) {
          optional++;
        }
        if (item.repeats() && more) {
          if (vain != null) {
            throw new NotAllowedException(
                "\"%s\" and \"%s\" repeat before something that can fail"
                    .formatted(vain.source(), item.source()));
          }
          vain = item;
        }
      }
      if (vain != null) {
        if (!taken.contains(vain.source())) {
          throw new NotAllowedException(
              "\"%s\" repeats before something that can fail, and no alternative takes all of it"
                  .formatted(vain.source()));
        }
        ways += 1 << Math.min(optional, 10);
      } else if (optional > 3) {
        throw new NotAllowedException("it has many optional parts in a row");
      }
    }
    if (ways > MAX_WAYS) {
      throw new NotAllowedException("it has many parts that repeat before something that can fail");
    }
  }

  /**
   * The part that an alternative takes whatever follows: optional items, one that repeats, optional
   * ones.
   */
  private static Optional<String> wholeRun(List<Item> items) {
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      if (item.repeats()) {
        boolean more = items.subList(i + 1, items.size()).stream().anyMatch(Item::canFail);
        return more || item.count() == Count.COUNTED
            ? Optional.empty()
            : Optional.of(item.source());
      } else if (item.canFail()) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  // --- form ------------------------------------------------------------------------------------

  private List<List<Item>> alternatives() throws NotAllowedException {
    List<List<Item>> alternatives = new ArrayList<>();
    List<Item> items = new ArrayList<>();
    while (at < pattern.length()) {
      if (pattern.charAt(at) == '|') {
        at++;
        alternatives.add(items);
        items = new ArrayList<>();
      } else {
        items.add(item());
      }
    }
    alternatives.add(items);
    return alternatives;
  }

  private Item item() throws NotAllowedException {
    int begin = at;
    boolean simple = true;
    boolean place = false;
    char c = pattern.charAt(at);
    switch (c) {
      case '(' -> {
        simple = false;
        place = group();
      }
      case '[' -> characterClass();
      case '\\' -> place = escape();
      case '^', '$' -> {
        at++;
        place = true;
      }
      case '*', '+', '?', '{', ')' ->
          throw new NotAllowedException("a \"%s\" is out of place".formatted(c));
      default -> at += Character.charCount(pattern.codePointAt(at));
    }
    return quantified(pattern.substring(begin, at), simple && !place, place);
  }

  /** The item with what follows it. */
  private Item quantified(String source, boolean simple, boolean place) throws NotAllowedException {
    char c = at < pattern.length() ? pattern.charAt(at) : 0;
    Count count =
        switch (c) {
          case '?' -> Count.OPTIONAL;
          case '*' -> Count.ANY;
          case '+' -> Count.SOME;
          case '{' -> Count.COUNTED;
          default -> Count.ONCE;
        };
    if (count == Count.ONCE) {
      return new Item(source, count, true, false);
    }
    if (place || !simple && count != Count.OPTIONAL) {
      throw new NotAllowedException("\"%s\" may not be repeated".formatted(source));
    }
    boolean canFail = count == Count.SOME;
    boolean counted = c == '{';
    if (counted) {
      canFail = counts();
    } else {
      at++;
    }
    boolean gives = true;
    if (at < pattern.length() && "?*+{".indexOf(pattern.charAt(at)) >= 0) {
      if (counted || pattern.charAt(at) != '+') {
        throw new NotAllowedException("\"%s\" has two quantifiers".formatted(source));
      }
      // Possessive: it gives nothing back.
      at++;
      gives = false;
    }
    return new Item(source, count, canFail, gives);
  }

  /** Counts in braces; whether at least one is asked for. */
  private boolean counts() throws NotAllowedException {
    int end = pattern.indexOf('}', at);
    String counts = end < 0 ? "" : pattern.substring(at + 1, end);
    if (!counts.matches("[0-9]{1,4}(?:,[0-9]{0,4})?")) {
      throw new NotAllowedException("a \"{\" is out of place");
    }
    for (String count : counts.split(",")) {
      if (Integer.parseInt(count) > MAX_REPEAT) {
        throw new NotAllowedException("it repeats something %s times".formatted(count));
      }
    }
    at = end + 1;
    return Integer.parseInt(counts.split(",")[0]) > 0;
  }

  /** A group of alternatives that each take a fixed number of items; whether it takes nothing. */
  private boolean group() throws NotAllowedException {
    int begin = at;
    at++;
    boolean ahead = false;
    if (at < pattern.length() && pattern.charAt(at) == '?') {
      int colon = at + 1;
      while (colon < pattern.length() && "im".indexOf(pattern.charAt(colon)) >= 0) {
        colon++;
      }
      char kind = colon < pattern.length() ? pattern.charAt(colon) : 0;
      ahead = colon == at + 1 && (kind == '!' || kind == '=');
      if (kind != ':' && !ahead) {
        throw new NotAllowedException(
            "\"%s\" begins a group of a kind that is not known here"
                .formatted(pattern.substring(begin, Math.min(colon + 1, pattern.length()))));
      }
      at = colon + 1;
    }
    while (at < pattern.length() && pattern.charAt(at) != ')') {
      if (pattern.charAt(at) == '|') {
        at++;
      } else if (pattern.charAt(at) == '(' || item().count() != Count.ONCE) {
        throw new NotAllowedException("a group holds repetitions or groups");
      }
    }
    if (at == pattern.length()) {
      throw new NotAllowedException("a group has no end");
    }
    at++;
    return ahead;
  }

  /** A class, with classes in it; in which nothing is repeated. */
  private void characterClass() throws NotAllowedException {
    int depth = 0;
    do {
      if (at >= pattern.length()) {
        throw new NotAllowedException("a class has no end");
      }
      switch (pattern.charAt(at)) {
        case '\\' -> escape();
        case '[' -> {
          depth++;
          at++;
          if (pattern.startsWith("^", at)) {
            at++;
          }
          // Read differently by different libraries.
          if (pattern.startsWith(":", at) || pattern.startsWith("]", at)) {
            throw new NotAllowedException("a class begins with \":\" or \"]\"");
          }
        }
        case ']' -> {
          depth--;
          at++;
        }
        default -> at++;
      }
    } while (depth > 0);
  }

  /** An escape; whether it stands for a place. */
  private boolean escape() throws NotAllowedException {
    if (at + 1 >= pattern.length()) {
      throw new NotAllowedException("a backslash is at the end");
    }
    char c = pattern.charAt(at + 1);
    boolean known = SETS.indexOf(c) >= 0 || PLACES.indexOf(c) >= 0;
    if (c == 'p' || c == 'P' || c == 'x') {
      int end = pattern.indexOf('}', at);
      if (at + 2 >= pattern.length() || pattern.charAt(at + 2) != '{' || end < 0) {
        throw new NotAllowedException("\"\\%s\" has no name in braces".formatted(c));
      }
      at = end + 1;
    } else if (c == 'u') {
      if (!pattern.substring(at).matches("(?s)\\\\u[0-9A-Fa-f]{4}.*")) {
        throw new NotAllowedException("\"\\u\" has no four digits");
      }
      at += 6;
    } else if (known || !Character.isLetterOrDigit(c)) {
      at += 2;
    } else {
      throw new NotAllowedException("\"\\%s\" is not known here".formatted(c));
    }
    return PLACES.indexOf(c) >= 0;
  }
}
