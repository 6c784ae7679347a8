package io.github.tommerspark.convert;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.checkpoint.TensorShape;
import io.github.tommerspark.disk.PrivateDirectories;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.Quoted;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Writes a Hugging Face snapshot: config.json, tokenizer.json, model.safetensors. */
public final class SnapshotWriter {

  private static final int BLOCK = 1 << 16;

  private SnapshotWriter() {}

  /**
   * Writes a snapshot beside its place, reads it back as a backbone's, and moves it there. The same
   * model gives the same bytes.
   *
   * @param source what messages call the file that the model comes from
   * @param config its config.json
   * @param tokenizer its tokenizer.json
   * @param weights its tensors by name
   * @param dtype type of all tensors: F32, F16 or BF16; null for each its own
   * @param directory its place; may be an empty directory, or not be there
   * @throws ModelFormatException if a weight is not finite or beyond the range of the type, or the
   *     tensors are not what the config implies
   * @throws IOException if the place is taken, or writing fails; then nothing has changed
   */
  public static void write(
      String source,
      ObjectNode config,
      byte[] tokenizer,
      Map<String, ? extends WeightSource> weights,
      @Nullable DType dtype,
      Path directory)
      throws IOException {
    Path place = directory.toAbsolutePath().normalize();
    if (place.getParent() == null) {
      throw new IOException("Cannot write %s: it has no parent directory".formatted(place));
    }
    Files.createDirectories(place.getParent());
    Path draft = place.resolveSibling("." + place.getFileName() + "." + UUID.randomUUID());
    try {
      Files.createDirectory(draft);
      Files.writeString(draft.resolve("config.json"), json(config));
      Files.write(draft.resolve("tokenizer.json"), tokenizer);
      try (OutputStream out =
          new BufferedOutputStream(
              Files.newOutputStream(draft.resolve("model.safetensors")), 4 * BLOCK)) {
        writeWeights(source, weights, dtype, out);
      }
      LocalDirectory written = new LocalDirectory(draft);
      try (Checkpoint checkpoint = Checkpoint.open(written)) {
        BackbonePlan.of(written, checkpoint, config.path("num_hidden_layers").asInt() - 1);
      } catch (ModelFormatException e) {
        throw new ModelFormatException(
            "Cannot import %s: the snapshot made of it could not be read (%s)"
                .formatted(
                    source,
                    String.valueOf(e.getMessage())
                        .replace(draft + "/", "")
                        .replace(draft + "", "it")),
            e);
      }
      moveTo(place, draft);
    } finally {
      PrivateDirectories.delete(draft);
    }
  }

  private static void moveTo(Path place, Path draft) throws IOException {
    try {
      Files.move(draft, place, StandardCopyOption.REPLACE_EXISTING);
    } catch (DirectoryNotEmptyException | FileAlreadyExistsException e) {
      throw taken(place, e);
    }
  }

  /**
   * Refuses a place that holds something.
   *
   * @param directory the place
   * @throws IOException if there is a file, or a directory that is not empty
   */
  public static void requireFree(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    if (Files.isDirectory(directory)) {
      try (Stream<Path> files = Files.list(directory)) {
        if (files.findAny().isEmpty()) {
          return;
        }
      }
    }
    throw taken(directory, null);
  }

  private static IOException taken(Path directory, @Nullable Exception cause) {
    return new IOException(
        "Cannot write %s: it is there and not empty; name another directory or remove it"
            .formatted(directory),
        cause);
  }

  private static void writeWeights(
      String source,
      Map<String, ? extends WeightSource> weights,
      @Nullable DType dtype,
      OutputStream out)
      throws IOException {
    // Wide types first, so that all tensors lie at multiples of their element size.
    List<Map.Entry<String, WeightSource>> sorted = new ArrayList<>();
    weights.forEach((name, weight) -> sorted.add(Map.entry(name, weight)));
    sorted.sort(
        Comparator.comparingInt(
                (Map.Entry<String, WeightSource> weight) -> -type(weight.getValue(), dtype).bits())
            .thenComparing(Map.Entry.comparingByKey()));
    Map<String, TensorShape> shapes = new LinkedHashMap<>();
    for (Map.Entry<String, WeightSource> weight : sorted) {
      DType written = type(weight.getValue(), dtype);
      shapes.put(weight.getKey(), new TensorShape(written, weight.getValue().shape()));
    }
    SafetensorsWriter.writeHeader(shapes, out);
    for (Map.Entry<String, WeightSource> weight : sorted) {
      DType written = type(weight.getValue(), dtype);
      writeValues(source, weight.getKey(), weight.getValue(), written, out);
    }
  }

  private static DType type(WeightSource weight, @Nullable DType dtype) {
    return dtype == null ? weight.dtype() : dtype;
  }

  private static void writeValues(
      String source, String name, WeightSource weight, DType dtype, OutputStream out)
      throws IOException {
    long elements = weight.elements();
    float[] values = new float[(int) Math.min(BLOCK, elements)];
    float[] written = new float[values.length];
    byte[] bytes = new byte[values.length * dtype.bits() / Byte.SIZE];
    for (long at = 0; at < elements; at += values.length) {
      if (elements - at < values.length) {
        values = new float[(int) (elements - at)];
      }
      weight.read(at, values);
      int length = values.length * dtype.bits() / Byte.SIZE;
      dtype.fromFloats(FloatBuffer.wrap(values), ByteBuffer.wrap(bytes, 0, length).slice());
      dtype.toFloats(
          ByteBuffer.wrap(bytes, 0, length).slice(), FloatBuffer.wrap(written, 0, values.length));
      for (int i = 0; i < values.length; i++) {
        if (!Float.isFinite(values[i])) {
          throw new ModelFormatException(
              String.format(
                  Locale.ROOT,
                  "Cannot import %s: element %d of tensor %s is %s; the file is damaged",
                  source,
                  at + i,
                  Quoted.of(name),
                  values[i]));
        }
        if (!Float.isFinite(written[i])) {
          throw new ModelFormatException(
              String.format(
                  Locale.ROOT,
                  "Cannot import %s: element %d of tensor %s is %s, too large for %s; choose another type",
                  source,
                  at + i,
                  Quoted.of(name),
                  values[i],
                  dtype));
        }
      }
      out.write(bytes, 0, length);
    }
  }

  /**
   * JSON for people, the same on every system.
   *
   * @param node any object
   * @return its text, ending with a line break
   */
  public static String json(ObjectNode node) throws IOException {
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    return new ObjectMapper()
            .writer(
                new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter))
            .writeValueAsString(node)
        + "\n";
  }
}
