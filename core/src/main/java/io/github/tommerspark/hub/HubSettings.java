package io.github.tommerspark.hub;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The locations of a Hub and of its cache, from the environment variables that the Hub's own
 * programs read: {@code HF_HOME}, {@code HF_HUB_CACHE}, {@code HF_ENDPOINT}, {@code HF_TOKEN},
 * {@code HF_TOKEN_PATH}, {@code HF_HUB_OFFLINE}, {@code HF_HUB_DOWNLOAD_TIMEOUT}, {@code
 * HF_HUB_DISABLE_IMPLICIT_TOKEN} and the older names of some.
 *
 * @param endpoint URL of the Hub, without a slash at its end
 * @param cache directory of repositories; need not be there
 * @param token for requests to the endpoint; null for none
 * @param offline whether nothing may be asked of the Hub
 * @param patience how long a response may stand still
 */
public record HubSettings(
    URI endpoint, Path cache, @Nullable HubToken token, boolean offline, Duration patience) {

  private static final String DEFAULT_ENDPOINT = "https://huggingface.co";
  private static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(30);
  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
  private static final Pattern VARIABLE =
      Pattern.compile("\\$(?:(?<name>\\w+)|\\{(?<braced>[^}]*)})");

  /** Written out: looking a name up would be traffic of its own. */
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(?:\\.\\d+){3}|\\[(?:0*:)+0*1]", Pattern.CASE_INSENSITIVE);

  /**
   * The settings of this process.
   *
   * @throws HubException naming a variable that makes no sense
   */
  public static HubSettings ofEnvironment() throws HubException {
    return of(System.getenv(), Path.of(System.getProperty("user.home", "")));
  }

  /**
   * The settings that variables give.
   *
   * @param environment variables by name
   * @param userHome the user's home directory
   * @throws HubException naming a variable that makes no sense
   */
  public static HubSettings of(Map<String, String> environment, Path userHome) throws HubException {
    Path home = home(environment, userHome);
    HubToken token = null;
    if (!isTrue(environment.get("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) {
      Path file =
          path(environment, userHome, "HF_TOKEN_PATH").orElseGet(() -> home.resolve("token"));
      token = HubToken.find(environment, file).orElse(null);
    }
    return new HubSettings(
        endpoint(environment),
        cache(environment, userHome),
        token,
        isTrue(environment.get("HF_HUB_OFFLINE"))
            || isTrue(environment.get("TRANSFORMERS_OFFLINE")),
        patience(environment));
  }

  /**
   * The directory of repositories alone, for those who only look: nothing that could be secret is
   * read.
   *
   * @param environment variables by name
   * @param userHome the user's home directory
   * @throws HubException naming a variable that makes no sense
   */
  static Path cache(Map<String, String> environment, Path userHome) throws HubException {
    Optional<Path> named = path(environment, userHome, "HF_HUB_CACHE");
    if (named.isEmpty()) {
      named = path(environment, userHome, "HUGGINGFACE_HUB_CACHE");
    }
    return named.isPresent() ? named.get() : home(environment, userHome).resolve("hub");
  }

  private static Path home(Map<String, String> environment, Path userHome) throws HubException {
    Optional<Path> named = path(environment, userHome, "HF_HOME");
    if (named.isPresent()) {
      return named.get();
    }
    return path(environment, userHome, "XDG_CACHE_HOME")
        .orElseGet(() -> userHome.resolve(".cache").toAbsolutePath().normalize())
        .resolve("huggingface");
  }

  /** Returns whether a token may be sent: it must not be read on the way. */
  boolean isPrivate() {
    return "https".equalsIgnoreCase(endpoint.getScheme())
        || LOOPBACK.matcher(endpoint.getHost()).matches();
  }

  /** Scheme, host and port: nothing that could be secret. */
  String server() {
    return endpoint.getScheme() + "://" + endpoint.getRawAuthority();
  }

  /** A text from elsewhere without the token in it, should it be there. */
  String redact(String text) {
    return token == null ? text : token.redact(text);
  }

  private static Optional<Path> path(
      Map<String, String> environment, Path userHome, String variable) throws HubException {
    String value = environment.getOrDefault(variable, "");
    if (value.isEmpty()) {
      return Optional.empty();
    }
    String expanded = expand(value, environment);
    try {
      Path path =
          expanded.equals("~") || expanded.startsWith("~/")
              ? userHome.resolve(expanded.substring(Math.min(2, expanded.length())))
              : Path.of(expanded);
      return Optional.of(path.toAbsolutePath().normalize());
    } catch (InvalidPathException e) {
      throw new HubException(
          "Cannot use %s: it is not a path (%s)".formatted(variable, e.getReason()), e);
    }
  }

  /** Variables within a value, as the Hub's programs expand them; unknown ones stay. */
  private static String expand(String value, Map<String, String> environment) {
    return VARIABLE
        .matcher(value)
        .replaceAll(
            match -> {
              String name = match.group(1) == null ? match.group(2) : match.group(1);
              return Matcher.quoteReplacement(environment.getOrDefault(name, match.group()));
            });
  }

  private static URI endpoint(Map<String, String> environment) throws HubException {
    String value = environment.getOrDefault("HF_ENDPOINT", "").strip();
    URI given;
    try {
      given = new URI((value.isEmpty() ? DEFAULT_ENDPOINT : value).replaceAll("/+$", ""));
    } catch (URISyntaxException e) {
      // The URL is not repeated: what cannot be parsed cannot be redacted.
      throw new HubException(
          String.format(
              Locale.ROOT,
              "Cannot use HF_ENDPOINT: %s at position %d",
              e.getReason(),
              e.getIndex()));
    }
    if (given.getRawUserInfo() != null) {
      throw new HubException(
          "Cannot use HF_ENDPOINT: it holds a user name or password; give a token in HF_TOKEN");
    }
    if (given.getHost() == null
        || given.getRawQuery() != null
        || given.getRawFragment() != null
        || !("http".equalsIgnoreCase(given.getScheme())
            || "https".equalsIgnoreCase(given.getScheme()))) {
      throw new HubException(
          "Cannot use HF_ENDPOINT: it must be a URL such as " + DEFAULT_ENDPOINT);
    }
    return given;
  }

  private static Duration patience(Map<String, String> environment) throws HubException {
    String value = environment.getOrDefault("HF_HUB_DOWNLOAD_TIMEOUT", "").strip();
    if (value.isEmpty()) {
      return DEFAULT_PATIENCE;
    }
    if (!value.matches("[1-9][0-9]{0,4}")) {
      throw new HubException(
          "Cannot use HF_HUB_DOWNLOAD_TIMEOUT: it must be a number of seconds from 1 to 99999");
    }
    return Duration.ofSeconds(Integer.parseInt(value));
  }

  private static boolean isTrue(@Nullable String value) {
    return value != null && TRUE.contains(value.strip().toUpperCase(Locale.ROOT));
  }
}
