package io.github.tommerspark.hub;

import io.github.tommerspark.http.OneLine;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ScheduledExecutorService;
import javax.net.ssl.SSLException;

/**
 * Requests to a Hub and to where it redirects. The token goes to the Hub's own scheme, host and
 * port only, and an encrypted connection is never left for another.
 */
final class HubRequests {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);
  private static final int MAX_REDIRECTS = 8;

  private final HubSettings settings;
  private final ScheduledExecutorService clock;
  private final HttpClient http;

  /**
   * Requests of which none has been sent.
   *
   * @param clock notices when a connection stands still
   */
  HubRequests(HubSettings settings, ScheduledExecutorService clock) {
    this.settings = settings;
    this.clock = clock;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(
                settings.patience().compareTo(CONNECT_TIMEOUT) < 0
                    ? settings.patience()
                    : CONNECT_TIMEOUT)
            .build();
  }

  /**
   * Sends a request and follows redirects.
   *
   * @param offset first byte that is wanted
   * @param stopAtLink whether a redirect that says what it leads to is enough
   * @throws PassingException if it fails in a way that may pass
   * @throws HubException if it fails in another
   */
  HubResponse follow(RepositoryId id, String method, URI start, long offset, boolean stopAtLink)
      throws PassingException, IOException, InterruptedException {
    URI uri = start;
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      HubResponse response = send(method, uri, offset);
      if (!response.isRedirect()) {
        if (response.status() == 200
            || offset > 0 && (response.status() == 206 || response.status() == 416)) {
          return response;
        }
        throw HubRefusals.of(id, response, settings, isHub(response.uri()));
      }
      URI next = target(uri, response);
      response.body().close();
      if (stopAtLink
          && (!isHub(next)
              || response.header("X-Linked-Etag").isPresent()
                  && response.header("X-Linked-Size").isPresent())) {
        return response;
      }
      uri = next;
    }
    throw new HubException("%s redirects without end".formatted(settings.server()));
  }

  private static URI target(URI from, HubResponse response) throws HubException {
    URI target;
    try {
      target = from.resolve(response.header("Location").orElse(""));
    } catch (IllegalArgumentException e) {
      // Its message would quote the address, which may be secret.
      target = URI.create("");
    }
    String scheme = String.valueOf(target.getScheme()).toLowerCase(Locale.ROOT);
    boolean encrypted = "https".equalsIgnoreCase(from.getScheme());
    if (target.getHost() == null
        || target.getRawUserInfo() != null
        || !(scheme.equals("https") || scheme.equals("http") && !encrypted)) {
      response.body().close();
      throw new HubException(
          "%s redirects to an address that cannot be followed%s"
              .formatted(
                  response.server(),
                  encrypted && scheme.equals("http") ? ": it is not encrypted" : ""));
    }
    return target;
  }

  private HubResponse send(String method, URI uri, long offset)
      throws PassingException, IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(settings.patience())
            .header("User-Agent", "tommer-spark")
            .header("Accept-Encoding", "identity")
            .method(method, BodyPublishers.noBody());
    if (offset > 0) {
      request.header("Range", String.format(Locale.ROOT, "bytes=%d-", offset));
    }
    HubToken token = settings.token();
    if (token != null && settings.isPrivate() && isHub(uri)) {
      request.header("Authorization", token.authorization());
    }
    String server = uri.getScheme() + "://" + uri.getRawAuthority();
    try {
      return new HubResponse(
          uri, http.send(request.build(), BodyHandlers.ofInputStream()), settings, clock);
    } catch (HttpConnectTimeoutException | ConnectException e) {
      if (hasCause(e, UnresolvedAddressException.class)) {
        throw new HubException(
            "Cannot reach %s: no such host; check HF_ENDPOINT and the network".formatted(server));
      }
      throw new PassingException("%s does not accept connections".formatted(server));
    } catch (HttpTimeoutException e) {
      throw new PassingException(
          String.format(
              Locale.ROOT,
              "%s did not answer within %d ms",
              server,
              settings.patience().toMillis()));
    } catch (SSLException e) {
      throw new HubException(
          "Cannot reach %s: %s".formatted(server, OneLine.of(String.valueOf(e.getMessage()))), e);
    } catch (IOException e) {
      throw new PassingException(
          "The connection to %s broke (%s)"
              .formatted(server, settings.redact(OneLine.of(String.valueOf(e.getMessage())))));
    }
  }

  private static boolean hasCause(Throwable thrown, Class<?> type) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (type.isInstance(t)) {
        return true;
      }
    }
    return false;
  }

  private boolean isHub(URI uri) {
    URI hub = settings.endpoint();
    return hub.getScheme().equalsIgnoreCase(uri.getScheme())
        && hub.getHost().equalsIgnoreCase(uri.getHost())
        && port(hub) == port(uri);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0
        ? uri.getPort()
        : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
  }
}
