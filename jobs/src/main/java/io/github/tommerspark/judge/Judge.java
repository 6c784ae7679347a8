package io.github.tommerspark.judge;

import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts questions to an endpoint, several at once, and keeps every answer before going on. */
public final class Judge {

  private static final Logger LOG = LoggerFactory.getLogger(Judge.class);

  /** A line of progress for every so many parts of the work. */
  private static final int PROGRESS_LINES = 20;

  private final JudgeSettings settings;
  private final VerdictCache cache;
  private final ChatClient client;

  /**
   * A judge.
   *
   * @param settings how the endpoint is treated
   * @param cache of answers; stays open
   */
  public Judge(JudgeSettings settings, VerdictCache cache) {
    this(settings, cache, Pause.real(), () -> ThreadLocalRandom.current().nextDouble());
  }

  Judge(JudgeSettings settings, VerdictCache cache, Pause pause, DoubleSupplier random) {
    this.settings = settings;
    this.cache = cache;
    this.client = new ChatClient(settings, pause, random);
  }

  /**
   * The outcome of asking.
   *
   * @param answers by the keys of the questions, all of them
   * @param cached questions that had been answered before
   * @param asked questions that were answered now
   * @param sent HTTP requests that this took
   */
  public record Session(Map<String, Answer> answers, long cached, long asked, long sent) {}

  /**
   * Answers all questions, those that are not in the cache by asking. The first is asked alone, so
   * that a wrong key or name costs one request.
   *
   * @param questions may repeat; a question is asked once
   * @throws JudgeException at the first question that stays without an answer, after those under
   *     way have ended; what has been answered is in the cache
   * @throws IOException if the cache cannot be written
   * @throws InterruptedException if this thread is interrupted
   */
  public Session ask(Collection<Question> questions) throws IOException, InterruptedException {
    Map<String, Answer> answers = new HashMap<>();
    Map<String, Question> open = new LinkedHashMap<>();
    for (Question question : questions) {
      cache
          .get(question)
          .ifPresentOrElse(
              answer -> answers.put(question.key(), answer),
              () -> open.put(question.key(), question));
    }
    long cached = answers.size();
    if (!open.isEmpty()) {
      new Work(open.values()).finish();
    }
    for (Question question : open.values()) {
      answers.put(question.key(), cache.get(question).orElseThrow());
    }
    return new Session(Map.copyOf(answers), cached, open.size(), client.sent());
  }

  /** Questions that threads take turns at, until there are no more or one of them fails. */
  private final class Work {

    private final int total;
    private final Iterator<Question> open;
    private final ExecutorService threads;
    private int answered;
    private @Nullable Exception failure;

    Work(Collection<Question> open) {
      this.total = open.size();
      this.open = open.iterator();
      this.threads = Executors.newFixedThreadPool(settings.concurrency());
    }

    void finish() throws IOException, InterruptedException {
      if (answerNext()) {
        for (int i = 0; i < settings.concurrency(); i++) {
          threads.execute(this::answerAll);
        }
      }
      threads.shutdown();
      try {
        while (!threads.awaitTermination(1, TimeUnit.HOURS)) {
          LOG.debug("Still asking {}", settings.endpoint().server());
        }
      } catch (InterruptedException e) {
        stop(e);
      }
      rethrow();
    }

    private void answerAll() {
      boolean more = true;
      while (more) {
        more = answerNext();
      }
    }

    /** Returns whether there was a question left, and it has its answer now. */
    private boolean answerNext() {
      Question question = next();
      if (question == null) {
        return false;
      }
      try {
        cache.put(question, client.ask(question));
        count();
        return true;
      } catch (IOException | InterruptedException | RuntimeException e) {
        stop(e);
        return false;
      }
    }

    private synchronized @Nullable Question next() {
      return failure == null && open.hasNext() ? open.next() : null;
    }

    private synchronized void count() {
      answered++;
      if ((long) answered * PROGRESS_LINES / total > (answered - 1L) * PROGRESS_LINES / total) {
        LOG.info("{} of {} questions answered", answered, total);
      }
    }

    /** Ends the work, waking up who waits to ask again; answers under way are still taken. */
    private synchronized void stop(Exception e) {
      if (failure == null) {
        failure = e;
        threads.shutdownNow();
      }
    }

    private synchronized void rethrow() throws IOException, InterruptedException {
      if (failure instanceof IOException e) {
        throw e;
      }
      if (failure instanceof InterruptedException e) {
        throw e;
      }
      if (failure instanceof RuntimeException e) {
        throw e;
      }
    }
  }
}
