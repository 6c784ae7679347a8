package io.github.tommerspark.text;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.github.tommerspark.engine.NativeLibraries;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Owns one tokenizer of the native Hugging Face library, without truncation and padding.
 *
 * <p>It stands on the native methods that DJL's {@code HuggingFaceTokenizer} is made of: that class
 * reports usage over the network unless told otherwise, and it copies seven arrays per text, token
 * strings among them, of which two are needed here.
 *
 * <p>Thread-safe: the library only reads a tokenizer while encoding, and {@link #close()} waits for
 * encodings under way.
 */
final class NativeTokenizer implements AutoCloseable {

  private static final TokenizersLibrary LIBRARY = TokenizersLibrary.LIB;

  /**
   * Null unless all threads allocate from one arena. Encoding allocates so often that threads which
   * share an arena take more than twice as long side by side as one after the other.
   */
  private static final @Nullable Lock ARENA =
      "1".equals(System.getenv("MALLOC_ARENA_MAX")) ? new ReentrantLock() : null;

  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private long handle;

  private NativeTokenizer(long handle) {
    this.handle = handle;
  }

  /**
   * Reads a tokenizer.
   *
   * @param json the text of a {@code tokenizer.json}
   * @throws RuntimeException with the library's reason, if it is not a tokenizer it can read
   */
  static NativeTokenizer parse(String json) {
    NativeLibraries.load(LibUtils::checkStatus);
    long handle = LIBRARY.createTokenizerFromString(json);
    LIBRARY.disableTruncation(handle);
    LIBRARY.disablePadding(handle);
    return new NativeTokenizer(handle);
  }

  /** Token ids, with whatever the post-processor adds or without. */
  long[] ids(String text, boolean withSpecials) {
    return encode(text, withSpecials, LIBRARY::getTokenIds);
  }

  /** Per token, in the encoding with specials, 1 if the post-processor added it, else 0. */
  long[] specialTokensMask(String text) {
    return encode(text, true, LIBRARY::getSpecialTokenMask);
  }

  /**
   * Token ids and offsets in code points, with whatever the post-processor adds; what it adds has
   * no offsets.
   */
  Encoded encode(String text) {
    return encode(
        text,
        true,
        encoding ->
            new Encoded(LIBRARY.getTokenIds(encoding), LIBRARY.getTokenCharSpans(encoding)));
  }

  private <T> T encode(String text, boolean withSpecials, EncodingReader<T> reader) {
    if (ARENA == null) {
      return encodeNow(text, withSpecials, reader);
    }
    ARENA.lock();
    try {
      return encodeNow(text, withSpecials, reader);
    } finally {
      ARENA.unlock();
    }
  }

  private <T> T encodeNow(String text, boolean withSpecials, EncodingReader<T> reader) {
    Lock use = lock.readLock();
    use.lock();
    try {
      if (handle == 0) {
        throw new IllegalStateException("Cannot tokenize: the tokenizer is closed");
      }
      long encoding = LIBRARY.encode(handle, text, withSpecials);
      try {
        return reader.read(encoding);
      } finally {
        LIBRARY.deleteEncoding(encoding);
      }
    } finally {
      use.unlock();
    }
  }

  @Override
  public void close() {
    Lock exclusive = lock.writeLock();
    exclusive.lock();
    try {
      if (handle != 0) {
        LIBRARY.deleteTokenizer(handle);
        handle = 0;
      }
    } finally {
      exclusive.unlock();
    }
  }

  /** The result of {@link #encode(String)}; {@code spans[i]} is null for an added token. */
  record Encoded(long[] ids, CharSpan[] spans) {}

  @FunctionalInterface
  private interface EncodingReader<T> {
    T read(long encoding);
  }
}
