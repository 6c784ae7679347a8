package io.github.tommerspark.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.jobs.LocalSpark;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a sweep costs beside its most expensive head, on random weights; prints, does not judge. */
@Tag("soak")
class TrainSweepSoakTest {

  private static final int WIDTH = 1024;
  private static final int INTERMEDIATE = 2816;
  private static final int VOCABULARY = 8192;
  private static final int LAYERS = 8;

  @TempDir private Path folder;

  @Test
  void aSweepOfEightLayersAndThreeRanks() throws IOException {
    Path llama = folder.resolve("random-llama");
    writeRandomLlama(llama);
    writeGold("train", 1000);
    writeGold("dev", 32);
    compare(llama.toString(), LAYERS - 1);
    compare("nano-llama", 4);
  }

  private void compare(String backbone, int deepest) throws IOException {
    // The first run loads the backbone and warms up.
    seconds(backbone, "warm", Integer.toString(deepest), "8");
    double one = seconds(backbone, "one", Integer.toString(deepest), "64");
    double sweep = seconds(backbone, "sweep", "all", "8,32,64");
    System.out.printf(
        "%s: sweep %.1f s, its most expensive head alone %.1f s, ratio %.2f%n",
        Path.of(backbone).getFileName(), sweep, one, sweep / one);
  }

  private double seconds(String backbone, String output, String layers, String ranks)
      throws IOException {
    String[] arguments =
        TrainFixture.arguments(
            folder,
            output,
            "--backbone",
            backbone,
            "--layers",
            layers,
            "--ranks",
            ranks,
            "--epochs",
            "1",
            "--distillation-phases",
            "0",
            "--overwrite");
    TrainCommand command = new TrainCommand();
    new CommandLine(command).parseArgs(Arrays.copyOfRange(arguments, 1, arguments.length));
    long begin = System.nanoTime();
    String summary =
        TrainJob.run(LocalSpark.session(), command.options(), new PrintWriter(Writer.nullWriter()));
    assertThat(summary).contains("Best: --head");
    return (System.nanoTime() - begin) / 1e9;
  }

  private void writeGold(String name, int sentences) throws IOException {
    Random random = new Random(1);
    List<String> words =
        List.of("the", "old", "house", "near", "Paris", "was", "sold", "in", "May");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < sentences; i++) {
      StringBuilder text = new StringBuilder("In Warsaw ");
      for (int w = 0; w < 12 + random.nextInt(20); w++) {
        text.append(words.get(random.nextInt(words.size()))).append(' ');
      }
      lines.add(
          "{\"id\": \"%d\", \"text\": \"%s\", \"entities\": [{\"start\": 3, \"end\": 9}]}"
              .formatted(i, text.toString().strip()));
    }
    Files.write(folder.resolve(name + ".jsonl"), lines);
  }

  private static void writeRandomLlama(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": %d,
         "intermediate_size": %d, "num_hidden_layers": %d, "num_attention_heads": 16,
         "num_key_value_heads": 16, "head_dim": 64, "vocab_size": %d, "rms_norm_eps": 1e-5,
         "max_position_embeddings": 256, "hidden_act": "silu", "rope_theta": 10000.0,
         "tie_word_embeddings": true, "bos_token_id": 0}
        """
            .formatted(WIDTH, INTERMEDIATE, LAYERS, VOCABULARY));
    try (InputStream tokenizer =
        TrainSweepSoakTest.class.getResourceAsStream(
            "/io/github/tommerspark/models/nano-llama/tokenizer.json")) {
      Files.copy(tokenizer, folder.resolve("tokenizer.json"));
    }
    Map<String, FloatTensor> tensors = new HashMap<>();
    tensors.put("model.embed_tokens.weight", random(VOCABULARY, WIDTH));
    FloatTensor square = random(WIDTH, WIDTH);
    FloatTensor up = random(INTERMEDIATE, WIDTH);
    FloatTensor down = random(WIDTH, INTERMEDIATE);
    float[] ones = new float[WIDTH];
    Arrays.fill(ones, 1);
    FloatTensor norm = new FloatTensor(new long[] {WIDTH}, ones);
    tensors.put("model.norm.weight", norm);
    for (int layer = 0; layer < LAYERS; layer++) {
      String block = "model.layers.%d.".formatted(layer);
      for (String name : List.of("q", "k", "v", "o")) {
        tensors.put(block + "self_attn." + name + "_proj.weight", square);
      }
      tensors.put(block + "mlp.gate_proj.weight", up);
      tensors.put(block + "mlp.up_proj.weight", up);
      tensors.put(block + "mlp.down_proj.weight", down);
      tensors.put(block + "input_layernorm.weight", norm);
      tensors.put(block + "post_attention_layernorm.weight", norm);
    }
    try (OutputStream out = Files.newOutputStream(folder.resolve("model.safetensors"))) {
      SafetensorsWriter.write(tensors, out);
    }
  }

  private static FloatTensor random(int rows, int columns) {
    Random random = new Random(rows);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.02 * random.nextGaussian());
    }
    return new FloatTensor(new long[] {rows, columns}, values);
  }
}
