package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.OutputState;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A reader that looks again and again whether the commits of an output follow each other and the
 * files are there, whole, that the newest of them names.
 */
final class CommitPoll implements AutoCloseable {

  private static final int PAUSE_MILLIS = 5;

  private final KillMatrix.Store store;
  private final FileSystem fs;
  private final AtomicBoolean done = new AtomicBoolean();
  private final List<String> wrong = Collections.synchronizedList(new ArrayList<>());
  private final Thread thread = new Thread(this::run, "poll");
  private volatile int polls;
  private Path output;
  private long number;

  /** Begins, with nothing to look at. */
  CommitPoll(KillMatrix.Store store) throws IOException {
    this.store = store;
    this.fs = store.fs();
    thread.start();
  }

  /** Looks at another output from now on; null for none. */
  synchronized void watch(String name) {
    output = name == null ? null : store.path(name);
    number = 0;
  }

  /** The number of times that it has looked. */
  int polls() {
    return polls;
  }

  private void run() {
    while (!done.get()) {
      try {
        look();
        Thread.sleep(PAUSE_MILLIS);
      } catch (IOException | RuntimeException e) {
        wrong.add(e.toString());
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private synchronized void look() throws IOException {
    if (output == null) {
      return;
    }
    CommitLog log = CommitLog.of(output, store.hadoop());
    OutputState state = log.read();
    if (state.number() < number) {
      wrong.add("commit " + number + " is gone");
    }
    number = state.number();
    for (Map.Entry<String, Long> file : state.files().entrySet()) {
      // Replaced since: a later commit says so.
      if (!isWhole(file.getKey(), file.getValue()) && log.read().number() == state.number()) {
        wrong.add(file.getKey() + " of commit " + state.number());
      }
    }
    polls++;
  }

  private boolean isWhole(String name, long size) throws IOException {
    try {
      return fs.getFileStatus(new Path(output, name)).getLen() == size;
    } catch (FileNotFoundException e) {
      return false;
    }
  }

  @Override
  public void close() throws InterruptedException {
    done.set(true);
    thread.join();
    assertThat(wrong).isEmpty();
  }
}
