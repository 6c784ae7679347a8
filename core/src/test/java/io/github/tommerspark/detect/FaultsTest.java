package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.detect.DocumentMentions.ModelResult;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceMemoryException;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Forward calls that fail, and scores that are not finite: whose fault they are. */
class FaultsTest {

  private static final String EMBEDDINGS = "model.embed_tokens.weight";
  private static final List<String> TEXTS =
      List.of(
          "Marie Curie left Warsaw.", "She met Pierre.", "a zebra", "In 1891 she was in Paris.");

  /** The one that a model has no answer to. */
  private static final int BAD = 2;

  @TempDir private Path folder;
  private Path backbone;
  private Path head;

  @BeforeEach
  void aModel() throws IOException {
    backbone = TestModels.contextFreeLlama(folder.resolve("backbone"));
    head = TestModels.head(folder.resolve("head"), 3, true, 5);
  }

  @Test
  void aTextThatTheModelHasNoAnswerToIsAnErrorAndItsNeighboursAreNone() throws IOException {
    List<DocumentMentions> expected = annotate(options());
    List<DocumentMentions> found = annotate(options().withFaults("token/" + ownToken()));
    assertOneError(
        found, expected, "the forward call failed: RuntimeError: a test has no answer .*");
  }

  @Test
  void aCallThatFailsOnceCostsNothing() throws IOException {
    List<DocumentMentions> expected = annotate(options());
    assertThat(annotate(options().withFaults("engine/2"))).isEqualTo(expected);
  }

  @Test
  void aModelThatFailsOnEverythingIsNoErrorOfRows() {
    assertThatThrownBy(() -> annotate(options().withFaults("engine/1")))
        .isInstanceOf(ModelFailedException.class)
        .hasMessageContaining("Cannot score with test: it fails whatever it reads")
        .hasMessageContaining("a failure of a test");
  }

  @Test
  void memoryThatANeighbourHasIsNoErrorOfRows() {
    assertThatThrownBy(() -> annotate(options().withFaults("memory/1+")))
        .isInstanceOf(DeviceMemoryException.class)
        .hasMessageContaining("Out of memory with a single window");
  }

  @Test
  void statesThatAreNotFiniteAreTheErrorOfTheirText() throws IOException {
    List<DocumentMentions> expected = annotate(options());
    setEmbedding(ownToken(), Float.MAX_VALUE);
    assertOneError(
        annotate(options()), expected, "hidden states of layer 0 are not finite in fp32");
  }

  @Test
  void scoresThatAreNotFiniteAreTheErrorOfTheirText() throws IOException {
    head = TestModels.head(folder.resolve("products"), 3, true, false, 5);
    List<DocumentMentions> expected = annotate(options());
    // Finite, and so is their sum, but not what the head makes of them.
    setEmbedding(ownToken(), 1e36f);
    assertOneError(
        annotate(options()),
        expected,
        "scores of model test are not finite, though the hidden states of layer 0 are");
  }

  @Test
  void aModelWithoutAnyFiniteScoreIsNoErrorOfRows() throws IOException {
    Map<String, FloatTensor> tensors = tensors();
    float[] values = tensors.get(EMBEDDINGS).values();
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.MAX_VALUE;
    }
    write(tensors);
    assertThatThrownBy(() -> annotate(options()))
        .isInstanceOf(ModelFailedException.class)
        .hasMessageContaining("hidden states of layer 0 are not finite in fp32");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        EMBEDDINGS,
        "model.layers.0.input_layernorm.weight",
        "model.layers.0.self_attn.o_proj.weight"
      })
  void weightsThatAreNotFiniteAreRefused(String tensor) throws IOException {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      Map<String, FloatTensor> tensors = tensors();
      tensors.get(tensor).values()[7] = bad;
      write(tensors);
      for (ComputeType type : List.of(ComputeType.FP32, ComputeType.BF16)) {
        assertThatThrownBy(() -> annotate(options().withDtype(type)))
            .isInstanceOf(ModelFormatException.class)
            .hasMessage(
                "Cannot use model.safetensors: tensor %s has values that are not finite in %s; download or convert the model again"
                    .formatted(tensor, type.label()));
      }
    }
  }

  @Test
  void weightsThatAreTooLargeForFp16AreRefusedWithTheRemedy() throws IOException {
    Map<String, FloatTensor> tensors = tensors();
    tensors.get("model.layers.0.mlp.up_proj.weight").values()[3] = 1e6f;
    write(tensors);
    assertThatThrownBy(() -> annotate(options().withDtype(ComputeType.FP16)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("use ‹dtype› bf16 or fp32");
  }

  @Test
  void aHeadWithoutFiniteValuesIsRefused() throws IOException {
    Path file = head.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    // The end of the file is the end of some tensor: an infinity.
    bytes[bytes.length - 1] = 0x7f;
    bytes[bytes.length - 2] = (byte) 0x80;
    bytes[bytes.length - 3] = 0;
    bytes[bytes.length - 4] = 0;
    Files.write(file, bytes);
    assertThatThrownBy(() -> annotate(options()))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("has values that are not finite");
  }

  private static void assertOneError(
      List<DocumentMentions> found, List<DocumentMentions> expected, String error) {
    ModelResult bad = found.get(BAD).results().get(0);
    assertThat(bad.error()).matches(error);
    assertThat(bad.mentions()).isEmpty();
    for (int i = 0; i < TEXTS.size(); i++) {
      if (i != BAD) {
        assertThat(found.get(i)).as("text " + i).isEqualTo(expected.get(i));
      }
    }
  }

  private List<DocumentMentions> annotate(EngineOptions options) throws IOException {
    try (MentionDetector detector =
        MentionDetector.load(
            List.of(ModelSpec.of("test", backbone.toString(), head.toString())), options)) {
      return detector.annotate(TEXTS);
    }
  }

  private static EngineOptions options() {
    return EngineOptions.defaults().withDtype(ComputeType.FP32);
  }

  /** A token that the bad text has and no other, nor the one that models are tried with. */
  private int ownToken() throws IOException {
    try (TextTokenizer tokenizer =
        TextTokenizer.load(
            "tokenizer.json",
            new ByteArrayInputStream(Files.readAllBytes(backbone.resolve("tokenizer.json"))),
            BosPolicy.TOKENIZER,
            OptionalInt.empty(),
            false)) {
      List<Integer> own = new ArrayList<>(ids(tokenizer, TEXTS.get(BAD)));
      for (int i = 0; i < TEXTS.size(); i++) {
        if (i != BAD) {
          own.removeAll(ids(tokenizer, TEXTS.get(i)));
        }
      }
      own.removeAll(ids(tokenizer, "Marie Curie was born in Warsaw."));
      return own.get(0);
    }
  }

  private static List<Integer> ids(TextTokenizer tokenizer, String text) {
    TokenizedText tokens = tokenizer.encode(text);
    return IntStream.range(0, tokens.size()).mapToObj(tokens::id).toList();
  }

  private void setEmbedding(int token, float value) throws IOException {
    Map<String, FloatTensor> tensors = tensors();
    for (int i = 0; i < TestModels.WIDTH; i++) {
      tensors.get(EMBEDDINGS).values()[token * TestModels.WIDTH + i] = value;
    }
    write(tensors);
  }

  private Map<String, FloatTensor> tensors() throws IOException {
    Map<String, FloatTensor> tensors = new LinkedHashMap<>();
    try (Checkpoint checkpoint = Checkpoint.open(new LocalDirectory(backbone))) {
      for (String name : checkpoint.names()) {
        TensorInfo info = checkpoint.tensor(name);
        tensors.put(name, new FloatTensor(info.shape(), checkpoint.floats(info)));
      }
    }
    return tensors;
  }

  private void write(Map<String, FloatTensor> tensors) throws IOException {
    // As a new file: what is mapped must not change.
    Path file = backbone.resolve("model.safetensors");
    Files.delete(file);
    try (OutputStream out = Files.newOutputStream(file)) {
      SafetensorsWriter.write(tensors, out);
    }
  }
}
