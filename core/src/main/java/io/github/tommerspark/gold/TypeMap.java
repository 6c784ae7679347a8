package io.github.tommerspark.gold;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Other names for the types of gold mentions, such as {@code organisation} for {@code ORG}.
 *
 * @param names the new name by the old one; {@value #ANY} is any type that is not named, an empty
 *     new name leaves the type unsaid
 */
public record TypeMap(Map<String, String> names) implements Serializable {

  /** Stands for all types that are not named. */
  public static final String ANY = "*";

  /** All types under their own names. */
  public static final TypeMap NONE = new TypeMap(Map.of());

  /** Copies the names. */
  public TypeMap {
    names = new LinkedHashMap<>(names);
  }

  /**
   * Names as {@code OLD=NEW}.
   *
   * @throws IllegalArgumentException if one is not of that form, or an old name is given twice
   */
  public static TypeMap parse(List<String> given) {
    Map<String, String> names = new LinkedHashMap<>();
    for (String pair : given) {
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException(
            "Cannot understand ‹map› %s: expected TYPE=NAME".formatted(pair));
      }
      String type = pair.substring(0, equals).strip();
      if (names.put(type, pair.substring(equals + 1).strip()) != null) {
        throw new IllegalArgumentException("‹map› names the type \"%s\" twice".formatted(type));
      }
    }
    return new TypeMap(names);
  }

  /**
   * The new name of a type.
   *
   * @param type null if it is not known
   * @return null if it is not known or not to be said
   */
  public @Nullable String name(@Nullable String type) {
    if (type == null) {
      return null;
    }
    String name = names.containsKey(type) ? names.get(type) : names.getOrDefault(ANY, type);
    return name.isEmpty() ? null : name;
  }

  /** A document with the new names. */
  public GoldDocument of(GoldDocument document) {
    return names.isEmpty()
        ? document
        : new GoldDocument(
            document.id(),
            document.text(),
            document.mentions().stream()
                .map(
                    mention ->
                        new GoldSpan(
                            mention.start(), mention.end(), name(mention.type()), mention.roles()))
                .toList());
  }
}
