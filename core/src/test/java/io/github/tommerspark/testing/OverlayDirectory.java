package io.github.tommerspark.testing;

import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.IOException;
import java.util.Map;

/** A model directory in which some files have other contents. */
public record OverlayDirectory(ModelDirectory base, Map<String, byte[]> files)
    implements ModelDirectory {

  @Override
  public String name() {
    return base.name();
  }

  @Override
  public boolean exists(String file) throws IOException {
    return files.containsKey(file) || base.exists(file);
  }

  @Override
  public RandomAccessSource open(String file) throws IOException {
    return files.containsKey(file) ? new InMemoryDirectory(files).open(file) : base.open(file);
  }
}
