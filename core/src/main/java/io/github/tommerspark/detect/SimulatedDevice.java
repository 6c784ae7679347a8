package io.github.tommerspark.detect;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.github.tommerspark.engine.ScriptModule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A device that serves one forward call at a time and takes the same time for each, to see whether
 * this JVM can keep a device busy that is not there. Ids go into native memory and spans come out
 * of it, as with a real one; the spans are made up, about as many as a trained head finds.
 */
final class SimulatedDevice {

  /** One for all models of this JVM, first come, first served. */
  private static final ReentrantLock DEVICE = new ReentrantLock(true);

  private static final int TOKENS_PER_SPAN = 5;
  private static final float SCORE = 0.95f;

  private final long nanos;

  /**
   * A device.
   *
   * @param micros that it takes for a call, at least 1
   */
  SimulatedDevice(int micros) {
    this.nanos = TimeUnit.MICROSECONDS.toNanos(micros);
  }

  /** Waits for its turn and for the time of a call. */
  List<ScoredSpans> forward(ScriptModule module, PackedBatch batch, int heads) {
    try (PtNDManager call = module.newCallManager()) {
      module.longs(call, batch.ids(), batch.ids().length);
      DEVICE.lock();
      try {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
      } finally {
        DEVICE.unlock();
      }
      int count = batch.ids().length / TOKENS_PER_SPAN;
      long[] places = new long[2 * count];
      float[] scores = new float[count];
      for (int i = 0; i < count; i++) {
        // Of one to three tokens; those that reach into another sequence are dropped later.
        places[i] = (long) i * TOKENS_PER_SPAN;
        places[count + i] = places[i] + i % 3;
        scores[i] = SCORE;
      }
      PtNDArray spans = module.longs(call, places, 2, count);
      PtNDArray found = module.floats(call, scores, count);
      List<ScoredSpans> all = new ArrayList<>(heads);
      for (int head = 0; head < heads; head++) {
        long[] fetched = spans.toLongArray();
        all.add(
            new ScoredSpans(
                Arrays.copyOf(fetched, count),
                Arrays.copyOfRange(fetched, count, 2 * count),
                found.toFloatArray(),
                // The first class of each, where there is a classifier.
                new long[count],
                new float[count],
                ScoredSpans.Fitting.NONE));
      }
      return all;
    }
  }
}
