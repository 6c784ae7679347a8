package io.github.tommerspark.report;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Names and values, one a line.
 *
 * @param entries in order
 */
public record Facts(List<Fact> entries) implements Block {

  /**
   * A name and its value.
   *
   * @param name of it
   * @param value of it
   */
  public record Fact(String name, String value) {}

  /** Copies the list. */
  public Facts {
    entries = List.copyOf(entries);
  }

  /** Facts from names and values in turn; a pair whose value is null is left out. */
  public static Facts of(@Nullable String... namesAndValues) {
    List<Fact> facts = new ArrayList<>();
    for (int i = 0; i + 1 < namesAndValues.length; i += 2) {
      if (namesAndValues[i + 1] != null) {
        facts.add(new Fact(namesAndValues[i], namesAndValues[i + 1]));
      }
    }
    return new Facts(facts);
  }

  @Override
  public String kind() {
    return "facts";
  }
}
