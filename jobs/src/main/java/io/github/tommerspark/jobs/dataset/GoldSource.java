package io.github.tommerspark.jobs.dataset;

import io.github.tommerspark.gold.GoldFormat;
import io.github.tommerspark.jobs.format.InputFormat;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The formats that gold data is read from. */
public enum GoldSource {
  /** Objects with text and entities. */
  JSONL(GoldFormat.JSONL),
  /** Tokens with tags. */
  CONLL(GoldFormat.CONLL),
  /** A column of mentions beside one of texts. */
  PARQUET(null),
  /** Texts with files of brat's standoff beside them. */
  BRAT(null),
  /** Tasks that Label Studio exported. */
  LABEL_STUDIO(null);

  private final GoldFormat format;

  GoldSource(GoldFormat format) {
    this.format = format;
  }

  /** The format of lines, or null. */
  GoldFormat format() {
    return format;
  }

  /**
   * The format that a file's name tells, below an extension of compression. That of Label Studio
   * must be given: its files are called as those of JSON Lines may be.
   */
  static Optional<GoldSource> ofFileName(String fileName) {
    if (InputFormat.ofFileName(fileName).filter(f -> f == InputFormat.PARQUET).isPresent()) {
      return Optional.of(PARQUET);
    }
    if (fileName.endsWith(BratFiles.MENTIONS)) {
      return Optional.of(BRAT);
    }
    String name = fileName.replaceFirst("(?i)\\.(gz|zst|bz2)$", "");
    return GoldFormat.ofFileName(name)
        .flatMap(format -> Arrays.stream(values()).filter(s -> s.format == format).findFirst());
  }

  /** The format of that label. */
  static GoldSource parse(String label) {
    return Arrays.stream(values())
        .filter(source -> source.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Unknown gold format \"%s\": use one of %s".formatted(label, labels())));
  }

  private String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static String labels() {
    return Arrays.stream(values()).map(GoldSource::label).collect(Collectors.joining(", "));
  }
}
