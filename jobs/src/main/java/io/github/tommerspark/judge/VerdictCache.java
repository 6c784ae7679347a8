package io.github.tommerspark.judge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers on disk, so that nothing is asked and paid for twice: JSON Lines with {@code key}, {@code
 * verdict} (true, false or null), {@code answer}, {@code cut} and the token counts.
 *
 * <p>An answer is on the disk before {@link #put} returns. A process that dies while writing leaves
 * an unfinished last line, which the next one removes. The file is locked while open, since two
 * runs at once would ask the same questions. Thread-safe.
 */
public final class VerdictCache implements Closeable {

  private static final Logger LOG = LoggerFactory.getLogger(VerdictCache.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The beginning of each line. */
  private static final String BEGINNING = "{\"key\":\"";

  private final Path path;
  private final Map<String, Answer> answers = new HashMap<>();

  /** Not a channel, which would close when a writing thread is interrupted. */
  private final RandomAccessFile file;

  private VerdictCache(Path path, RandomAccessFile file) {
    this.path = path;
    this.file = file;
  }

  /**
   * Opens a cache, making an empty one if there is none.
   *
   * @throws JudgeException if the file is in use, or is something else
   * @throws IOException if it cannot be read
   */
  public static VerdictCache open(Path path) throws IOException {
    if (path.toAbsolutePath().getParent() != null) {
      Files.createDirectories(path.toAbsolutePath().getParent());
    }
    RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
    try {
      VerdictCache cache = new VerdictCache(path, file);
      cache.lock();
      cache.load();
      return cache;
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private void lock() throws IOException {
    boolean locked;
    try {
      locked = file.getChannel().tryLock() != null;
    } catch (OverlappingFileLockException e) {
      locked = false;
    }
    if (!locked) {
      throw new JudgeException(
          "Cannot use the cache %s: another run is using it; wait, or name another --cache"
              .formatted(path));
    }
  }

  private void load() throws IOException {
    byte[] bytes = Files.readAllBytes(path);
    int line = 0;
    int start = 0;
    for (int end = 0; end < bytes.length; end++) {
      if (bytes[end] == '\n') {
        line++;
        if (!read(new String(bytes, start, end - start, StandardCharsets.UTF_8))) {
          throw new JudgeException(
              String.format(
                  Locale.ROOT,
                  "Cannot use the cache %s: line %d is not a verdict; name another --cache",
                  path,
                  line));
        }
        start = end + 1;
      }
    }
    if (start < bytes.length) {
      repair(new String(bytes, start, bytes.length - start, StandardCharsets.UTF_8), start);
    }
    file.seek(file.length());
  }

  /** Completes or removes the end of a file that does not end with a line break. */
  private void repair(String tail, int start) throws IOException {
    if (!tail.startsWith(BEGINNING) && !BEGINNING.startsWith(tail)) {
      // Nothing of ours, so nothing to be removed.
      throw new JudgeException(
          "Cannot use the cache %s: its last line is not a verdict; name another --cache"
              .formatted(path));
    }
    if (read(tail)) {
      file.seek(file.length());
      file.write('\n');
    } else {
      LOG.warn(
          "The last line of the cache {} was not written to its end; its question will be asked again",
          path);
      file.setLength(start);
    }
  }

  private boolean read(String line) {
    JsonNode node;
    try {
      node = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return false;
    }
    JsonNode verdict = node.path("verdict");
    if (!node.path("key").isTextual() || !(verdict.isBoolean() || verdict.isNull())) {
      return false;
    }
    answers.put(
        node.get("key").asText(),
        new Answer(
            Verdict.of(verdict.isNull() ? null : verdict.asBoolean()),
            node.path("answer").asText(),
            node.path("cut").asBoolean(),
            node.path("prompt_tokens").asLong(),
            node.path("completion_tokens").asLong()));
    return true;
  }

  /** The answer to a question, if it has been asked. */
  public synchronized Optional<Answer> get(Question question) {
    return Optional.ofNullable(answers.get(question.key()));
  }

  /**
   * Keeps an answer.
   *
   * @throws IOException if it is not certain to be on the disk
   */
  public synchronized void put(Question question, Answer answer) throws IOException {
    ObjectNode node = JSON.createObjectNode();
    node.put("key", question.key());
    node.put("verdict", answer.verdict().value());
    node.put("answer", answer.text());
    node.put("cut", answer.cut());
    node.put("prompt_tokens", answer.promptTokens());
    node.put("completion_tokens", answer.completionTokens());
    file.write((JSON.writeValueAsString(node) + "\n").getBytes(StandardCharsets.UTF_8));
    file.getFD().sync();
    answers.put(question.key(), answer);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
