package io.github.tommerspark.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Optional;

/**
 * A table of what SentencePiece writes for which characters: the length of a trie in bytes, the
 * trie as a double array (darts-clone, little-endian), and the replacements, each ending with a
 * zero. The native library follows its links without looking where they lead.
 */
final class PrecompiledCharsmap {

  private static final int LEAF = 1 << 8;
  private static final int LABEL = 1 << 31 | 0xff;
  private static final int VALUE = Integer.MAX_VALUE;

  private final int[] units;
  private final byte[] replacements;

  private PrecompiledCharsmap(int[] units, byte[] replacements) {
    this.units = units;
    this.replacements = replacements;
  }

  /**
   * Returns what is wrong with a table, if anything is.
   *
   * @param base64 as in {@code tokenizer.json}
   */
  static Optional<String> fault(String base64) {
    ByteBuffer table;
    try {
      table = ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IllegalArgumentException e) {
      return Optional.of("is not in base 64");
    }
    if (table.remaining() < Integer.BYTES) {
      return Optional.of("is too short");
    }
    int bytes = table.getInt();
    if (bytes < Integer.BYTES || bytes > table.remaining()) {
      return Optional.of("is shorter than it says");
    }
    int[] units = new int[bytes / Integer.BYTES];
    for (int i = 0; i < units.length; i++) {
      units[i] = table.getInt();
    }
    byte[] replacements = new byte[table.remaining()];
    table.get(replacements);
    return new PrecompiledCharsmap(units, replacements).leadsOut()
        ? Optional.of("leads out of itself")
        : Optional.empty();
  }

  /** Follows all links from the root. */
  private boolean leadsOut() {
    BitSet seen = new BitSet(units.length);
    ArrayDeque<Integer> open = new ArrayDeque<>();
    int root = offset(units[0]);
    if (root >= units.length) {
      return true;
    }
    open.push(root);
    seen.set(root);
    while (!open.isEmpty()) {
      int node = open.pop();
      // No character has a zero.
      for (int label = 1; label <= 0xff; label++) {
        int at = node ^ label;
        if (at >= units.length) {
          return true;
        }
        if ((units[at] & LABEL) != label) {
          continue;
        }
        int next = at ^ offset(units[at]);
        if (next < 0
            || next >= units.length
            || (units[at] & LEAF) != 0 && !isReplacement(units[next] & VALUE)) {
          return true;
        }
        if (!seen.get(next)) {
          seen.set(next);
          open.push(next);
        }
      }
    }
    return false;
  }

  private static int offset(int unit) {
    return unit >>> 10 << ((unit & 1 << 9) >>> 6);
  }

  /** A replacement begins within the table, and not within a character. */
  private boolean isReplacement(int at) {
    return at == replacements.length
        || at < replacements.length && (replacements[at] & 0xc0) != 0x80;
  }
}
