package io.github.tommerspark.eval;

import io.github.tommerspark.text.TokenizedText;
import java.util.Optional;
import java.util.function.IntUnaryOperator;

/** From character spans to the tokens they stand for ({@code char_to_token_pos} in data.py). */
public final class TokenMatching {

  private TokenMatching() {}

  /**
   * The tokens of a character span.
   *
   * <p>The first token is the first one that contains the character at {@code start}; the last one
   * is the first, from there on, whose end the span reaches without passing it. A span that ends
   * where no token from there on is, such as before the first token's end, is that first token
   * alone.
   *
   * @param tokens of the text
   * @param start in UTF-16 units, inclusive
   * @param end in UTF-16 units, exclusive
   * @return the content tokens, both inclusive; nothing if no token contains the start, such as a
   *     blank that the tokenizer drops
   */
  public static Optional<MatchKey> tokens(TokenizedText tokens, int start, int end) {
    // Starts and ends of tokens ascend, so the first one beyond a place is found by halving.
    int first = firstAtLeast(tokens::end, 0, tokens.size(), start + 1);
    if (first == tokens.size() || tokens.start(first) > start) {
      return Optional.empty();
    }
    int last = firstAtLeast(tokens::end, first, tokens.size(), end);
    boolean reached = last < tokens.size() && tokens.start(last) < end;
    return Optional.of(new MatchKey(first, reached ? last : first));
  }

  private static int firstAtLeast(IntUnaryOperator ends, int from, int to, int least) {
    int low = from;
    int high = to;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ends.applyAsInt(middle) < least) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
