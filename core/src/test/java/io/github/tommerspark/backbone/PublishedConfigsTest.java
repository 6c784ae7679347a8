package io.github.tommerspark.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The key-value pairs of published config.json files are accepted and mean the right model. */
class PublishedConfigsTest {

  /**
   * The parameters are those of the embeddings and all blocks: the published count less the final
   * norm, the pooler and, where it is not tied, the head of the language model.
   */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      nullValues = "none",
      value = {
        // name, width, layers, heads of queries, of keys, their width, positions, bos, parameters
        "Llama-3.2-1B, 2048, 16, 32, 8, 64, 131072, 128000, 1235812352",
        "Llama-3.2-3B, 3072, 28, 24, 8, 128, 131072, 128000, 3212746752",
        "Llama-3.1-8B, 4096, 32, 32, 8, 128, 131072, 128000, 7504920576",
        "pythia-14m, 128, 6, 4, 4, 32, 2048, 0, 7628544",
        "pythia-70m, 512, 6, 8, 8, 64, 2048, 0, 44669952",
        "pythia-160m, 768, 12, 12, 12, 64, 2048, 0, 123687936",
        "pythia-1b, 2048, 16, 8, 8, 256, 2048, 0, 908754944",
        "pythia-1.4b, 2048, 24, 16, 16, 128, 2048, 0, 1311621120",
        "pythia-2.8b, 2560, 32, 32, 32, 80, 2048, 0, 2646425600",
        "pythia-6.9b, 4096, 32, 32, 32, 128, 2048, 0, 6650724352",
        "pythia-410m, 1024, 24, 16, 16, 64, 2048, 0, 353820672",
        "pythia-12b, 5120, 36, 40, 40, 128, 2048, 0, 11586539520",
        "gpt-neox-20b, 6144, 44, 64, 64, 96, 2048, 0, 20244701184",
        "Mistral-7B-v0.1, 4096, 32, 32, 8, 128, 32768, 1, 7110656000",
        "Mistral-7B-v0.3, 4096, 32, 32, 8, 128, 32768, 1, 7113801728",
        "phi-4, 5120, 40, 40, 10, 128, 16384, 100257, 14145699840",
        "phi-1_5, 2048, 24, 32, 32, 64, 2048, none, 1313357824",
        "phi-2, 2560, 32, 32, 32, 80, 2048, 50256, 2648555520",
        "gemma-2-2b, 2304, 26, 8, 4, 256, 8192, 2, 2614339584",
        "gpt2, 768, 12, 12, 12, 64, 1024, 50256, 124438272",
        "ModernBERT-base, 768, 22, 12, 12, 64, 8192, 50281, 149013504",
        "bge-small-en-v1.5, 384, 12, 12, 12, 32, 512, none, 33212160",
        "bert-base-uncased, 768, 12, 12, 12, 64, 512, none, 108891648",
        "electra-small-discriminator, 256, 12, 4, 4, 64, 512, none, 13483008",
        "distilbert-base-uncased, 768, 6, 12, 12, 64, 512, none, 66362880",
        "roberta-base, 768, 12, 12, 12, 64, 512, 0, 124055040"
      })
  void isRead(
      String name,
      int width,
      int layers,
      int heads,
      int kvHeads,
      int headDim,
      int positions,
      Integer bos,
      long parameters)
      throws IOException {
    BackboneConfig config = config(name);

    assertThat(ConfigKeys.check(config)).isEmpty();
    BackboneSpec spec = Families.read(config);

    assertThat(spec.sizes().width()).isEqualTo(width);
    assertThat(spec.sizes().layers()).isEqualTo(layers);
    assertThat(spec.forward().attention().heads()).isEqualTo(new Heads(heads, kvHeads, headDim));
    assertThat(spec.positions().max()).isEqualTo(positions);
    assertThat(spec.identity().bosTokenId())
        .isEqualTo(bos == null ? OptionalInt.empty() : OptionalInt.of(bos));
    assertThat(parameters(spec)).isEqualTo(parameters);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "Llama-3.2-1B, 0, 0, 16",
    "Mistral-7B-v0.1, 4096, 4096, 32",
    "Mistral-7B-v0.3, 0, 0, 32",
    "phi-4, 0, 0, 40",
    "gemma-2-2b, 4096, 0, 26",
    "ModernBERT-base, 0, 64, 22"
  })
  void hasWindows(String name, int first, int second, int layers) throws IOException {
    List<Integer> windows = Families.read(config(name)).forward().attention().windows();

    assertThat(windows).hasSize(layers);
    assertThat(windows.get(0)).isEqualTo(first);
    assertThat(windows.get(1)).isEqualTo(second);
    int notInLine = name.startsWith("ModernBERT") ? 14 : 0;
    assertThat(Collections.frequency(windows, second))
        .isEqualTo(first == second ? layers : name.startsWith("gemma") ? 13 : notInLine);
  }

  /** A weight that stands at two places of a block is one weight. */
  private static long parameters(BackboneSpec spec) {
    long count = 0;
    for (int i = -1; i < spec.sizes().layers(); i++) {
      Weights part = i < 0 ? spec.model() : spec.blocks().apply(i);
      Set<String> names = new HashSet<>();
      count +=
          Arrays.stream(Slot.values())
              .map(part::get)
              .filter(weight -> weight.name() != null && names.add(weight.name()))
              .mapToLong(weight -> Arrays.stream(weight.shape()).reduce(1, (a, b) -> a * b))
              .sum();
    }
    return count;
  }

  private static BackboneConfig config(String name) throws IOException {
    return new BackboneConfig(
        name + ".json",
        (ObjectNode)
            new ObjectMapper()
                .readTree(
                    PublishedConfigsTest.class.getResource(
                        "/io/github/tommerspark/shapes/" + name + ".json")));
  }
}
