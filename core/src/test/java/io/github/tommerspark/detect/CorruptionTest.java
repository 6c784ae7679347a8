package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.source.LocalDirectory;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damage to any file of a model, at random: it is refused, or the model is known to be another one,
 * or its answers are the same.
 */
class CorruptionTest {

  private static final EngineOptions OPTIONS = EngineOptions.defaults().withDtype(ComputeType.FP32);

  private static final List<String> TEXTS =
      List.of(
          "Marie Curie was born in Warsaw in 1867 and died in France.",
          "the café's owner, José, 3.14 e\u0301 \ud83d\udc69\u200d\ud83d\ude80 said so\n\ttwice.");

  private static final String MODEL = "/io/github/tommerspark/models/nano-llama";

  private static final List<String> FILES =
      List.of(
          "model.safetensors",
          "tokenizer.json",
          "config.json",
          "head/model.safetensors",
          "head/boundary.json",
          "head/tommer.json");

  /** How a file was damaged. */
  private enum Damage {
    BIT,
    NAN,
    CUT
  }

  /** What came of it. */
  private enum Outcome {
    REFUSED,
    DETECTED,
    HARMLESS
  }

  private final Random random = new Random(20);

  @TempDir private Path folder;
  private Path model;
  private ModelDescription whole;
  private List<List<Mention>> expected;

  @BeforeEach
  void aModel() throws IOException, URISyntaxException {
    Path bundled = Path.of(CorruptionTest.class.getResource(MODEL + "/config.json").toURI());
    model = folder.resolve("model");
    for (String file : FILES) {
      Path copy = model.resolve(file);
      Files.createDirectories(copy.getParent());
      Files.copy(bundled.resolveSibling(file), copy);
    }
    whole = describe();
    expected = mentions();
    assertThat(expected.get(0)).isNotEmpty();
  }

  @Test
  void someDamage() throws IOException {
    damage(120);
  }

  @Test
  @Tag("soak")
  void muchDamage() throws IOException {
    System.out.println(damage(10_000));
  }

  private Map<Damage, Map<Outcome, Integer>> damage(int times) throws IOException {
    Map<Damage, Map<Outcome, Integer>> outcomes = new EnumMap<>(Damage.class);
    for (int i = 0; i < times; i++) {
      String name = FILES.get(random.nextInt(FILES.size()));
      Damage damage = Damage.values()[random.nextInt(Damage.values().length)];
      Path file = model.resolve(name);
      byte[] bytes = Files.readAllBytes(file);
      int at = place(name, bytes.length);
      replace(file, damaged(name, bytes, damage, at));
      String what = "%s of %s at %d".formatted(damage, name, at);
      Outcome outcome = outcome(what);
      outcomes
          .computeIfAbsent(damage, unused -> new EnumMap<>(Outcome.class))
          .merge(outcome, 1, Integer::sum);
      replace(file, bytes);
    }
    assertThat(outcomes.values()).allMatch(counts -> counts.getOrDefault(Outcome.REFUSED, 0) > 0);
    return outcomes;
  }

  /** A place in a file; in half of the damage to weights, one in or near the header. */
  private int place(String name, int length) {
    boolean header = name.endsWith(".safetensors") && random.nextBoolean();
    return random.nextInt(header ? Math.min(length, 4096) : length);
  }

  private byte[] damaged(String name, byte[] bytes, Damage damage, int at) throws IOException {
    switch (damage) {
      case BIT -> {
        byte[] flipped = bytes.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
        return flipped;
      }
      case NAN -> {
        return name.endsWith(".safetensors")
            ? withoutNumber(name, bytes)
            : new String(bytes, StandardCharsets.UTF_8)
                .replaceFirst("[0-9.]+", "NaN")
                .getBytes(StandardCharsets.UTF_8);
      }
      default -> {
        return Arrays.copyOf(bytes, at);
      }
    }
  }

  /** One element of a tensor is NaN. */
  private byte[] withoutNumber(String name, byte[] bytes) throws IOException {
    Path file = model.resolve(name);
    try (Checkpoint checkpoint =
        Checkpoint.open(new LocalDirectory(file.getParent()), file.getFileName().toString())) {
      List<String> names = new ArrayList<>(checkpoint.names());
      TensorInfo tensor = checkpoint.tensor(names.get(random.nextInt(names.size())));
      int width = tensor.dtype().bits() / Byte.SIZE;
      int begin = (int) tensor.begin() + width * random.nextInt((int) tensor.elements());
      ByteBuffer edited = ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN);
      // All bits set are NaN in every type.
      for (int i = 0; i < width; i++) {
        edited.put(begin + i, (byte) -1);
      }
      return edited.array();
    }
  }

  private Outcome outcome(String what) {
    List<List<Mention>> found;
    ModelDescription now;
    try {
      found = mentions();
      now = describe();
    } catch (IOException | ModelFailedException | IllegalStateException e) {
      assertThat(e.getMessage()).as(what).startsWith("Cannot").doesNotContain("\n");
      return Outcome.REFUSED;
    } catch (RuntimeException e) {
      throw new AssertionError(what, e);
    }
    if (!now.fingerprint().equals(whole.fingerprint()) || !now.weights().equals(whole.weights())) {
      return Outcome.DETECTED;
    }
    assertThat(found).as(what).isEqualTo(expected);
    return Outcome.HARMLESS;
  }

  private static void replace(Path file, byte[] bytes) throws IOException {
    Path draft = file.resolveSibling("draft");
    Files.write(draft, bytes);
    Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
  }

  private List<List<Mention>> mentions() throws IOException {
    try (MentionDetector detector = MentionDetector.load(List.of(spec()), OPTIONS)) {
      return detector.detect(TEXTS);
    }
  }

  private ModelDescription describe() throws IOException {
    return MentionDetector.describe(List.of(spec()), OPTIONS).get(0);
  }

  private ModelSpec spec() {
    return ModelSpec.of("damaged", model.toString(), model.resolve("head").toString());
  }
}
