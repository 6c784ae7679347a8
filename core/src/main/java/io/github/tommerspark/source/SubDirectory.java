package io.github.tommerspark.source;

import java.io.IOException;

/** The files of a directory below one of its folders. */
record SubDirectory(ModelDirectory parent, String folder) implements ModelDirectory {

  @Override
  public String name() {
    return parent.name() + "/" + folder;
  }

  @Override
  public boolean exists(String file) throws IOException {
    return parent.exists(inside(file));
  }

  @Override
  public RandomAccessSource open(String file) throws IOException {
    return parent.open(inside(file));
  }

  private String inside(String file) throws IOException {
    return folder + "/" + ModelDirectory.requireRelative(name(), file);
  }
}
