package io.github.tommerspark.models;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.convert.OnnxImport;
import io.github.tommerspark.source.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Makes the snapshots of the bundled models from the ONNX files of the build's dependencies.
 *
 * <p>Each model is described by its {@code tommer.json}: the file it is made of, the last block to
 * keep, the type of the weights, and SHA-256 sums of what goes in and of what comes out. A sum that
 * differs fails the build.
 */
public final class SnapshotBuild {

  private static final String MODELS = "io/github/tommerspark/models";
  private static final String RECORD = "tommer.json";
  private static final List<String> MADE =
      List.of("config.json", "tokenizer.json", "model.safetensors");
  private static final int BLOCK = 1 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path inputs;
  private final Path resources;
  private final Path output;
  private final boolean update;

  private SnapshotBuild(Path inputs, Path resources, Path output, boolean update) {
    this.inputs = inputs;
    this.resources = resources;
    this.output = output;
    this.update = update;
  }

  /**
   * Makes what is missing or not as recorded.
   *
   * @param args the directory of the ONNX files; that of the resources with a tommer.json for each
   *     model; that of the classes; {@code check}, or {@code update} to record the sums of what
   *     comes out instead of checking them
   * @throws IOException if a file cannot be read or written, or its sum is not the recorded one
   */
  public static void main(String[] args) throws IOException {
    if (args.length != 4 || !List.of("check", "update").contains(args[3])) {
      throw new IllegalArgumentException(
          "Expected: directory of ONNX files, of resources, of classes, then check or update");
    }
    SnapshotBuild build =
        new SnapshotBuild(
            Path.of(args[0]),
            Path.of(args[1]).resolve(MODELS),
            Path.of(args[2]).resolve(MODELS),
            args[3].equals("update"));
    try (Stream<Path> models = Files.list(build.resources)) {
      for (Path model : models.sorted().toList()) {
        build.make(model);
      }
    }
  }

  private void make(Path model) throws IOException {
    Path file = model.resolve(RECORD);
    ObjectNode record = (ObjectNode) JSON.readTree(Files.readAllBytes(file));
    if (!record.has("source")) {
      // A head alone, whose backbone is not part of the product.
      return;
    }
    String name = model.getFileName().toString();
    Path directory = output.resolve(name);
    Map<String, String> recorded = new TreeMap<>();
    record
        .get("sha256")
        .fields()
        .forEachRemaining(e -> recorded.put(e.getKey(), e.getValue().asText()));
    removeWhatIsNoLongerThere(model, directory);
    if (!update && sums(directory).equals(recorded)) {
      return;
    }
    makeSnapshot(record, directory);
    SortedMap<String, String> made = sums(directory);
    if (update) {
      ObjectNode sums = record.putObject("sha256");
      made.forEach(sums::put);
      Files.writeString(file, json(record));
      Files.copy(file, directory.resolve(RECORD), StandardCopyOption.REPLACE_EXISTING);
      System.out.println("Recorded the checksums of " + name + " in " + file);
    } else if (!made.equals(recorded)) {
      Set<String> files = new TreeSet<>(made.keySet());
      files.addAll(recorded.keySet());
      files.removeIf(one -> Objects.equals(made.get(one), recorded.get(one)));
      throw new IOException(
          "Model %s is not as %s records it: other checksums of %s. If that is meant, record them as models/README.md says"
              .formatted(name, file, String.join(", ", files)));
    }
  }

  /** Of an earlier head, say: builds that are not from scratch keep what was copied before. */
  private static void removeWhatIsNoLongerThere(Path model, Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String path = directory.relativize(file).toString();
        if (!MADE.contains(path) && !Files.exists(model.resolve(path))) {
          Files.delete(file);
        }
      }
    }
  }

  private void makeSnapshot(ObjectNode record, Path directory) throws IOException {
    ObjectNode source = (ObjectNode) record.get("source");
    Path onnx = checked(source, "onnx");
    Path tokenizer = checked(source, "tokenizer");
    Path draft = directory.resolveSibling(directory.getFileName() + ".made");
    delete(draft);
    try (OnnxImport model = OnnxImport.open(onnx, null)) {
      model.write(
          tokenizer,
          record.get("layer").asInt() + 1,
          DType.valueOf(source.get("dtype").asText()),
          draft);
    }
    for (String made : MADE) {
      Files.move(draft.resolve(made), directory.resolve(made), StandardCopyOption.REPLACE_EXISTING);
    }
    delete(draft);
  }

  private Path checked(ObjectNode source, String key) throws IOException {
    Path file = inputs.resolve(source.get(key).asText());
    String expected = source.get(key + "Sha256").asText();
    String sum = sha256(file);
    if (!sum.equals(expected)) {
      throw new IOException(
          "%s has the SHA-256 sum %s, and %s was expected: the dependency %s is another version or damaged"
              .formatted(file, sum, expected, source.get("artifact").asText()));
    }
    return file;
  }

  /** Of all files that a model is read from but the record itself, by path below the directory. */
  private static SortedMap<String, String> sums(Path directory) throws IOException {
    SortedMap<String, String> sums = new TreeMap<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String path = directory.relativize(file).toString().replace('\\', '/');
        if (!path.equals(RECORD) && (path.endsWith(".json") || path.endsWith(".safetensors"))) {
          sums.put(path, sha256(file));
        }
      }
    }
    return sums;
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest digest = Sha256.digest();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      byte[] block = new byte[BLOCK];
      while (in.read(block) >= 0) {
        // Read for its sum.
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String json(ObjectNode record) throws IOException {
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentObjectsWith(new DefaultIndenter("  ", "\n"));
    return JSON.writer(printer).writeValueAsString(record) + "\n";
  }

  private static void delete(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
