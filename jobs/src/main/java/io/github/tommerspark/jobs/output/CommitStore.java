package io.github.tommerspark.jobs.output;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * Creates a file that is not there yet, whole and for one of all who try: the one operation that
 * the commits of an output rest on.
 *
 * <p>It knows nothing of commits. How it keeps its promise differs from store to store:
 *
 * <ul>
 *   <li>a local disk: the content is written under another name, to which the file is a second,
 *       hard link; making a link fails if the name is taken;
 *   <li>HDFS and others with an atomic rename: the content is written under another name and
 *       renamed without leave to replace;
 *   <li>s3a of Hadoop 3.4.2 and later: the object is created under the condition that there is
 *       none;
 *   <li>s3a before that: {@link TicketedCreate}, which has its limits;
 *   <li>all others: created with leave to fail, which Hadoop's contract demands to be atomic.
 * </ul>
 */
abstract class CommitStore {

  /** Since Hadoop 3.4.2: both the capability and the option. */
  private static final String CONDITIONAL = "fs.option.create.conditional.overwrite";

  final FileSystem fs;

  CommitStore(FileSystem fs) {
    this.fs = fs;
  }

  /** The one for the store that a path is in. */
  static CommitStore of(Path path, Configuration hadoop) throws IOException {
    FileSystem fs = raw(path.getFileSystem(hadoop));
    if (fs instanceof RawLocalFileSystem local) {
      return new Linking(local);
    } else if (fs.hasPathCapability(path, CONDITIONAL)) {
      return new Conditional(fs);
    } else if (ObjectStore.holds(fs, path)) {
      return new TicketedCreate(fs);
    }
    return Renaming.suits(fs) ? new Renaming(fs) : new Creating(fs);
  }

  /** Without checksum files, which would be one more thing that can be there alone. */
  static FileSystem raw(FileSystem fs) {
    return fs instanceof ChecksumFileSystem checked ? checked.getRawFileSystem() : fs;
  }

  /**
   * Creates a file with this content, unless there is one.
   *
   * @param file in a directory that exists
   * @param content at least a byte; different for every caller
   * @param caller part of the names of temporary files
   * @return whether the file is this caller's
   * @throws IOException if it is not known whether the file was created
   */
  final boolean createIfAbsent(Path file, byte[] content, String caller) throws IOException {
    try {
      return tryCreate(file, content, caller);
    } catch (IOException e) {
      // The request may have been carried out all the same, or somebody else's before it.
      byte[] there;
      try {
        there = read(fs, file);
      } catch (IOException again) {
        e.addSuppressed(again);
        throw e;
      }
      if (there == null) {
        throw e;
      }
      return Arrays.equals(there, content);
    }
  }

  /** One try, which may fail without telling whether the file is there. */
  abstract boolean tryCreate(Path file, byte[] content, String caller) throws IOException;

  /**
   * Returns whether Spark jobs that write to one directory disturb each other there: s3a's
   * committer keeps its notes in one folder for all, and removes it when a job ends.
   */
  boolean jobsCollide() {
    return false;
  }

  /**
   * Removes what is left of creations that were not finished.
   *
   * @param folder above the directories of the files
   * @param over tells by the name of a file that nobody will create it any more
   */
  void removeTickets(Path folder, Predicate<String> over) throws IOException {}

  /** Makes a directory, where the store has any. */
  final void makeFolder(Path folder) throws IOException {
    if (!ObjectStore.holds(fs, folder)) {
      fs.mkdirs(folder);
    }
  }

  /** The content of a file; null if there is none. */
  static byte[] read(FileSystem fs, Path file) throws IOException {
    try (InputStream in = fs.open(file)) {
      return in.readAllBytes();
    } catch (FileNotFoundException e) {
      return null;
    }
  }

  static void write(FileSystem fs, Path file, byte[] content) throws IOException {
    try (FSDataOutputStream out = fs.create(file, true)) {
      out.write(content);
    }
  }

  /** The name under which content is written before it gets its own; hidden from all readers. */
  static Path draft(Path file, String caller) {
    return new Path(file.getParent(), "." + file.getName() + "." + caller + ".tmp");
  }

  /** Writes content to the disk under the name of its draft. */
  final Path writeDraft(Path file, byte[] content, String caller) throws IOException {
    Path draft = draft(file, caller);
    try (FSDataOutputStream out = fs.create(draft, true)) {
      out.write(content);
      out.hsync();
    }
    return draft;
  }

  /** On a local disk. */
  private static final class Linking extends CommitStore {

    private final RawLocalFileSystem local;

    Linking(RawLocalFileSystem local) {
      super(local);
      this.local = local;
    }

    @Override
    boolean tryCreate(Path file, byte[] content, String caller) throws IOException {
      Path draft = writeDraft(file, content, caller);
      try {
        Files.createLink(local.pathToFile(file).toPath(), local.pathToFile(draft).toPath());
        return true;
      } catch (java.nio.file.FileAlreadyExistsException e) {
        return false;
      } catch (UnsupportedOperationException e) {
        throw new IOException(
            "the file system has no hard links, without which no commit is safe; write to another",
            e);
      } finally {
        fs.delete(draft, false);
      }
    }
  }

  /** Creates a file by a rename, on stores where that is atomic and does not replace. */
  private static final class Renaming extends CommitStore {

    private static final Set<String> SCHEMES =
        Set.of("hdfs", "viewfs", "webhdfs", "swebhdfs", "abfs", "abfss", "ofs", "o3fs");

    Renaming(FileSystem fs) {
      super(fs);
    }

    static boolean suits(FileSystem fs) {
      return SCHEMES.contains(fs.getUri().getScheme());
    }

    @Override
    boolean tryCreate(Path file, byte[] content, String caller) throws IOException {
      Path draft = writeDraft(file, content, caller);
      try {
        FileContext.getFileContext(fs.getUri(), fs.getConf()).rename(draft, file);
        return true;
      } catch (FileAlreadyExistsException e) {
        fs.delete(draft, false);
        return false;
      }
    }
  }

  /** Creates a file with leave to fail, which Hadoop demands of every store to be atomic. */
  private static final class Creating extends CommitStore {

    Creating(FileSystem fs) {
      super(fs);
    }

    @Override
    boolean tryCreate(Path file, byte[] content, String caller) throws IOException {
      try (FSDataOutputStream out = fs.create(file, false)) {
        out.write(content);
        return true;
      } catch (FileAlreadyExistsException e) {
        return false;
      }
    }
  }

  /** With a condition that the store itself checks. */
  private static final class Conditional extends CommitStore {

    Conditional(FileSystem fs) {
      super(fs);
    }

    @Override
    boolean tryCreate(Path file, byte[] content, String caller) throws IOException {
      FSDataOutputStreamBuilder<?, ?> made = fs.createFile(file);
      made.overwrite(true).must(CONDITIONAL, true);
      try (FSDataOutputStream out = (FSDataOutputStream) made.build()) {
        out.write(content);
      }
      return true;
    }

    @Override
    boolean jobsCollide() {
      return true;
    }
  }
}
