package io.github.tommerspark.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.http.OneLine;
import io.github.tommerspark.http.RetryAfter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Answers other than what was asked for: what they mean, and what to do about them. */
final class HubRefusals {

  /** The longest wait that a server may ask for; one that asks for more has run out of quota. */
  private static final Duration LONGEST_HOLD = Duration.ofMinutes(5);

  private static final int MAX_COMPLAINT_BYTES = 1 << 16;
  private static final Pattern RATE_LIMIT =
      Pattern.compile(";\\s*r\\s*=\\s*0\\s*;\\s*t\\s*=\\s*(\\d{1,9})");
  private static final ObjectMapper JSON = new ObjectMapper();

  private HubRefusals() {}

  /**
   * Returns what a response means.
   *
   * @param fromHub whether the Hub itself answered
   * @throws PassingException if it may pass
   */
  static HubException of(
      RepositoryId id, HubResponse response, HubSettings settings, boolean fromHub)
      throws PassingException {
    int status = response.status();
    String code = response.header("X-Error-Code").orElse("");
    String line =
        String.format(
            Locale.ROOT,
            "%s answered %d%s",
            response.server(),
            status,
            complaint(response, settings));
    if (status == 408 || status == 429 || status >= 500) {
      Optional<Duration> retryAfter = retryAfter(response);
      if (retryAfter.filter(wait -> wait.compareTo(LONGEST_HOLD) > 0).isPresent()) {
        return new HubException(
            String.format(
                Locale.ROOT,
                "%s and wants no further request for %d s",
                line,
                retryAfter.get().toSeconds()));
      }
      throw new PassingException(line, retryAfter.orElse(null));
    }
    if (!fromHub) {
      // An address with a signature may have expired: the Hub makes a new one.
      throw new PassingException(line);
    }
    return new HubException(
        "Cannot pull %s: %s%s".formatted(id, line, remedy(id, status, code, settings)));
  }

  private static String remedy(RepositoryId id, int status, String code, HubSettings settings) {
    String page = settings.endpoint() + "/" + id.name();
    HubToken token = settings.token();
    String login =
        token == null
            ? "set HF_TOKEN, or log in with: hf auth login"
            : !settings.isPrivate()
                ? "the token in %s was not sent, since the connection is not encrypted"
                    .formatted(token.origin())
                : "check the token in %s".formatted(token.origin());
    return switch (status) {
      case 401 ->
          code.equals("GatedRepo")
              ? "; access has to be granted on %s, then %s".formatted(page, login)
              : "; there is no such repository, or it is private: %s".formatted(login);
      case 403 -> "; access has to be granted on %s, and %s".formatted(page, login);
      case 404 ->
          code.equals("RevisionNotFound")
              ? "; it has no revision %s".formatted(id.revision())
              : "; check the name, and if it is private %s".formatted(login);
      default -> "";
    };
  }

  /** Returns the message of an error response, shortened, after a colon; empty if there is none. */
  private static String complaint(HubResponse response, HubSettings settings) {
    String message = response.header("X-Error-Message").orElse("");
    try {
      if (message.isEmpty()) {
        JsonNode error = JSON.readTree(response.readAll(MAX_COMPLAINT_BYTES)).path("error");
        message = error.asText();
      } else {
        response.body().close();
      }
    } catch (PassingException | IOException e) {
      return "";
    }
    // Redacted before it is shortened, or half a token would remain.
    String line = OneLine.of(settings.redact(message));
    return line.isEmpty() ? "" : " (" + line + ")";
  }

  private static Optional<Duration> retryAfter(HubResponse response) {
    Matcher limit = RATE_LIMIT.matcher(response.header("RateLimit").orElse(""));
    return limit.find()
        ? Optional.of(Duration.ofSeconds(Long.parseLong(limit.group(1))))
        : RetryAfter.parse(response.header("Retry-After").orElse(""), Instant.now());
  }
}
