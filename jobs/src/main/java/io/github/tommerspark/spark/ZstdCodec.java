package io.github.tommerspark.spark;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionInputStream;
import org.apache.hadoop.io.compress.CompressionOutputStream;
import org.apache.hadoop.io.compress.Compressor;
import org.apache.hadoop.io.compress.Decompressor;

/**
 * Zstandard for files that end in {@code .zst}, on the library that Spark itself ships.
 *
 * <p>Hadoop's own codec needs a native libhadoop built with zstd, which neither Spark's
 * distributions nor Maven provide. Hadoop finds a codec through {@code io.compression.codecs} and
 * the file's extension. Files are not splittable: one file is one task.
 */
public final class ZstdCodec implements CompressionCodec {

  @Override
  public CompressionInputStream createInputStream(InputStream in) throws IOException {
    return new Input(in, new ZstdInputStream(in));
  }

  @Override
  public CompressionInputStream createInputStream(InputStream in, Decompressor unused)
      throws IOException {
    return createInputStream(in);
  }

  @Override
  public CompressionOutputStream createOutputStream(OutputStream out) throws IOException {
    return new Output(new ZstdOutputStream(out));
  }

  @Override
  public CompressionOutputStream createOutputStream(OutputStream out, Compressor unused)
      throws IOException {
    return createOutputStream(out);
  }

  /** Null: the streams do the work and there is nothing to pool. */
  @Override
  public Class<? extends Compressor> getCompressorType() {
    return null;
  }

  @Override
  public Compressor createCompressor() {
    return null;
  }

  /** Null: the streams do the work and there is nothing to pool. */
  @Override
  public Class<? extends Decompressor> getDecompressorType() {
    return null;
  }

  @Override
  public Decompressor createDecompressor() {
    return null;
  }

  @Override
  public String getDefaultExtension() {
    return ".zst";
  }

  private static final class Input extends CompressionInputStream {

    private final ZstdInputStream zstd;

    Input(InputStream compressed, ZstdInputStream zstd) throws IOException {
      super(compressed);
      this.zstd = zstd;
    }

    @Override
    public int read() throws IOException {
      return zstd.read();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return zstd.read(bytes, offset, length);
    }

    @Override
    public void resetState() {
      throw new UnsupportedOperationException("A zstd stream is read once");
    }

    @Override
    public void close() throws IOException {
      zstd.close();
      super.close();
    }
  }

  private static final class Output extends CompressionOutputStream {

    private final ZstdOutputStream zstd;

    Output(ZstdOutputStream zstd) {
      super(zstd);
      this.zstd = zstd;
    }

    @Override
    public void write(int value) throws IOException {
      zstd.write(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      zstd.write(bytes, offset, length);
    }

    @Override
    public void finish() throws IOException {
      zstd.flush();
    }

    @Override
    public void resetState() {
      throw new UnsupportedOperationException("A zstd stream is written once");
    }
  }
}
