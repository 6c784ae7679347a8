package io.github.tommerspark.store;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Checksums of the files of a directory, in a file of their own: it tells damage by disks and
 * crashes, against which CRC-32C is enough and reads at the speed of memory.
 */
final class Checksums {

  static final String FILE = "checksums.json";

  private static final JsonMapper JSON = new JsonMapper();
  private static final int BUFFER_BYTES = 1 << 20;

  private Checksums() {}

  /** Writes the checksums of all files, and brings files and checksums to the disk. */
  static void write(Path directory) throws IOException {
    Path file = directory.resolve(FILE);
    Files.write(file, JSON.writeValueAsBytes(of(directory)), StandardOpenOption.CREATE_NEW);
    try (Stream<Path> files = Files.list(directory)) {
      for (Path written : files.toList()) {
        try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      }
    }
  }

  /**
   * Compares files with their checksums.
   *
   * @return what is wrong, in words; nothing if all is well
   */
  static Optional<String> damage(Path directory) {
    try {
      Map<String, String> expected =
          JSON.readValue(Files.readAllBytes(directory.resolve(FILE)), new TypeReference<>() {});
      Map<String, String> actual = of(directory);
      for (Map.Entry<String, String> file : expected.entrySet()) {
        if (!file.getValue().equals(actual.get(file.getKey()))) {
          return Optional.of("%s of %s is damaged".formatted(file.getKey(), directory));
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("%s cannot be read (%s)".formatted(directory, e));
    }
  }

  private static Map<String, String> of(Path directory) throws IOException {
    Map<String, String> checksums = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (!name.equals(FILE)) {
          checksums.put(name, checksum(file));
        }
      }
    }
    return checksums;
  }

  private static String checksum(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    byte[] buffer = new byte[BUFFER_BYTES];
    long length = 0;
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        crc.update(buffer, 0, n);
        length += n;
      }
    }
    return String.format(Locale.ROOT, "%d bytes, crc32c %08x", length, crc.getValue());
  }
}
