package io.github.tommerspark.convert;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A published export, damaged a thousand times where it is not weights: refused with the reason, or
 * read as some other encoder.
 */
@Tag("soak")
class DamagedExportSoakTest {

  private static final int DAMAGES = 1000;
  private static final int TRUNCATIONS = 25;

  @TempDir private Path folder;

  @Test
  void isRefusedOrRead() throws IOException {
    Path file = folder.resolve("model.onnx");
    Files.copy(Path.of("target/onnx/all-minilm-l6-v2.onnx"), file);
    List<long[]> structure = structure(file);
    long bytes = structure.stream().mapToLong(range -> range[1] - range[0]).sum();
    Random random = new Random(16);
    int refused = 0;
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      for (int i = 0; i < DAMAGES; i++) {
        long at = place(structure, (long) (random.nextDouble() * bytes));
        ByteBuffer damage = ByteBuffer.allocate(1 + random.nextInt(8));
        damage.limit((int) Math.min(damage.limit(), channel.size() - at));
        ByteBuffer kept = ByteBuffer.allocate(damage.limit());
        channel.read(kept, at);
        random.nextBytes(damage.array());
        channel.write(damage, at);
        refused += refuses(file) ? 1 : 0;
        channel.write(kept.flip(), at);
      }
      assertThat(refuses(file)).isFalse();
      assertThat(refused).isGreaterThan(DAMAGES / 2);
      for (int i = 0; i < TRUNCATIONS; i++) {
        channel.truncate((long) (channel.size() * random.nextDouble()));
        assertThat(refuses(file)).isTrue();
      }
    }
  }

  private boolean refuses(Path file) throws IOException {
    try (RandomAccessSource source =
        new LocalDirectory(folder).open(file.getFileName().toString())) {
      BertExport export = BertExport.of(OnnxGraph.read(source), null);
      export.config(export.layers());
      return false;
    } catch (ModelFormatException e) {
      assertThat(e).message().matches("Cannot (read|import) [^\\n]{10,}").contains(file.toString());
      return true;
    }
  }

  /** Where a file holds anything but weights, half-open. */
  private List<long[]> structure(Path file) throws IOException {
    List<long[]> ranges = new ArrayList<>();
    try (RandomAccessSource source =
        new LocalDirectory(folder).open(file.getFileName().toString())) {
      List<OnnxTensor> tensors =
          OnnxGraph.read(source).tensors().values().stream()
              .filter(tensor -> tensor.begin() >= 0)
              .sorted(Comparator.comparingLong(OnnxTensor::begin))
              .toList();
      long at = 0;
      for (OnnxTensor tensor : tensors) {
        ranges.add(new long[] {at, tensor.begin()});
        at = tensor.begin() + tensor.elements() * tensor.dtype().bits() / Byte.SIZE;
      }
      ranges.add(new long[] {at, source.size()});
    }
    return ranges;
  }

  private static long place(List<long[]> ranges, long index) {
    long left = index;
    for (long[] range : ranges) {
      if (left < range[1] - range[0]) {
        return range[0] + left;
      }
      left -= range[1] - range[0];
    }
    throw new AssertionError("beyond the last range");
  }
}
