package io.github.tommerspark.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Speaks to a Hub: lists repositories, describes and fetches files. After 408, 429 and 5xx, when no
 * answer comes in time, when the connection breaks, stands still or crawls, and when a body is not
 * whole, it asks again, after a while. Anything else is final. Redirects are followed, but the
 * token goes to the Hub's own scheme, host and port only, and an encrypted connection is never left
 * for another.
 */
final class HubClient {

  private static final int MAX_LISTING_BYTES = 32 << 20;
  private static final int MAX_NAME = 1000;
  private static final int BUFFER_BYTES = 1 << 16;
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)");
  private static final ObjectMapper JSON = new ObjectMapper();

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

  private final HubSettings settings;
  private final HubRequests requests;
  private final Insistence insistence;

  /**
   * A client that has asked nothing yet.
   *
   * @param clock notices when a connection stands still
   */
  HubClient(HubSettings settings, Insistence.Pause pause, ScheduledExecutorService clock) {
    this.settings = settings;
    this.requests = new HubRequests(settings, clock);
    this.insistence = new Insistence(pause);
  }

  /**
   * Asks for the files of a repository.
   *
   * @throws HubException if there is none, it may not be read, or the Hub keeps failing
   */
  Listing list(RepositoryId id) throws IOException, InterruptedException {
    URI uri = uri("/api/models/%s/revision/%s".formatted(id.name(), encoded(id.revision(), "")));
    return insistence.until(() -> listing(id, uri), () -> 0);
  }

  private Listing listing(RepositoryId id, URI uri)
      throws PassingException, IOException, InterruptedException {
    HubResponse response = requests.follow(id, "GET", uri, 0, false);
    byte[] body = response.readAll(MAX_LISTING_BYTES);
    return listing(response.server(), id, body);
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

  /** Names that could lead out of a directory, or that no file has here, are left alone. */
  private static boolean isSane(String name) {
    return name.length() <= MAX_NAME
        && name.chars().allMatch(c -> c > 0x1f && c != '\\' && c != ':' && c != 0x7f)
        && Arrays.stream(name.split("/", -1))
            .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."))
        && isPath(name);
  }

  /** Not with half a character, nor with one that the locale's charset does not have. */
  private static boolean isPath(String name) {
    try {
      return !Path.of(name).isAbsolute();
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /**
   * Asks what a file is.
   *
   * @throws HubException if it is not there, may not be read, has no checksum or length, or the Hub
   *     keeps failing
   */
  FileInfo info(RepositoryId id, String commit, String file)
      throws IOException, InterruptedException {
    return insistence.until(
        () -> {
          HubResponse response = requests.follow(id, "HEAD", resolve(id, commit, file), 0, true);
          response.body().close();
          String etag =
              response
                  .header("X-Linked-Etag")
                  .orElseGet(() -> response.header("ETag").orElse(""))
                  .replaceFirst("^W/", "")
                  .replace("\"", "");
          if (!HASH.matcher(etag).matches()) {
            throw new HubException(
                "%s gives no checksum for %s of %s: is HF_ENDPOINT a Hub?"
                    .formatted(response.server(), file, id.name()));
          }
          OptionalLong linked = number(response.header("X-Linked-Size").orElse(""));
          OptionalLong bytes =
              linked.isPresent() || response.isRedirect()
                  ? linked
                  : number(response.header("Content-Length").orElse(""));
          return new FileInfo(
              file,
              etag,
              bytes.orElseThrow(
                  () ->
                      new HubException(
                          "%s does not say how long %s of %s is"
                              .formatted(response.server(), file, id.name()))));
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
          insistence.until(
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
    HubResponse response =
        requests.follow(id, "GET", resolve(id, commit, file.name()), offset, false);
    String encoding = response.header("Content-Encoding").orElse("identity");
    if (!encoding.equalsIgnoreCase("identity")) {
      response.body().close();
      throw new HubException(
          "%s sent %s compressed, although not asked to".formatted(response.server(), file.name()));
    }
    if (response.status() == 416
        || response.status() == 206 && !continues(response, offset, file)) {
      // Not what was asked for: from the beginning, without a range.
      response.body().close();
      channel.truncate(0);
      throw new PassingException(
          String.format(
              Locale.ROOT,
              "%s did not continue %s at byte %d",
              response.server(),
              file.name(),
              offset));
    }
    if (response.status() == 200) {
      channel.truncate(0);
    }
    channel.position(channel.size());
    try (HubResponse.Body body = response.body()) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
        if (channel.position() + n > file.bytes()) {
          channel.truncate(0);
          throw new HubException(
              String.format(
                  Locale.ROOT,
                  "%s sent more of %s than the %d bytes that it announced",
                  response.server(),
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
              response.server(),
              file.name(),
              channel.size(),
              file.bytes()));
    }
  }

  private static boolean continues(HubResponse response, long offset, FileInfo file) {
    Matcher range = CONTENT_RANGE.matcher(response.header("Content-Range").orElse(""));
    return range.matches()
        && Long.parseLong(range.group(1)) == offset
        && (range.group(2).equals("*") || Long.parseLong(range.group(2)) == file.bytes());
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
