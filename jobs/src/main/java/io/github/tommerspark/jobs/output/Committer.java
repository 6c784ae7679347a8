package io.github.tommerspark.jobs.output;

import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Adds the commits of one writer to the log of an output, whoever else adds some. */
final class Committer {

  private static final Logger LOG = LoggerFactory.getLogger(Committer.class);

  private static final int TRIES = 4;

  private final OutputDirectory output;
  private final CommitStore store;
  private final String id;
  private boolean unknown;

  Committer(OutputDirectory output, CommitStore store, String id) {
    this.output = output;
    this.store = store;
    this.id = id;
  }

  /** Returns whether nobody knows if a commit was made, so that its files must stay. */
  boolean isUnknown() {
    return unknown;
  }

  /** Records files and writers that are no more, after whatever others commit meanwhile. */
  void commitClean(OutputState state, Collection<String> removed, Collection<String> expired)
      throws IOException {
    Commit clean;
    do {
      output.log().catchUp(state);
      clean = record(state, Commit.Operation.CLEAN, null, Map.of(), removed, expired, null);
    } while (!output.log().append(store, clean));
    state.apply(clean);
  }

  /**
   * Commits the files of a run, after whatever others commit meanwhile.
   *
   * @param state the output as it was last seen; brought up to date
   * @param transaction null for none
   * @param removed files of the output that the run replaces
   * @param run complete provenance, with the files
   * @return the commit; that of somebody else if the same transaction had been committed meanwhile
   * @throws UserException if somebody has changed the output so that the run does not fit any more
   */
  Commit commit(
      OutputState state,
      Commit.Operation operation,
      Commit.Transaction transaction,
      Collection<String> removed,
      Provenance run)
      throws IOException {
    for (int failures = 0; ; ) {
      for (Commit other : output.log().catchUp(state)) {
        if (other.writer().equals(id)) {
          // A try that seemed to fail.
          return other;
        }
        refuse(operation, run, other);
      }
      Optional<Commit> same = done(state, transaction);
      if (same.isPresent()) {
        return same.get();
      }
      Commit commit =
          record(state, operation, transaction, run.output().files(), removed, Set.of(), run);
      try {
        if (output.log().append(store, commit)) {
          state.apply(commit);
          output.log().snapshot(store, state, id);
          return commit;
        }
      } catch (IOException e) {
        if (++failures == TRIES) {
          unknown = true;
          throw new IOException(
              String.format(
                  Locale.ROOT,
                  "Cannot tell whether commit %d of %s was made: %s; see whether it names %s, or run again with the same --run-id",
                  commit.number(),
                  output,
                  e.getMessage(),
                  id),
              e);
        }
        LOG.warn("Cannot commit to {}, trying again: {}", output, e.toString());
        Writers.pause(Duration.ofSeconds(failures));
      }
    }
  }

  private Optional<Commit> done(OutputState state, Commit.Transaction transaction)
      throws IOException {
    if (transaction == null) {
      return Optional.empty();
    }
    Optional<Long> number =
        transaction.runId() != null
            ? state.commitOf(transaction.runId())
            : state.commitOf(transaction.series(), transaction.batch());
    return number.isEmpty() ? Optional.empty() : output.log().commit(number.get());
  }

  /** Looks whether this run may follow a commit that it did not know of when it began. */
  private void refuse(Commit.Operation operation, Provenance run, Commit other) {
    if (other.expired().contains(id)) {
      throw new UserException(
          "Stopped writing to %s: another run took this one for dead, because it gave no sign of life; nothing of it was added; run again"
              .formatted(output));
    }
    if (other.run() == null) {
      return;
    }
    boolean beside =
        operation == Commit.Operation.APPEND
            && (other.operation() == Commit.Operation.APPEND
                || other.operation() == Commit.Operation.NEW);
    Optional<String> difference = beside ? run.difference(other.run()) : Optional.empty();
    if (!beside || difference.isPresent()) {
      throw new UserException(
          "Cannot write to %s: another run (%s) has committed to it meanwhile%s; nothing of this run was added"
              .formatted(
                  output, other.writer(), difference.map(text -> ", and " + text).orElse("")));
    }
  }

  private Commit record(
      OutputState state,
      Commit.Operation operation,
      Commit.Transaction transaction,
      Map<String, Long> added,
      Collection<String> removed,
      Collection<String> expired,
      Provenance run) {
    return new Commit(
        Commit.FORMAT,
        state.number() + 1,
        operation,
        now(),
        id,
        transaction,
        added,
        List.copyOf(removed),
        List.copyOf(expired),
        Map.of(),
        run);
  }

  /** The time, as commits have it. */
  static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
