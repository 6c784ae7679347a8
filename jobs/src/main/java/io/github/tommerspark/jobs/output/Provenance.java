package io.github.tommerspark.jobs.output;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.detect.RankBy;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.message.Redaction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The provenance of files of an output; a part of the commit that adds them.
 *
 * @param product always {@code tommer-spark}
 * @param version of the product
 * @param run identifies the run; begins with its time, so that names sort by age
 * @param started when it began, ISO 8601 in UTC
 * @param finished when its data was complete
 * @param options as they were given, secrets removed
 * @param input what was read
 * @param output what was written
 * @param models what the mentions come from
 * @param counts of rows, mentions and tokens; null in the commit of a table, which is made first
 * @param executors by Spark's name of them: how often each loaded the models, and in what time
 * @param seconds of the write, from the first task to the last file
 */
public record Provenance(
    String product,
    String version,
    String run,
    String started,
    String finished,
    Map<String, String> options,
    Input input,
    Output output,
    List<Model> models,
    Counts counts,
    Map<String, Executor> executors,
    double seconds) {

  /**
   * Refuses a record without what later runs are compared with, as in a damaged file.
   *
   * @throws NullPointerException naming the part that is missing
   */
  public Provenance {
    Objects.requireNonNull(version, "its run has no version");
    Objects.requireNonNull(output, "its run has no output");
    Objects.requireNonNull(models, "its run has no models");
    models.forEach(model -> Objects.requireNonNull(model, "a model of its run is missing"));
  }

  /** The folder beside the data, where Spark and other readers of data directories do not look. */
  public static final String FOLDER = "_tommer";

  /** Reads and writes these records. */
  public static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  /**
   * The input that was read.
   *
   * @param paths as resolved on the driver
   * @param format of the files
   * @param textColumn that was annotated
   * @param idColumn that identifies a row of the output
   */
  public record Input(List<String> paths, String format, String textColumn, String idColumn) {}

  /**
   * The output that was written.
   *
   * @param path the directory, or the name of a table
   * @param format of the files
   * @param columns Spark's types by name
   * @param files that this run added, with their sizes in bytes
   */
  public record Output(
      String path, String format, Map<String, String> columns, Map<String, Long> files) {

    /**
     * Refuses a record without columns, as in a damaged file; without files it has none.
     *
     * @throws NullPointerException if there are none
     */
    public Output {
      Objects.requireNonNull(columns, "its output has no columns");
      files = files == null ? Map.of() : files;
    }

    /** Returns whether it is a table, whose files are the format's own. */
    @JsonIgnore
    public boolean isTable() {
      return Arrays.stream(OutputFormat.values())
          .anyMatch(known -> known.isTable() && known.label().equals(format));
    }
  }

  /**
   * A model and how it was used.
   *
   * @param name in messages
   * @param column with its mentions
   * @param backbone where it was read from
   * @param head where it was read from; null for a bundled one
   * @param family of the backbone
   * @param layer that the head reads
   * @param fingerprint of everything that determines the answers
   * @param dtype of the products
   * @param decoder from candidates to mentions
   * @param threshold above which a span counts
   * @param maxTokens of a window
   * @param overlap of windows
   * @param bos policy for the beginning-of-sequence token
   * @param parameters of the truncated backbone
   * @param classifier that gave mentions their labels; null without one
   * @param weights hash of all bytes of the weights; null in runs of version 0.1, and where the
   *     fingerprint samples them
   */
  public record Model(
      String name,
      String column,
      String backbone,
      String head,
      String family,
      int layer,
      String fingerprint,
      String dtype,
      String decoder,
      double threshold,
      int maxTokens,
      int overlap,
      String bos,
      long parameters,
      Classifier classifier,
      String weights) {

    /**
     * A span classifier.
     *
     * @param directory where it was read from
     * @param layer that it reads
     * @param labels that it chose among
     * @param fingerprint of everything that determines its answers, beside the model's own
     * @param rankBy the number by which the decoder chose among mentions; null for their score
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Classifier(
        String directory, int layer, List<String> labels, String fingerprint, String rankBy) {

      /** Returns the record of a model's classifier; null for none. */
      public static Classifier of(ModelDescription model) {
        ModelDescription.Classifier classifier = model.classifier();
        return classifier == null
            ? null
            : new Classifier(
                Redaction.uri(classifier.directory()),
                classifier.layer(),
                classifier.classes(),
                classifier.fingerprint(),
                model.spec().typing().rankBy() == RankBy.MENTION
                    ? null
                    : model.spec().typing().rankBy().label());
      }
    }

    /** Returns the record of a model that writes a column and computes as the engine is set. */
    public static Model of(ModelDescription model, String column, EngineOptions engine) {
      return new Model(
          model.spec().name(),
          column,
          Redaction.uri(model.spec().backbone()),
          model.spec().head() == null ? null : Redaction.uri(model.spec().head()),
          model.family(),
          model.layer(),
          model.fingerprint(),
          engine.dtype().label(),
          model.spec().decoder().label(),
          model.spec().threshold().value(),
          model.maxTokens(),
          model.overlap(),
          model.bos().label(),
          model.truncatedParameters(),
          Classifier.of(model),
          model.weights());
    }

    /** Returns the settings that decide which mentions are found, by the names that users know. */
    private Map<String, Object> identity() {
      Map<String, Object> identity = new LinkedHashMap<>();
      identity.put("model fingerprint", fingerprint);
      identity.put("layer", layer);
      identity.put("--dtype", dtype);
      identity.put("--decoder", decoder);
      identity.put("--threshold", threshold);
      identity.put("--max-tokens", maxTokens);
      identity.put("--overlap", overlap);
      identity.put("--bos", bos);
      identity.put("--labels", classifier == null ? null : classifier.labels);
      identity.put("classifier fingerprint", classifier == null ? null : classifier.fingerprint);
      return identity;
    }
  }

  /**
   * Counts of this run alone.
   *
   * @param rowsIn rows of the input
   * @param rowsWritten rows of the files that this run added
   * @param withoutText rows whose text is null, empty or blank; null if not known
   * @param errorRows rows of those files with an error
   * @param windowed rows longer than one window of some model; null if not known
   * @param mentions in those files, by model
   * @param tokens of the documents, by model; null if not known
   */
  public record Counts(
      long rowsIn,
      long rowsWritten,
      Long withoutText,
      long errorRows,
      Long windowed,
      Map<String, Long> mentions,
      Map<String, Long> tokens) {}

  /**
   * A JVM that annotated.
   *
   * @param loads how often it loaded the models, on the device where it did so most often
   * @param loadSeconds what that took
   * @param devices it used, such as {@code cpu} or {@code gpu(0)}, sorted
   * @param batchTokens tokens of a forward call at most, in the end: fewer than --batch-tokens if a
   *     device ran out of memory; null in runs of earlier versions
   */
  public record Executor(int loads, double loadSeconds, List<String> devices, Integer batchTokens) {

    /** Copies the devices; runs of earlier versions recorded none. */
    public Executor {
      devices = devices == null ? List.of() : List.copyOf(devices);
    }

    /** Returns the sum of two reports of one executor. */
    public Executor and(Executor other) {
      return new Executor(
          Math.max(loads, other.loads),
          Math.max(loadSeconds, other.loadSeconds),
          Stream.concat(devices.stream(), other.devices.stream()).distinct().sorted().toList(),
          Math.min(batchTokens, other.batchTokens));
    }
  }

  /**
   * Returns the differences that keep rows of this run from standing beside those of another.
   *
   * @param there the provenance of what is there already
   * @return the first difference, naming the field and both values, or nothing
   */
  public Optional<String> difference(Provenance there) {
    List<String> differences = new ArrayList<>();
    compare(differences, "product major version", major(there.version), major(version));
    compare(differences, "--output-format", there.output.format, output.format);
    compare(differences, "number of models", there.models.size(), models.size());
    for (int m = 0; m < Math.min(models.size(), there.models.size()); m++) {
      Model mine = models.get(m);
      Map<String, Object> theirs = there.models.get(m).identity();
      mine.identity()
          .forEach(
              (field, value) ->
                  compare(differences, field + " of " + mine.name(), theirs.get(field), value));
      String weights = there.models.get(m).weights();
      if (weights != null && mine.weights() != null) {
        compare(differences, "SHA-256 of the weights of " + mine.name(), weights, mine.weights());
      }
    }
    output.columns.forEach(
        (name, type) ->
            compare(differences, "column " + name, there.output.columns.get(name), type));
    there.output.columns.forEach(
        (name, type) -> compare(differences, "column " + name, type, output.columns.get(name)));
    return differences.stream().findFirst();
  }

  private static void compare(List<String> differences, String field, Object there, Object here) {
    if (!Objects.equals(there, here)) {
      differences.add(
          "%s is %s there and %s now"
              .formatted(field, there == null ? "absent" : there, here == null ? "absent" : here));
    }
  }

  /**
   * The provenance of one batch of several, to be completed by {@link #finished}.
   *
   * @param name of the batch; a batch that is done again under this name replaces the first
   * @param began when it began
   * @param files that it reads
   */
  public Provenance ofBatch(String name, String began, List<String> files) {
    return new Provenance(
        product,
        version,
        name,
        began,
        null,
        options,
        new Input(files, input.format, input.textColumn, input.idColumn),
        output,
        models,
        null,
        Map.of(),
        0);
  }

  /** This one with another input. */
  public Provenance reading(Input other) {
    return new Provenance(
        product, version, run, started, finished, options, other, output, models, counts, executors,
        seconds);
  }

  /** This one under the name of a run. */
  public Provenance withRun(String name) {
    return new Provenance(
        product, version, name, started, finished, options, input, output, models, counts,
        executors, seconds);
  }

  /** This one with what is known only when the data has been written. */
  public Provenance finished(
      Map<String, Long> files,
      Counts counted,
      Map<String, Executor> executedBy,
      double took,
      String at) {
    return new Provenance(
        product,
        version,
        run,
        started,
        at,
        options,
        input,
        new Output(output.path, output.format, output.columns, files),
        models,
        counted,
        executedBy,
        took);
  }

  /**
   * Returns the part of a version that says which mentions a model finds. Before 1, versions that
   * differ in their second number promise one another nothing, but for 0.2, which kept what 0.1
   * found.
   */
  private static String major(String version) {
    String[] numbers = version.split("[.-]");
    if (!numbers[0].equals("0") || numbers.length == 1) {
      return numbers[0];
    }
    return numbers[1].equals("2") ? "0.1" : "0." + numbers[1];
  }
}
