package io.github.tommerspark.train;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * Hidden states of one layer as they travel from where a backbone runs to where heads are trained.
 *
 * @param bytes float32 in native byte order, row by row; direct or not
 */
public record HiddenStates(ByteBuffer bytes) {

  PtNDArray array(PtNDManager owner, int tokens, int width) {
    ByteBuffer values = bytes.duplicate();
    if (values.remaining() != (long) Float.BYTES * tokens * width) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%d bytes are not the hidden states of %d tokens of width %d",
              values.remaining(),
              tokens,
              width));
    }
    return owner.create(values, new Shape(tokens, width), DataType.FLOAT32);
  }
}
