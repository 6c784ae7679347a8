package io.github.tommerspark.detect;

import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.github.tommerspark.engine.ScriptModule;
import java.util.Map;

/**
 * A source, loaded into native memory, of the hidden states that heads read, with the scripts that
 * score them. Thread-safe.
 */
sealed interface StateSource extends AutoCloseable permits SnapshotStates, ScriptStates {

  /** A way in which a batch is scored. */
  enum Scoring {
    /** Spans and their scores. */
    SPANS,
    /** Spans, their scores, labels and the scores of these. */
    LABELLED_SPANS,
    /** Spans, their scores and vectors. */
    VECTORS
  }

  /** The module with the methods that score. */
  ScriptModule module();

  /**
   * The module's method that scores a batch in this way. Its arguments are the {@link #input}, the
   * batch's groups and edges, {@link #arguments}, and what the heads need.
   */
  String method(Scoring scoring);

  /** Makes the first argument of a method that scores, to be closed by the caller. */
  IValue input(PtNDManager call, PackedBatch batch);

  /**
   * The arguments of a method that scores which only this source needs, in their order, by the
   * names that the script gives them; owned by this source but for the layers.
   *
   * @param layers indices of the blocks whose output is read, ascending
   */
  Map<String, IValue> arguments(IValue layers);

  /** Computes the hidden states of a batch, one tensor a layer, to be closed by the caller. */
  IValue taps(PtNDManager call, PackedBatch batch, IValue layers);

  /**
   * The place of a block's output among those that {@link #taps} returns.
   *
   * @param layers the blocks whose output is read, ascending
   * @param layer one of them
   */
  int tap(long[] layers, int layer);

  /**
   * Hidden states of a packed batch, special tokens included.
   *
   * @param groups (count, length) pairs in the order of the ids
   * @param layer a block that is loaded
   * @return float32 (tokens × width), row-major
   */
  float[] hiddenStates(long[] ids, long[] groups, int layer);

  /** Number of token ids that are known; {@link Integer#MAX_VALUE} if that is not known. */
  int vocabularySize();

  /** The type of the products, for people. */
  String dtype();

  /** Bytes that were read to load it. */
  long bytesRead();

  @Override
  void close();
}
