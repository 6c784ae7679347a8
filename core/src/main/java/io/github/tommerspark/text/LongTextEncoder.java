package io.github.tommerspark.text;

import io.github.tommerspark.engine.Cancellation;
import java.util.function.Function;

/**
 * Tokenises a text too long for one call of the native library, in overlapping pieces.
 *
 * <p>The library needs about 200 bytes per token beside the text, and its regular expressions end
 * the whole process when one match takes more than ten million steps, which a run of as many blanks
 * does. Pieces bound both.
 *
 * <p>Two neighbouring pieces are joined where they agree: in the middle of the longest run of
 * tokens that both have at the same places in their common stretch. Whatever the start of the one
 * or the end of the other disturbs lies outside of it, so the tokens are those of one call. Where
 * they agree on too little (a run of one character, longer than the common stretch), the second
 * piece begins anew at a token boundary of the first. Then every character is still covered, but
 * tokens at that place may differ from those of one call.
 */
final class LongTextEncoder {

  private final Function<String, TokenizedText> encoder;
  private final int length;
  private final int overlap;
  private final int agreement;

  /**
   * An encoder with given sizes.
   *
   * @param encoder tokenises one piece, offsets relative to it
   * @param length of a piece, in UTF-16 units
   * @param overlap of two pieces, in UTF-16 units, less than half the length
   * @param agreement how many consecutive tokens two pieces must have in common
   */
  LongTextEncoder(Function<String, TokenizedText> encoder, int length, int overlap, int agreement) {
    this.encoder = encoder;
    this.length = length;
    this.overlap = overlap;
    this.agreement = agreement;
  }

  /** The tokens of a text without lone surrogates. */
  TokenizedText encode(String text) {
    TokenBuffer tokens = new TokenBuffer(text.length() / 3);
    Piece piece = piece(text, 0);
    int first = 0;
    while (piece.end() < text.length()) {
      Piece next = piece(text, wholeCharacter(text, piece.end() - overlap));
      Seam seam = seam(piece, next);
      if (seam.agreed() >= agreement) {
        piece.appendTo(tokens, first, seam.left());
        piece = next;
        first = seam.right();
      } else {
        Cut cut = cut(text, piece, first, next.start());
        piece.appendTo(tokens, first, cut.token());
        piece = piece(text, cut.offset());
        first = 0;
      }
    }
    piece.appendTo(tokens, first, piece.size());
    return tokens.build();
  }

  private Piece piece(String text, int start) {
    Cancellation.check();
    int end = length < text.length() - start ? wholeCharacter(text, start + length) : text.length();
    return new Piece(start, end, encoder.apply(text.substring(start, end)));
  }

  /** The offset itself, or one less if it lies inside a surrogate pair. */
  private static int wholeCharacter(String text, int offset) {
    return Character.isLowSurrogate(text.charAt(offset)) ? offset - 1 : offset;
  }

  /** The middle of the longest run of tokens that both pieces have. */
  private static Seam seam(Piece left, Piece right) {
    int l = left.firstTokenFrom(right.start());
    int r = 0;
    int run = 0;
    Seam best = new Seam(left.size(), 0, 0);
    while (l < left.size() && r < right.size()) {
      if (left.sameToken(l, right, r)) {
        l++;
        r++;
        run++;
        if (run > best.agreed()) {
          best = new Seam(l - run / 2, r - run / 2, run);
        }
      } else {
        run = 0;
        // The one that lies further back catches up; at equal places neither matches.
        int order = Integer.compare(left.startOf(l), right.startOf(r));
        l += order <= 0 ? 1 : 0;
        r += order >= 0 ? 1 : 0;
      }
    }
    return best;
  }

  /**
   * Returns the position to begin anew: at a token boundary in the stretch from {@code from} to the
   * end of the piece, best before a blank between words, else where no character lies between the
   * two tokens, nearest to the middle; without a boundary at the end of the piece.
   */
  private static Cut cut(String text, Piece piece, int first, int from) {
    int middle = from + (piece.end() - from) / 2;
    Cut best = new Cut(piece.size(), piece.end());
    int bestQuality = 0;
    for (int i = Math.max(first, piece.firstTokenFrom(from)); i < piece.size(); i++) {
      int start = piece.startOf(i);
      int before = i == 0 ? from : piece.endOf(i - 1);
      boolean sharesCharacter = i > 0 && piece.startOf(i - 1) == start;
      if (before <= piece.start() || before > start || sharesCharacter) {
        continue;
      }
      int quality = 0;
      if (Character.isWhitespace(text.charAt(before))
          && !Character.isWhitespace(text.charAt(before - 1))) {
        quality = 2;
      } else if (before == start) {
        quality = 1;
      }
      boolean nearer = Math.abs(before - middle) < Math.abs(best.offset() - middle);
      if (quality > bestQuality || (quality == bestQuality && nearer)) {
        best = new Cut(i, before);
        bestQuality = quality;
      }
    }
    return best;
  }

  /**
   * Tokens before {@code left} come from the left piece, those from {@code right} on after them.
   */
  private record Seam(int left, int right, int agreed) {}

  /** Tokens before {@code token} are kept, the next piece begins at {@code offset}. */
  private record Cut(int token, int offset) {}

  /** A stretch [start, end) of the text and its tokens. All offsets refer to the text. */
  private record Piece(int start, int end, TokenizedText tokens) {

    int size() {
      return tokens.size();
    }

    int startOf(int token) {
      return start + tokens.start(token);
    }

    int endOf(int token) {
      return start + tokens.end(token);
    }

    boolean sameToken(int token, Piece other, int otherToken) {
      return tokens.id(token) == other.tokens.id(otherToken)
          && startOf(token) == other.startOf(otherToken)
          && endOf(token) == other.endOf(otherToken);
    }

    /** The first token that begins at or after an offset of the text. */
    int firstTokenFrom(int offset) {
      int low = 0;
      int high = size();
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (startOf(middle) < offset) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }

    void appendTo(TokenBuffer buffer, int from, int to) {
      buffer.append(tokens, from, to, start);
    }
  }
}
