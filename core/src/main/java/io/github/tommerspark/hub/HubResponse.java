package io.github.tommerspark.hub;

import io.github.tommerspark.http.OneLine;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A response whose body has not been read. */
final class HubResponse {

  /**
   * Bytes that must arrive while the patience lasts, or the connection counts as standing still.
   */
  private static final int LEAST_BYTES = 1 << 10;

  private static final int BUFFER_BYTES = 1 << 16;

  private final URI uri;
  private final HttpResponse<InputStream> response;
  private final HubSettings settings;
  private final ScheduledExecutorService clock;

  /**
   * A response to a request.
   *
   * @param uri the address that answered
   * @param clock notices when the body stands still
   */
  HubResponse(
      URI uri,
      HttpResponse<InputStream> response,
      HubSettings settings,
      ScheduledExecutorService clock) {
    this.uri = uri;
    this.response = response;
    this.settings = settings;
    this.clock = clock;
  }

  /** The address that answered; may be secret. */
  URI uri() {
    return uri;
  }

  /** The status code. */
  int status() {
    return response.statusCode();
  }

  /** Returns whether it names another address. */
  boolean isRedirect() {
    return status() == 301
        || status() == 302
        || status() == 303
        || status() == 307
        || status() == 308;
  }

  /** The first value of a header. */
  Optional<String> header(String name) {
    return response.headers().firstValue(name);
  }

  /** The address without path and query, which may hold a signature. */
  String server() {
    return uri.getScheme() + "://" + uri.getRawAuthority();
  }

  /** The body, to be read once and closed. */
  Body body() {
    return new Body(server(), response.body());
  }

  /**
   * Reads a short body.
   *
   * @param limit bytes that are expected at most
   * @throws HubException if there are more
   * @throws PassingException if the connection breaks or stands still
   */
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

  /** A body that is given up when it stands still or crawls. */
  final class Body implements AutoCloseable {

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
                    .formatted(
                        server, settings.redact(OneLine.of(String.valueOf(e.getMessage())))));
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
}
