package io.github.tommerspark.head;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Puts together archives like those of torch.save, and such as torch.save would never write. */
final class TorchArchive {

  private final Map<String, byte[]> entries = new LinkedHashMap<>();

  /** Adds an entry under its full name. */
  TorchArchive entry(String name, byte[] content) {
    entries.put(name, content);
    return this;
  }

  /** Adds the storage of some key. */
  TorchArchive storage(String key, byte[] content) {
    return entry("root/data/" + key, content);
  }

  /** Adds the pickle. */
  TorchArchive pickle(byte[] pickle) {
    return entry("root/data.pkl", pickle);
  }

  byte[] stored() {
    return bytes(ZipEntry.STORED);
  }

  byte[] compressed() {
    return bytes(ZipEntry.DEFLATED);
  }

  private byte[] bytes(int method) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> content : entries.entrySet()) {
        ZipEntry entry = new ZipEntry(content.getKey());
        CRC32 crc = new CRC32();
        crc.update(content.getValue());
        entry.setMethod(method);
        entry.setCrc(crc.getValue());
        entry.setSize(content.getValue().length);
        zip.putNextEntry(entry);
        zip.write(content.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  static byte[] shorts(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putShort((short) value);
    }
    return bytes.array();
  }

  /** Opcodes of protocol 2, one method each. */
  static final class Pickle {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Pickle() {
      raw(0x80, 2);
    }

    Pickle raw(int... bytes) {
      for (int b : bytes) {
        out.write(b);
      }
      return this;
    }

    Pickle repeat(int count, int... bytes) {
      for (int i = 0; i < count; i++) {
        raw(bytes);
      }
      return this;
    }

    Pickle global(String module, String name) {
      return raw('c').ascii(module + "\n" + name + "\n");
    }

    Pickle text(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      return raw('X').little(utf8.length, 4).bytes(utf8);
    }

    /** An integer of 8 bytes. */
    Pickle number(long value) {
      return raw(0x8a, 8).little(value, 8);
    }

    Pickle numbers(long... values) {
      raw('(');
      Arrays.stream(values).forEach(this::number);
      return raw('t');
    }

    /** A tensor in a storage of its own. */
    Pickle tensor(
        String type, String key, long storageElements, long offset, long[] shape, long[] strides) {
      global("torch._utils", "_rebuild_tensor_v2").raw('(');
      raw('(').text("storage").global("torch", type).text(key).text("cpu").number(storageElements);
      raw('t', 'Q').number(offset).numbers(shape).numbers(strides).raw(0x89);
      return global("collections", "OrderedDict").raw(')', 'R', 't', 'R');
    }

    /** A dictionary of one tensor named x. */
    static Pickle ofTensor(
        String type, String key, long storageElements, long offset, long[] shape, long[] strides) {
      return new Pickle()
          .raw('}')
          .text("x")
          .tensor(type, key, storageElements, offset, shape, strides)
          .raw('s');
    }

    byte[] stop() {
      return raw('.').out.toByteArray();
    }

    private Pickle ascii(String text) {
      return bytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    private Pickle bytes(byte[] bytes) {
      out.writeBytes(bytes);
      return this;
    }

    private Pickle little(long value, int bytes) {
      for (int i = 0; i < bytes; i++) {
        raw((int) (value >> 8 * i) & 0xff);
      }
      return this;
    }
  }
}
