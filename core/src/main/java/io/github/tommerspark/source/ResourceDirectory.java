package io.github.tommerspark.source;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.Optional;

/**
 * A model among the resources of the class path, such as one that is bundled with the jar.
 *
 * <p>Opening a file reads it once into a direct buffer, of which {@link RandomAccessSource#map}
 * then gives views. The bundled models are small enough for this. A class path does not tell
 * folders from files, so {@link #exists} is true for some folders too.
 */
public final class ResourceDirectory implements ModelDirectory {

  private static final int BLOCK = 1 << 16;

  private final ClassLoader loader;
  private final String path;

  /**
   * A model directory on the class path of a class.
   *
   * @param anchor a class that was loaded from where the model is, as from the same jar
   * @param path the absolute path of the folder without a trailing slash, as in {@code
   *     "/models/nano-llama"}
   */
  public ResourceDirectory(Class<?> anchor, String path) {
    this(anchor.getClassLoader(), path);
  }

  /**
   * A model directory on the class path of a loader.
   *
   * @param loader the loader that finds the resources
   * @param path the absolute path of the folder without a trailing slash, as in {@code
   *     "/models/nano-llama"}; the leading slash may be missing
   */
  public ResourceDirectory(ClassLoader loader, String path) {
    this.loader = Objects.requireNonNull(loader, "loader");
    this.path = path.startsWith("/") ? path.substring(1) : path;
  }

  @Override
  public String name() {
    return "classpath:" + path;
  }

  @Override
  public boolean exists(String file) throws IOException {
    return loader.getResource(resolve(file)) != null;
  }

  @Override
  public RandomAccessSource open(String file) throws IOException {
    String name = name() + "/" + file;
    URL resource = loader.getResource(resolve(file));
    if (resource == null) {
      throw new FileNotFoundException("Cannot read %s: there is no such resource".formatted(name));
    }
    URLConnection connection = resource.openConnection();
    connection.setUseCaches(false);
    try (InputStream in = connection.getInputStream()) {
      // As large as it says, so that a model of 40 MB is not copied on the heap.
      ByteBuffer content = ByteBuffer.allocateDirect(Math.max(0, connection.getContentLength()));
      byte[] block = new byte[BLOCK];
      for (int count = in.read(block); count >= 0; count = in.read(block)) {
        if (count > content.remaining()) {
          content = larger(content, count);
        }
        content.put(block, 0, count);
      }
      return new BufferSource(name, content.flip());
    }
  }

  private static ByteBuffer larger(ByteBuffer content, int count) {
    int least = Math.addExact(content.position(), count);
    return ByteBuffer.allocateDirect(Math.max(least, (int) Math.min(2L * least, Integer.MAX_VALUE)))
        .put(content.flip());
  }

  private String resolve(String file) throws IOException {
    return path + "/" + ModelDirectory.requireRelative(name(), file);
  }

  private record BufferSource(String name, ByteBuffer content) implements RandomAccessSource {

    @Override
    public long size() {
      return content.limit();
    }

    @Override
    public void read(long position, ByteBuffer into) throws IOException {
      Ranges.check(name, size(), position, into.remaining());
      into.put(content.slice((int) position, into.remaining()));
    }

    @Override
    public Optional<ByteBuffer> map(long position, long length) throws IOException {
      Ranges.check(name, size(), position, length);
      ByteBuffer view = content.slice((int) position, (int) length).asReadOnlyBuffer();
      return Optional.of(view.order(ByteOrder.LITTLE_ENDIAN));
    }

    @Override
    public void close() {
      // The buffer is freed with its last view.
    }
  }
}
