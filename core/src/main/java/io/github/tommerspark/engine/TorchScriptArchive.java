package io.github.tommerspark.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Assembles, in memory, the archive that {@code torch.jit.save} would write for a module without
 * any tensor: the TorchScript source as text and the module's attributes as a pickle. libtorch (and
 * Python's {@code torch.jit.load}) loads it like any other.
 *
 * <p>So model definitions are readable resources under version control, and weights are arguments
 * of the module's methods.
 */
public final class TorchScriptArchive {
  private static final String ROOT = "tommer/";

  private TorchScriptArchive() {}

  /**
   * The archive of a module of one class {@code __torch__.M}.
   *
   * @param methods source of the methods, indented by two spaces, in the dialect that {@code
   *     torch.jit.save} writes
   * @param attributes the module's attributes by name; each an Integer or Long ({@code int}),
   *     Double ({@code float}), Boolean ({@code bool}), String ({@code str}), or a list of Integers
   *     ({@code List[int]}) or of Doubles ({@code List[float]})
   * @return bytes of a zip file
   * @throws IllegalArgumentException if an attribute has another type
   */
  public static byte[] assemble(String methods, Map<String, Object> attributes) {
    StringBuilder source = new StringBuilder();
    source.append("class M(Module):\n");
    source.append("  __parameters__ = []\n");
    source.append("  __buffers__ = []\n");
    source.append("  training : bool\n");
    source.append("  _is_full_backward_hook : Optional[bool]\n");
    attributes.forEach(
        (name, value) -> source.append("  %s : %s\n".formatted(name, scriptType(name, value))));
    source.append(methods);

    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      store(zip, "data.pkl", statePickle(attributes));
      store(zip, "code/__torch__.py", source.toString().getBytes(StandardCharsets.UTF_8));
      // An empty tuple: no constants, since the sources keep their literals inline.
      store(zip, "constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
      store(zip, "version", "10\n".getBytes(StandardCharsets.US_ASCII));
      store(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot assemble a TorchScript archive in memory", e);
    }
    return bytes.toByteArray();
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry(ROOT + name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  private static String scriptType(String name, Object value) {
    if (value instanceof Integer || value instanceof Long) {
      return "int";
    } else if (value instanceof Double) {
      return "float";
    } else if (value instanceof Boolean) {
      return "bool";
    } else if (value instanceof String) {
      return "str";
    } else if (value instanceof List<?> list) {
      return ofReals(list) ? "List[float]" : "List[int]";
    }
    throw new IllegalArgumentException(
        "Attribute \"%s\" of a TorchScript module has no script type: %s".formatted(name, value));
  }

  /** Pickle, protocol 2, of an object of class {@code __torch__.M} with this state. */
  private static byte[] statePickle(Map<String, Object> attributes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x80, 2});
    global(out, "__torch__", "M");
    out.writeBytes(new byte[] {')', (byte) 0x81, '}', '('}); // (), NEWOBJ, {}, MARK
    string(out, "training");
    out.write(0x89); // False
    string(out, "_is_full_backward_hook");
    out.write('N'); // None
    attributes.forEach(
        (name, value) -> {
          string(out, name);
          value(out, value);
        });
    out.writeBytes(new byte[] {'u', 'b', '.'}); // SETITEMS, BUILD, STOP
    return out.toByteArray();
  }

  private static void value(ByteArrayOutputStream out, Object value) {
    if (value instanceof Boolean flag) {
      out.write(flag ? 0x88 : 0x89);
    } else if (value instanceof Double real) {
      out.write('G'); // BINFLOAT, big endian
      out.writeBytes(ByteBuffer.allocate(8).putDouble(real).array());
    } else if (value instanceof String text) {
      string(out, text);
    } else if (value instanceof List<?> list) {
      global(out, "torch.jit._pickle", ofReals(list) ? "build_doublelist" : "build_intlist");
      out.writeBytes(new byte[] {']', '('}); // [], MARK
      list.forEach(item -> value(out, item));
      out.writeBytes(new byte[] {'e', (byte) 0x85, 'R'}); // APPENDS, TUPLE1, REDUCE
    } else {
      integer(out, Math.toIntExact(((Number) value).longValue()));
    }
  }

  private static boolean ofReals(List<?> list) {
    return !list.isEmpty() && list.get(0) instanceof Double;
  }

  private static void integer(ByteArrayOutputStream out, int value) {
    out.write('J'); // BININT
    out.writeBytes(littleEndian(value));
  }

  private static void string(ByteArrayOutputStream out, String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    out.write('X'); // BINUNICODE
    out.writeBytes(littleEndian(utf8.length));
    out.writeBytes(utf8);
  }

  private static void global(ByteArrayOutputStream out, String module, String name) {
    out.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] littleEndian(int value) {
    return new byte[] {
      (byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)
    };
  }
}
