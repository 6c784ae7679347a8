package io.github.tommerspark.jobs;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Stands between HTTP clients and a server, and does to requests what networks and busy servers do.
 *
 * <p>By count, not by chance: each so-and-so-manieth request is in for it, and kinds of trouble
 * take turns. One request per connection, which both sides are told.
 */
public final class FaultyProxy implements AutoCloseable {

  /** A kind of trouble. */
  enum Fault {
    /** 500, and the request never reaches the server. */
    INTERNAL_ERROR,
    /** 503, as S3 answers who asks too much. */
    SLOW_DOWN,
    /** The answer takes its time. */
    LATE,
    /** The connection ends before the request reaches the server. */
    DROPPED,
    /**
     * The server does what it was asked for, and the answer is lost. Not for requests that begin an
     * upload: the client begins another and aborts the first when it commits, whereupon S3Mock
     * removes the object that the second made. S3 keeps it.
     */
    LOST,
    /** The connection ends in the middle of the answer; for objects that are read. */
    CUT
  }

  /** A request line. */
  record Request(String method, String target) {

    boolean beginsUpload() {
      return method.equals("POST") && target.endsWith("?uploads");
    }

    boolean completesUpload() {
      return method.equals("POST") && target.contains("?uploadId=");
    }

    boolean readsObject() {
      return method.equals("GET") && !target.contains("?");
    }

    boolean changes() {
      return !method.equals("GET") && !method.equals("HEAD");
    }

    boolean canSuffer(Fault fault) {
      return switch (fault) {
        case CUT -> readsObject();
        case LOST -> !beginsUpload();
        default -> true;
      };
    }
  }

  private static final int LATE_MILLIS = 400;

  private final ServerSocket socket;
  private final int server;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "faulty-proxy");
            thread.setDaemon(true);
            return thread;
          });

  private final Deque<Fault> turns = new ArrayDeque<>(Arrays.asList(Fault.values()));
  private final Map<Fault, Integer> done = new EnumMap<>(Fault.class);
  private final AtomicInteger uploads = new AtomicInteger();
  private int every;
  private int requests;
  private Hold hold = new Hold(request -> false);
  private boolean mortal;

  private FaultyProxy(ServerSocket socket, int server) {
    this.socket = socket;
    this.server = server;
  }

  /** Starts one, without faults, for a server on this machine. */
  public static FaultyProxy before(int server) throws IOException {
    FaultyProxy proxy =
        new FaultyProxy(new ServerSocket(0, 100, InetAddress.getLoopbackAddress()), server);
    proxy.threads.execute(proxy::accept);
    return proxy;
  }

  public int port() {
    return socket.getLocalPort();
  }

  /** From now on, each so-and-so-manieth request goes wrong; with 0 none does. */
  public synchronized void faultEvery(int requests) {
    every = requests;
    done.clear();
  }

  /** How often each kind of trouble was made since {@link #faultEvery}. */
  synchronized Map<Fault, Integer> faults() {
    return new EnumMap<>(done);
  }

  /** How many uploads in parts were begun, in all. */
  int uploadsBegun() {
    return uploads.get();
  }

  /**
   * From now on, the process behind which this stands dies as {@link Mortality} says: requests that
   * change something are points, and nothing comes through after its death.
   */
  public synchronized void standsBeforeAMortal() {
    mortal = true;
  }

  private synchronized void pass(String moment, Request request) throws IOException {
    if (mortal && request.changes()) {
      String path = request.target().replaceFirst("\\?.*", "");
      Mortality.pass(moment + request.method() + " " + path.substring(path.lastIndexOf('/') + 1));
    } else if (mortal) {
      Mortality.live();
    }
  }

  /** Requests that wait for good: when they are let go, they end without having been passed on. */
  static final class Hold {
    private final Predicate<Request> which;
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);

    private Hold(Predicate<Request> which) {
      this.which = which;
    }

    /** Whether one is held. */
    boolean isReached() {
      return reached.getCount() == 0;
    }
  }

  /** Holds requests from now on, in the place of those held before, which end. */
  synchronized Hold hold(Predicate<Request> which) {
    hold.over.countDown();
    hold = new Hold(which);
    return hold;
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        threads.execute(
            () -> {
              try (client) {
                serve(client);
              } catch (IOException e) {
                // The client sees that, too.
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
      } catch (IOException e) {
        // Closed.
        return;
      }
    }
  }

  private void serve(Socket client) throws IOException, InterruptedException {
    InputStream in = new BufferedInputStream(client.getInputStream());
    OutputStream out = client.getOutputStream();
    String head = head(in);
    if (head.isEmpty()) {
      return;
    }
    String[] line = head.split(" ", 3);
    Request request = new Request(line[0], line[1]);
    int length = 0;
    StringBuilder passed = new StringBuilder();
    for (String header : head.split("\r\n")) {
      String name = header.toLowerCase();
      if (name.startsWith("content-length:")) {
        length = Integer.parseInt(header.substring(15).strip());
      }
      if (name.startsWith("expect:")) {
        out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      } else if (!name.startsWith("connection:")) {
        passed.append(header).append("\r\n");
      }
    }
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      return;
    }
    Hold now;
    synchronized (this) {
      now = hold;
    }
    if (now.which.test(request)) {
      now.reached.countDown();
      now.over.await();
      return;
    }
    pass("before ", request);
    Fault fault = fault(request);
    if (fault == Fault.INTERNAL_ERROR) {
      refuse(out, request, "500 Internal Server Error", "InternalError");
    } else if (fault == Fault.SLOW_DOWN) {
      refuse(out, request, "503 Slow Down", "SlowDown");
    } else if (fault != Fault.DROPPED) {
      if (request.beginsUpload()) {
        uploads.incrementAndGet();
      }
      passed.append("Connection: close\r\n\r\n");
      byte[] answer = ask(passed.toString().getBytes(StandardCharsets.ISO_8859_1), body);
      pass("after ", request);
      if (fault == Fault.LATE) {
        Thread.sleep(LATE_MILLIS);
      }
      if (fault != Fault.LOST) {
        out.write(
            answer, 0, fault == Fault.CUT ? answer.length - bodyOf(answer) / 2 : answer.length);
      }
    }
  }

  /** Decides what happens to a request: the first kind whose turn it is and that fits it. */
  private synchronized Fault fault(Request request) {
    requests++;
    if (every == 0 || requests % every != 0) {
      return null;
    }
    for (Iterator<Fault> next = turns.iterator(); next.hasNext(); ) {
      Fault fault = next.next();
      if (request.canSuffer(fault)) {
        next.remove();
        turns.addLast(fault);
        done.merge(fault, 1, Integer::sum);
        return fault;
      }
    }
    throw new IllegalStateException("No kind of trouble fits " + request);
  }

  private byte[] ask(byte[] head, byte[] body) throws IOException {
    try (Socket backend = new Socket(InetAddress.getLoopbackAddress(), server)) {
      OutputStream out = backend.getOutputStream();
      out.write(head);
      out.write(body);
      out.flush();
      return backend.getInputStream().readAllBytes();
    }
  }

  private static void refuse(OutputStream out, Request request, String status, String code)
      throws IOException {
    String xml = "<Error><Code>%s</Code><Message>Injected</Message></Error>".formatted(code);
    String head =
        "HTTP/1.1 %s\r\nContent-Type: application/xml\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            .formatted(status, xml.length());
    String answer = request.method().equals("HEAD") ? head : head + xml;
    out.write(answer.getBytes(StandardCharsets.US_ASCII));
  }

  /** Everything up to the empty line; nothing if the connection ends before. */
  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int state = 0;
    while (state < 4) {
      int next = in.read();
      if (next < 0) {
        return "";
      }
      head.write(next);
      state = next == "\r\n\r\n".charAt(state) ? state + 1 : next == '\r' ? 1 : 0;
    }
    String text = head.toString(StandardCharsets.ISO_8859_1);
    return text.substring(0, text.length() - 4);
  }

  /** The length of an answer's body. */
  private static int bodyOf(byte[] answer) {
    String text = new String(answer, StandardCharsets.ISO_8859_1);
    return text.length() - text.indexOf("\r\n\r\n") - 4;
  }

  @Override
  public void close() throws IOException {
    socket.close();
    threads.shutdownNow();
  }
}
