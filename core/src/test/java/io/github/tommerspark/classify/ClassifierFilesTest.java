package io.github.tommerspark.classify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.head.Calibration;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.testing.InMemoryDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassifierFilesTest {

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"CONCAT,1,false", "CONCAT,2,true", "AVERAGE,3,false", "AVERAGE,1,true"})
  void whatIsWrittenIsRead(SpanRepresentation representation, int layers, boolean zeroShot)
      throws IOException {
    SpanClassifier classifier = classifier(representation, layers, zeroShot);
    ClassifierFiles.write(classifier, folder);
    assertThat(ClassifierFiles.read(new LocalDirectory(folder))).isEqualTo(classifier);
    assertThat(ClassifierFiles.readLayer(new LocalDirectory(folder))).isEqualTo(5);
    byte[] first = Files.readAllBytes(folder.resolve(ClassifierFiles.PARAMETERS));
    ClassifierFiles.write(classifier, folder);
    assertThat(Files.readAllBytes(folder.resolve(ClassifierFiles.PARAMETERS))).isEqualTo(first);
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(2);
    }
  }

  @Test
  void fieldsThatMakeNoSenseAreNamed() throws IOException {
    refuses(settings -> settings.remove("layer"), "field \"layer\" is missing");
    refuses(settings -> settings.put("layer", -1), "field \"layer\" is -1");
    refuses(settings -> settings.put("layer", "3"), "field \"layer\" is \"3\"");
    refuses(settings -> settings.put("format", "head"), "field \"format\" is \"head\"");
    refuses(settings -> settings.put("version", 2), "field \"version\" is 2");
    refuses(settings -> settings.put("mlp_layers", 17), "field \"mlp_layers\" is 17");
    refuses(
        settings -> settings.put("span_representation", "max"),
        "field \"span_representation\" is \"max\", and must be \"concat\" or \"average\"");
    refuses(
        settings -> settings.putArray("classes").add("person").add("O"),
        "field \"classes\" does not begin with \"O\"");
    refuses(
        settings -> settings.putArray("classes").add("O").add("a").add("a"),
        "there are two classes \"a\"");
    refuses(settings -> settings.putArray("classes").add("O"), "there are 0 classes");
    refuses(
        settings -> settings.putArray("classes").add("O").add(1), "must be an array of strings");
    refuses(
        settings -> settings.put("embedding_size", Integer.MAX_VALUE),
        "has shape [4, 6], and classifier.json asks for [2147483647, 6]");
  }

  @Test
  void tensorsThatDoNotBelongAreNamed() throws IOException {
    refusesTensors(
        tensors -> tensors.remove("classes.weight"), "tensor \"classes.weight\" is missing");
    refusesTensors(
        tensors -> tensors.put("extra", new FloatTensor(new long[] {1}, new float[1])),
        "tensor \"extra\" is not part of such a classifier");
    refusesTensors(
        tensors -> tensors.put("span_embed.0.bias", new FloatTensor(new long[] {5}, new float[5])),
        "tensor \"span_embed.0.bias\" has shape [5], and classifier.json asks for [4]");
    refusesTensors(
        tensors ->
            tensors.put(
                "span_embed.0.bias",
                new FloatTensor(new long[] {4}, new float[] {0, Float.NaN, 0, 0})),
        "tensor \"span_embed.0.bias\" has values that are not finite");
  }

  @Test
  void theOutsideClassOfZeroShotClassifiersScoresNothing() {
    SpanClassifier zeroShot = classifier(SpanRepresentation.CONCAT, 2, true);
    float[] vectors = zeroShot.classVectors().clone();
    vectors[1] = 1;
    assertThatThrownBy(
            () ->
                new SpanClassifier(
                    zeroShot.config(),
                    zeroShot.inputWeight(),
                    zeroShot.inputBias(),
                    zeroShot.hiddenWeight(),
                    zeroShot.hiddenBias(),
                    vectors,
                    zeroShot.promptWeight(),
                    zeroShot.promptBias()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has 1.0 in its first row");
  }

  @Test
  void labelModelsAreWrittenAndRead() throws IOException {
    LabelModel model = labelModel();
    ClassifierFiles.write(model, folder);
    LocalDirectory directory = new LocalDirectory(folder);
    assertThat(ClassifierFiles.read(directory)).isEqualTo(model);
    assertThat(ClassifierFiles.readLayer(directory)).isEqualTo(4);
    assertThat(ClassifierFiles.read(directory).classes()).containsExactly("O");
    assertThat(
            model
                .withLabels(Label.named(List.of("a", "b")), List.of(new float[3], new float[3]))
                .classes())
        .containsExactly("O", "a", "b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prior_exponent | 1.5 | field \"prior_exponent\" is 1.5, and must be in [0, 1]",
        "label_threshold | 1 | field \"label_threshold\" is 1.0, and must be in [0, 1)",
        "label_threshold | \"x\" | field \"label_threshold\" is \"x\", and must be a number",
        "calibration_scale | 0 | field \"calibration_scale\" is 0.0",
        "mention_size | 6 | has shape [5, 9], and classifier.json asks for [6, 9]",
        "embedding_size | 9 | has shape [2, 5], and classifier.json asks for [9, 5]"
      })
  void settingsOfLabelModelsAreChecked(String field, String value, String reason)
      throws IOException {
    ClassifierFiles.write(labelModel(), folder);
    ObjectMapper json = new ObjectMapper();
    ObjectNode settings = (ObjectNode) json.readTree(folder.resolve("classifier.json").toFile());
    settings.set(field, json.readTree(value));
    json.writeValue(folder.resolve("classifier.json").toFile(), settings);
    assertThatThrownBy(() -> ClassifierFiles.read(new LocalDirectory(folder)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith("Cannot read classifier ")
        .hasMessageContaining(reason);
  }

  private static LabelModel labelModel() {
    Random random = new Random(2);
    LabelModelConfig config =
        new LabelModelConfig("test", 4, 3, 5, 4, 2, "a ", 0.25, 0.5, new Calibration(1.25, -0.5));
    List<FloatTensor> parameters = new ArrayList<>();
    LabelModel.shapes(config)
        .values()
        .forEach(
            shape -> {
              int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
              parameters.add(new FloatTensor(shape, gaussian(random, count)));
            });
    FloatTensor sample = new FloatTensor(new long[] {7, 2}, gaussian(random, 14));
    return new LabelModel(config, parameters, sample, List.of(), List.of());
  }

  @Test
  void aDirectoryWithoutClassifierIsNamed() {
    assertThatThrownBy(() -> ClassifierFiles.read(new InMemoryDirectory(Map.of())))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage(
            "Cannot read classifier memory: there is no classifier.json; name a directory that train-classifier wrote");
  }

  private void refuses(Consumer<ObjectNode> change, String reason) throws IOException {
    Map<String, byte[]> files = files();
    ObjectMapper json = new ObjectMapper();
    ObjectNode settings = (ObjectNode) json.readTree(files.get(ClassifierFiles.SETTINGS));
    change.accept(settings);
    files.put(ClassifierFiles.SETTINGS, json.writeValueAsBytes(settings));
    assertThatThrownBy(() -> ClassifierFiles.read(new InMemoryDirectory(files)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith("Cannot read classifier memory/")
        .hasMessageContaining(reason);
  }

  private void refusesTensors(Consumer<Map<String, FloatTensor>> change, String reason)
      throws IOException {
    Map<String, FloatTensor> tensors = new HashMap<>();
    tensors.put("span_embed.0.weight", new FloatTensor(new long[] {4, 6}, new float[24]));
    tensors.put("span_embed.0.bias", new FloatTensor(new long[] {4}, new float[4]));
    tensors.put("classes.weight", new FloatTensor(new long[] {3, 4}, new float[12]));
    change.accept(tensors);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsWriter.write(tensors, out);
    Map<String, byte[]> files = files();
    files.put(ClassifierFiles.PARAMETERS, out.toByteArray());
    assertThatThrownBy(() -> ClassifierFiles.read(new InMemoryDirectory(files)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith("Cannot read classifier memory/model.safetensors: ")
        .hasMessageContaining(reason);
  }

  /** The files of a classifier with one layer. */
  private Map<String, byte[]> files() throws IOException {
    ClassifierFiles.write(classifier(SpanRepresentation.CONCAT, 1, false), folder);
    Map<String, byte[]> files = new HashMap<>();
    for (String file : List.of(ClassifierFiles.SETTINGS, ClassifierFiles.PARAMETERS)) {
      files.put(file, Files.readAllBytes(folder.resolve(file)));
    }
    return files;
  }

  private static SpanClassifier classifier(
      SpanRepresentation representation, int layers, boolean zeroShot) {
    int embedding = 4;
    int hidden = layers > 1 ? embedding : 0;
    ClassifierConfig config =
        new ClassifierConfig(
            "test",
            5,
            3,
            representation,
            layers,
            embedding,
            zeroShot ? ClassProbability.SIGMOID : ClassProbability.SOFTMAX,
            List.of("O", "person", "Ort"));
    Random random = new Random(1);
    float[] vectors = gaussian(random, 3 * embedding);
    for (int i = 0; zeroShot && i < embedding; i++) {
      vectors[i] = 0;
    }
    return new SpanClassifier(
        config,
        gaussian(random, embedding * config.spanWidth()),
        gaussian(random, embedding),
        gaussian(random, hidden * hidden),
        gaussian(random, hidden),
        vectors,
        gaussian(random, zeroShot ? embedding * 3 : 0),
        gaussian(random, zeroShot ? embedding : 0));
  }

  private static float[] gaussian(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
