package io.github.tommerspark.detect;

import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.classify.ClassProbability;
import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.classify.LabelModelConfig;
import io.github.tommerspark.classify.SpanClassifier;
import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.engine.TorchScriptArchive;
import io.github.tommerspark.head.BoundaryHead;
import io.github.tommerspark.head.Calibration;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.head.HeadAdditions;
import io.github.tommerspark.head.HeadConfig;
import io.github.tommerspark.head.HeadFiles;
import io.github.tommerspark.head.HeadThresholds;
import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.head.PublishedHead;
import io.github.tommerspark.head.ScoreNormalization;
import io.github.tommerspark.testing.Golden;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small models made for tests, whose answers are known by construction. */
final class TestModels {
  static final int WIDTH = 16;

  private TestModels() {}

  /**
   * A Llama whose attention and MLP add nothing: a token's hidden state is its embedding, whatever
   * stands before it. Its tokenizer adds a beginning-of-sequence token.
   */
  static Path contextFreeLlama(Path directory) throws IOException {
    Path golden = Golden.committed().resolve("backbones/llama");
    Files.createDirectories(directory);
    Files.copy(golden.resolve("tokenizer.json"), directory.resolve("tokenizer.json"));
    Files.writeString(
        directory.resolve("config.json"),
        """
        {"model_type": "llama", "hidden_size": 16, "intermediate_size": 8, "num_hidden_layers": 1,
         "num_attention_heads": 2, "num_key_value_heads": 2, "vocab_size": 644,
         "max_position_embeddings": 100000, "rms_norm_eps": 1e-5, "hidden_act": "silu",
         "rope_theta": 10000.0, "_name_or_path": "test"}
        """);
    Random random = new Random(7);
    Map<String, FloatTensor> tensors = new LinkedHashMap<>();
    tensors.put("model.embed_tokens.weight", gaussian(random, 644, WIDTH));
    String block = "model.layers.0.";
    tensors.put(block + "input_layernorm.weight", gaussian(random, WIDTH));
    tensors.put(block + "post_attention_layernorm.weight", gaussian(random, WIDTH));
    for (String name : new String[] {"q_proj", "k_proj", "v_proj"}) {
      tensors.put(block + "self_attn." + name + ".weight", gaussian(random, WIDTH, WIDTH));
    }
    tensors.put(block + "self_attn.o_proj.weight", zeros(WIDTH, WIDTH));
    tensors.put(block + "mlp.gate_proj.weight", gaussian(random, 8, WIDTH));
    tensors.put(block + "mlp.up_proj.weight", gaussian(random, 8, WIDTH));
    tensors.put(block + "mlp.down_proj.weight", zeros(WIDTH, 8));
    try (OutputStream out = Files.newOutputStream(directory.resolve("model.safetensors"))) {
      SafetensorsWriter.write(tensors, out);
    }
    return directory;
  }

  /** A TorchScript file whose hidden states are functions of the token alone. */
  static Path contextFreeScript(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.copy(
        Golden.committed().resolve("backbones/llama/tokenizer.json"),
        directory.resolve("tokenizer.json"));
    String forward =
        """
          def forward(self: __torch__.M, ids: Tensor, lengths: Tensor) -> Tensor:
            frequencies = torch.arange(1, %d, dtype=6).to(ids.device)
            return torch.sin(ids.to(6).unsqueeze(2) * frequencies * 0.7310585)
        """
            .formatted(WIDTH + 1);
    Path file = directory.resolve("backbone.pt");
    Files.write(file, TorchScriptArchive.assemble(forward, Map.of()));
    return file;
  }

  /** A random head for these backbones, with scores well spread. */
  static Path head(Path directory, int slidingWindow, boolean causal, long seed)
      throws IOException {
    return head(directory, slidingWindow, causal, true, seed);
  }

  /** As above, by the cosine of queries and keys or by their product. */
  static Path head(Path directory, int slidingWindow, boolean causal, boolean cosine, long seed)
      throws IOException {
    Random random = new Random(seed);
    int rank = 4;
    HeadConfig config =
        new HeadConfig(
            HeadType.PUBLISHED,
            "test",
            0,
            rank,
            causal,
            slidingWindow,
            cosine,
            ScoreNormalization.NONE,
            HeadAdditions.NONE);
    Head head =
        new PublishedHead(
            config,
            WIDTH,
            gaussian(random, WIDTH, rank).values(),
            gaussian(random, WIDTH, rank).values(),
            gaussian(random, WIDTH).values(),
            -1f,
            new float[] {3f, 1.5f, -2f, 0.7f, 0.4f});
    HeadFiles.write(head, directory);
    return directory;
  }

  /** A random boundary head for these backbones that respects word boundaries. */
  static Path boundaryHead(Path directory, int slidingWindow, long seed) throws IOException {
    Random random = new Random(seed);
    HeadConfig config =
        HeadConfig.boundary(
            "test",
            0,
            3,
            slidingWindow,
            new HeadAdditions(false, true, HeadThresholds.NONE, new Calibration(0.8, 0.3)));
    int size = 5;
    List<float[]> parameters =
        List.of(
            gaussian(random, 6, WIDTH).values(),
            gaussian(random, 6).values(),
            gaussian(random, BoundaryHead.CONTEXT * size, 6).values(),
            gaussian(random, BoundaryHead.CONTEXT * size).values(),
            gaussian(random, size, 3).values(),
            gaussian(random, size, 3).values(),
            gaussian(random, BoundaryHead.PROBES + 2, size).values(),
            gaussian(random, BoundaryHead.PROBES + 2).values(),
            gaussian(random, 2, 2).values(),
            gaussian(random, slidingWindow + 1).values(),
            gaussian(random, BoundaryHead.RIVALS).values());
    HeadFiles.write(Head.of(config, WIDTH, parameters), directory);
    return directory;
  }

  /**
   * A random classifier of two classes.
   *
   * @param hiddenSize width of its backbone
   * @param layer that it reads
   * @param zeroShot whether it takes labels at run time
   */
  static SpanClassifier classifier(
      int hiddenSize,
      int layer,
      SpanRepresentation representation,
      int mlpLayers,
      boolean zeroShot,
      long seed) {
    Random random = new Random(seed);
    int embedding = 8;
    ClassifierConfig config =
        new ClassifierConfig(
            "test",
            layer,
            hiddenSize,
            representation,
            mlpLayers,
            embedding,
            zeroShot ? ClassProbability.SIGMOID : ClassProbability.SOFTMAX,
            List.of(ClassifierConfig.OUTSIDE, "person", "place"));
    float[] vectors = gaussian(random, 3, embedding).values();
    if (zeroShot) {
      Arrays.fill(vectors, 0, embedding, 0);
    }
    int hidden = mlpLayers > 1 ? embedding : 0;
    return new SpanClassifier(
        config,
        gaussian(random, embedding, config.spanWidth()).values(),
        gaussian(random, embedding).values(),
        gaussian(random, hidden, hidden).values(),
        gaussian(random, hidden).values(),
        vectors,
        zeroShot ? gaussian(random, embedding, hiddenSize).values() : new float[0],
        zeroShot ? gaussian(random, embedding).values() : new float[0]);
  }

  /**
   * A random label model, without labels.
   *
   * @param hiddenSize width of its backbone
   * @param layer that it reads
   */
  static LabelModel labelModel(int hiddenSize, int layer, long seed) {
    Random random = new Random(seed);
    LabelModelConfig config =
        new LabelModelConfig(
            "test", layer, hiddenSize, 7, 6, 8, "a ", 0.5, 0.5, new Calibration(0.8, 1.5));
    List<FloatTensor> parameters = new ArrayList<>();
    LabelModel.shapes(config)
        .values()
        .forEach(
            shape -> {
              FloatTensor tensor = gaussian(random, shape);
              // As large as what layers of that width have, so that nothing saturates.
              for (int i = 0; shape.length == 2 && i < tensor.values().length; i++) {
                tensor.values()[i] /= (float) Math.sqrt(shape[1]);
              }
              parameters.add(tensor);
            });
    parameters.get(parameters.size() - 1).values()[0] = 2;
    // So that labels are given to some mentions and not to others.
    parameters.get(7).values()[8] = 2;
    FloatTensor sample = gaussian(random, 20, 8);
    for (int row = 0; row < 20; row++) {
      double length = 0;
      for (int i = 0; i < 8; i++) {
        length += Math.pow(sample.values()[row * 8 + i], 2);
      }
      for (int i = 0; i < 8; i++) {
        sample.values()[row * 8 + i] /= (float) Math.sqrt(length);
      }
    }
    return new LabelModel(config, parameters, sample, List.of(), List.of());
  }

  private static FloatTensor zeros(long... shape) {
    return new FloatTensor(shape, new float[elements(shape)]);
  }

  private static FloatTensor gaussian(Random random, long... shape) {
    float[] values = new float[elements(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return new FloatTensor(shape, values);
  }

  private static int elements(long... shape) {
    int elements = 1;
    for (long size : shape) {
      elements *= (int) size;
    }
    return elements;
  }
}
