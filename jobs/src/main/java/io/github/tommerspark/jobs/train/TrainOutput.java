package io.github.tommerspark.jobs.train;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.disk.PrivateDirectories;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.head.HeadFiles;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.Quoted;
import io.github.tommerspark.train.HeadSlot;
import io.github.tommerspark.train.HeadTrainer;
import io.github.tommerspark.train.TrainerProgress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The directory that training writes to: while it goes on {@code _checkpoint}, in the end a folder
 * per head and {@code sweep.csv}, which is written last.
 */
final class TrainOutput {

  /** Layer by rank; there when all is. */
  static final String TABLE = "sweep.csv";

  private static final String CHECKPOINT = "_checkpoint";
  private static final String STATE = "state-";
  private static final String JSON_SUFFIX = ".json";
  private static final String TENSORS_SUFFIX = ".safetensors";

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .setSerializationInclusion(JsonInclude.Include.ALWAYS)
          .enable(SerializationFeature.INDENT_OUTPUT);

  private final Path path;
  private final Path checkpoint;
  private final FileSystem fs;

  private TrainOutput(Path path, FileSystem fs) {
    this.path = path;
    this.checkpoint = new Path(path, CHECKPOINT);
    this.fs = fs;
  }

  /**
   * Looks at the directory before any work is done; with {@code overwrite} removes what an earlier
   * training left there.
   *
   * @throws UserException if there is something that may not be replaced, or nothing to go on with
   */
  static TrainOutput open(TrainOptions options, Configuration hadoop) {
    try {
      Path given = new Path(options.output().path());
      FileSystem fs = given.getFileSystem(hadoop);
      TrainOutput output = new TrainOutput(fs.makeQualified(given), fs);
      output.prepare(options);
      return output;
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException(
          "Cannot write to %s: %s"
              .formatted(Redaction.uri(options.output().path()), e.getMessage()),
          e);
    }
  }

  private void prepare(TrainOptions options) throws IOException {
    if (fs.exists(path) && !fs.getFileStatus(path).isDirectory()) {
      throw new UserException(
          "Cannot write to %s: it is a file; --output names a directory".formatted(this));
    }
    boolean finished = fs.exists(new Path(path, TABLE));
    boolean begun = newest().isPresent();
    if (options.output().overwrite()) {
      remove();
    } else if (finished) {
      throw new UserException(
          "Cannot write to %s: it holds trained heads already%s; name another --output, or say --overwrite"
              .formatted(this, options.resume() ? ", there is nothing to resume" : ""));
    } else if (begun && !options.resume()) {
      throw new UserException(
          "Cannot write to %s: it holds a training that did not finish; say --resume to go on with it, or --overwrite"
              .formatted(this));
    } else if (options.resume() && !begun) {
      throw new UserException(
          "Cannot resume %s: no epoch of a training is there; leave out --resume".formatted(this));
    }
  }

  private void remove() throws IOException {
    fs.delete(new Path(path, TABLE), false);
    fs.delete(checkpoint, true);
    if (fs.exists(path)) {
      for (FileStatus entry : fs.listStatus(path)) {
        if (entry.isDirectory() && HeadSlot.isLabel(entry.getPath().getName())) {
          fs.delete(entry.getPath(), true);
        }
      }
    }
  }

  /**
   * A checkpoint without its tensors.
   *
   * @param identity of the run
   * @param progress of its heads
   */
  private record Pointer(JsonNode identity, TrainerProgress progress) {}

  /** The name of the newest checkpoint, without suffix; tensors without a JSON file are none. */
  private Optional<String> newest() throws IOException {
    if (!fs.exists(checkpoint)) {
      return Optional.empty();
    }
    return Arrays.stream(fs.listStatus(checkpoint))
        .map(entry -> entry.getPath().getName())
        .filter(name -> name.startsWith(STATE) && name.endsWith(JSON_SUFFIX))
        .map(name -> name.substring(0, name.length() - JSON_SUFFIX.length()))
        .max(Comparator.naturalOrder());
  }

  /** Keeps the state of a trainer after an epoch. */
  void checkpoint(HeadTrainer trainer, TrainIdentity identity) throws IOException {
    TrainerProgress progress = trainer.progress();
    String name =
        STATE + String.format(Locale.ROOT, "%03d-%05d", progress.phase(), progress.epoch());
    fs.mkdirs(checkpoint);
    try (OutputStream out = fs.create(new Path(checkpoint, name + TENSORS_SUFFIX), true)) {
      SafetensorsWriter.write(trainer.tensors(), out);
    }
    create(
        new Path(checkpoint, name + JSON_SUFFIX),
        JSON.writeValueAsBytes(new Pointer(JSON.valueToTree(identity), progress)));
    for (FileStatus entry : fs.listStatus(checkpoint)) {
      if (!entry.getPath().getName().startsWith(name)) {
        fs.delete(entry.getPath(), false);
      }
    }
  }

  /**
   * Brings a trainer to where the last checkpoint was.
   *
   * @throws UserException if that belongs to another run, or is damaged
   */
  void resume(HeadTrainer trainer, TrainIdentity identity) throws IOException {
    String newest = newest().orElseThrow();
    Pointer pointer;
    try (InputStream in = fs.open(new Path(checkpoint, newest + JSON_SUFFIX))) {
      pointer = JSON.readValue(in, Pointer.class);
    } catch (JacksonException e) {
      throw new UserException(
          "Cannot resume %s: %s is damaged: %s"
              .formatted(this, newest + JSON_SUFFIX, Quoted.reason(e)),
          e);
    }
    JsonNode here = JSON.valueToTree(identity);
    // Through text, so that numbers are of the same kinds.
    Optional<String> difference =
        TrainIdentity.difference(pointer.identity(), JSON.readTree(JSON.writeValueAsBytes(here)));
    if (difference.isPresent()) {
      throw new UserException("Cannot resume %s: %s".formatted(this, difference.get()));
    }
    java.nio.file.Path local = Files.createTempDirectory("tommer-resume");
    try {
      java.nio.file.Path file = local.resolve("state.safetensors");
      try (InputStream in = fs.open(new Path(checkpoint, newest + TENSORS_SUFFIX))) {
        Files.copy(in, file);
      }
      try (Checkpoint tensors =
          Checkpoint.open(new LocalDirectory(local), file.getFileName().toString())) {
        trainer.restore(pointer.progress(), name -> tensors.floats(tensors.tensor(name)));
      }
    } finally {
      PrivateDirectories.delete(local);
    }
  }

  /** Writes a head and what belongs to it. */
  void write(HeadSlot slot, Head head, TrainingFile file, String svg) throws IOException {
    java.nio.file.Path local = Files.createTempDirectory("tommer-head");
    try {
      HeadFiles.write(head, local);
      Files.write(local.resolve(TrainingFile.NAME), JSON.writeValueAsBytes(file));
      Files.writeString(local.resolve("training.svg"), svg);
      Path folder = folder(slot);
      fs.mkdirs(folder);
      try (Stream<java.nio.file.Path> files = Files.list(local)) {
        for (java.nio.file.Path one : files.sorted().toList()) {
          try (OutputStream out = fs.create(new Path(folder, one.getFileName().toString()), true)) {
            Files.copy(one, out);
          }
        }
      }
    } finally {
      PrivateDirectories.delete(local);
    }
  }

  /** Returns the directory of a head. */
  Path folder(HeadSlot slot) {
    return new Path(path, slot.label());
  }

  /** Ends the training: the table is there, and what was needed to go on is not. */
  void finish(String table) throws IOException {
    create(new Path(path, TABLE), table.getBytes(StandardCharsets.UTF_8));
    fs.delete(checkpoint, true);
  }

  /** Writes a file that is not there yet; it appears whole. */
  private void create(Path target, byte[] content) throws IOException {
    Path draft = new Path(target.getParent(), "." + target.getName() + ".tmp");
    try (OutputStream out = fs.create(draft, true)) {
      out.write(content);
    }
    if (!fs.rename(draft, target)) {
      throw new IOException("Cannot rename %s to %s".formatted(draft, target));
    }
  }

  @Override
  public String toString() {
    return Redaction.uri(path.toString());
  }
}
