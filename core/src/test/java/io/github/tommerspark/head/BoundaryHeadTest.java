package io.github.tommerspark.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.engine.ScriptModule;
import io.github.tommerspark.source.LocalDirectory;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script of boundary heads against its equation, and their files. */
class BoundaryHeadTest {
  private static final int WIDTH = 10;

  private static ScriptModule module;

  /** As GPUs run it. */
  private static ScriptModule scanning;

  @TempDir private Path directory;

  @BeforeAll
  static void load() {
    module = load("extremes");
    scanning = load("extremes_scan");
  }

  private static ScriptModule load(String extremes) {
    return ScriptModule.load(
        List.of("packed", "projection", extremes, "head", "dropout", "boundary"),
        Map.of(),
        Device.cpu());
  }

  @AfterAll
  static void close() {
    module.close();
    scanning.close();
  }

  private static BoundaryHead head(
      int tokenSize, int size, int rank, int inside, int window, long seed) {
    HeadConfig config =
        HeadConfig.boundary(
            "test",
            1,
            rank,
            window,
            new HeadAdditions(
                true,
                true,
                new HeadThresholds(
                    OptionalDouble.of(0.5), OptionalDouble.of(0.25), OptionalDouble.empty()),
                new Calibration(1.25, -0.5)));
    Random random = new Random(seed);
    List<float[]> parameters = new ArrayList<>();
    for (long[] shape : BoundaryHead.shapes(config, WIDTH, tokenSize, size, inside)) {
      int count = 1;
      for (long dimension : shape) {
        count *= (int) dimension;
      }
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = (float) (0.5 * random.nextGaussian());
      }
      parameters.add(values);
    }
    return (BoundaryHead) Head.of(config, WIDTH, parameters);
  }

  /** Says which spans of a sequence are considered. */
  @FunctionalInterface
  private interface Spans {
    boolean allows(int start, int end);
  }

  /** Logits by the equation of {@link BoundaryHead}, one span at a time. */
  private static final class Reference {
    private final BoundaryHead head;
    private final List<float[]> w;
    private final float[][] states;
    private final double[][] tokens;
    private final double[][] embeddings;

    Reference(BoundaryHead head, float[][] states) {
      this.head = head;
      this.states = states;
      w = head.parameters().stream().map(tensor -> tensor.values()).toList();
      tokens = new double[states.length][head.tokenSize()];
      embeddings = new double[states.length][head.size()];
      for (int i = 0; i < states.length; i++) {
        for (int e = 0; e < head.tokenSize(); e++) {
          double x = w.get(1)[e];
          for (int d = 0; d < WIDTH; d++) {
            x += (double) w.get(0)[e * WIDTH + d] * states[i][d];
          }
          tokens[i][e] = gelu(x);
        }
      }
      for (int i = 0; i < states.length; i++) {
        for (int e = 0; e < head.size(); e++) {
          double x = 0;
          for (int o = -2; o <= 2; o++) {
            x += share((o + 2) * head.size() + e, i + o);
          }
          embeddings[i][e] = gelu(x);
        }
      }
    }

    private double share(int row, int token) {
      if (token < 0 || token >= tokens.length) {
        return 0;
      }
      double sum = w.get(3)[row];
      for (int i = 0; i < head.tokenSize(); i++) {
        sum += w.get(2)[row * head.tokenSize() + i] * tokens[token][i];
      }
      return sum;
    }

    private double projected(int matrix, int token, int column) {
      double sum = 0;
      for (int e = 0; e < head.size(); e++) {
        sum += embeddings[token][e] * w.get(matrix)[e * head.config().rank() + column];
      }
      return sum;
    }

    private double probe(int row, int token) {
      double sum = w.get(7)[row];
      for (int e = 0; e < head.size(); e++) {
        sum += w.get(6)[row * head.size() + e] * embeddings[token][e];
      }
      return sum;
    }

    private double alone(int start, int end) {
      double logit = 0;
      for (int c = 0; c < head.config().rank(); c++) {
        logit += projected(4, end, c) * projected(5, start, c) / Math.sqrt(head.config().rank());
      }
      logit += probe(0, start) + probe(1, end) + w.get(9)[end - start];
      for (int t = start; t <= end; t++) {
        logit += probe(2, t) / 8;
      }
      for (int k = 0; k < head.inside(); k++) {
        double greatest = Double.NEGATIVE_INFINITY;
        double least = Double.POSITIVE_INFINITY;
        for (int t = start; t <= end; t++) {
          greatest = Math.max(greatest, probe(3 + k, t));
          least = Math.min(least, probe(3 + k, t));
        }
        logit += w.get(8)[k] * greatest + w.get(8)[head.inside() + k] * least;
      }
      return logit;
    }

    double logit(int start, int end, Spans spans) {
      double[] rivals = new double[4];
      int window = head.config().slidingWindow();
      for (int i = Math.max(1, end - window); i <= end; i++) {
        rival(rivals, i > start ? 0 : 1, i, end, i != start, spans);
      }
      for (int j = start; j <= Math.min(states.length - 1, start + window); j++) {
        rival(rivals, j < end ? 2 : 3, start, j, j != end, spans);
      }
      double logit = alone(start, end);
      for (int k = 0; k < rivals.length; k++) {
        logit += w.get(10)[k] * rivals[k];
      }
      return logit;
    }

    private void rival(double[] rivals, int kind, int start, int end, boolean other, Spans spans) {
      if (other && spans.allows(start, end)) {
        rivals[kind] = Math.max(rivals[kind], 1 / (1 + Math.exp(-alone(start, end))));
      }
    }

    private static double gelu(double x) {
      return x * 0.5 * (1 + erf(x / Math.sqrt(2)));
    }

    /** The error function by its series, exact enough for small arguments. */
    private static double erf(double x) {
      if (Math.abs(x) > 5) {
        return Math.signum(x);
      }
      double term = x;
      double sum = x;
      for (int n = 1; n < 200; n++) {
        term *= -x * x / n;
        sum += term / (2 * n + 1);
      }
      return 2 / Math.sqrt(Math.PI) * sum;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "7, 8, 4, 2, 5, false",
    "2, 3, 2, 1, 1, true",
    "12, 16, 8, 4, 25, false",
    "12, 16, 8, 4, 25, true"
  })
  void scoresEverySpanOfEverySequenceByItsEquation(
      int tokenSize, int size, int rank, int inside, int window, boolean bounded) {
    BoundaryHead head = head(tokenSize, size, rank, inside, window, 31 * size + window);
    Random random = new Random(window);
    // (count, length) of packed sequences, single tokens among them.
    long[] groups = {2, 9, 1, 40, 1, 2, 3, 1};
    List<float[][]> sequences = new ArrayList<>();
    List<float[]> packed = new ArrayList<>();
    for (int g = 0; g < groups.length; g += 2) {
      for (int s = 0; s < groups[g]; s++) {
        float[][] states = new float[(int) groups[g + 1]][WIDTH];
        for (float[] state : states) {
          for (int i = 0; i < WIDTH; i++) {
            state[i] = (float) random.nextGaussian();
          }
          packed.add(state);
        }
        sequences.add(states);
      }
    }
    byte[] edges = new byte[bounded ? 2 * packed.size() : 0];
    for (int i = 0; i < edges.length; i++) {
      edges[i] = (byte) (random.nextInt(3) > 0 ? 1 : 0);
    }
    Map<List<Long>, Float> found = spans(module, head, packed, groups, edges);
    Map<List<Long>, Float> scanned = spans(scanning, head, packed, groups, edges);
    assertThat(scanned).containsOnlyKeys(found.keySet());
    found.forEach((span, logit) -> assertThat(scanned.get(span)).isCloseTo(logit, within(1e-4f)));
    int first = 0;
    int expected = 0;
    for (float[][] states : sequences) {
      Reference reference = new Reference(head, states);
      int begin = first;
      Spans spans =
          (start, end) ->
              !bounded || edges[2 * (begin + start)] == 1 && edges[2 * (begin + end) + 1] == 1;
      for (int end = 0; end < states.length; end++) {
        // The first token of a sequence begins no span.
        for (int start = Math.max(1, end - window); start <= end; start++) {
          if (spans.allows(start, end)) {
            Float logit = found.get(List.of((long) first + start, (long) first + end));
            assertThat(logit).as("span %d to %d", start, end).isNotNull();
            assertThat((double) logit).isCloseTo(reference.logit(start, end, spans), within(2e-4));
            expected++;
          }
        }
      }
      first += states.length;
    }
    assertThat(found).hasSize(expected);
  }

  private static Map<List<Long>, Float> spans(
      ScriptModule module, BoundaryHead head, List<float[]> states, long[] groups, byte[] edges) {
    float[] flat = new float[states.size() * WIDTH];
    for (int i = 0; i < states.size(); i++) {
      System.arraycopy(states.get(i), 0, flat, i * WIDTH, WIDTH);
    }
    try (PtNDManager call = module.newCallManager()) {
      PtNDArray[] weights =
          head.parameters().stream()
              .map(tensor -> module.floats(call, tensor.values(), tensor.shape()))
              .toArray(PtNDArray[]::new);
      try (IValue z = IValue.from(module.floats(call, flat, states.size(), WIDTH));
          IValue runs = IValue.listFrom(groups);
          IValue marks = IValue.from(module.bytes(call, edges, edges.length / 2, 2));
          IValue w = IValue.listFrom(weights);
          IValue floor = IValue.from(Double.NEGATIVE_INFINITY);
          IValue result = module.run("boundary_spans", z, runs, marks, w, floor)) {
        IValue[] parts = result.toIValueTuple();
        long[] tokens = parts[0].toTensor(call).toLongArray();
        float[] logits = parts[1].toTensor(call).toFloatArray();
        Map<List<Long>, Float> spans = new HashMap<>();
        for (int i = 0; i < logits.length; i++) {
          assertThat(spans.put(List.of(tokens[i], tokens[logits.length + i]), logits[i]))
              .as("each span once")
              .isNull();
        }
        return spans;
      }
    }
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    BoundaryHead head = head(9, 6, 3, 2, 7, 1);
    HeadFiles.write(head, directory);
    assertThat(HeadFiles.read(new LocalDirectory(directory))).isEqualTo(head);
    assertThat(head.parameterCount())
        .isEqualTo(9 * WIDTH + 9 + 5 * 6 * 9 + 5 * 6 + 2 * 6 * 3 + 5 * 7 + 2 * 2 + 8 + 4);
  }

  @Test
  void takesThePlaceOfAPublishedHeadAndTheOtherWayRound() throws IOException {
    BoundaryHead boundary = head(9, 6, 3, 2, 7, 1);
    PublishedHead published =
        new PublishedHead(
            new HeadConfig(
                HeadType.PUBLISHED,
                "test",
                0,
                1,
                true,
                5,
                true,
                ScoreNormalization.NONE,
                HeadAdditions.NONE),
            2,
            new float[2],
            new float[2],
            new float[2],
            0,
            new float[PublishedHead.FEATURES]);
    for (Head head : List.of(boundary, published, boundary)) {
      HeadFiles.write(head, directory);
      assertThat(HeadFiles.read(new LocalDirectory(directory))).isEqualTo(head);
    }
  }

  @Test
  void namesWhatIsWrongWithTheDefinition() throws IOException {
    HeadFiles.write(head(9, 6, 3, 2, 7, 1), directory);
    Path file = directory.resolve("boundary.json");
    ObjectMapper json = new ObjectMapper();
    ObjectNode good = (ObjectNode) json.readTree(file.toFile());
    refuses(file, good.deepCopy().put("version", 2), "field \"version\" is 2, and must be 1");
    refuses(file, good.deepCopy().put("format", "x"), "field \"format\" is \"x\", and must be");
    refuses(file, good.deepCopy().put("rank", 0), "field \"rank\" is 0, and must be at least 1");
    refuses(file, good.deepCopy().put("sliding_window", 0), "must be at least 1");
    refuses(file, good.deepCopy().put("sliding_window", 8), "\"length.bias\" has shape [8]");
    refuses(file, good.deepCopy().put("sliding_window", 2_000_000_000), "a window of 1024");
    refuses(
        file,
        good.deepCopy().put("rank", 1 << 30),
        "makes no embeddings of tokens for rank 1073741824");
    ObjectNode without = good.deepCopy();
    without.remove("layer");
    refuses(file, without, "field \"layer\" is missing");
  }

  private void refuses(Path file, ObjectNode definition, String reason) throws IOException {
    Files.writeString(file, definition.toString());
    assertThatThrownBy(() -> HeadFiles.read(new LocalDirectory(directory)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith("Cannot read head " + directory)
        .hasMessageContaining(reason);
  }

  @Test
  void namesWhatIsWrongWithTheTensors() throws IOException {
    BoundaryHead head = head(9, 6, 3, 2, 7, 1);
    HeadFiles.write(head, directory);
    for (String name : BoundaryHead.NAMES) {
      Map<String, FloatTensor> tensors = new LinkedHashMap<>();
      for (int i = 0; i < BoundaryHead.NAMES.size(); i++) {
        if (!BoundaryHead.NAMES.get(i).equals(name)) {
          tensors.put(BoundaryHead.NAMES.get(i), head.parameters().get(i));
        }
      }
      try (OutputStream out = Files.newOutputStream(directory.resolve("model.safetensors"))) {
        SafetensorsWriter.write(tensors, out);
      }
      assertThatThrownBy(() -> HeadFiles.read(new LocalDirectory(directory)))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("tensor \"%s\" is missing".formatted(name));
    }
  }
}
