package io.github.tommerspark.source;

import java.io.EOFException;
import java.util.Locale;

/** The check that a range of bytes lies inside a file. */
final class Ranges {

  private Ranges() {}

  static void check(String name, long size, long position, long length) throws EOFException {
    if (position < 0 || length < 0 || position > size - length) {
      throw new EOFException(
          String.format(
              Locale.ROOT,
              "Cannot read %s: %d bytes at position %d are not inside its %d bytes",
              name,
              length,
              position,
              size));
    }
  }
}
