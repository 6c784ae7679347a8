package io.github.tommerspark.detect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.tommerspark.checkpoint.AtomicFile;
import io.github.tommerspark.disk.PrivateDirectories;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.Processor;
import io.github.tommerspark.engine.Torch;
import io.github.tommerspark.source.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Results of trials of types on this kind of processor with these models, in a file of this user's:
 * so that a stopwatch decides once, and not otherwise tomorrow.
 */
final class DtypeMemory {
  private static final Logger LOG = LoggerFactory.getLogger(DtypeMemory.class);

  private static final JsonMapper JSON = new JsonMapper();
  private static final int MAX_BYTES = 1 << 16;
  private static final PrivateDirectories DIRECTORIES =
      new PrivateDirectories(
          "the memory of dtypes", "name another directory with ‹modelCache›, or give ‹dtype›");

  private final Path file;

  private DtypeMemory(Path file) {
    this.file = file;
  }

  /**
   * The memory for some models.
   *
   * @param directory of all of it; made, for its owner only, when something is first remembered
   */
  static DtypeMemory of(Path directory, List<ModelDescription> models) {
    MessageDigest digest = Sha256.digest();
    add(digest, Processor.kind());
    add(digest, Torch.library(), Torch.threads());
    for (ModelDescription model : models) {
      add(
          digest,
          model.fingerprint(),
          model.maxTokens(),
          model.overlap(),
          model.bos(),
          model.spec().decoder(),
          model.spec().threshold().value());
    }
    return new DtypeMemory(directory.resolve(HexFormat.of().formatHex(digest.digest()) + ".json"));
  }

  private static void add(MessageDigest digest, Object... facts) {
    digest.update((List.of(facts) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** The choice that was made before; empty if nothing was, or it cannot be read. */
  Optional<DtypeChoice> recalled() {
    try {
      DIRECTORIES.require(file.getParent());
      if (Files.size(file) > MAX_BYTES) {
        return Optional.empty();
      }
      JsonNode record = JSON.readTree(Files.readAllBytes(file));
      ComputeType dtype = ComputeType.parse(record.path("dtype").asText());
      return dtype == ComputeType.AUTO
          ? Optional.empty()
          : Optional.of(
              new DtypeChoice(dtype, record.path("reason").asText() + "; remembered in " + file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      LOG.debug("Nothing is remembered in {}: {}", file, e.toString());
      return Optional.empty();
    }
  }

  /** Remembers a choice; where that cannot be written, the next trial may come to another. */
  void remember(DtypeChoice choice) {
    try {
      DIRECTORIES.create(file.getParent());
      byte[] record =
          JSON.writeValueAsBytes(
              JSON.createObjectNode()
                  .put("dtype", choice.dtype().label())
                  .put("reason", choice.reason()));
      AtomicFile.write(file, out -> out.write(record));
    } catch (IOException e) {
      LOG.warn("Cannot remember which dtype was chosen: {}", e.toString());
    }
  }
}
