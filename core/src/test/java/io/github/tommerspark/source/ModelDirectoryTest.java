package io.github.tommerspark.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every kind of directory has to do, tried on a local directory, a folder and a jar. */
class ModelDirectoryTest {

  private static final byte[] CONTENT = "0123456789abcdef".getBytes(StandardCharsets.UTF_8);

  @TempDir Path temporary;

  private enum Kind {
    LOCAL {
      @Override
      ModelDirectory open(Path temporary) {
        return LocalDirectory.owned(temporary.resolve("models/m"));
      }
    },
    LOCAL_FOLDER {
      @Override
      ModelDirectory open(Path temporary) throws IOException {
        return LocalDirectory.owned(temporary).folder("models/m");
      }
    },
    RESOURCES_OF_A_FOLDER {
      @Override
      ModelDirectory open(Path temporary) throws IOException {
        URL[] path = {temporary.toUri().toURL()};
        return new ResourceDirectory(new URLClassLoader(path, null), "/models/m");
      }
    },
    RESOURCES_OF_A_JAR {
      @Override
      ModelDirectory open(Path temporary) throws IOException {
        Path jar = temporary.resolve("models.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
          for (String file : new String[] {"weights", "head/weights"}) {
            out.putNextEntry(new JarEntry("models/m/" + file));
            out.write(CONTENT);
          }
        }
        return new ResourceDirectory(
            new URLClassLoader(new URL[] {jar.toUri().toURL()}, null), "models/m");
      }
    };

    abstract ModelDirectory open(Path temporary) throws IOException;
  }

  @BeforeEach
  void writeModel() throws IOException {
    Path head = Files.createDirectories(temporary.resolve("models/m/head"));
    Files.write(head.resolve("weights"), CONTENT);
    Files.write(head.resolveSibling("weights"), CONTENT);
    Files.writeString(temporary.resolve("models/secret"), "not part of the model");
  }

  @ParameterizedTest
  @EnumSource
  void readsAnyRange(Kind kind) throws IOException {
    ModelDirectory directory = kind.open(temporary);
    assertThat(directory.exists("weights")).isTrue();
    assertThat(directory.exists("nothing")).isFalse();
    try (RandomAccessSource source = directory.open("weights")) {
      assertThat(source.name()).endsWith("models/m/weights");
      assertThat(source.size()).isEqualTo(CONTENT.length);
      ByteBuffer into = ByteBuffer.allocate(8).position(2).limit(7);
      source.read(10, into);
      assertThat(into.hasRemaining()).isFalse();
      assertThat(new String(into.array(), 2, 5, StandardCharsets.UTF_8)).isEqualTo("abcde");
    }
  }

  @ParameterizedTest
  @EnumSource
  void mapsAnyRangeAndKeepsItAfterClosing(Kind kind) throws IOException {
    ByteBuffer mapped;
    ByteBuffer nothing;
    try (RandomAccessSource source = kind.open(temporary).open("weights")) {
      mapped = source.map(1, 4).orElseThrow();
      nothing = source.map(16, 0).orElseThrow();
    }
    assertThat(mapped.isDirect()).isTrue();
    assertThat(mapped.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
    assertThat(mapped.position()).isZero();
    assertThat(mapped.limit()).isEqualTo(4);
    assertThat(mapped.getInt(0)).isEqualTo(0x34333231);
    assertThatThrownBy(() -> mapped.put(0, (byte) 0)).isInstanceOf(ReadOnlyBufferException.class);
    assertThat(nothing.hasRemaining()).isFalse();
  }

  /** Others may truncate a file of theirs, which would end a JVM that has mapped it. */
  @Test
  void filesOfOthersAreNotMapped() throws IOException {
    try (RandomAccessSource source =
        new LocalDirectory(temporary.resolve("models/m")).open("weights")) {
      assertThat(source.map(1, 4)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusesRangesThatLeaveTheFile(Kind kind) throws IOException {
    try (RandomAccessSource source = kind.open(temporary).open("weights")) {
      for (long[] range : new long[][] {{15, 2}, {-1, 1}, {Long.MAX_VALUE, 1}, {17, 0}}) {
        ByteBuffer into = ByteBuffer.allocate((int) range[1]);
        assertThatThrownBy(() -> source.read(range[0], into))
            .isInstanceOf(EOFException.class)
            .hasMessageContaining("models/m/weights");
        assertThatThrownBy(() -> source.map(range[0], range[1])).isInstanceOf(EOFException.class);
      }
      assertThatThrownBy(() -> source.map(1, Long.MAX_VALUE)).isInstanceOf(EOFException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void namesAMissingFile(Kind kind) throws IOException {
    ModelDirectory directory = kind.open(temporary);
    assertThatThrownBy(() -> directory.open("missing"))
        .isInstanceOf(FileNotFoundException.class)
        .hasMessageStartingWith("Cannot read ")
        .hasMessageContaining("models/m/missing: there is no such");
  }

  @ParameterizedTest
  @EnumSource
  void readsWholeFilesUpToALimit(Kind kind) throws IOException {
    ModelDirectory directory = kind.open(temporary);
    assertThat(directory.readAll("head/weights", CONTENT.length)).isEqualTo(CONTENT);
    assertThat(directory.folder("head").readAll("weights", Long.MAX_VALUE)).isEqualTo(CONTENT);
    assertThatThrownBy(() -> directory.readAll("weights", CONTENT.length - 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("it has 16 bytes")
        .hasMessageContaining("at most 15");
  }

  @ParameterizedTest
  @EnumSource
  void refusesNamesThatLeaveTheFolder(Kind kind) throws IOException {
    ModelDirectory directory = kind.open(temporary);
    for (String name :
        new String[] {
          "../secret",
          "head/../../secret",
          "..",
          ".",
          "",
          "./weights",
          "head//weights",
          "head/",
          "..\\secret",
          temporary.resolve("models/secret").toString(),
          "C:secret",
          "file:/etc/passwd",
          "weights\0",
          "a\nb"
        }) {
      assertThatThrownBy(() -> directory.open(name))
          .as(name)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is not a plain relative path")
          .hasMessageNotContaining("\n");
      assertThatThrownBy(() -> directory.exists(name)).as(name).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> directory.folder(name)).as(name).isInstanceOf(IOException.class);
    }
    assertThatThrownBy(() -> directory.folder("head").open("../weights"))
        .isInstanceOf(IOException.class);
  }

  @Test
  void findsResourcesBesideAClass() throws IOException {
    ModelDirectory directory = new ResourceDirectory(getClass(), "/golden/heads");
    assertThat(directory.readAll("info.json", 1 << 20)).isNotEmpty();
    assertThat(directory.folder("h0").exists("new/model.safetensors")).isTrue();
    assertThat(directory.name()).isEqualTo("classpath:golden/heads");
  }

  @Test
  void foldersAreNoFiles() throws IOException {
    ModelDirectory directory = Kind.LOCAL.open(temporary);
    assertThat(directory.exists("head")).isFalse();
    assertThatThrownBy(() -> directory.open("head")).isInstanceOf(FileNotFoundException.class);
  }

  @Test
  void saysWhenTheDirectoryItselfIsMissing() {
    ModelDirectory directory = new LocalDirectory(temporary.resolve("none"));
    assertThatThrownBy(() -> directory.open("weights"))
        .isInstanceOf(FileNotFoundException.class)
        .hasMessageContaining("none is no directory");
  }

  @Test
  void followsLinksAsTheHubCacheUsesThem() throws IOException {
    Path link = temporary.resolve("models/m/link");
    Files.createSymbolicLink(link, Path.of("../secret"));
    assertThat(Kind.LOCAL.open(temporary).readAll("link", 100)).asString().startsWith("not part");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\nb", "\u001b[31m", "\u202e", "\u2028", "\ud800"})
  void quotedTextStaysOnItsLine(String hostile) {
    assertThat(Quoted.of(hostile)).matches("\"[ -~]*\"");
  }

  @Test
  void quotedTextIsReadableAndBounded() {
    assertThat(Quoted.of("h.0.attn é")).isEqualTo("\"h.0.attn é\"");
    assertThat(Quoted.of("a\"b\\c")).isEqualTo("\"a\\\"b\\\\c\"");
    assertThat(Quoted.of("x".repeat(1_000_000))).hasSizeLessThan(130).endsWith("...\"");
  }
}
