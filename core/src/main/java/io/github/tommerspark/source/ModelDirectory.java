package io.github.tommerspark.source;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Optional;

/**
 * The folder of a model: named files that can be opened.
 *
 * <p>File names are relative to the folder and use {@code '/'}, as in {@code
 * "model/model.safetensors"}. Names may come from a file of the model, which nobody vouches for, so
 * every implementation passes them through {@link #requireRelative} first.
 */
public interface ModelDirectory {

  /**
   * The folder as messages should name it.
   *
   * @return the path or URI, without user-info
   */
  String name();

  /**
   * Returns whether a file of that name is there.
   *
   * @param file the name of the file, relative to this folder
   * @return whether {@link #open} would find it
   * @throws IOException when the name leaves the folder, or the store cannot be asked
   */
  boolean exists(String file) throws IOException;

  /** Returns whether its files are stored as they are read, and not computed from others. */
  default boolean isStored() {
    return true;
  }

  /**
   * Returns a mark that changes with the content of a file, found without reading it.
   *
   * @param file the name of the file, relative to this folder
   * @return empty where nothing does
   * @throws IOException when the name leaves the folder, or the file is missing
   */
  default Optional<String> version(String file) throws IOException {
    return Optional.empty();
  }

  /**
   * Opens a file.
   *
   * @param file the name of the file, relative to this folder
   * @return the open file, to be closed by the caller
   * @throws java.io.FileNotFoundException when there is no such file
   * @throws IOException when the name leaves the folder, or the file cannot be read
   */
  RandomAccessSource open(String file) throws IOException;

  /**
   * Reads a whole small file.
   *
   * @param file the name of the file, relative to this folder
   * @param maxBytes the size above which the file is refused, before anything is allocated
   * @return the bytes of the file
   * @throws IOException when the name leaves the folder, or the file is missing, too large or
   *     unreadable
   */
  default byte[] readAll(String file, long maxBytes) throws IOException {
    try (RandomAccessSource source = open(file)) {
      long limit = Math.min(maxBytes, Integer.MAX_VALUE - 8);
      if (source.size() > limit) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "Cannot read %s: it has %d bytes, and a file of its kind may have at most %d",
                source.name(),
                source.size(),
                limit));
      }
      byte[] bytes = new byte[(int) source.size()];
      source.read(0, ByteBuffer.wrap(bytes));
      return bytes;
    }
  }

  /**
   * A folder inside this one.
   *
   * @param folder its name, relative to this folder
   * @return a view of the files below it; whether the folder is there shows when a file is opened
   * @throws IOException when the name leaves this folder
   */
  default ModelDirectory folder(String folder) throws IOException {
    return new SubDirectory(this, requireRelative(name(), folder));
  }

  /**
   * Refuses names that could lead out of a folder: absolute ones, those with an empty, {@code '.'}
   * or {@code '..'} segment, and those with a backslash, a colon or a control character.
   *
   * @param directory the name of the folder, for the message
   * @param file the name to check
   * @return {@code file}
   * @throws IOException when the name is refused
   */
  static String requireRelative(String directory, String file) throws IOException {
    boolean sane = file.chars().noneMatch(c -> c == '\\' || c == ':' || Character.isISOControl(c));
    for (String segment : file.split("/", -1)) {
      sane &= !segment.isEmpty() && !segment.equals(".") && !segment.equals("..");
    }
    if (!sane) {
      throw new IOException(
          "Cannot read %s: the file name %s is not a plain relative path"
              .formatted(directory, Quoted.of(file)));
    }
    return file;
  }
}
