package io.github.tommerspark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Attention in tiles, as on CPUs, against the engine's own kernel: every way that a processor may
 * take.
 */
class AttentionTest {

  private static final int HEADS = 6;
  private static final int WIDTH = 16;
  private static final double SCALE = 0.25;

  @ParameterizedTest
  @CsvSource({
    // causal, heads of keys, sequences, length, window
    "false, 6, 1, 300, 0",
    "false, 6, 3, 130, 0",
    "false, 6, 2, 1, 0",
    "false, 6, 2, 200, 20",
    "true, 2, 2, 200, 0",
    "true, 3, 5, 96, 0",
    "true, 6, 1, 257, 30",
    "true, 1, 4, 7, 0",
  })
  void tilesGiveTheSame(boolean causal, int kvHeads, int count, int length, int window) {
    Random random = new Random(length);
    float[] q = normal(random, count * length * HEADS * WIDTH);
    float[] k = normal(random, count * length * kvHeads * WIDTH);
    float[] v = normal(random, count * length * kvHeads * WIDTH);
    Shape keys = new Shape(count, length, kvHeads, WIDTH);
    float[] expected = attended("attention_fused", causal, false, q, k, v, keys, window);
    for (boolean outrunsMkl : new boolean[] {false, true}) {
      float[] found = attended("attention_tiled", causal, outrunsMkl, q, k, v, keys, window);
      assertThat(found).as("outruns MKL: %s", outrunsMkl).hasSameSizeAs(expected);
      for (int i = 0; i < found.length; i++) {
        assertThat(found[i]).isCloseTo(expected[i], within(1e-5f));
      }
    }
  }

  private static float[] attended(
      String source,
      boolean causal,
      boolean outrunsMkl,
      float[] q,
      float[] k,
      float[] v,
      Shape keys,
      int window) {
    Map<String, Object> attributes =
        Map.of("causal", causal, "soft_cap", 0.0, "outruns_mkl", outrunsMkl);
    Shape queries = new Shape(keys.get(0), keys.get(1), HEADS, WIDTH);
    try (ScriptModule module =
            ScriptModule.load(List.of("attention", source), attributes, Device.cpu());
        PtNDManager call = module.newCallManager();
        PtNDArray found =
            module.runTensor(
                call,
                "attend_block",
                IValue.from((PtNDArray) call.create(q, queries)),
                IValue.from((PtNDArray) call.create(k, keys)),
                IValue.from((PtNDArray) call.create(v, keys)),
                IValue.from((long) window),
                IValue.from(SCALE))) {
      assertThat(found.getShape()).isEqualTo(queries);
      return found.toFloatArray();
    }
  }

  private static float[] normal(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
