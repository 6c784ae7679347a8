package io.github.tommerspark.train;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Broader types and synonyms of types. Such a table need not know all types, and broader types need
 * not have a row of their own.
 *
 * @param related per type its broader types and synonyms
 */
public record TypeTable(Map<String, List<String>> related) {

  /** A table that knows no type. */
  public static final TypeTable NONE = new TypeTable(Map.of());

  private static final String HEADER = "type\tbroader\tsynonyms";

  /** Copies the map. */
  public TypeTable {
    related = Map.copyOf(related);
  }

  /**
   * Reads a table: tab-separated lines of a type, its broader types and its synonyms, the last two
   * with semicolons in between and either of them empty, below a line that names the three columns.
   *
   * @param file its name for messages
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if a line is no such line, or a type has two
   */
  public static TypeTable read(String file, Reader in) throws IOException {
    Map<String, List<String>> related = new LinkedHashMap<>();
    BufferedReader lines = new BufferedReader(in);
    long number = 1;
    String header = lines.readLine();
    if (!HEADER.equals(header)) {
      throw wrong(
          file, number, "it must name the columns type, broader and synonyms, with tabs between");
    }
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      String[] fields = line.split("\t", -1);
      if (fields.length != 3 || fields[0].isBlank()) {
        throw wrong(
            file,
            number,
            String.format(
                Locale.ROOT,
                "a line is a type, its broader types and its synonyms, with tabs between, but this has %d fields",
                fields.length));
      }
      List<String> others = new ArrayList<>();
      for (String field : List.of(fields[1], fields[2])) {
        Arrays.stream(field.split(";"))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .forEach(others::add);
      }
      if (related.put(fields[0].strip(), List.copyOf(others)) != null) {
        throw wrong(file, number, "\"%s\" has a line already".formatted(fields[0]));
      }
    }
    return new TypeTable(related);
  }

  private static IllegalArgumentException wrong(String file, long line, String reason) {
    return new IllegalArgumentException(
        String.format(Locale.ROOT, "Cannot read the types %s, line %d: %s", file, line, reason));
  }

  /**
   * Returns all that something is.
   *
   * @param names of types and roles
   * @return these, their broader types and their synonyms
   */
  Set<String> all(Stream<String> names) {
    Set<String> all = new LinkedHashSet<>();
    names.forEach(
        name -> {
          all.add(name);
          all.addAll(related.getOrDefault(name, List.of()));
        });
    return all;
  }
}
