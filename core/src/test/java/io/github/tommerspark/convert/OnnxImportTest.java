package io.github.tommerspark.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.convert.TinyOnnx.Linear;
import io.github.tommerspark.convert.TinyOnnx.Message;
import io.github.tommerspark.source.LocalDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxImportTest {

  private static final String TOKENIZER =
      "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"a\": 0, \"b\": 10}}}";

  @TempDir private Path folder;

  @BeforeEach
  void tokenizer() throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
  }

  @ParameterizedTest
  @EnumSource(Linear.class)
  void weightsAreThoseOfTheCheckpointHoweverTheyWereExported(Linear linear) throws IOException {
    TinyOnnx onnx = new TinyOnnx("", linear, false);
    write(onnx.bytes(), TinyOnnx.LAYERS, null);
    assertWeights(onnx, TinyOnnx.LAYERS, DType.F32);
    assertThat(Files.readString(folder.resolve("out/tokenizer.json"))).isEqualTo(TOKENIZER);
  }

  @Test
  void theConfigFollowsFromTheGraph() throws IOException {
    write(new TinyOnnx("bert.", Linear.ANONYMOUS, false).bytes(), TinyOnnx.LAYERS, null);
    JsonNode config = new ObjectMapper().readTree(folder.resolve("out/config.json").toFile());
    assertThat(config)
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"architectures": ["BertModel"], "model_type": "bert", "vocab_size": 11,
                     "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
                     "intermediate_size": 12, "hidden_act": "gelu", "max_position_embeddings": 16,
                     "type_vocab_size": 2, "layer_norm_eps": 1e-12,
                     "position_embedding_type": "absolute", "pad_token_id": 0}
                    """));
  }

  @Test
  void fewerBlocksIn16BitsAreACompleteSnapshot() throws IOException {
    TinyOnnx onnx = new TinyOnnx("model.", Linear.ANONYMOUS, false);
    write(onnx.bytes(), 1, DType.BF16);
    // Multiples of 1/256 up to 8 have 11 bits, of which bf16 keeps 8.
    for (Map.Entry<String, float[]> value : onnx.values().entrySet()) {
      float[] numbers = value.getValue();
      for (int i = 0; i < numbers.length; i++) {
        int bits = Float.floatToRawIntBits(numbers[i]);
        int rounded = bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000;
        numbers[i] = Float.intBitsToFloat(rounded);
      }
    }
    assertWeights(onnx, 1, DType.BF16);
  }

  @Test
  void sixteenBitsStaySo() throws IOException {
    TinyOnnx onnx = new TinyOnnx("", Linear.GEMM, true);
    write(onnx.bytes(), TinyOnnx.LAYERS, null);
    assertWeights(onnx, TinyOnnx.LAYERS, DType.F16);
  }

  @Test
  void theSameFileGivesTheSameBytes() throws IOException {
    byte[] file = new TinyOnnx("", Linear.ANONYMOUS, false).bytes();
    write(file, 2, DType.F16);
    Files.move(folder.resolve("out"), folder.resolve("first"));
    write(file, 2, DType.F16);
    for (String made : List.of("config.json", "model.safetensors")) {
      assertThat(folder.resolve("out").resolve(made))
          .hasSameBinaryContentAs(folder.resolve("first").resolve(made));
    }
    assertThat(Files.readString(folder.resolve("out/config.json"))).doesNotContain("\r");
  }

  private void assertWeights(TinyOnnx onnx, int layers, DType dtype) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(new LocalDirectory(folder.resolve("out")))) {
      assertThat(checkpoint.names())
          .containsExactlyInAnyOrderElementsOf(
              onnx.values().keySet().stream()
                  .filter(name -> layers == 2 || !name.startsWith("encoder.layer.1."))
                  .toList());
      for (String name : checkpoint.names()) {
        TensorInfo tensor = checkpoint.tensor(name);
        assertThat(tensor.dtype()).isEqualTo(dtype);
        assertThat(tensor.shape()).as(name).isEqualTo(onnx.shapes().get(name));
        assertThat(checkpoint.floats(tensor)).as(name).isEqualTo(onnx.values().get(name));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"Tanh, gelu_new", "Relu, relu", "Erf, gelu", "Gelu, gelu"})
  void theActivationIsReadOffTheGraph(String operator, String name) throws IOException {
    write(new TinyOnnx("", Linear.ANONYMOUS, false).activation(operator).bytes(), 2, null);
    assertThat(Files.readString(folder.resolve("out/config.json")))
        .contains("\"hidden_act\" : \"" + name + "\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MatMulInteger | its weights are quantised (operator \"MatMulInteger\"); import the export in float32 or float16",
        "DequantizeLinear | its weights are quantised (operator \"DequantizeLinear\"); import the export in float32 or float16",
        "com.microsoft.SkipLayerNormalization | its operations were joined for one runtime (operator \"com.microsoft.SkipLayerNormalization\"); import the export before it was optimised",
        "Conv | operator \"Conv\" is none of BERT's; supported are exports of BERT and RoBERTa",
        "CumSum | it counts positions from the padding (operator \"CumSum\") as RoBERTa does; name its config.json, which says where they begin",
      })
  void otherOperatorsAreRefusedByName(String operator, String reason) {
    assertRefused(
        new TinyOnnx("", Linear.ANONYMOUS, false).extra(operator).bytes(),
        "Cannot import " + folder.resolve("model.onnx") + ": " + reason);
  }

  @Test
  void whatTheGraphDoesNotTellIsAskedFor() throws IOException {
    byte[] file = new TinyOnnx("", Linear.ANONYMOUS, false).withoutShape().bytes();
    // Heads follow from their dimensions.
    write(file, 2, null);
    assertThat(Files.readString(folder.resolve("out/config.json")))
        .contains("\"num_attention_heads\" : 2");
    delete(folder.resolve("out"));
    assertRefused(
        new TinyOnnx("", Linear.ANONYMOUS, false).activation("Abs").bytes(),
        "Cannot import %s: the graph does not tell \"hidden_act\"; name the model's config.json"
            .formatted(folder.resolve("model.onnx")));
  }

  @Test
  void aGivenConfigIsUsedAndHasToFit() throws IOException {
    Files.write(
        folder.resolve("model.onnx"),
        new TinyOnnx("roberta.", Linear.ANONYMOUS, false).extra("CumSum").bytes());
    Path config = folder.resolve("config.json");
    String text =
        """
        {"model_type": "roberta", "vocab_size": 11, "hidden_size": 8, "num_hidden_layers": 2,
         "num_attention_heads": %d, "intermediate_size": %d, "hidden_act": "gelu",
         "max_position_embeddings": 16, "type_vocab_size": 2, "layer_norm_eps": 1e-05,
         "pad_token_id": 1}
        """;
    Files.writeString(config, text.formatted(2, 12));
    write(config, 1);
    JsonNode written = new ObjectMapper().readTree(folder.resolve("out/config.json").toFile());
    assertThat(written.get("model_type").asText()).isEqualTo("roberta");
    assertThat(written.get("num_hidden_layers").asInt()).isEqualTo(1);
    assertThat(written.get("layer_norm_eps").asDouble()).isEqualTo(1e-5);

    delete(folder.resolve("out"));
    Files.writeString(config, text.formatted(4, 12));
    assertThatThrownBy(() -> write(config, 1))
        .hasMessageEndingWith(
            "config.json says \"num_attention_heads\": \"4\", but the graph has 2");
    Files.writeString(config, text.formatted(2, 13));
    assertThatThrownBy(() -> write(config, 1))
        .hasMessageContaining("Cannot import " + folder.resolve("model.onnx"))
        .hasMessageContaining("has shape [12, 8], but config.json implies [13, 8]");
    Files.writeString(config, "{\"model_type\": \"gpt2\"}");
    assertThatThrownBy(() -> write(config, 1))
        .hasMessageEndingWith(
            "config.json says \"model_type\": \"gpt2\"; supported for ONNX: bert, roberta");
    assertThat(leftOvers()).isEmpty();
  }

  @Test
  void aTokenizerOfAnotherModelIsRefused() throws IOException {
    Path file = folder.resolve("tokenizer.json");
    byte[] onnx = new TinyOnnx("", Linear.ANONYMOUS, false).bytes();
    Files.writeString(file, TOKENIZER.replace("10", "11"));
    assertRefused(
        onnx,
        "Cannot use tokenizer %s: it has token ids up to 11, but the model knows 11; it belongs to another model"
            .formatted(file));
    Files.writeString(file, "{}");
    assertRefused(
        onnx,
        "Cannot read tokenizer %s: it has no \"vocab\" in its \"model\"; name the tokenizer.json of a Hugging Face model"
            .formatted(file));
  }

  @Test
  void externalWeightsAreRefused() {
    assertThatThrownBy(
            () -> write(new TinyOnnx("", Linear.ANONYMOUS, false).external().bytes(), 2, null))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageEndingWith(
            "has its values in another file (external data); export the model into one file");
  }

  @Test
  void anythingElseIsNoOnnxFile() {
    assertRefused(
        new byte[0],
        "Cannot read %s: it has no graph; is it an ONNX file?"
            .formatted(folder.resolve("model.onnx")));
    assertThatThrownBy(() -> write("{\"a\": 1}, not protobuf".getBytes(), 1, null))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith("Cannot read " + folder.resolve("model.onnx"));
    assertThatThrownBy(() -> write(new TinyOnnx("", Linear.GEMM, false).bytes(), 3, null))
        .hasMessage(
            "Cannot import 3 blocks of %s: it has 2".formatted(folder.resolve("model.onnx")));
  }

  @Test
  void whatIsThereIsNotReplaced() throws IOException {
    Files.createDirectory(folder.resolve("out"));
    byte[] file = new TinyOnnx("", Linear.GEMM, false).bytes();
    write(file, 2, null);
    assertThatThrownBy(() -> write(file, 2, null))
        .hasMessage(
            "Cannot write %s: it is there and not empty; name another directory or remove it"
                .formatted(folder.resolve("out")));
  }

  @Test
  void valuesThatAreTooLargeForATypeAreRefused() {
    TinyOnnx onnx = new TinyOnnx("", Linear.ANONYMOUS, false);
    byte[] file = onnx.bytes();
    float first = onnx.values().get("embeddings.word_embeddings.weight")[0];
    byte[] wanted = littleEndian(first);
    int at = indexOf(file, wanted);
    System.arraycopy(littleEndian(70_000f), 0, file, at, 4);
    assertThatThrownBy(() -> write(file, 2, DType.F16))
        .hasMessageEndingWith(
            "element 0 of tensor \"embeddings.word_embeddings.weight\" is 70000.0, too large for F16; choose another type");
    System.arraycopy(littleEndian(Float.NaN), 0, file, at, 4);
    assertThatThrownBy(() -> write(file, 2, null))
        .hasMessageEndingWith(
            "element 0 of tensor \"embeddings.word_embeddings.weight\" is NaN; the file is damaged");
  }

  private static byte[] littleEndian(float value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array();
  }

  private static int indexOf(byte[] file, byte[] part) {
    for (int at = 0; ; at++) {
      if (Arrays.equals(file, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aGraphWithoutEndIsNotKept(int field) {
    // A node or a tensor of a byte or two each, which would take a hundred each in memory.
    Message graph = new Message();
    for (int i = 0; i < 200_000; i++) {
      graph.bytes(field == 1 ? 1 : 5, new byte[0]);
    }
    byte[] file = new Message().bytes(7, graph.toBytes()).toBytes();
    assertThatThrownBy(() -> write(file, 1, null))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(field == 1 ? "more than 100,000 operations" : "tensor");
  }

  @Test
  void shapesInACircleAreNotFollowed() {
    Message graph =
        new Message()
            .bytes(1, new Message().text(1, "b").text(2, "a").text(4, "Identity").toBytes())
            .bytes(1, new Message().text(1, "a").text(2, "b").text(4, "Identity").toBytes());
    byte[] tensor =
        new Message()
            .number(1, 1)
            .number(1, 1)
            .number(2, 1)
            .text(8, "embeddings.word_embeddings.weight")
            .bytes(9, new byte[4])
            .toBytes();
    graph.bytes(5, tensor);
    assertThatThrownBy(() -> write(new Message().bytes(7, graph.toBytes()).toBytes(), 1, null))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("there is no tensor named");
  }

  /**
   * A damaged file is refused with a reason, or it is another model: nothing else may happen. Only
   * values of weights, and names that nothing asks for, can change without being noticed.
   */
  @Test
  void damagedFilesAreRefused() throws IOException {
    List<byte[]> files =
        Arrays.stream(Linear.values())
            .map(linear -> new TinyOnnx("", linear, false).bytes())
            .toList();
    Random random = new Random(20261127);
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
      byte[] damaged = damage(files.get(i % files.size()), random);
      try {
        write(damaged, 1 + random.nextInt(2), null);
        try (Checkpoint checkpoint = Checkpoint.open(new LocalDirectory(folder.resolve("out")))) {
          assertThat(checkpoint.names()).isNotEmpty();
        }
      } catch (ModelFormatException e) {
        refused++;
        assertThat(e)
            .as("damage %d", i)
            .message()
            .matches("Cannot (read|import|use) [^\\n]{10,}")
            .contains(folder.toString());
      }
      delete(folder.resolve("out"));
    }
    assertThat(leftOvers()).isEmpty();
    assertThat(refused).isGreaterThan(500);
  }

  private static byte[] damage(byte[] file, Random random) {
    byte[] damaged = file.clone();
    switch (random.nextInt(4)) {
      case 0 -> damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      case 1 -> damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      case 2 -> {
        for (int n = 0; n < 20; n++) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
      }
      default -> {
        int from = random.nextInt(damaged.length);
        int to = random.nextInt(damaged.length);
        int length = Math.min(damaged.length - Math.max(from, to), random.nextInt(500));
        System.arraycopy(file, from, damaged, to, length);
      }
    }
    return damaged;
  }

  private void assertRefused(byte[] file, String message) {
    assertThatThrownBy(() -> write(file, 1, null))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage(message);
    assertThat(leftOvers()).isEmpty();
  }

  private void write(byte[] file, int layers, DType dtype) throws IOException {
    Files.write(folder.resolve("model.onnx"), file);
    try (OnnxImport model = OnnxImport.open(folder.resolve("model.onnx"), null)) {
      model.write(folder.resolve("tokenizer.json"), layers, dtype, folder.resolve("out"));
    }
  }

  private void write(Path config, int layers) throws IOException {
    try (OnnxImport model = OnnxImport.open(folder.resolve("model.onnx"), config)) {
      model.write(folder.resolve("tokenizer.json"), layers, null, folder.resolve("out"));
    }
  }

  /** What a failed import has left behind. */
  private List<Path> leftOvers() {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> !file.toString().endsWith(".json") && !file.toString().endsWith(".onnx"))
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
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
