package io.github.tommerspark.head;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.Quoted;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * A zip archive in memory whose entries are all stored as they are, below one root folder: the
 * container that torch.save writes.
 *
 * <p>Nothing is unpacked, so no declared size can make anything grow: the content of an entry is a
 * slice of the archive. {@link java.util.zip.ZipInputStream} cannot read such archives, as their
 * stored entries carry their sizes behind the data.
 */
final class StoredZip {

  private static final int END_SIGNATURE = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int MAX_COMMENT_BYTES = 0xffff;
  private static final int DIRECTORY_SIGNATURE = 0x02014b50;
  private static final int DIRECTORY_BYTES = 46;
  private static final int LOCAL_SIGNATURE = 0x04034b50;
  private static final int LOCAL_BYTES = 30;
  private static final int MAX_ENTRIES = 4096;
  private static final int ENCRYPTED = 1;

  private final String where;
  private final ByteBuffer archive;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private record Entry(int begin, int size, int crc) {}

  private StoredZip(byte[] archive, String where) {
    this.archive = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN);
    this.where = where;
  }

  /**
   * Reads the directory of an archive and checks all of it.
   *
   * @param archive the bytes of the archive
   * @param where the file as messages name it
   */
  static StoredZip read(byte[] archive, String where) throws ModelFormatException {
    StoredZip zip = new StoredZip(archive, where);
    zip.readDirectory();
    return zip;
  }

  /**
   * The content of an entry.
   *
   * @param name its name below the root folder
   * @return a little-endian view of its bytes, or empty when there is no such entry
   * @throws ModelFormatException when the checksum does not fit
   */
  Optional<ByteBuffer> find(String name) throws ModelFormatException {
    Entry entry = entries.get(name);
    if (entry == null) {
      return Optional.empty();
    }
    ByteBuffer content = archive.slice(entry.begin, entry.size);
    CRC32 crc = new CRC32();
    crc.update(content.duplicate());
    if ((int) crc.getValue() != entry.crc) {
      throw refused("entry %s is damaged (its checksum does not fit)", Quoted.of(name));
    }
    return Optional.of(content.order(ByteOrder.LITTLE_ENDIAN));
  }

  /** Like {@link #find}, for an entry that has to be there. */
  ByteBuffer content(String name) throws ModelFormatException {
    return find(name).orElseThrow(() -> refused("entry %s is missing", Quoted.of(name)));
  }

  private void readDirectory() throws ModelFormatException {
    int end = endRecord();
    int count = unsignedShort(end + 10);
    long begin = unsignedInt(end + 16);
    if (count > MAX_ENTRIES || begin > end) {
      throw refused("its zip directory claims %d entries at position %d", count, begin);
    }
    String root = null;
    int at = (int) begin;
    for (int i = 0; i < count; i++) {
      if (end - at < DIRECTORY_BYTES || archive.getInt(at) != DIRECTORY_SIGNATURE) {
        throw refused("its zip directory is damaged at position %d", at);
      }
      int nameBytes = unsignedShort(at + 28);
      int next = at + DIRECTORY_BYTES + nameBytes + unsignedShort(at + 30) + unsignedShort(at + 32);
      if (next > end) {
        throw refused("its zip directory is damaged at position %d", at);
      }
      String path = text(at + DIRECTORY_BYTES, nameBytes);
      int slash = path.indexOf('/');
      if (slash < 1 || slash == path.length() - 1 || !isPlain(path)) {
        throw refused("the entry name %s is not a plain path in a folder", Quoted.of(path));
      }
      if (root == null) {
        root = path.substring(0, slash);
      }
      if (!root.equals(path.substring(0, slash))) {
        throw refused("entry %s is not in the folder %s", Quoted.of(path), Quoted.of(root));
      }
      if (entries.put(path.substring(slash + 1), entry(at, path, (int) begin)) != null) {
        throw refused("entry %s occurs twice", Quoted.of(path));
      }
      at = next;
    }
  }

  /** The last record that an archive comment of the length it states could follow. */
  private int endRecord() throws ModelFormatException {
    int last = archive.limit() - END_BYTES;
    for (int at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at--) {
      if (archive.getInt(at) == END_SIGNATURE && unsignedShort(at + 20) == last - at) {
        return at;
      }
    }
    throw refused("it is no zip archive as torch.save writes them, or was cut off");
  }

  private Entry entry(int at, String path, int dataEnd) throws ModelFormatException {
    int flags = unsignedShort(at + 8);
    int method = unsignedShort(at + 10);
    if (method != 0 || (flags & ENCRYPTED) != 0) {
      throw refused(
          "entry %s is compressed or encrypted, which torch.save never does", Quoted.of(path));
    }
    long stored = unsignedInt(at + 20);
    long size = unsignedInt(at + 24);
    long local = unsignedInt(at + 42);
    if (local > dataEnd - LOCAL_BYTES || archive.getInt((int) local) != LOCAL_SIGNATURE) {
      throw refused("entry %s is not where the zip directory says", Quoted.of(path));
    }
    int nameBytes = unsignedShort((int) local + 26);
    long begin = local + LOCAL_BYTES + nameBytes + unsignedShort((int) local + 28);
    if (stored != size || begin > dataEnd || size > dataEnd - begin) {
      throw refused(
          "entry %s claims %d bytes, more than the file has there", Quoted.of(path), size);
    }
    if (!text((int) local + LOCAL_BYTES, nameBytes).equals(path)) {
      throw refused("entry %s has two names", Quoted.of(path));
    }
    return new Entry((int) begin, (int) size, archive.getInt(at + 16));
  }

  private static boolean isPlain(String path) {
    boolean plain = path.chars().noneMatch(c -> c == '\\' || c == ':' || c < ' ' || c == 0x7f);
    for (String segment : path.split("/", -1)) {
      plain &= !segment.isEmpty() && !segment.equals(".") && !segment.equals("..");
    }
    return plain;
  }

  private String text(int begin, int bytes) {
    return StandardCharsets.UTF_8.decode(archive.slice(begin, bytes)).toString();
  }

  private int unsignedShort(int at) {
    return Short.toUnsignedInt(archive.getShort(at));
  }

  private long unsignedInt(int at) {
    return Integer.toUnsignedLong(archive.getInt(at));
  }

  private ModelFormatException refused(String reason, Object... values) {
    return new ModelFormatException(
        "Cannot read head %s: %s".formatted(where, String.format(Locale.ROOT, reason, values)));
  }
}
