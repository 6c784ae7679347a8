package io.github.tommerspark.jobs.train;

import io.github.tommerspark.message.UserException;
import io.github.tommerspark.spark.ExtractStates;
import io.github.tommerspark.spark.ExtractStates.Numbered;
import io.github.tommerspark.spark.ExtractStates.States;
import io.github.tommerspark.spark.TrainPlan;
import io.github.tommerspark.train.HiddenStates;
import io.github.tommerspark.train.LabelledBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Brings hidden states from the executors to the driver, in the order in which they are wanted. It
 * asks for them in waves of a bounded number of bytes, each one Spark job, and for the next wave
 * before the driver begins with the last, so that executors work while the driver trains.
 */
final class StateStream {

  /** Bytes of a wave; two of them are in the driver's memory at a time. */
  private static final long WAVE_BYTES = 96L << 20;

  /** The consumer of a batch. */
  @FunctionalInterface
  interface Use {
    /** Returns whether more batches are wanted. */
    boolean of(LabelledBatch batch, List<HiddenStates> taps) throws IOException;
  }

  private final JavaSparkContext context;
  private final TrainPlan plan;
  private final int width;
  private final StateCache cache;

  StateStream(JavaSparkContext context, TrainPlan plan, int width, StateCache cache) {
    this.context = context;
    this.plan = plan;
    this.width = width;
    this.cache = cache;
  }

  private long bytes(LabelledBatch batch) {
    return (long) batch.tokens() * width * Float.BYTES * plan.layers().length;
  }

  /**
   * Refuses batches that cannot be sent.
   *
   * @throws UserException saying what to do
   */
  void check(List<LabelledBatch> batches) {
    long largest = batches.stream().mapToLong(this::bytes).max().orElse(0);
    long allowed = context.getConf().getSizeAsBytes("spark.driver.maxResultSize", "1g");
    if (allowed == 0 || allowed > Integer.MAX_VALUE) {
      allowed = Integer.MAX_VALUE;
    }
    if (largest > allowed) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "The hidden states of one batch take %,d MB, and a task may return %,d MB: use a smaller --batch, fewer --layers, or a larger spark.driver.maxResultSize (below 2g)",
              largest >> 20,
              allowed >> 20));
    }
  }

  /** Batches of a wave and the job that computes those of them that are not in the cache. */
  private record Wave(int from, int to, JavaFutureAction<List<States>> job) {}

  /**
   * Gives batches and their states to a use, one after the other.
   *
   * @param firstNumber number of the first of the batches in the cache
   * @param order indices of batches
   */
  void forEach(List<LabelledBatch> batches, int firstNumber, int[] order, Use use)
      throws IOException {
    Wave next = begin(batches, firstNumber, order, 0);
    while (next.from() < order.length) {
      Wave wave = next;
      next = begin(batches, firstNumber, order, wave.to());
      boolean wanted = false;
      try {
        wanted = use(batches, firstNumber, order, wave, use);
      } finally {
        if (!wanted && next.job() != null) {
          next.job().cancel(true);
        }
      }
      if (!wanted) {
        return;
      }
    }
  }

  private Wave begin(List<LabelledBatch> batches, int firstNumber, int[] order, int from) {
    List<Numbered> missing = new ArrayList<>();
    long bytes = 0;
    int to = from;
    while (to < order.length) {
      LabelledBatch batch = batches.get(order[to]);
      if (to > from && bytes + bytes(batch) > WAVE_BYTES) {
        break;
      }
      bytes += bytes(batch);
      if (!cache.has(firstNumber + order[to])) {
        missing.add(new Numbered(firstNumber + order[to], batch));
      }
      to++;
    }
    if (missing.isEmpty()) {
      return new Wave(from, to, null);
    }
    int slices = Math.min(missing.size(), 4 * context.defaultParallelism());
    context.setJobDescription(
        String.format(Locale.ROOT, "hidden states of %d batches", missing.size()));
    return new Wave(from, to, ExtractStates.begin(context.parallelize(missing, slices), plan));
  }

  private boolean use(List<LabelledBatch> batches, int firstNumber, int[] order, Wave wave, Use use)
      throws IOException {
    Map<Integer, byte[][]> computed = new HashMap<>();
    for (States states : wave.job() == null ? List.<States>of() : result(wave.job())) {
      computed.put(states.number(), states.taps());
      cache.put(states.number(), states.taps());
    }
    for (int i = wave.from(); i < wave.to(); i++) {
      byte[][] taps = computed.remove(firstNumber + order[i]);
      List<ByteBuffer> values =
          taps == null
              ? cache.get(firstNumber + order[i])
              : Arrays.stream(taps)
                  .map(tap -> ByteBuffer.wrap(tap).order(ByteOrder.nativeOrder()))
                  .toList();
      if (!use.of(batches.get(order[i]), values.stream().map(HiddenStates::new).toList())) {
        return false;
      }
    }
    return true;
  }

  private static List<States> result(JavaFutureAction<List<States>> job) throws IOException {
    try {
      return job.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      job.cancel(true);
      throw new IOException("Interrupted while waiting for hidden states", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SparkException failure) {
        throw new IOException(failure);
      }
      throw new IOException(e.getCause());
    }
  }
}
