package io.github.tommerspark.text;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * A Hugging Face tokenizer, read from a {@code tokenizer.json}.
 *
 * <p>{@link #encode} gives the content tokens of a whole text, never cut and never padded. The
 * special tokens that belong around every sequence are fixed and known after loading: {@link
 * #prefixIds()} and {@link #suffixIds()}. A special token that is written out in a text is ordinary
 * text.
 *
 * <p>Up to {@value #SINGLE_CALL_UNITS} UTF-16 units a text is one call of the native library, and
 * ids and offsets are exactly the library's. Longer texts are encoded in overlapping pieces that
 * are joined where they agree on at least {@value #AGREEMENT} consecutive tokens, which gives the
 * same tokens; only inside a stretch without any such place (one character repeated thousands of
 * times, a word longer than a piece) may tokens differ from those of one call.
 *
 * <p>Time is linear in the text, 1 to 2 µs per token. Native memory is about 200 bytes per token of
 * one call, so at most a few hundred MB per thread.
 *
 * <p>Thread-safe.
 */
public final class TextTokenizer implements AutoCloseable {

  static final int SINGLE_CALL_UNITS = 1 << 19;
  static final int AGREEMENT = 64;
  private static final int PIECE_UNITS = 1 << 18;
  private static final int OVERLAP_UNITS = 1 << 12;

  private static final char REPLACEMENT = '\uFFFD';

  /** Texts to find out what the post-processor adds; one of them has a token in any vocabulary. */
  private static final String[] PROBES = {"a", "the", "1", "."};

  private final String name;
  private final NativeTokenizer tokenizer;
  private final LongTextEncoder longTexts;

  /**
   * Tokens that the post-processor adds in front; the native library returns them with every text.
   */
  private final int added;

  private final int[] prefixIds;
  private final int[] suffixIds;

  private TextTokenizer(
      String name, NativeTokenizer tokenizer, Specials specials, int[] prefixIds) {
    this.name = name;
    this.tokenizer = tokenizer;
    this.added = specials.before().length;
    this.prefixIds = prefixIds;
    this.suffixIds = specials.after();
    this.longTexts = new LongTextEncoder(this::encodeOnce, PIECE_UNITS, OVERLAP_UNITS, AGREEMENT);
  }

  /**
   * Reads a tokenizer of a model that nobody vouches for.
   *
   * @throws IOException also if one of its regular expressions could take too many steps
   * @see #load(String, InputStream, BosPolicy, OptionalInt, boolean)
   */
  public static TextTokenizer load(
      String name, InputStream tokenizerJson, BosPolicy policy, OptionalInt bosTokenId)
      throws IOException {
    return load(name, tokenizerJson, policy, bosTokenId, false);
  }

  /**
   * Reads a tokenizer. Truncation and padding that the file asks for are switched off.
   *
   * @param name the file as error messages shall call it
   * @param tokenizerJson the content of the {@code tokenizer.json}, read to its end, not closed
   * @param policy whether a beginning-of-sequence token is put in front where the tokenizer adds
   *     none
   * @param bosTokenId the id of that token, from the model's configuration; needed only for {@link
   *     BosPolicy#ALWAYS} with such a tokenizer
   * @param trusted whether its regular expressions may be any: some never end with some texts, or
   *     end the process
   * @return the tokenizer, to be closed by the caller
   * @throws IOException if the stream cannot be read or is not a tokenizer
   * @throws IllegalArgumentException if {@link BosPolicy#ALWAYS} needs an id and there is none
   */
  public static TextTokenizer load(
      String name,
      InputStream tokenizerJson,
      BosPolicy policy,
      OptionalInt bosTokenId,
      boolean trusted)
      throws IOException {
    String json = decodeUtf8(name, tokenizerJson.readAllBytes());
    NativeTokenizer tokenizer = parse(name, TokenizerCheck.safe(name, json, trusted));
    try {
      Specials specials = specials(name, tokenizer);
      return new TextTokenizer(
          name, tokenizer, specials, prefix(name, specials, policy, bosTokenId));
    } catch (IOException | RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  private static String decodeUtf8(String name, byte[] bytes) throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IOException("Cannot read tokenizer " + name + ": it is not UTF-8 text", e);
    }
  }

  private static NativeTokenizer parse(String name, String json) throws IOException {
    try {
      return NativeTokenizer.parse(json);
    } catch (RuntimeException e) {
      throw new IOException("Cannot read tokenizer " + name + ": " + Quoted.reason(e), e);
    }
  }

  /**
   * Finds the tokens that the post-processor puts around a sequence, from encodings with and
   * without it.
   */
  private static Specials specials(String name, NativeTokenizer tokenizer) throws IOException {
    for (String probe : PROBES) {
      long[] content;
      long[] all;
      long[] mask;
      try {
        content = tokenizer.ids(probe, false);
        all = tokenizer.ids(probe, true);
        mask = tokenizer.specialTokensMask(probe);
      } catch (RuntimeException e) {
        throw new IOException("Cannot use tokenizer " + name + ": " + Quoted.reason(e), e);
      }
      if (content.length == 0) {
        continue;
      }
      int before = 0;
      while (before < all.length && mask[before] == 1) {
        before++;
      }
      int contentEnd = before + content.length;
      if (contentEnd > all.length
          || !Arrays.equals(all, before, contentEnd, content, 0, content.length)
          || Arrays.stream(mask, contentEnd, all.length).anyMatch(special -> special != 1)) {
        throw new IOException(
            "Cannot use tokenizer "
                + name
                + ": its post_processor does more than add special tokens around a text");
      }
      return new Specials(
          toInts(Arrays.copyOf(all, before)),
          toInts(Arrays.copyOfRange(all, contentEnd, all.length)));
    }
    throw new IOException(
        "Cannot use tokenizer " + name + ": it has no token for " + String.join(" ", PROBES));
  }

  private static int[] prefix(
      String name, Specials specials, BosPolicy policy, OptionalInt bosTokenId) {
    if (policy == BosPolicy.TOKENIZER || specials.before().length > 0) {
      return specials.before();
    }
    int bos =
        bosTokenId.orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot use BOS policy always with tokenizer "
                        + name
                        + ": it adds no special token in front and the model's configuration names"
                        + " no bos_token_id; add bos_token_id to config.json or use ‹bos›"
                        + " tokenizer"));
    return new int[] {bos};
  }

  private static int[] toInts(long[] values) {
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }

  /**
   * The ids that go before the content tokens of every sequence.
   *
   * @return a copy, empty if there are none
   */
  public int[] prefixIds() {
    return prefixIds.clone();
  }

  /**
   * The ids that go after the content tokens of every sequence.
   *
   * @return a copy, empty if there are none
   */
  public int[] suffixIds() {
    return suffixIds.clone();
  }

  /**
   * Tokenises a text.
   *
   * <p>Lone surrogates, which are no text, are read as U+FFFD each; all other characters, control
   * characters and U+0000 among them, reach the tokenizer as they are.
   *
   * @param text any text, possibly empty
   * @return its content tokens, without special tokens; offsets are half-open, in UTF-16 units of
   *     the given text
   * @throws IllegalStateException if the tokenizer is closed or cannot encode the text
   */
  public TokenizedText encode(String text) {
    String clean = withoutLoneSurrogates(text);
    return clean.length() <= SINGLE_CALL_UNITS ? encodeOnce(clean) : longTexts.encode(clean);
  }

  /** Tokenises a text without lone surrogates in one native call. */
  TokenizedText encodeOnce(String text) {
    NativeTokenizer.Encoded encoded;
    try {
      encoded = tokenizer.encode(text);
    } catch (IllegalStateException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new IllegalStateException("Cannot tokenize with " + name + ": " + Quoted.reason(e), e);
    }
    CodePointOffsets offsets = CodePointOffsets.of(text);
    int size = encoded.ids().length - added - suffixIds.length;
    int[] ids = new int[size];
    int[] starts = new int[size];
    int[] ends = new int[size];
    for (int i = 0; i < size; i++) {
      CharSpan span = encoded.spans()[added + i];
      ids[i] = (int) encoded.ids()[added + i];
      starts[i] = offsets.toUtf16(span.getStart());
      ends[i] = offsets.toUtf16(span.getEnd());
    }
    return new TokenizedText(ids, starts, ends);
  }

  /** The text itself if it has no lone surrogate. One unit replaces one: offsets stay. */
  private static String withoutLoneSurrogates(String text) {
    char[] replaced = null;
    int length = text.length();
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < length
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        continue;
      }
      if (replaced == null) {
        replaced = text.toCharArray();
      }
      replaced[i] = REPLACEMENT;
    }
    return replaced == null ? text : new String(replaced);
  }

  /** Frees the native tokenizer, after encodings under way have ended. May be called again. */
  @Override
  public void close() {
    tokenizer.close();
  }

  @Override
  public String toString() {
    return "TextTokenizer[" + name + "]";
  }

  /** The special tokens that a post-processor adds. */
  private record Specials(int[] before, int[] after) {}
}
