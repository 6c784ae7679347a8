package io.github.tommerspark.gold;

import java.io.IOException;
import java.util.Locale;

/** A gold file that makes no sense; the message is one line that names the file and the place. */
public final class GoldFormatException extends IOException {

  private static final long serialVersionUID = 1L;

  GoldFormatException(String file, long line, String reason) {
    super(String.format(Locale.ROOT, "Cannot read gold file %s, line %d: %s", file, line, reason));
  }

  GoldFormatException(String file, String reason) {
    super("Cannot read gold file %s: %s".formatted(file, reason));
  }
}
