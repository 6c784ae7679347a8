package io.github.tommerspark.jobs.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.backbone.BackboneExport;
import io.github.tommerspark.backbone.PublishedShapes;
import io.github.tommerspark.detect.ModelExport;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.message.Version;
import io.github.tommerspark.source.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Writes what {@code benchmarks/gpu/run.py} checks and measures on a GPU: models with what is
 * expected of them, snapshots with reference hidden states, and shapes.
 */
final class BenchExport {

  /** The file that describes the others. */
  static final String KIT = "kit.json";

  private static final int FORMAT = 2;

  /** Tokens whose mentions are expected, unless told otherwise. */
  static final int EXPECTED_TOKENS = 16_384;

  /**
   * A shape and the last block of it that runs.
   *
   * @param name a published backbone
   * @param config content of its config.json
   */
  record Shape(String name, byte[] config, int layer) {

    /** A published shape. */
    static Shape of(String name, int layer) {
      return new Shape(name, PublishedShapes.config(name), layer);
    }
  }

  /** Shapes to measure unless others are named. */
  static final List<Shape> SHAPES =
      List.of(
          Shape.of("Llama-3.2-1B", 6),
          Shape.of("bge-small-en-v1.5", 3),
          Shape.of("Llama-3.1-8B", 5));

  private final List<String> texts;
  private final int expectedTokens;
  private final Path directory;
  private final Path work;
  private final ArrayNode entries = JsonNodeFactory.instance.arrayNode();

  /**
   * Begins an export.
   *
   * @param texts whose windows are the inputs
   * @param expectedTokens how many of their tokens make what is expected of models
   * @param directory that receives the files; there must be nothing in it
   * @param work for temporary files
   * @throws UserException if the directory is not empty
   * @throws IOException if it cannot be written
   */
  BenchExport(List<String> texts, int expectedTokens, Path directory, Path work)
      throws IOException {
    this.texts = texts;
    this.expectedTokens = expectedTokens;
    this.directory = Files.createDirectories(directory);
    this.work = work;
    try (Stream<Path> files = Files.list(directory)) {
      if (files.findAny().isPresent()) {
        throw new UserException(
            "Cannot export to %s: there are files in it; name another directory"
                .formatted(directory));
      }
    }
  }

  void model(ModelSpec spec) throws IOException {
    entries.add(
        ModelExport.model(spec, texts, expectedTokens, directory.resolve(spec.name()), work));
  }

  void shape(Shape shape) throws IOException {
    String name =
        String.format(
            Locale.ROOT, "%s-layer-%d", shape.name().toLowerCase(Locale.ROOT), shape.layer());
    RandomModel model =
        RandomModel.write(shape.config(), shape.layer(), null, work.resolve("outline-" + name));
    ModelSpec spec = ModelSpec.of(name, model.backbone().toString(), model.head().toString());
    entries.add(ModelExport.shape(spec, texts, directory.resolve(name)));
  }

  /**
   * Exports snapshots that bring hidden states; of those that differ in nothing but names and
   * layout of their files, the first.
   *
   * @param references folder of the snapshots
   * @throws UserException if there are none
   */
  void references(Path references) throws IOException {
    Set<String> scripts = new HashSet<>();
    List<Path> snapshots;
    try (Stream<Path> folders = Files.list(references)) {
      snapshots =
          folders
              .filter(folder -> Files.exists(folder.resolve(BackboneExport.HIDDEN)))
              .sorted()
              .toList();
    } catch (IOException e) {
      throw new UserException("Cannot read %s: %s".formatted(references, e.getMessage()));
    }
    if (snapshots.isEmpty()) {
      throw new UserException(
          "Cannot export references of %s: none of its folders has a file %s"
              .formatted(references, BackboneExport.HIDDEN));
    }
    for (Path snapshot : snapshots) {
      if (scripts.add(BackboneExport.scriptOf(snapshot))) {
        entries.add(
            BackboneExport.reference(
                snapshot, directory.resolve("reference-" + snapshot.getFileName())));
      }
    }
  }

  /**
   * Writes what describes the other files.
   *
   * @return bytes of all files together
   */
  long finish() throws IOException {
    ObjectNode kit = JsonNodeFactory.instance.objectNode();
    kit.put("format", FORMAT);
    kit.put("version", Version.number());
    kit.set("entries", entries);
    ObjectNode files = kit.putObject("files");
    long total = 0;
    TreeMap<String, Path> written = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(directory)) {
      paths
          .filter(Files::isRegularFile)
          .forEach(path -> written.put(directory.relativize(path).toString(), path));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    for (var file : written.entrySet()) {
      byte[] content = Files.readAllBytes(file.getValue());
      files
          .putObject(file.getKey())
          .put("bytes", content.length)
          .put("sha256", Sha256.hex(content));
      total += content.length;
    }
    byte[] json = Provenance.JSON.writeValueAsBytes(kit);
    Files.write(directory.resolve(KIT), json);
    return total + json.length;
  }
}
