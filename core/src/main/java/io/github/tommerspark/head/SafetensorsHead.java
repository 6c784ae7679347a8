package io.github.tommerspark.head;

import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.source.ModelDirectory;
import java.io.IOException;
import java.util.Set;

/** The tensors of a head in the newer format. */
record SafetensorsHead(Checkpoint checkpoint) implements HeadTensors {

  static SafetensorsHead open(ModelDirectory directory, String file) throws IOException {
    return new SafetensorsHead(Checkpoint.open(directory, file));
  }

  @Override
  public Set<String> names() {
    return checkpoint.names();
  }

  @Override
  public long[] shape(String name) throws IOException {
    return checkpoint.tensor(name).shape();
  }

  @Override
  public float[] values(String name) throws IOException {
    return checkpoint.floats(checkpoint.tensor(name));
  }

  @Override
  public void close() throws IOException {
    checkpoint.close();
  }
}
