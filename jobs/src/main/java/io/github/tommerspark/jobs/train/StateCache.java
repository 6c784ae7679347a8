package io.github.tommerspark.jobs.train;

import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Hidden states on the local disk of the driver, up to a bound: what came first stays, what no
 * longer fits is computed again each time. The file goes with the process, however that ends.
 */
final class StateCache implements AutoCloseable {

  private record Place(long at, int taps, int bytes) {}

  private final long most;
  private final FileChannel file;
  private final Map<Integer, Place> places = new HashMap<>();
  private long used;

  private StateCache(long most, FileChannel file) {
    this.most = most;
    this.file = file;
  }

  /**
   * An empty cache.
   *
   * @param directory of its file
   * @param most bytes; 0 for a cache that keeps nothing
   * @throws UserException if the directory has less room
   */
  static StateCache open(Path directory, long most) throws IOException {
    if (most == 0) {
      return new StateCache(0, null);
    }
    Files.createDirectories(directory);
    long room = Files.getFileStore(directory).getUsableSpace();
    if (room < most) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "Cannot use --cache-states: %s has room for %,d MB, not %,d MB; give less, or set spark.local.dir to another disk",
              directory,
              room >> 20,
              most >> 20));
    }
    Path path = Files.createTempFile(directory, "tommer-states", ".bin");
    return new StateCache(
        most,
        FileChannel.open(
            path,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE));
  }

  boolean has(int batch) {
    return places.containsKey(batch);
  }

  /** Keeps the states of a batch if there is room for them. */
  void put(int batch, byte[][] taps) throws IOException {
    long bytes = 0;
    for (byte[] tap : taps) {
      bytes += tap.length;
    }
    if (file == null || has(batch) || used + bytes > most) {
      return;
    }
    places.put(batch, new Place(used, taps.length, taps[0].length));
    for (byte[] tap : taps) {
      ByteBuffer values = ByteBuffer.wrap(tap);
      while (values.hasRemaining()) {
        used += file.write(values, used);
      }
    }
  }

  /** The states of a batch that is there, one direct buffer per tap. */
  List<ByteBuffer> get(int batch) throws IOException {
    Place place = places.get(batch);
    List<ByteBuffer> taps = new ArrayList<>();
    long at = place.at();
    for (int i = 0; i < place.taps(); i++) {
      ByteBuffer values = ByteBuffer.allocateDirect(place.bytes()).order(ByteOrder.nativeOrder());
      while (values.hasRemaining()) {
        if (file.read(values, at + values.position()) < 0) {
          throw new IOException("The file of --cache-states was cut off by somebody");
        }
      }
      taps.add(values.flip());
      at += place.bytes();
    }
    return taps;
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }
}
