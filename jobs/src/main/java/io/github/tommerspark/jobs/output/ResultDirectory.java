package io.github.tommerspark.jobs.output;

import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The directory of the results of a job, which are few files with names of their own. */
public final class ResultDirectory {

  private final OutputDirectory directory;
  private final Set<String> before;

  private ResultDirectory(OutputDirectory directory, Set<String> before) {
    this.directory = directory;
    this.before = before;
  }

  /**
   * Looks at the directory before any work is done.
   *
   * @param place where to write; relative to the driver's working directory
   * @param own which files, by path relative to the directory, are results
   * @throws UserException if it holds results that are not to be replaced, or other files
   */
  public static ResultDirectory open(
      ResultPlace place, Configuration hadoop, Predicate<String> own) {
    String given = place.path();
    try {
      OutputDirectory directory = OutputDirectory.unchecked(given, WriteMode.APPEND, false, hadoop);
      Set<String> before = directory.files("").keySet();
      if (!before.isEmpty() && !place.overwrite()) {
        throw new UserException(
            "Cannot write to %s: it holds data already; name another --output, or say --mode overwrite"
                .formatted(directory));
      }
      for (String name : before) {
        if (!own.test(name)) {
          throw new UserException(
              "Cannot overwrite %s: it holds %s, which this job does not write; delete the directory yourself or name another --output"
                  .formatted(directory, name));
        }
      }
      return new ResultDirectory(directory, before);
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException(
          "Cannot write to %s: %s".formatted(Redaction.uri(given), e.getMessage()), e);
    }
  }

  /** Makes sure that writing does not destroy what is being read. */
  public void checkAgainst(List<String> inputs) {
    directory.checkAgainst(inputs);
  }

  /** Returns its absolute path. */
  public Path path() {
    return directory.path();
  }

  /**
   * Makes the directory, without the results that were there.
   *
   * @return the directory
   */
  public Path emptied() throws IOException {
    FileSystem fs = directory.fs();
    Set<String> roots = new TreeSet<>();
    before.forEach(name -> roots.add(name.replaceFirst("/.*", "")));
    for (String root : roots) {
      fs.delete(new Path(directory.path(), root), true);
    }
    fs.mkdirs(directory.path());
    return directory.path();
  }
}
