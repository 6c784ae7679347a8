package io.github.tommerspark.judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;

/** A chat endpoint on this machine that can be told to misbehave. */
public final class ChatServer implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What to do with one request. */
  public interface Behaviour {

    /** Responds, or not. */
    void handle(HttpExchange exchange) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Queue<Behaviour> script = new ConcurrentLinkedQueue<>();
  private final List<JsonNode> requests = new ArrayList<>();
  private final List<String> authorizations = new ArrayList<>();
  private volatile UnaryOperator<String> judge = excerpt -> "It names something.\nyes";
  private volatile Runnable onRequest = () -> {};

  /** Starts on a free port of the loopback interface. */
  public ChatServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/v1/chat/completions", this::handle);
    server.start();
  }

  /** Its base URL. */
  public String url() {
    return "http://127.0.0.1:%d/v1".formatted(server.getAddress().getPort());
  }

  /** What it does with the next requests, one each, before it behaves well. */
  public ChatServer then(Behaviour... behaviours) {
    script.addAll(Arrays.asList(behaviours));
    return this;
  }

  /** How it answers when it behaves well: the answer to an excerpt. */
  public ChatServer judging(UnaryOperator<String> judge) {
    this.judge = judge;
    return this;
  }

  ChatServer onRequest(Runnable action) {
    onRequest = action;
    return this;
  }

  /** Excerpts that it was asked about, repeated ones included. */
  public synchronized List<String> excerpts() {
    return requests.stream().map(ChatServer::excerpt).toList();
  }

  synchronized List<JsonNode> requests() {
    return List.copyOf(requests);
  }

  /** The header of each request; null where there was none. */
  public synchronized List<String> authorizations() {
    return new ArrayList<>(authorizations);
  }

  private void handle(HttpExchange exchange) throws IOException {
    JsonNode request = JSON.readTree(exchange.getRequestBody().readAllBytes());
    synchronized (this) {
      requests.add(request);
      authorizations.add(exchange.getRequestHeaders().getFirst("Authorization"));
    }
    onRequest.run();
    Behaviour next = script.poll();
    if (next == null) {
      next = answer(judge.apply(excerpt(request)));
    }
    next.handle(exchange);
  }

  private static String excerpt(JsonNode request) {
    return request.at("/messages/1/content").asText();
  }

  /** A completion with this text. */
  public static Behaviour answer(String text) {
    return status(200, completion(text, "stop"));
  }

  static String completion(String text, String finish) {
    ObjectNode root = JSON.createObjectNode();
    ObjectNode choice = root.putArray("choices").addObject();
    choice.put("finish_reason", finish);
    choice.putObject("message").put("role", "assistant").put("content", text);
    root.putObject("usage").put("prompt_tokens", 300).put("completion_tokens", 20);
    return root.toString();
  }

  /** A response with this status and body, and these headers: names and values in turn. */
  public static Behaviour status(int status, String body, String... headers) {
    return exchange -> {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
      }
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    };
  }

  /** Promises more than it sends. */
  static Behaviour cutOff() {
    return exchange -> {
      exchange.sendResponseHeaders(200, 1000);
      exchange.getResponseBody().write("{\"choices\"".getBytes(StandardCharsets.UTF_8));
      exchange.getResponseBody().flush();
      exchange.close();
    };
  }

  /** A response that does not end. */
  static Behaviour endless() {
    return exchange -> {
      exchange.sendResponseHeaders(200, 0);
      byte[] spaces = " ".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
      while (true) {
        exchange.getResponseBody().write(spaces);
      }
    };
  }

  /** Ends the connection without a response. */
  static Behaviour hangUp() {
    return HttpExchange::close;
  }

  /** Does not respond at all. */
  Behaviour silence() {
    return exchange -> {
      awaitClose();
      exchange.close();
    };
  }

  /** Begins a response and does not end it. */
  Behaviour stall() {
    return exchange -> {
      exchange.sendResponseHeaders(200, 1000);
      exchange.getResponseBody().write('{');
      exchange.getResponseBody().flush();
      awaitClose();
      exchange.close();
    };
  }

  private void awaitClose() {
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
