package io.github.tommerspark.judge;

import io.github.tommerspark.http.OneLine;
import io.github.tommerspark.http.RetryAfter;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks an endpoint, and asks again when it makes sense: after 408, 429 and 5xx, when no answer
 * comes in time, when the connection breaks, and when a response is not whole. An excerpt that a
 * content filter holds back has an unclear answer. Anything else is final. Redirects are not
 * followed: a key goes to the host that the user named and to no other. Thread-safe.
 */
final class ChatClient {

  /** The greatest number of times that a question is asked. */
  static final int ATTEMPTS = 6;

  private static final Logger LOG = LoggerFactory.getLogger(ChatClient.class);

  private static final Duration FIRST_DELAY = Duration.ofSeconds(1);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);

  /** The longest wait that a server may ask for; one that asks for more has run out of quota. */
  private static final Duration LONGEST_HOLD = Duration.ofMinutes(10);

  private final JudgeSettings settings;
  private final RequestPacer pacer;
  private final Pause pause;
  private final DoubleSupplier random;
  private final HttpClient http;
  private final AtomicLong sent = new AtomicLong();

  /** A verdict and its reasons take a few kilobytes. */
  private static final long MAX_BYTES = 4 << 20;

  /**
   * A client that has asked nothing yet.
   *
   * @param random numbers from 0 to 1, for delays
   */
  ChatClient(JudgeSettings settings, Pause pause, DoubleSupplier random) {
    this.settings = settings;
    this.pause = pause;
    this.random = random;
    this.pacer = new RequestPacer(settings.requestsPerMinute(), pause);
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
  }

  /** A request that failed in a way that may pass. */
  private static final class PassingException extends Exception {

    private static final long serialVersionUID = 1L;

    /** The wait that the server asks for; null if it asks for none. */
    private final transient @Nullable Duration retryAfter;

    /** Returns whether the server complains about the number of requests. */
    private final boolean tooMany;

    PassingException(String message, boolean tooMany, @Nullable Duration retryAfter) {
      super(message);
      this.tooMany = tooMany;
      this.retryAfter = retryAfter;
    }

    PassingException(String message) {
      this(message, false, null);
    }
  }

  /** HTTP requests sent so far. */
  long sent() {
    return sent.get();
  }

  /**
   * Asks a question, as often as it takes.
   *
   * @throws JudgeException if the endpoint refuses it, keeps failing, or the budget is used up
   * @throws InterruptedException while waiting to ask; never while an answer is under way
   */
  Answer ask(Question question) throws InterruptedException {
    for (int attempt = 1; ; attempt++) {
      pacer.await();
      if (sent.getAndIncrement() >= settings.budget()) {
        sent.decrementAndGet();
        throw new JudgeException(
            String.format(
                Locale.ROOT,
                "The budget of %,d requests is used up, repeated ones included",
                settings.budget()));
      }
      try {
        return send(question);
      } catch (PassingException e) {
        if (attempt == ATTEMPTS) {
          throw new JudgeException(
              String.format(Locale.ROOT, "%s, %d times in a row", e.getMessage(), ATTEMPTS));
        }
        Duration delay = delay(attempt, e.retryAfter);
        LOG.debug("{}; asking again in {} ms", e.getMessage(), delay.toMillis());
        if (e.tooMany || e.retryAfter != null) {
          pacer.hold(delay);
        } else {
          pause.sleep(delay);
        }
      }
    }
  }

  /** Twice as long each time, at random between the half and the whole of that. */
  private Duration delay(int attempt, @Nullable Duration retryAfter) {
    long whole = FIRST_DELAY.toNanos() << (attempt - 1);
    Duration backoff = Duration.ofNanos((long) (whole * (0.5 + random.getAsDouble() / 2)));
    return retryAfter != null && retryAfter.compareTo(backoff) > 0 ? retryAfter : backoff;
  }

  private Answer send(Question question) throws PassingException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(settings.endpoint().uri())
            .header("Content-Type", "application/json")
            .header("Accept", "application/json")
            .POST(BodyPublishers.ofString(question.request()));
    if (settings.key() != null) {
      request.header("Authorization", settings.key().authorization());
    }
    HttpResponse<byte[]> response = response(request.build());
    int status = response.statusCode();
    ChatResponse body = new ChatResponse(response.body(), settings.key());
    if (status == 200) {
      return answer(body);
    }
    String line =
        String.format(
            Locale.ROOT,
            "%s answered %d%s",
            settings.endpoint().server(),
            status,
            body.complaint());
    if (status == 408 || status == 429 || status >= 500) {
      Duration retryAfter = retryAfter(response);
      if (retryAfter != null && retryAfter.compareTo(LONGEST_HOLD) > 0) {
        throw new JudgeException(
            String.format(
                Locale.ROOT,
                "%s and wants no further request for %,d s",
                line,
                retryAfter.toSeconds()));
      }
      throw new PassingException(line, status == 429, retryAfter);
    }
    if (status == 400 && body.isFiltered()) {
      // About this excerpt alone: others may pass.
      return new Answer(Verdict.UNCLEAR, line, false, 0, 0);
    }
    throw new JudgeException(line + remedy(status));
  }

  /**
   * Waits for a whole response. Not with the timeout of a request, which ends with the headers. An
   * interruption waits too: an answer that is under way has been paid for.
   */
  private HttpResponse<byte[]> response(HttpRequest request) throws PassingException {
    CompletableFuture<HttpResponse<byte[]>> response =
        http.sendAsync(request, headers -> new BoundedBody(MAX_BYTES));
    long deadline = System.nanoTime() + settings.timeout().toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return response.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (TimeoutException e) {
      response.cancel(true);
      throw new PassingException(
          String.format(
              Locale.ROOT,
              "%s did not answer within %,d ms",
              settings.endpoint().server(),
              settings.timeout().toMillis()));
    } catch (ExecutionException e) {
      throw broken(Objects.requireNonNull(e.getCause()));
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private PassingException broken(Throwable cause) {
    String server = settings.endpoint().server();
    if (cause.getCause() instanceof UnresolvedAddressException) {
      throw new JudgeException(
          "Cannot reach %s: no such host; check --endpoint".formatted(server), cause);
    }
    if (cause instanceof SSLException) {
      throw new JudgeException(
          "Cannot reach %s: %s".formatted(server, OneLine.of(String.valueOf(cause.getMessage()))),
          cause);
    }
    if (cause instanceof ConnectException) {
      return new PassingException("%s does not accept connections".formatted(server));
    }
    if (cause instanceof IOException) {
      return new PassingException(
          "The connection to %s broke (%s)"
              .formatted(server, OneLine.of(String.valueOf(cause.getMessage()))));
    }
    throw new IllegalStateException("Cannot ask %s".formatted(server), cause);
  }

  private Answer answer(ChatResponse response) throws PassingException {
    return response
        .answer()
        .orElseThrow(
            () ->
                new PassingException(
                    "%s sent no chat completion%s"
                        .formatted(settings.endpoint().server(), response.complaint())));
  }

  private String remedy(int status) {
    return switch (status) {
      case 401, 403 ->
          settings.key() == null
              ? "; set a key in the environment variable " + ApiKey.VARIABLES.get(0)
              : "; check the key in " + settings.key().variable();
      case 404 -> "; check --endpoint and --judge-model";
      case 301, 302, 303, 307, 308 -> "; redirects are not followed, name the right --endpoint";
      default -> "";
    };
  }

  private @Nullable Duration retryAfter(HttpResponse<?> response) {
    return RetryAfter.parse(response.headers().firstValue("Retry-After").orElse(""), pause.now())
        .orElse(null);
  }
}
