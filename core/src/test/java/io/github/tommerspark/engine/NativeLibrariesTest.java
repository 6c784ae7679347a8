package io.github.tommerspark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.util.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class NativeLibrariesTest {

  @TempDir private Path folder;
  private final List<String> loads = new ArrayList<>();

  @Test
  void aDirectoryThatIsMadeIsReadableByItsOwnerOnly() throws IOException {
    Path directory = folder.resolve("parents").resolve("natives");
    load(directory);
    assertThat(mode(directory)).isEqualTo("rwx------");
    load(directory);
    assertThat(loads).hasSize(2);
  }

  @Test
  void nothingIsLoadedFromWhereOthersCanWrite() throws IOException {
    for (String mode : List.of("rwxrwxrwx", "rwxr-xrwx", "rwxrwxr-x")) {
      Path open = Files.createDirectory(folder.resolve(mode));
      setMode(open, mode);
      assertRefused(open, open, "others can write to it");
    }
  }

  @Test
  void nothingIsLoadedThroughALink() throws IOException {
    Path directory = folder.resolve("natives");
    load(directory);
    Path link = Files.createSymbolicLink(folder.resolve("link"), directory);
    assertRefused(link, link, "it is no directory, or a symbolic link to one");

    Path elsewhere = Files.createFile(folder.resolve("libtorch.so"));
    Path inside = Files.createSymbolicLink(directory.resolve("libtorch.so"), elsewhere);
    assertRefused(directory, inside, "it is a symbolic link");
  }

  @Test
  void filesThatEverybodyCanWriteToAreRefused() throws IOException {
    Path directory = folder.resolve("natives");
    load(directory);
    Path file = Files.createFile(Files.createDirectory(directory.resolve("lib")).resolve("x.so"));
    setMode(file, "rw-rw-rw-");
    assertRefused(directory, file, "everybody can write to it");
    // As DJL makes them where that is the user's mask: nobody else gets to them.
    setMode(file, "rw-rw-r--");
    load(directory);
  }

  /** Only root can give files away, and root is whom such a directory would hurt most. */
  @Test
  void whatSomebodyElsePreparedIsRefused() throws IOException {
    Path directory = folder.resolve("natives");
    Files.createDirectory(directory);
    if (!Files.getOwner(directory).getName().equals("root")) {
      return;
    }
    give(directory);
    assertRefused(directory, directory, "it belongs to nobody, not to root");

    Path shared = Files.createDirectory(folder.resolve("shared"));
    setMode(shared, "rwxrwxrwx");
    Path prepared = Files.createDirectory(shared.resolve("prepared"));
    Path below = prepared.resolve("natives");
    load(below);
    give(prepared);
    assertRefused(
        below,
        below,
        prepared + " belongs to nobody, not to root, and everybody can make such a directory");

    Path own = folder.resolve("own");
    load(own);
    give(Files.createFile(own.resolve("libtokenizers.so")));
    assertRefused(own, own.resolve("libtokenizers.so"), "it belongs to nobody, not to root");
  }

  private static void give(Path path) throws IOException {
    Files.setOwner(
        path, path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
  }

  @Test
  void aLibraryThatIsNotThatOfTheJarIsUnpackedAgain() throws IOException {
    Path directory = folder.resolve("natives");
    load(directory);
    Path libraries =
        Files.createDirectories(directory.resolve("tokenizers/0.0.0-cpu-" + platform()));
    Path library = libraries.resolve(System.mapLibraryName("tokenizers"));
    unpack(library);
    load(directory);
    assertThat(library).exists();

    byte[] bytes = Files.readAllBytes(library);
    bytes[bytes.length / 2] ^= 1;
    Files.write(library, bytes);
    load(directory);
    assertThat(library).doesNotExist();

    unpack(library);
    load(directory);
    Files.write(library, Arrays.copyOf(bytes, 1000));
    load(directory);
    assertThat(library).doesNotExist();
    // A build of the user's own has no twin in the jar.
    Path own = Files.createDirectories(directory.resolve("pytorch/2.7.1-cu999-" + platform()));
    Files.createFile(own.resolve("libtorch.so"));
    load(directory);
    assertThat(own.resolve("libtorch.so")).exists();
  }

  @Test
  void directoriesThatAreNamedAreNotOpenToAll() throws IOException {
    Path named = Files.createDirectory(folder.resolve("libtorch"));
    Path link = Files.createSymbolicLink(folder.resolve("current"), named);
    NativeLibraries.requireNamed("PYTORCH_LIBRARY_PATH", link);
    setMode(named, "rwxrwxrwx");
    assertThatThrownBy(() -> NativeLibraries.requireNamed("PYTORCH_LIBRARY_PATH", link))
        .hasMessage(
            "Cannot use the native libraries in %s: everybody can write to it; change what PYTORCH_LIBRARY_PATH names",
            named.toRealPath());
  }

  private void assertRefused(Path directory, Path refused, String reason) {
    int before = loads.size();
    assertThatThrownBy(() -> load(directory))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage(
            "Cannot use the directory of native libraries %s: %s; name a directory of your own in the environment variable DJL_CACHE_DIR",
            refused, reason);
    assertThat(loads).hasSize(before);
  }

  private void load(Path directory) {
    NativeLibraries.load(directory, () -> loads.add("loaded"));
  }

  private static String platform() {
    return Platform.detectPlatform("tokenizers").getClassifier();
  }

  private static void unpack(Path library) throws IOException {
    String resource = "native/lib/%s/cpu/%s".formatted(platform(), library.getFileName());
    try (InputStream in = Platform.class.getClassLoader().getResourceAsStream(resource)) {
      Files.copy(in, library, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static void setMode(Path path, String mode) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
