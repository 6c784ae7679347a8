package io.github.tommerspark.jobs.output;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.substring_index;

import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what has been committed to outputs, out of all that lies in their directories. */
public final class Committed {

  private static final Logger LOG = LoggerFactory.getLogger(Committed.class);

  private static final int TRIES = 5;
  private static final int SHOWN = 5;

  /** The beginning of the names of data files, of whatever version; README.md is none. */
  private static final Map<String, String> DATA_FILES = Map.of("pathGlobFilter", "part-*");

  private final List<Path> roots;
  private final Configuration hadoop;
  private final Map<Path, Optional<OutputState>> outputs = new HashMap<>();
  private final boolean alone;

  private Committed(List<Path> roots, Configuration hadoop) throws IOException {
    this.roots = List.copyOf(roots);
    this.hadoop = hadoop;
    boolean onlyOutputs = true;
    for (Path root : roots) {
      onlyOutputs &= isInOutput(root);
    }
    this.alone = onlyOutputs;
  }

  /**
   * Looks which outputs files and directories are in.
   *
   * @param roots to be read, without globs
   */
  public static Committed in(List<Path> roots, Configuration hadoop) throws IOException {
    return new Committed(roots, hadoop);
  }

  /** Reads the roots by Spark. */
  public interface Reader {

    /**
     * Returns rows that Spark's sources give, without a projection.
     *
     * @param options of the reader, beside others
     */
    Dataset<Row> read(Map<String, String> options) throws IOException;
  }

  /**
   * Returns files without those that are in an output and that none of its commits names; all, if
   * none is left.
   */
  public List<Path> named(List<Path> files) {
    List<Path> named = new ArrayList<>(files);
    outputs.forEach(
        (output, state) -> {
          String prefix = output.toUri().getPath() + "/";
          named.removeIf(
              file -> {
                String path = file.toUri().getPath();
                return state.isPresent()
                    && path.startsWith(prefix)
                    && !state.get().files().containsKey(path.substring(prefix.length()));
              });
        });
    return named.isEmpty() ? files : named;
  }

  /**
   * Reads the committed rows of files and directories. Of what is not in an output of annotate, all
   * is read.
   *
   * @throws UserException if a file is missing that a commit names
   */
  public Dataset<Row> read(Reader reader) throws IOException {
    Committed committed = this;
    for (int tries = 1; ; tries++) {
      Dataset<Row> rows;
      try {
        rows = reader.read(committed.alone ? DATA_FILES : Map.of());
      } catch (Exception e) {
        // Spark may have found nothing to learn the columns from.
        Optional<String> gone = committed.missing(committed.present());
        if (gone.isPresent()) {
          throw new UserException(gone.get(), e);
        }
        throw e;
      }
      if (committed.isEmpty()) {
        return rows;
      }
      Set<String> found = new HashSet<>();
      for (String file : rows.inputFiles()) {
        found.add(new Path(URI.create(file)).toUri().getPath());
      }
      Optional<String> missing = committed.missing(found);
      if (missing.isEmpty()) {
        return committed.without(rows, found);
      } else if (tries == TRIES || !committed.hasChanged()) {
        throw new UserException(missing.get());
      }
      committed = new Committed(roots, hadoop);
    }
  }

  /** The paths of files that commits name and that are there. */
  private Set<String> present() throws IOException {
    Set<String> present = new HashSet<>();
    for (Map.Entry<Path, Optional<OutputState>> output : outputs.entrySet()) {
      FileSystem fs = output.getKey().getFileSystem(hadoop);
      for (String name :
          output.getValue().map(OutputState::files).orElse(new TreeMap<>()).keySet()) {
        Path file = new Path(output.getKey(), name);
        if (fs.exists(file)) {
          present.add(file.toUri().getPath());
        }
      }
    }
    return present;
  }

  private boolean isEmpty() {
    return outputs.values().stream().allMatch(Optional::isEmpty);
  }

  private boolean isInOutput(Path root) throws IOException {
    FileSystem fs = root.getFileSystem(hadoop);
    Path directory = fs.getFileStatus(root).isFile() ? root.getParent() : root;
    while (directory != null) {
      if (look(directory)) {
        return true;
      }
      // Batches lie two directories below.
      directory = isOfBatches(directory) ? directory.getParent() : null;
    }
    return false;
  }

  private static boolean isOfBatches(Path directory) {
    return directory.getName().startsWith("run=") || directory.getName().startsWith("batch=");
  }

  private boolean look(Path directory) throws IOException {
    if (!outputs.containsKey(directory)) {
      OutputState state = CommitLog.of(directory, hadoop).read();
      outputs.put(directory, state.holdsData() ? Optional.of(state) : Optional.empty());
    }
    return outputs.get(directory).isPresent();
  }

  private boolean hasChanged() throws IOException {
    for (Map.Entry<Path, Optional<OutputState>> output : outputs.entrySet()) {
      long before = output.getValue().map(OutputState::number).orElse(0L);
      if (CommitLog.of(output.getKey(), hadoop).read().number() != before) {
        return true;
      }
    }
    return false;
  }

  /** Returns a message about missing files of the outputs that are read. */
  private Optional<String> missing(Set<String> found) throws IOException {
    for (Map.Entry<Path, Optional<OutputState>> output : outputs.entrySet()) {
      if (output.getValue().isEmpty()) {
        continue;
      }
      OutputState state = output.getValue().get();
      for (String name : state.files().keySet()) {
        Path file = new Path(output.getKey(), name);
        // An empty file of JSON is not read at all.
        if (state.files().get(name) > 0
            && !found.contains(file.toUri().getPath())
            && roots.stream().anyMatch(root -> isIn(file, root))) {
          return Optional.of(
              String.format(
                  Locale.ROOT,
                  "Cannot read %s: commit %d names %s, which is not there; restore it from a copy%s",
                  CommitLog.shown(output.getKey()),
                  CommitLog.of(output.getKey(), hadoop).commitThatAdded(state, name),
                  name,
                  state.isIncremental()
                      ? ", or, if you have removed an older series, run annotate --incremental once"
                      : ""));
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isIn(Path file, Path root) {
    String path = file.toUri().getPath();
    String under = root.toUri().getPath();
    return path.equals(under) || path.startsWith(under.equals("/") ? under : under + "/");
  }

  /** The rows, but for those of files in an output that no commit names. */
  private Dataset<Row> without(Dataset<Row> rows, Set<String> found) {
    // By their depth: names in an output end paths that nothing else ends.
    Map<Integer, Set<String>> left = new TreeMap<>();
    for (Map.Entry<Path, Optional<OutputState>> output : outputs.entrySet()) {
      if (output.getValue().isEmpty()) {
        continue;
      }
      String prefix = output.getKey().toUri().getPath() + "/";
      List<String> unnamed =
          found.stream()
              .filter(file -> file.startsWith(prefix))
              .map(file -> file.substring(prefix.length()))
              .filter(name -> !output.getValue().get().files().containsKey(name))
              .sorted()
              .toList();
      for (String name : unnamed) {
        left.computeIfAbsent(name.split("/").length, depth -> new TreeSet<>()).add(name);
      }
      if (!unnamed.isEmpty()) {
        LOG.warn(
            "Leaving out {} file(s) in {} that belong to no commit: {}",
            unnamed.size(),
            CommitLog.shown(output.getKey()),
            String.join(", ", unnamed.subList(0, Math.min(SHOWN, unnamed.size())))
                + (unnamed.size() > SHOWN ? ", …" : ""));
      }
    }
    Dataset<Row> named = rows;
    for (Map.Entry<Integer, Set<String>> names : left.entrySet()) {
      Column name = substring_index(col("_metadata.file_path"), "/", -names.getKey());
      named = named.where(not(name.isin(names.getValue().toArray())));
    }
    return named;
  }
}
