package io.github.tommerspark.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The secret that tells a Hub who asks. It leaves this object only in the header of a request: it
 * has no accessor, and its text form does not contain it.
 */
final class HubToken {

  /** Environment variables that may hold a token; the first that does is used. */
  private static final List<String> VARIABLES = List.of("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN");

  private static final int MAX_FILE_BYTES = 1 << 16;
  private static final String REMOVED = "(redacted)";

  private final String origin;
  private final String secret;

  private HubToken(String origin, String secret) {
    this.origin = origin;
    this.secret = secret;
  }

  /**
   * Looks for a token.
   *
   * @param environment variables by name
   * @param file where {@code hf auth login} puts it
   * @return nothing if there is none
   * @throws HubException if the file cannot be read, or the token cannot stand in a header
   */
  static Optional<HubToken> find(Map<String, String> environment, Path file) throws HubException {
    for (String variable : VARIABLES) {
      String value = environment.getOrDefault(variable, "").strip();
      if (!value.isEmpty()) {
        return Optional.of(of(variable, value));
      }
    }
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new HubException("Cannot use the token in %s: the file is too large".formatted(file));
      }
      // Not as UTF-8: a message about malformed bytes could quote them.
      String value = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).strip();
      return value.isEmpty() ? Optional.empty() : Optional.of(of(file.toString(), value));
    } catch (HubException e) {
      throw e;
    } catch (IOException e) {
      throw new HubException("Cannot read the token in %s".formatted(file), e);
    }
  }

  private static HubToken of(String origin, String secret) throws HubException {
    // Refused here, because the HTTP client would quote the value in its own message.
    if (!secret.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new HubException(
          "Cannot use the token in %s: it holds characters other than printable ASCII"
              .formatted(origin));
    }
    return new HubToken(origin, secret);
  }

  /** The environment variable or file that it comes from. */
  String origin() {
    return origin;
  }

  /** The value of the header {@code Authorization}. */
  String authorization() {
    return "Bearer " + secret;
  }

  /** A text from elsewhere without the token in it, should it be there. */
  String redact(String text) {
    return text.replace(secret, REMOVED);
  }

  @Override
  public String toString() {
    return REMOVED;
  }
}
