package io.github.tommerspark.gguf;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.Quoted;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Metadata read with checks; every error names the file, the key and the value. */
final class GgufMetadata {
  private static final int MAX_SIZE = 1 << 24;

  private final String file;
  private final Map<String, Object> values;
  private final Set<String> read = new HashSet<>();

  GgufMetadata(String file, Map<String, Object> values) {
    this.file = file;
    this.values = values;
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  /** The value of a key, whatever it is; empty if there is none. */
  Optional<Object> find(String key) {
    read.add(key);
    return Optional.ofNullable(values.get(key));
  }

  Optional<String> text(String key) throws ModelFormatException {
    return as(String.class, key, "a string");
  }

  String requireText(String key) throws ModelFormatException {
    return text(key).orElseThrow(() -> missing(key));
  }

  /** A size: a whole number from 1. */
  int size(String key) throws ModelFormatException {
    OptionalInt size = sizeIfThere(key);
    if (size.isEmpty()) {
      throw missing(key);
    }
    return size.getAsInt();
  }

  /** A size: a whole number from 1, if the key is there. */
  OptionalInt sizeIfThere(String key) throws ModelFormatException {
    return whole(key, 1);
  }

  /** A whole number from 0, if the key is there. */
  OptionalInt idIfThere(String key) throws ModelFormatException {
    return whole(key, 0);
  }

  private OptionalInt whole(String key, int least) throws ModelFormatException {
    Optional<Object> value = find(key);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    if (!(value.get() instanceof Long number) || number < least || number > MAX_SIZE) {
      throw wrong(key, String.format(Locale.ROOT, "a whole number from %d to %d", least, MAX_SIZE));
    }
    return OptionalInt.of(number.intValue());
  }

  /** A positive number, if the key is there. */
  OptionalDouble positiveIfThere(String key) throws ModelFormatException {
    Optional<Object> value = find(key);
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    if (!(value.get() instanceof Number number)
        || !(number.doubleValue() > 0)
        || Double.isInfinite(number.doubleValue())) {
      throw wrong(key, "a positive number");
    }
    return OptionalDouble.of(number.doubleValue());
  }

  double positive(String key) throws ModelFormatException {
    OptionalDouble value = positiveIfThere(key);
    if (value.isEmpty()) {
      throw missing(key);
    }
    return value.getAsDouble();
  }

  Optional<Boolean> flag(String key) throws ModelFormatException {
    return as(Boolean.class, key, "true or false");
  }

  <T> Optional<T> as(Class<T> type, String key, String expected) throws ModelFormatException {
    Optional<Object> value = find(key);
    if (value.isPresent() && !type.isInstance(value.get())) {
      throw wrong(key, expected);
    }
    return value.map(type::cast);
  }

  /** Keys of a prefix that nobody asked for, sorted, with their values. */
  Map<String, Object> unread(String prefix) {
    Map<String, Object> unread = new TreeMap<>();
    values.forEach(
        (key, value) -> {
          if (key.startsWith(prefix) && !read.contains(key)) {
            unread.put(key, value);
          }
        });
    return unread;
  }

  ModelFormatException missing(String key) {
    return new ModelFormatException(
        "Cannot read %s: entry %s is missing".formatted(file, Quoted.of(key)));
  }

  ModelFormatException wrong(String key, String expected) {
    return new ModelFormatException(
        "Cannot read %s: entry %s is %s, but must be %s"
            .formatted(file, Quoted.of(key), shown(values.get(key)), expected));
  }

  /** For what is valid but not supported. */
  ModelFormatException unsupported(String key, Object... supported) {
    return new ModelFormatException(
        "Cannot use %s: %s is %s, which is not supported; supported: %s"
            .formatted(
                file,
                Quoted.of(key),
                shown(values.get(key)),
                String.join(", ", Arrays.stream(supported).map(String::valueOf).toList())));
  }

  /** For what cannot be used for another reason. */
  ModelFormatException unusable(String reason) {
    return new ModelFormatException("Cannot use %s: %s".formatted(file, reason));
  }

  static String shown(@Nullable Object value) {
    if (value instanceof String text) {
      return Quoted.of(text);
    }
    return value instanceof Number || value instanceof Boolean ? value.toString() : "an array";
  }
}
