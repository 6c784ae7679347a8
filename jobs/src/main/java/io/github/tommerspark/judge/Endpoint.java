package io.github.tommerspark.judge;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The server of chat completions, in OpenAI's protocol.
 *
 * @param uri of the chat completions themselves
 */
public record Endpoint(URI uri) {

  private static final String COMPLETIONS = "/chat/completions";

  /** Written out: looking a name up would be traffic of its own. */
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(?:\\.\\d+){3}|\\[(?:0*:)+0*1]", Pattern.CASE_INSENSITIVE);

  /**
   * Completes a URL.
   *
   * @param url of the server ({@code https://host}), of its API ({@code https://host/v1}), or of
   *     the chat completions themselves
   * @throws IllegalArgumentException if it is not an absolute http or https URL, or holds a user
   *     name or password
   */
  public static Endpoint parse(String url) {
    URI given;
    try {
      given = new URI(url.strip());
    } catch (URISyntaxException e) {
      // The URL is not repeated: what cannot be parsed cannot be redacted.
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "Cannot use --endpoint: %s at position %d",
              e.getReason(),
              e.getIndex()));
    }
    String scheme = given.getScheme();
    if (given.getHost() == null
        || !("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))) {
      throw new IllegalArgumentException(
          "Cannot use --endpoint: it must be a URL such as https://api.openai.com/v1 or http://localhost:11434/v1");
    }
    if (given.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "Cannot use --endpoint: it holds a user name or password; give a key in the environment variable %s"
              .formatted(ApiKey.VARIABLES.get(0)));
    }
    String path = given.getRawPath().replaceAll("/+$", "");
    if (path.isEmpty()) {
      path = "/v1";
    }
    if (!path.endsWith(COMPLETIONS)) {
      path += COMPLETIONS;
    }
    String query = given.getRawQuery() == null ? "" : "?" + given.getRawQuery();
    return new Endpoint(URI.create(scheme + "://" + given.getRawAuthority() + path + query));
  }

  /** Scheme, host and port: nothing that could be secret. */
  public String server() {
    return uri.getScheme() + "://" + uri.getRawAuthority();
  }

  /** Host, with the port if one is named. */
  public String host() {
    return uri.getRawAuthority();
  }

  /**
   * Returns the reasons for which it is unsafe.
   *
   * @param key that will be sent; null for none
   * @return one line, or nothing if the connection is encrypted or stays on this machine
   */
  public Optional<String> warning(@Nullable ApiKey key) {
    if ("https".equalsIgnoreCase(uri.getScheme()) || LOOPBACK.matcher(uri.getHost()).matches()) {
      return Optional.empty();
    }
    return Optional.of(
        "%s is not encrypted: %s can be read on the way; use https"
            .formatted(server(), key == null ? "the texts" : "the key and the texts"));
  }
}
