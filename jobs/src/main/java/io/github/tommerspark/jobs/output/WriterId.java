package io.github.tommerspark.jobs.output;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of writers, and the names that their data files get. */
public final class WriterId {

  /** Such as {@code 20261127T223538Z-1a2b3c4d}; sorts by age. */
  private static final String ID = "\\d{8}T\\d{6}Z-[0-9a-f]{8}";

  /**
   * Such as {@code part-00000-20261127T223538Z-1a2b3c4d-c000.snappy.parquet}; Spark numbers its
   * parts in the digits of the default locale.
   */
  private static final Pattern FILE = Pattern.compile("part-\\p{Nd}{5,}-(" + ID + ")[-.].*");

  private static final Pattern ALONE = Pattern.compile(ID);

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** Attempts from here on are ours: those that Hadoop counts are small. */
  static final int FIRST_ATTEMPT = 0x4000_0000;

  private WriterId() {}

  /** A new one. */
  public static String next(Instant now) {
    return TIME.format(now) + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  static boolean is(String text) {
    return ALONE.matcher(text).matches();
  }

  /**
   * The writer of a data file.
   *
   * @param path of the file, relative or absolute
   * @return empty if the name is not one of ours
   */
  static Optional<String> in(String path) {
    Matcher name = FILE.matcher(path.substring(path.lastIndexOf('/') + 1));
    return name.matches() ? Optional.of(name.group(1)) : Optional.empty();
  }

  /**
   * The name that Hadoop's committer gives to an attempt: the name of the folder in {@code
   * _temporary} that is this writer's alone.
   */
  static int attempt(String writer) {
    return FIRST_ATTEMPT + (writer.hashCode() & 0x3fff_ffff);
  }
}
