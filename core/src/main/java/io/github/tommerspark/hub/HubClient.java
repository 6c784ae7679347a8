package io.github.tommerspark.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;

/**
 * Speaks to a Hub. After 408, 429 and 5xx, when no answer comes in time, when the connection
 * breaks, stands still or crawls, and when a body is not whole, it asks again, after a while.
 * Anything else is final. Redirects are followed, but the token goes to the Hub's own scheme, host
 * and port only, and an encrypted connection is never left for another.
 */
final class HubClient {

  /** The greatest number of requests in a row that bring nothing. */
  static final int ATTEMPTS = 5;

  private static final Duration FIRST_DELAY = Duration.ofSeconds(1);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);

  /** The longest wait that a server may ask for; one that asks for more has run out of quota. */
  private static final Duration LONGEST_HOLD = Duration.ofMinutes(5);

  /**
   * Bytes that must arrive while the patience lasts, or the connection counts as standing still.
   */
  private static final int LEAST_BYTES = 1 << 10;

  /** Bytes that must arrive for an attempt not to count as failed. */
  private static final int PROGRESS_BYTES = 1 << 20;

  private static final int MAX_LISTING_BYTES = 32 << 20;
  private static final int MAX_COMPLAINT_BYTES = 1 << 16;
  private static final int MAX_REDIRECTS = 8;
  private static final int MAX_NAME = 1000;
  private static final int SHOWN = 200;
  private static final int BUFFER_BYTES = 1 << 16;
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");
  private static final Pattern RATE_LIMIT =
      Pattern.compile(";\\s*r\\s*=\\s*0\\s*;\\s*t\\s*=\\s*(\\d{1,9})");
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Waiting, so that tests need not. */
  @FunctionalInterface
  interface Pause {
    void sleep(Duration duration) throws InterruptedException;
  }

  /**
   * A repository at a commit.
   *
   * @param commit 40 hex digits
   * @param files names of all files, without those that no sane repository has
   */
  record Listing(String commit, List<String> files) {}

  /**
   * Facts that a Hub states about a file.
   *
   * @param hash of its content: SHA-256 of 64 digits, or git's hash of 40
   * @param bytes its length
   */
  record FileInfo(String name, String hash, long bytes) {}

  /** A request that failed in a way that may pass. */
  private static final class PassingException extends Exception {

    private static final long serialVersionUID = 1L;

    /** The wait that the server asks for; null if it asks for none. */
    private final transient Duration retryAfter;

    PassingException(String message, Duration retryAfter) {
      super(message);
      this.retryAfter = retryAfter;
    }

    PassingException(String message) {
      this(message, null);
    }
  }

  private interface Attempt<T> {
    T run() throws PassingException, IOException, InterruptedException;
  }

  private final HubSettings settings;
  private final Pause pause;
  private final ScheduledExecutorService clock;
  private final HttpClient http;

  /**
   * A client that has asked nothing yet.
   *
   * @param clock notices when a connection stands still
   */
  HubClient(HubSettings settings, Pause pause, ScheduledExecutorService clock) {
    this.settings = settings;
    this.pause = pause;
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
   * Asks for the files of a repository.
   *
   * @throws HubException if there is none, it may not be read, or the Hub keeps failing
   */
  Listing list(RepositoryId id) throws IOException, InterruptedException {
    URI uri = uri("/api/models/%s/revision/%s".formatted(id.name(), encoded(id.revision(), "")));
    return insist(() -> listing(id, uri), () -> 0);
  }

  private Listing listing(RepositoryId id, URI uri)
      throws PassingException, IOException, InterruptedException {
    Exchange exchange = follow(id, "GET", uri, 0, false);
    byte[] body = exchange.readAll(MAX_LISTING_BYTES);
    return listing(exchange.server(), id, body);
  }

  /**
   * Reads a Hub's answer about a repository.
   *
   * @throws HubException if it is none
   */
  static Listing listing(String server, RepositoryId id, byte[] body) throws IOException {
    JsonNode json;
    try {
      json = JSON.readTree(body);
    } catch (IOException e) {
      // Jackson's message would quote what it read.
      throw new HubException(
          "%s sent no JSON about %s: is HF_ENDPOINT a Hub?".formatted(server, id.name()));
    }
    String commit = json.path("sha").asText();
    if (!RepositoryId.isCommit(commit) || !json.path("siblings").isArray()) {
      throw new HubException(
          "%s does not list the files of %s: is HF_ENDPOINT a Hub?".formatted(server, id.name()));
    }
    List<String> files = new ArrayList<>();
    for (JsonNode sibling : json.path("siblings")) {
      String name = sibling.path("rfilename").asText();
      if (isSane(name)) {
        files.add(name);
      }
    }
    return new Listing(commit, files);
  }

  /** Names that could lead out of a directory, or cannot be one of a model, are left alone. */
  private static boolean isSane(String name) {
    return name.length() <= MAX_NAME
        && name.chars().allMatch(c -> c > 0x1f && c != '\\' && c != ':' && c != 0x7f)
        && Arrays.stream(name.split("/", -1))
            .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."));
  }

  /**
   * Asks what a file is.
   *
   * @throws HubException if it is not there, may not be read, has no checksum or length, or the Hub
   *     keeps failing
   */
  FileInfo info(RepositoryId id, String commit, String file)
      throws IOException, InterruptedException {
    return insist(
        () -> {
          Exchange exchange = follow(id, "HEAD", resolve(id, commit, file), 0, true);
          exchange.body().close();
          String etag =
              exchange
                  .header("X-Linked-Etag")
                  .orElseGet(() -> exchange.header("ETag").orElse(""))
                  .replaceFirst("^W/", "")
                  .replace("\"", "");
          if (!HASH.matcher(etag).matches()) {
            throw new HubException(
                "%s gives no checksum for %s of %s: is HF_ENDPOINT a Hub?"
                    .formatted(exchange.server(), file, id.name()));
          }
          OptionalLong linked = number(exchange.header("X-Linked-Size").orElse(""));
          OptionalLong bytes =
              linked.isPresent() || exchange.isRedirect()
                  ? linked
                  : number(exchange.header("Content-Length").orElse(""));
          return new FileInfo(
              file,
              etag,
              bytes.orElseThrow(
                  () ->
                      new HubException(
                          "%s does not say how long %s of %s is"
                              .formatted(exchange.server(), file, id.name()))));
        },
        () -> 0);
  }

  /**
   * Brings what is missing of a file.
   *
   * @param into what has arrived before; made if need be, never through a link
   * @param progress is told the bytes that are there
   * @return whether all of it came in one response
   * @throws HubException if it cannot be had; what arrived is kept, unless it is too long
   */
  boolean fetch(RepositoryId id, String commit, FileInfo file, Path into, LongConsumer progress)
      throws IOException, InterruptedException {
    try (FileChannel channel =
        FileChannel.open(
            into, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      if (channel.size() > file.bytes()) {
        channel.truncate(0);
      }
      boolean whole =
          insist(
              () -> {
                long before = channel.size();
                if (before < file.bytes()) {
                  continueFrom(id, commit, file, channel, progress);
                }
                return before == 0;
              },
              channel::size);
      channel.force(true);
      return whole;
    }
  }

  private void continueFrom(
      RepositoryId id, String commit, FileInfo file, FileChannel channel, LongConsumer progress)
      throws PassingException, IOException, InterruptedException {
    long offset = channel.size();
    Exchange exchange = follow(id, "GET", resolve(id, commit, file.name()), offset, false);
    String encoding = exchange.header("Content-Encoding").orElse("identity");
    if (!encoding.equalsIgnoreCase("identity")) {
      exchange.body().close();
      throw new HubException(
          "%s sent %s compressed, although not asked to".formatted(exchange.server(), file.name()));
    }
    if (exchange.status() == 416
        || exchange.status() == 206 && !continues(exchange, offset, file)) {
      // Not what was asked for: from the beginning, without a range.
      exchange.body().close();
      channel.truncate(0);
      throw new PassingException(
          String.format(
              Locale.ROOT,
              "%s did not continue %s at byte %d",
              exchange.server(),
              file.name(),
              offset));
    }
    if (exchange.status() == 200) {
      channel.truncate(0);
    }
    channel.position(channel.size());
    try (Body body = exchange.body()) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
        if (channel.position() + n > file.bytes()) {
          channel.truncate(0);
          throw new HubException(
              String.format(
                  Locale.ROOT,
                  "%s sent more of %s than the %d bytes that it announced",
                  exchange.server(),
                  file.name(),
                  file.bytes()));
        }
        for (ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n); bytes.hasRemaining(); ) {
          channel.write(bytes);
        }
        progress.accept(channel.position());
      }
    }
    if (channel.size() < file.bytes()) {
      throw new PassingException(
          String.format(
              Locale.ROOT,
              "%s ended %s after %d of %d bytes",
              exchange.server(),
              file.name(),
              channel.size(),
              file.bytes()));
    }
  }

  private static boolean continues(Exchange exchange, long offset, FileInfo file) {
    Matcher range = CONTENT_RANGE.matcher(exchange.header("Content-Range").orElse(""));
    return range.matches()
        && Long.parseLong(range.group(1)) == offset
        && (range.group(2).equals("*") || Long.parseLong(range.group(2)) == file.bytes());
  }

  // --- one request -----------------------------------------------------------------------------

  /** A response whose body has not been read. */
  private final class Exchange {

    private final URI uri;
    private final HttpResponse<InputStream> response;

    Exchange(URI uri, HttpResponse<InputStream> response) {
      this.uri = uri;
      this.response = response;
    }

    int status() {
      return response.statusCode();
    }

    boolean isRedirect() {
      return status() == 301
          || status() == 302
          || status() == 303
          || status() == 307
          || status() == 308;
    }

    Optional<String> header(String name) {
      return response.headers().firstValue(name);
    }

    /** The path and query may hold a signature: they are not named. */
    String server() {
      return uri.getScheme() + "://" + uri.getRawAuthority();
    }

    Body body() {
      return new Body(server(), response.body());
    }

    byte[] readAll(int limit) throws PassingException, IOException {
      try (Body body = body()) {
        byte[] bytes = new byte[BUFFER_BYTES];
        int length = 0;
        while (true) {
          int n = body.read(bytes, length);
          if (n < 0) {
            return Arrays.copyOf(bytes, length);
          }
          length += n;
          if (length > limit) {
            throw new HubException(
                String.format(
                    Locale.ROOT,
                    "%s sent more than %d bytes where a few were expected",
                    server(),
                    limit));
          }
          if (length == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * length);
          }
        }
      }
    }
  }

  /** A body that is given up when it stands still or crawls. */
  private final class Body implements AutoCloseable {

    private final String server;
    private final InputStream in;
    private final AtomicLong arrived = new AtomicLong();
    private final ScheduledFuture<?> watch;
    private long seen;
    private volatile boolean stalled;

    Body(String server, InputStream in) {
      this.server = server;
      this.in = in;
      long every = settings.patience().toMillis();
      this.watch = clock.scheduleAtFixedRate(this::look, every, every, TimeUnit.MILLISECONDS);
    }

    private void look() {
      long now = arrived.get();
      if (now - seen < LEAST_BYTES) {
        stalled = true;
        try {
          // Wakes the reader.
          in.close();
        } catch (IOException e) {
          // It is given up anyway.
        }
      }
      seen = now;
    }

    int read(byte[] buffer) throws PassingException {
      return read(buffer, 0);
    }

    int read(byte[] buffer, int from) throws PassingException {
      int n;
      try {
        n = in.read(buffer, from, buffer.length - from);
      } catch (IOException e) {
        throw stalled
            ? stood()
            : new PassingException(
                "The connection to %s broke (%s)"
                    .formatted(server, settings.redact(oneLine(String.valueOf(e.getMessage())))));
      }
      if (stalled) {
        throw stood();
      }
      arrived.addAndGet(Math.max(n, 0));
      return n;
    }

    private PassingException stood() {
      return new PassingException(
          String.format(
              Locale.ROOT,
              "%s sent less than %d bytes in %d ms",
              server,
              LEAST_BYTES,
              settings.patience().toMillis()));
    }

    @Override
    public void close() {
      watch.cancel(false);
      try {
        in.close();
      } catch (IOException e) {
        // All that was needed has been read.
      }
    }
  }

  /**
   * Sends a request and follows redirects.
   *
   * @param offset first byte that is wanted
   * @param stopAtLink whether a redirect that says what it leads to is enough
   */
  private Exchange follow(
      RepositoryId id, String method, URI start, long offset, boolean stopAtLink)
      throws PassingException, IOException, InterruptedException {
    URI uri = start;
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      Exchange exchange = send(method, uri, offset);
      if (!exchange.isRedirect()) {
        if (exchange.status() == 200
            || offset > 0 && (exchange.status() == 206 || exchange.status() == 416)) {
          return exchange;
        }
        throw refused(id, exchange);
      }
      URI next = target(uri, exchange);
      exchange.body().close();
      if (stopAtLink
          && (!isHub(next)
              || exchange.header("X-Linked-Etag").isPresent()
                  && exchange.header("X-Linked-Size").isPresent())) {
        return exchange;
      }
      uri = next;
    }
    throw new HubException("%s redirects without end".formatted(settings.server()));
  }

  private static URI target(URI from, Exchange exchange) throws HubException {
    URI target;
    try {
      target = from.resolve(exchange.header("Location").orElse(""));
    } catch (IllegalArgumentException e) {
      // Its message would quote the address, which may be secret.
      target = URI.create("");
    }
    String scheme = String.valueOf(target.getScheme()).toLowerCase(Locale.ROOT);
    boolean encrypted = "https".equalsIgnoreCase(from.getScheme());
    if (target.getHost() == null
        || target.getRawUserInfo() != null
        || !(scheme.equals("https") || scheme.equals("http") && !encrypted)) {
      exchange.body().close();
      throw new HubException(
          "%s redirects to an address that cannot be followed%s"
              .formatted(
                  exchange.server(),
                  encrypted && scheme.equals("http") ? ": it is not encrypted" : ""));
    }
    return target;
  }

  private Exchange send(String method, URI uri, long offset)
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
    if (sendsToken(uri)) {
      request.header("Authorization", settings.token().authorization());
    }
    String server = uri.getScheme() + "://" + uri.getRawAuthority();
    try {
      return new Exchange(uri, http.send(request.build(), BodyHandlers.ofInputStream()));
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
          "Cannot reach %s: %s".formatted(server, oneLine(String.valueOf(e.getMessage()))), e);
    } catch (IOException e) {
      throw new PassingException(
          "The connection to %s broke (%s)"
              .formatted(server, settings.redact(oneLine(String.valueOf(e.getMessage())))));
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

  private boolean sendsToken(URI uri) {
    return settings.token() != null && settings.isPrivate() && isHub(uri);
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

  // --- what went wrong -------------------------------------------------------------------------

  private HubException refused(RepositoryId id, Exchange exchange) throws PassingException {
    int status = exchange.status();
    String code = exchange.header("X-Error-Code").orElse("");
    String line =
        String.format(
            Locale.ROOT, "%s answered %d%s", exchange.server(), status, complaint(exchange));
    if (status == 408 || status == 429 || status >= 500) {
      Duration retryAfter = retryAfter(exchange);
      if (retryAfter != null && retryAfter.compareTo(LONGEST_HOLD) > 0) {
        return new HubException(
            String.format(
                Locale.ROOT,
                "%s and wants no further request for %d s",
                line,
                retryAfter.toSeconds()));
      }
      throw new PassingException(line, retryAfter);
    }
    if (!isHub(exchange.uri)) {
      // An address with a signature may have expired: the Hub makes a new one.
      throw new PassingException(line);
    }
    return new HubException("Cannot pull %s: %s%s".formatted(id, line, remedy(id, status, code)));
  }

  private String remedy(RepositoryId id, int status, String code) {
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
  private String complaint(Exchange exchange) {
    String message = exchange.header("X-Error-Message").orElse("");
    try {
      if (message.isEmpty()) {
        JsonNode error = JSON.readTree(exchange.readAll(MAX_COMPLAINT_BYTES)).path("error");
        message = error.asText();
      } else {
        exchange.body().close();
      }
    } catch (PassingException | IOException e) {
      return "";
    }
    // Redacted before it is shortened, or half a token would remain.
    String line = oneLine(settings.redact(message));
    return line.isEmpty() ? "" : " (" + line + ")";
  }

  private static String oneLine(String text) {
    String line = text.replaceAll("[\\s\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+", " ").strip();
    return line.codePointCount(0, line.length()) <= SHOWN
        ? line
        : line.substring(0, line.offsetByCodePoints(0, SHOWN)) + "…";
  }

  private static Duration retryAfter(Exchange exchange) {
    Matcher limit = RATE_LIMIT.matcher(exchange.header("RateLimit").orElse(""));
    if (limit.find()) {
      return Duration.ofSeconds(Long.parseLong(limit.group(1)));
    }
    String value = exchange.header("Retry-After").orElse("").strip();
    if (value.matches("[0-9]{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    try {
      Instant date = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration until = Duration.between(Instant.now(), date);
      return until.isNegative() ? Duration.ZERO : until;
    } catch (DateTimeException e) {
      return null;
    }
  }

  private interface Reached {
    long bytes() throws IOException;
  }

  /** Tries until it works, is final, or has failed too often without getting on. */
  private <T> T insist(Attempt<T> attempt, Reached reached)
      throws IOException, InterruptedException {
    long before = reached.bytes();
    for (int failures = 1; ; failures++) {
      try {
        return attempt.run();
      } catch (PassingException e) {
        long now = reached.bytes();
        if (now - before >= PROGRESS_BYTES) {
          failures = 1;
          before = now;
        }
        if (failures == ATTEMPTS) {
          throw new HubException(
              String.format(Locale.ROOT, "%s, %d times in a row", e.getMessage(), ATTEMPTS), null);
        }
        Duration backoff = FIRST_DELAY.multipliedBy(1L << (failures - 1));
        pause.sleep(
            e.retryAfter != null && e.retryAfter.compareTo(backoff) > 0 ? e.retryAfter : backoff);
      }
    }
  }

  // --- addresses -------------------------------------------------------------------------------

  private URI resolve(RepositoryId id, String commit, String file) {
    return uri("/%s/resolve/%s/%s".formatted(id.name(), commit, encoded(file, "/")));
  }

  private URI uri(String path) {
    return URI.create(settings.endpoint() + path);
  }

  /** Percent-encoded, but for a separator. */
  private static String encoded(String text, String separator) {
    if (separator.isEmpty()) {
      return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
    return Arrays.stream(text.split(separator))
        .map(part -> encoded(part, ""))
        .collect(Collectors.joining(separator));
  }

  private static OptionalLong number(String value) {
    return value.matches("[0-9]{1,18}")
        ? OptionalLong.of(Long.parseLong(value))
        : OptionalLong.empty();
  }
}
