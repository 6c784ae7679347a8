package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * An input as Spark's stream of files is to be told of it. A stream takes every path for a
 * directory or a glob, and the files that it finds for globs once more, unless an option tells it
 * not to; with that option, it takes no globs.
 *
 * @param path to load
 * @param options of the stream
 */
record StreamPath(String path, Map<String, String> options) {

  /** Removes repetitions: a batch lists files with glob characters in their names several times. */
  private static final Map<String, String> LITERAL = Map.of("__globPaths__", "false");

  /**
   * Looks what a path is.
   *
   * @param input an absolute path or glob
   * @throws UserException if it cannot be read by a stream
   */
  static StreamPath of(String input, Configuration hadoop) throws IOException {
    Path path = new Path(input);
    FileSystem fs = path.getFileSystem(hadoop);
    FileStatus status;
    try {
      status = fs.getFileStatus(path);
    } catch (FileNotFoundException e) {
      return glob(input, hadoop);
    }
    if (status.isFile() && !Corpus.isGlob(path)) {
      // A glob that this file alone fits. Its directory would bring what lies beside the file, and
      // with
      // it the columns of partitioned outputs.
      String name = path.toString();
      int last = name.length() - 1;
      return new StreamPath(name.substring(0, last) + "[" + name.charAt(last) + "]", Map.of());
    }
    Map<String, String> options = new HashMap<>(LITERAL);
    Path directory = path;
    if (status.isFile()) {
      directory = path.getParent();
      options.put(
          "pathGlobFilter",
          Corpus.literally(List.of(new Path("/" + path.getName())))[0].substring(1));
    }
    if (Corpus.isGlob(directory)) {
      throw new UserException(
          "Cannot read the input %s with --incremental: its directory has a character of []{}*?\\ in its name; rename it"
              .formatted(Redaction.uri(input)));
    }
    return new StreamPath(directory.toString(), options);
  }

  private static StreamPath glob(String input, Configuration hadoop) throws IOException {
    List<Path> files = new ArrayList<>();
    // Before the stream has planned to read it, which it would never give up again.
    Corpus.resolve(input, hadoop, files);
    for (Path file : files) {
      if (Corpus.isGlob(file)) {
        throw new UserException(
            "Cannot read %s with --incremental: it has a character of []{}*?\\ in its name, and the input %s is a glob; rename it, or give its directory as --input"
                .formatted(Redaction.uri(file.toString()), Redaction.uri(input)));
      }
    }
    return new StreamPath(input, Map.of());
  }
}
