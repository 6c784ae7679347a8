package io.github.tommerspark.jobs.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.tommerspark.jobs.output.ResultDirectory;
import io.github.tommerspark.jobs.output.WholeFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The directory of an export. All is written to a hidden directory in it first and moved when it is
 * complete, {@value #SUMMARY} last: where that is, everything is.
 */
final class ExportOutput implements AutoCloseable {

  /** Says what was written. */
  static final String SUMMARY = "_export.json";

  private static final String STAGING = "_export.tmp";
  private static final String SPARK = "spark";
  private static final String DONE = "done";

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  private final ResultDirectory directory;
  private final FileSystem fs;
  private final Path staging;
  private int files;

  ExportOutput(ResultDirectory directory, Configuration hadoop) throws IOException {
    this.directory = directory;
    FileSystem own = directory.path().getFileSystem(hadoop);
    // Without the checksum files that Hadoop would lay beside.
    this.fs = own instanceof LocalFileSystem local ? local.getRawFileSystem() : own;
    this.staging = new Path(directory.path(), STAGING);
    fs.delete(staging, true);
    fs.mkdirs(new Path(staging, DONE));
  }

  /** Returns a directory, not there yet, for Spark's writers. */
  Path forSpark() {
    return new Path(staging, SPARK);
  }

  /**
   * Takes the files that Spark has written under names of our own.
   *
   * @param folder of the export; empty for itself
   * @param extension of the files, with its dot
   */
  void takeFromSpark(String folder, String extension) throws IOException {
    Path target = folder.isEmpty() ? new Path(staging, DONE) : done(folder);
    fs.mkdirs(target);
    FileStatus[] written = fs.listStatus(forSpark());
    Arrays.sort(written, (a, b) -> a.getPath().getName().compareTo(b.getPath().getName()));
    int number = 0;
    for (FileStatus file : written) {
      if (file.getPath().getName().startsWith("part-") && file.getLen() > 0) {
        String name = String.format(Locale.ROOT, "part-%05d%s", number++, extension);
        move(file.getPath(), new Path(target, name));
        files++;
      }
    }
  }

  /** Adds a file of ours. */
  void add(String name, String content) throws IOException {
    try (OutputStream out = fs.create(done(name), true)) {
      out.write(content.getBytes(StandardCharsets.UTF_8));
    }
    files++;
  }

  private Path done(String name) {
    return new Path(new Path(staging, DONE), name);
  }

  /** Returns how many files there are. */
  int files() {
    return files;
  }

  /** Shows what was written, in the place of what was there. */
  Path publish(Object summary) throws IOException {
    Path file = new Path(directory.path(), SUMMARY);
    fs.delete(file, false);
    Path published = directory.emptied();
    for (FileStatus entry : fs.listStatus(new Path(staging, DONE))) {
      move(entry.getPath(), new Path(published, entry.getPath().getName()));
    }
    WholeFile.write(fs, file, JSON.writeValueAsBytes(summary));
    return published;
  }

  private void move(Path from, Path to) throws IOException {
    if (!fs.rename(from, to)) {
      throw new IOException("Cannot rename %s to %s".formatted(from, to));
    }
  }

  @Override
  public void close() throws IOException {
    fs.delete(staging, true);
  }
}
