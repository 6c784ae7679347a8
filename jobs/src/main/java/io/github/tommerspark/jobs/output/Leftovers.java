package io.github.tommerspark.jobs.output;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Removes from an output what is nobody's any more. What that is, its callers know from commits and
 * from the writers that live.
 *
 * @param output where to remove
 * @param store of its commits
 * @param writers of the output
 * @param me on whose behalf it is removed
 */
record Leftovers(OutputDirectory output, CommitStore store, Writers writers, Writers.Writer me) {

  private static final String TEMPORARY = "_temporary";
  private static final String CHECKPOINT = "checkpoint";
  private static final Duration OVERDUE = Duration.ofHours(1);

  /** Deletes files, and the directories in the output that are empty then. */
  void delete(Collection<String> names) throws IOException {
    TreeSet<String> parents = new TreeSet<>();
    for (String name : names) {
      output.fs().delete(new Path(output.path(), name), false);
      for (int end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
        parents.add(name.substring(0, end));
      }
    }
    for (String parent : parents.descendingSet()) {
      deleteIfEmpty(output.fs(), new Path(output.path(), parent));
    }
  }

  /** Removes what committers of jobs left, but not that of writers that live. */
  void removeTemporary(Writers.Census census) throws IOException {
    Set<String> theirs = new HashSet<>();
    census
        .living()
        .keySet()
        .forEach(writer -> theirs.add(Integer.toString(WriterId.attempt(writer))));
    Set<String> everywhere = new TreeSet<>(Set.of(""));
    if (output.isIncremental() && !census.dead().isEmpty()) {
      addDirectories(output.path(), "", everywhere);
    }
    for (String directory : everywhere) {
      Path temporary =
          new Path(
              directory.isEmpty() ? output.path() : new Path(output.path(), directory), TEMPORARY);
      for (FileStatus attempt : list(output.fs(), temporary)) {
        String name = attempt.getPath().getName();
        if (name.matches("\\d{10}")
            && Long.parseLong(name) >= WriterId.FIRST_ATTEMPT
            && !theirs.contains(name)) {
          output.fs().delete(attempt.getPath(), true);
        }
      }
      deleteIfAlone(temporary);
    }
  }

  void removeTemporaryOfMine(Collection<String> directories) throws IOException {
    for (String directory : directories) {
      Path temporary =
          new Path(
              directory.isEmpty() ? output.path() : new Path(output.path(), directory), TEMPORARY);
      output.fs().delete(new Path(temporary, Integer.toString(WriterId.attempt(me.id()))), true);
      deleteIfAlone(temporary);
    }
  }

  /** Another that appends may be about to make a folder in it. */
  private void deleteIfAlone(Path temporary) throws IOException {
    if (!me.shares()) {
      deleteIfEmpty(output.fs(), temporary);
    }
  }

  private void addDirectories(Path parent, String prefix, Set<String> found) throws IOException {
    for (FileStatus status : output.fs().listStatus(parent)) {
      String name = status.getPath().getName();
      if (status.isDirectory() && name.matches("(run|batch)=.*")) {
        found.add(prefix + name);
        addDirectories(status.getPath(), prefix + name + "/", found);
      }
    }
  }

  /** Commits that somebody did not come to create, and announcements that are long overdue. */
  void removeDrafts(Set<String> living) throws IOException {
    long longAgo = System.currentTimeMillis() - OVERDUE.toMillis();
    for (Path folder : List.of(output.log().folder(), writers.folder())) {
      for (FileStatus status : list(store.fs, folder)) {
        String name = status.getPath().getName();
        boolean draft = name.startsWith(".") && name.endsWith(".tmp");
        // A writer is not announced while it writes its announcement.
        boolean dead =
            folder.equals(writers.folder())
                ? status.getModificationTime() < longAgo
                : !name.contains(me.id()) && living.stream().noneMatch(name::contains);
        if (draft && dead) {
          store.fs.delete(status.getPath(), false);
        }
      }
    }
  }

  /**
   * Tickets for what is there: nobody needs them, whoever holds them.
   *
   * @param newest the number of the newest commit
   */
  void removeTickets(long newest) throws IOException {
    store.removeTickets(
        new Path(output.path(), Provenance.FOLDER),
        file -> {
          String name = file.replaceFirst("\\..*", "");
          // Only a writer itself makes the file of its name.
          return name.matches("\\d{20}")
              ? Long.parseLong(name) <= newest
              : WriterId.is(name) && !name.equals(me.id());
        });
  }

  /** The bookkeeping of incremental runs whose data is no longer there. */
  void removeCheckpoint() throws IOException {
    output.fs().delete(new Path(new Path(output.path(), Provenance.FOLDER), CHECKPOINT), true);
  }

  /** The records of version 0.1 whose data has been overwritten. */
  void removeFirstVersion(OutputState state) throws IOException {
    List<Path> records = FirstVersion.records(output.path(), output.hadoop());
    // It is the first commit, if it is there.
    if (!records.isEmpty() && state.number() > 0 && !state.runs().contains(1L)) {
      for (Path record : records) {
        output.fs().delete(record, false);
      }
    }
  }

  /** Lists a directory; empty if it is not there. */
  private static FileStatus[] list(FileSystem fs, Path directory) throws IOException {
    try {
      return fs.listStatus(directory);
    } catch (FileNotFoundException e) {
      return new FileStatus[0];
    }
  }

  private static void deleteIfEmpty(FileSystem fs, Path directory) throws IOException {
    try {
      if (fs.listStatus(directory).length == 0) {
        fs.delete(directory, false);
      }
    } catch (FileNotFoundException e) {
      // As it should be.
    }
  }
}
