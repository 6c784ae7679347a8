package io.github.tommerspark.hub;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;

/**
 * A Hub on this machine with one repository, and the host that it sends large files from, both of
 * which can be told to misbehave.
 */
final class HubServer implements AutoCloseable {

  static final String ID = "some-org/some.model";
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What to do with one request. */
  interface Behaviour {

    /** Responds, or not. */
    void handle(HttpExchange exchange) throws IOException;
  }

  /**
   * A request that was made.
   *
   * @param host {@code hub} or {@code cdn}
   * @param authorization null if there was none
   * @param range null if there was none
   */
  record Request(String host, String method, String path, String authorization, String range) {}

  private record Rule(Predicate<Request> when, Behaviour behaviour) {}

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer hub = start("hub");
  private final HttpServer cdn = start("cdn");
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<String, byte[]> files = new TreeMap<>();
  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private volatile String commit = COMMIT;

  private HttpServer start(String host) {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext("/", exchange -> handle(host, exchange));
      server.setExecutor(threads);
      server.start();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  HubServer with(String name, byte[] content) {
    files.put(name, content);
    return this;
  }

  HubServer with(String name, String content) {
    return with(name, content.getBytes(StandardCharsets.UTF_8));
  }

  HubServer at(String commit) {
    this.commit = commit;
    return this;
  }

  /** What it does with the next request that the condition holds for, once. */
  HubServer once(Predicate<Request> when, Behaviour behaviour) {
    boolean[] done = {false};
    return always(
        request -> {
          synchronized (done) {
            boolean first = !done[0] && when.test(request);
            done[0] |= first;
            return first;
          }
        },
        behaviour);
  }

  /** What it does with every request that the condition holds for. */
  HubServer always(Predicate<Request> when, Behaviour behaviour) {
    rules.add(new Rule(when, behaviour));
    return this;
  }

  /** Forgets all misbehaviour. */
  HubServer behave() {
    rules.clear();
    return this;
  }

  String url() {
    return "http://127.0.0.1:%d".formatted(hub.getAddress().getPort());
  }

  String cdnUrl() {
    // Another name of this machine, so that it is another host.
    return "http://localhost:%d".formatted(cdn.getAddress().getPort());
  }

  List<Request> requests() {
    return List.copyOf(requests);
  }

  HubServer forget() {
    requests.clear();
    return this;
  }

  /** Large files are not in git: the Hub redirects to another host for them. */
  static boolean isLarge(String name) {
    return name.endsWith(".safetensors") || name.endsWith(".gguf");
  }

  static String sha256(byte[] content) {
    return hash("SHA-256", new byte[0], content);
  }

  static String gitHash(byte[] content) {
    return hash(
        "SHA-1", ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII), content);
  }

  private static String hash(String algorithm, byte[] prefix, byte[] content) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(prefix);
      return HexFormat.of().formatHex(digest.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void handle(String host, HttpExchange exchange) throws IOException {
    Request request =
        new Request(
            host,
            exchange.getRequestMethod(),
            exchange.getRequestURI().getPath(),
            exchange.getRequestHeaders().getFirst("Authorization"),
            exchange.getRequestHeaders().getFirst("Range"));
    requests.add(request);
    try {
      for (Rule rule : rules) {
        if (rule.when.test(request)) {
          rule.behaviour.handle(exchange);
          return;
        }
      }
      serve(request, exchange);
    } finally {
      exchange.close();
    }
  }

  private void serve(Request request, HttpExchange exchange) throws IOException {
    String listing = "/api/models/" + ID + "/revision/";
    String resolve = "/" + ID + "/resolve/" + commit + "/";
    if (request.host.equals("cdn")) {
      content(files.get(request.path.substring(1)), exchange);
    } else if (request.path.startsWith(listing)) {
      ObjectNode json = JSON.createObjectNode().put("id", ID).put("sha", commit);
      files.keySet().forEach(name -> json.withArray("siblings").addObject().put("rfilename", name));
      status(200, json.toString()).handle(exchange);
    } else if (request.path.startsWith(resolve)
        && files.containsKey(request.path.substring(resolve.length()))) {
      String name = request.path.substring(resolve.length());
      byte[] content = files.get(name);
      exchange.getResponseHeaders().add("X-Repo-Commit", commit);
      if (isLarge(name)) {
        exchange.getResponseHeaders().add("X-Linked-Etag", '"' + sha256(content) + '"');
        exchange.getResponseHeaders().add("X-Linked-Size", "" + content.length);
        exchange
            .getResponseHeaders()
            .add("Location", cdnUrl() + "/" + name + "?Signature=very-secret");
        exchange.sendResponseHeaders(302, -1);
      } else {
        exchange.getResponseHeaders().add("ETag", '"' + gitHash(content) + '"');
        content(content, exchange);
      }
    } else {
      status(404, "{\"error\":\"Repository not found\"}", "X-Error-Code", "RepoNotFound")
          .handle(exchange);
    }
  }

  private static void content(byte[] content, HttpExchange exchange) throws IOException {
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().add("Content-Length", "" + content.length);
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
    if (range != null) {
      exchange
          .getResponseHeaders()
          .add(
              "Content-Range",
              "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
    }
    exchange.sendResponseHeaders(range == null ? 200 : 206, content.length - from);
    exchange.getResponseBody().write(content, from, content.length - from);
  }

  /** A response with this status and body, and these headers: names and values in turn. */
  static Behaviour status(int status, String body, String... headers) {
    return exchange -> {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
      }
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(status, bytes.length == 0 || head ? -1 : bytes.length);
      if (!head) {
        exchange.getResponseBody().write(bytes);
      }
    };
  }

  /** All of a file is promised, and a part sent, before the connection ends. */
  Behaviour cutOff(String name, int bytes) {
    return exchange -> {
      OutputStream body = begin(name, exchange);
      body.write(files.get(name), 0, bytes);
      body.flush();
    };
  }

  /** A part of a file is sent, and then nothing. */
  Behaviour stall(String name, int bytes) {
    return exchange -> {
      OutputStream body = begin(name, exchange);
      body.write(files.get(name), 0, bytes);
      body.flush();
      awaitClose();
    };
  }

  /** A byte every few milliseconds, for ever. */
  Behaviour drip() {
    return exchange -> {
      exchange.sendResponseHeaders(200, 0);
      OutputStream body = exchange.getResponseBody();
      while (closed.getCount() > 0) {
        body.write('x');
        body.flush();
        pause();
      }
    };
  }

  /** As much as is read, for ever. */
  Behaviour flood() {
    return exchange -> {
      exchange.sendResponseHeaders(200, 0);
      byte[] block = new byte[1 << 16];
      while (closed.getCount() > 0) {
        exchange.getResponseBody().write(block);
      }
    };
  }

  /** Does not respond. */
  Behaviour silence() {
    return exchange -> awaitClose();
  }

  private OutputStream begin(String name, HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, files.get(name).length);
    return exchange.getResponseBody();
  }

  private static void pause() {
    try {
      Thread.sleep(5);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitClose() {
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static Predicate<Request> on(String host, String method, String end) {
    return request ->
        request.host.equals(host) && request.method.equals(method) && request.path.endsWith(end);
  }

  static Predicate<Request> listing() {
    return request -> request.path.startsWith("/api/");
  }

  /** Values of a header of requests to a host. */
  List<String> authorizations(String host) {
    List<String> values = new ArrayList<>();
    for (Request request : requests) {
      if (request.host.equals(host)) {
        values.add(request.authorization);
      }
    }
    return values;
  }

  @Override
  public void close() {
    closed.countDown();
    hub.stop(0);
    cdn.stop(0);
    threads.shutdownNow();
  }
}
