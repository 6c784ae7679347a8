package io.github.tommerspark.judge;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The secret that an endpoint asks for. It leaves this object only in the header of a request: it
 * has no accessor, and its text form does not contain it.
 */
public final class ApiKey {

  /** Environment variables that may hold a key; the first that does is used. */
  public static final List<String> VARIABLES = List.of("TOMMER_JUDGE_API_KEY", "OPENAI_API_KEY");

  private static final String REMOVED = "(redacted)";

  private final String variable;
  private final String secret;

  private ApiKey(String variable, String secret) {
    this.variable = variable;
    this.secret = secret;
  }

  /**
   * Looks for a key.
   *
   * @param environment variables by name
   * @return the key of the first of {@link #VARIABLES} that is set and not blank, if any
   * @throws IllegalArgumentException naming the variable, if its value cannot stand in a header
   */
  public static Optional<ApiKey> find(Map<String, String> environment) {
    for (String variable : VARIABLES) {
      String value = environment.getOrDefault(variable, "").strip();
      if (!value.isEmpty()) {
        // Refused here, because the HTTP client would quote the value in its own message.
        if (!value.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
          throw new IllegalArgumentException(
              "Cannot use the key in %s: it holds characters other than printable ASCII"
                  .formatted(variable));
        }
        return Optional.of(new ApiKey(variable, value));
      }
    }
    return Optional.empty();
  }

  /** The environment variable that it comes from. */
  public String variable() {
    return variable;
  }

  /** The value of the header {@code Authorization}. */
  String authorization() {
    return "Bearer " + secret;
  }

  /** A text from elsewhere without the key in it, should it be there. */
  String redact(String text) {
    return text.replace(secret, REMOVED);
  }

  @Override
  public String toString() {
    return REMOVED;
  }
}
