package io.github.tommerspark.engine;

import io.github.tommerspark.checkpoint.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * The libraries that DJL has unpacked, compared with those in the jar by the length and CRC-32 that
 * the jar's own directory gives. This tells damage, such as by a full disk, which would otherwise
 * end the JVM; that nobody else wrote them is for {@link NativeLibraries} to see. What was compared
 * is recorded with its length and times, so that it is read once and not by every process.
 *
 * @param directory the cache directory of DJL
 */
record UnpackedLibraries(Path directory) {

  private static final String RECORD = "tommer-spark.checked";
  private static final int BUFFER_BYTES = 1 << 20;

  /** Version, flavor, platform: {@code 2.7.1-20250812-cpu-linux-x86_64}. */
  private static final Pattern FOLDER =
      Pattern.compile(".+-(?<flavor>cpu(?:-precxx11)?|cu\\d+)-(?<platform>[a-z]+-[a-z0-9_]+)");

  /** DJL puts its own version before some names. */
  private static final Pattern VERSIONED = Pattern.compile("\\d+(?:\\.\\d+)*-(?<name>.+)");

  /** Files that are there and are not those of the jar. Those the jar has no twin of pass. */
  List<Path> damaged() throws IOException {
    Set<String> checked = checked();
    Set<String> found = new TreeSet<>();
    List<Path> damaged = new ArrayList<>();
    for (Path file : files()) {
      String state = state(file);
      if (checked.contains(state) || matches(file)) {
        found.add(state);
      } else {
        damaged.add(file);
      }
    }
    if (!found.equals(checked)) {
      byte[] lines = String.join("\n", found).getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(directory.resolve(RECORD), out -> out.write(lines));
    }
    return damaged;
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> walk = Files.walk(directory, 3)) {
      return walk.filter(file -> directory.relativize(file).getNameCount() == 3)
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    }
  }

  private Set<String> checked() throws IOException {
    Path record = directory.resolve(RECORD);
    return Files.isRegularFile(record)
        ? new TreeSet<>(Files.readAllLines(record, StandardCharsets.UTF_8))
        : new TreeSet<>();
  }

  private String state(Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return String.join(
        " ",
        directory.relativize(file).toString(),
        String.valueOf(attributes.size()),
        attributes.lastModifiedTime().toString(),
        String.valueOf(attributes.fileKey()));
  }

  private static boolean matches(Path file) throws IOException {
    Optional<JarEntry> original = original(file);
    if (original.isEmpty() || original.get().getCrc() < 0) {
      return true;
    }
    return Files.size(file) == original.get().getSize() && crc(file) == original.get().getCrc();
  }

  /** The library in the jar that a file was unpacked from; nothing if it came from elsewhere. */
  private static Optional<JarEntry> original(Path file) throws IOException {
    Matcher folder = FOLDER.matcher(file.getName(file.getNameCount() - 2).toString());
    if (!folder.matches()) {
      return Optional.empty();
    }
    String name = file.getFileName().toString();
    Matcher versioned = VERSIONED.matcher(name);
    if (versioned.matches()) {
      name = versioned.group("name");
    }
    String flavor = folder.group("flavor");
    String platform = folder.group("platform");
    for (String resource :
        List.of(
            "pytorch/%s/%s/%s".formatted(flavor, platform, name),
            "jnilib/%s/%s/%s".formatted(platform, flavor, name),
            "native/lib/%s/%s/%s".formatted(platform, flavor, name))) {
      URL url = UnpackedLibraries.class.getClassLoader().getResource(resource);
      if (url != null) {
        URLConnection connection = url.openConnection();
        connection.setUseCaches(false);
        if (connection instanceof JarURLConnection jar) {
          try (var opened = jar.getJarFile()) {
            return Optional.ofNullable(opened.getJarEntry(jar.getEntryName()));
          }
        }
      }
    }
    return Optional.empty();
  }

  private static long crc(Path file) throws IOException {
    CRC32 crc = new CRC32();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        crc.update(buffer, 0, n);
      }
    }
    return crc.getValue();
  }
}
