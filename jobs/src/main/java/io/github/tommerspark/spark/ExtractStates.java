package io.github.tommerspark.spark;

import io.github.tommerspark.backbone.Backbone;
import io.github.tommerspark.train.LabelledBatch;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;

/** Runs the backbone over batches on the executors: one forward gives the states of all layers. */
public final class ExtractStates
    implements FlatMapFunction<Iterator<ExtractStates.Numbered>, ExtractStates.States> {

  private static final long serialVersionUID = 1L;

  /**
   * A batch of a run.
   *
   * @param number that tells it from others
   * @param batch to read
   */
  public record Numbered(int number, LabelledBatch batch) implements Serializable {}

  /**
   * The hidden states of a batch.
   *
   * @param number of the batch
   * @param taps per layer float32 in native byte order, (tokens × width) row by row
   */
  public record States(int number, byte[][] taps) implements Serializable {}

  private final TrainPlan plan;

  private ExtractStates(TrainPlan plan) {
    this.plan = plan;
  }

  /** Begins to extract the states of batches; those of a batch depend on that batch alone. */
  public static JavaFutureAction<List<States>> begin(JavaRDD<Numbered> batches, TrainPlan plan) {
    return batches.mapPartitions(new ExtractStates(plan)).collectAsync();
  }

  @Override
  public Iterator<States> call(Iterator<Numbered> batches) throws IOException {
    List<States> states = new ArrayList<>();
    if (batches.hasNext()) {
      Backbone backbone = BackbonePlace.of(plan.backbone(), plan.engine()).loaded();
      while (batches.hasNext()) {
        Numbered next = batches.next();
        states.add(new States(next.number(), states(backbone, next.batch())));
      }
    }
    return states.iterator();
  }

  /** Forward calls of a bounded number of tokens, whose results are laid end to end. */
  private byte[][] states(Backbone backbone, LabelledBatch batch) {
    int width = backbone.plan().hiddenSize();
    byte[][] taps =
        new byte[plan.layers().length]
            [Math.multiplyExact(Math.multiplyExact(batch.tokens(), width), Float.BYTES)];
    long[] layers = new long[plan.layers().length];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = plan.layers()[i];
    }
    int from = 0;
    for (LabelledBatch.Piece piece : batch.pieces(plan.engine().batchTokens())) {
      List<ByteBuffer> found = backbone.hiddenBytes(piece.ids(), piece.groups(), layers);
      for (int i = 0; i < taps.length; i++) {
        found.get(i).get(taps[i], from, found.get(i).remaining());
      }
      from += piece.ids().length * width * Float.BYTES;
    }
    return taps;
  }
}
