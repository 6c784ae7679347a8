package io.github.tommerspark.benchmarks;

import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.checkpoint.TensorShape;
import io.github.tommerspark.source.LocalDirectory;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Reading a matrix of 4096 x 4096 as floats, its file being in memory. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Safetensors {
  private static final String FILE = "model.safetensors";
  private static final long SIZE = 4096;

  /** How the matrix is stored. */
  @Param({"F32", "F16", "BF16"})
  public DType dtype;

  private Path directory;
  private Checkpoint checkpoint;
  private TensorInfo tensor;
  private FloatBuffer floats;

  /** Writes the file. */
  @Setup
  public void writeFile() throws IOException {
    directory = Files.createTempDirectory("safetensors");
    TensorShape shape = new TensorShape(dtype, new long[] {SIZE, SIZE});
    try (OutputStream out = Files.newOutputStream(directory.resolve(FILE))) {
      SafetensorsWriter.writeHeader(Map.of("matrix", shape), out);
      byte[] row = new byte[(int) (shape.byteSize() / SIZE)];
      for (int i = 0; i < SIZE; i++) {
        out.write(row);
      }
    }
    checkpoint = Checkpoint.open(new LocalDirectory(directory));
    tensor = checkpoint.tensor("matrix");
    floats =
        ByteBuffer.allocateDirect(Math.toIntExact(shape.elements() * Float.BYTES))
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
  }

  /** Removes the file. */
  @TearDown
  public void removeFile() throws IOException {
    checkpoint.close();
    Files.delete(directory.resolve(FILE));
    Files.delete(directory);
  }

  /** The matrix as floats. */
  @Benchmark
  public FloatBuffer read() throws IOException {
    floats.clear();
    checkpoint.readFloats(tensor, 0, floats);
    return floats;
  }
}
