package io.github.tommerspark.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** The mean and spread of hidden states, layer by layer. */
final class StateStatistics {

  private final List<Standardization.Statistics> statistics = new ArrayList<>();

  /** Null where something has been added since it was last asked for. */
  private final Seen[] seen;

  private final int width;

  StateStatistics(int layers, int width) {
    this.width = width;
    for (int i = 0; i < layers; i++) {
      statistics.add(new Standardization.Statistics(width));
    }
    seen = new Seen[layers];
  }

  /** The standardisation of the states seen, also as 32-bit numbers: a shift, then a factor. */
  private record Seen(Standardization standardization, float[] mean, float[] inverse) {

    static Seen of(Standardization seen) {
      int width = seen.mean().length;
      float[] mean = new float[width];
      float[] inverse = new float[width];
      for (int i = 0; i < width; i++) {
        mean[i] = (float) seen.mean()[i];
        inverse[i] = (float) (1 / seen.scale()[i]);
      }
      return new Seen(seen, mean, inverse);
    }
  }

  /**
   * Adds the states of the tokens of a batch that a span may begin or end with: a special token in
   * front can have a state a thousand times as large as all others.
   */
  void add(int layer, HiddenStates states, LabelledBatch batch) {
    FloatBuffer values = states.bytes().duplicate().order(ByteOrder.nativeOrder()).asFloatBuffer();
    float[] vector = new float[width];
    int tokens = batch.tokens();
    for (int i = 0; i < tokens; i++) {
      values.get(vector);
      if ((batch.kept()[i] | batch.kept()[tokens + i]) != 0) {
        statistics.get(layer).add(vector);
      }
    }
    seen[layer] = null;
  }

  /** Returns the standardisation of the states seen so far. */
  Standardization of(int layer) {
    return seen(layer).standardization();
  }

  private Seen seen(int layer) {
    if (seen[layer] == null) {
      seen[layer] = Seen.of(statistics.get(layer).standardization());
    }
    return seen[layer];
  }

  /** States with mean 0 and variance 1 in every dimension, float32 (tokens × width). */
  NDArray standardised(int layer, NDArray states, NDManager owner) {
    Seen seen = seen(layer);
    return states.sub(owner.create(seen.mean())).mul(owner.create(seen.inverse()));
  }
}
