package io.github.tommerspark.pipeline;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.RankBy;
import io.github.tommerspark.detect.Threshold;
import io.github.tommerspark.detect.Typing;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.message.OptionNames;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.model.ModelArguments;
import io.github.tommerspark.model.TypingArguments;
import io.github.tommerspark.spark.AddedColumns;
import io.github.tommerspark.spark.AnnotatePartition;
import io.github.tommerspark.spark.AnnotatePlan;
import io.github.tommerspark.spark.MentionColumns;
import io.github.tommerspark.sparknlp.SparkNlpSchema;
import io.github.tommerspark.sparknlp.TextReader;
import io.github.tommerspark.text.BosPolicy;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Function1;

/**
 * Finds entity mentions as a stage of a Spark ML pipeline.
 *
 * <pre>{@code
 * MentionDetectorModel detector =
 *     new MentionDetectorModel()
 *         .setModel("bge-small")
 *         .setThreshold(0.99)
 *         .setInputCol("text")
 *         .setOutputCol("mentions");
 * detector.transform(documents).show();
 * }</pre>
 *
 * <p>The input column holds strings, or annotations of type {@code document} that Spark NLP made:
 * documents, or the sentences of a SentenceDetector, each of which is read by itself. The output
 * column is, by {@link #outputType()}, the array of mentions that {@code annotate} writes, with
 * offsets in code points, or annotations of type {@code chunk} as Spark NLP's NerConverter writes
 * them, with offsets in UTF-16 units of the document and inclusive ends.
 *
 * <p>Rows keep their number and order, in streams too. A text that is null, empty or blank has no
 * mentions. A row that cannot be annotated has none either and says why in {@link #errorCol()}; if
 * no such column is named, it fails the query with that reason.
 *
 * <p>Models are loaded once per executor, device and set of parameters when the first row comes,
 * and shared by all stages and tasks there. A saved stage is a few parameters: it names models and
 * does not hold them, so these must be where they were when it is loaded elsewhere.
 *
 * <p>A backbone that is a TorchScript file, which is code, is refused unless the session says
 * {@code spark.tommer.trust-backbone=true}: a stage that is loaded from somewhere cannot permit
 * itself that.
 */
public final class MentionDetectorModel extends Transformer implements DefaultParamsWritable {

  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(MentionDetectorModel.class);

  /** The setting of the session that allows TorchScript files as backbones. */
  private static final String TRUST_PROPERTY = "spark.tommer.trust-backbone";

  private final String uid;
  private final Param<String> model;
  private final Param<String> backbone;
  private final Param<String> head;
  private final Param<String> threshold;
  private final Param<String> decoder;
  private final Param<String> classifier;
  private final StringArrayParam labels;
  private final Param<String> labelsFile;
  private final DoubleParam labelThreshold;
  private final BooleanParam requireLabel;
  private final BooleanParam allLabels;
  private final Param<String> rankBy;
  private final Param<String> bos;
  private final Param<String> dtype;
  private final Param<String> device;
  private final IntParam maxTokens;
  private final IntParam overlap;
  private final BooleanParam wordBoundaries;
  private final IntParam batchTokens;
  private final StringArrayParam inputCols;
  private final Param<String> outputCol;
  private final Param<String> outputType;
  private final Param<String> errorCol;

  /** A detector with the bundled model bge-small, from column text to column mentions. */
  public MentionDetectorModel() {
    this(Identifiable$.MODULE$.randomUID("MentionDetector"));
  }

  /**
   * The same under a given name, as Spark makes stages that it loads.
   *
   * @param uid unique among the stages of a pipeline
   */
  public MentionDetectorModel(String uid) {
    this.uid = uid;
    model =
        text(
            "model",
            "a bundled model (%s), or one of your own as NAME=BACKBONE,HEAD"
                .formatted(String.join(", ", MentionDetector.bundledModels())),
            value -> {});
    backbone =
        text(
            "backbone",
            "directory of a Hugging Face snapshot or a GGUF file, on any Hadoop file system; instead of model, and with head",
            value -> {});
    head = text("head", "directory of a ToMMeR head; with backbone", value -> {});
    threshold =
        text(
            "threshold",
            "probability above which a span is a mention, at least 0 and below 1, or recommended: what the head records; if not set, recommended for bundled models and 0.5 for others",
            Threshold::parse);
    decoder =
        text(
            "decoder",
            "how candidates become mentions: " + labels(Decoder.values(), Decoder::label),
            Decoder::parse);
    classifier =
        text(
            "classifier",
            "gives mentions labels: a bundled model, for the classifier that it brings, or the directory of one that train-classifier wrote",
            value -> {});
    labels =
        new StringArrayParam(
            this,
            "labels",
            "labels to choose among, any words; by the label model that the backbone brings, or a classifier for labels given at run time",
            (Function1<String[], Object> & Serializable) MentionDetectorModel::areLabels);
    labelsFile =
        text(
            "labelsFile",
            "a file of the driver with labels, instead of labels, a line each: name, or name: wording; wording, of which the name is written and the wordings are read",
            value -> {});
    labelThreshold =
        new DoubleParam(
            this,
            "labelThreshold",
            "probability that a label must reach to be given, at least 0 and below 1; by default what the label model records",
            ParamValidators.inRange(0, 1, true, false));
    requireLabel =
        new BooleanParam(this, "requireLabel", "whether mentions without a label are left out");
    allLabels =
        new BooleanParam(
            this,
            "allLabels",
            "whether mentions tell all labels that reach the threshold, beside the best one");
    rankBy =
        text(
            "rankBy",
            "what decides where the decoder cannot keep two mentions: "
                + labels(RankBy.values(), RankBy::label),
            RankBy::parse);
    bos =
        text(
            "bos",
            "tokenizer adds a beginning-of-sequence token only where the tokenizer does, always adds one everywhere; by default what the head records",
            BosPolicy::parse);
    dtype =
        text(
            "dtype",
            "products of the backbone: %s; auto is bf16 on a GPU and fp32 on a CPU"
                .formatted(labels(ComputeType.values(), ComputeType::label)),
            ComputeType::parse);
    device =
        text(
            "device",
            "where to run: %s; gpu fails where there is none"
                .formatted(labels(DeviceChoice.values(), DeviceChoice::label)),
            DeviceChoice::parse);
    maxTokens =
        number(
            "maxTokens",
            "tokens of a window, specials included; longer texts are read in overlapping windows, never cut; by default the model's own limit, at most 1024",
            1);
    overlap =
        number(
            "overlap",
            "tokens that consecutive windows share; by default what the head needs, at least 64",
            0);
    wordBoundaries =
        new BooleanParam(
            this,
            "wordBoundaries",
            "whether mentions must begin and end at word boundaries; by default what the head records");
    batchTokens = number("batchTokens", "tokens of one forward call; more memory, fewer calls", 1);
    inputCols =
        new StringArrayParam(
            this,
            "inputCols",
            "the one column to read: strings, or Spark NLP annotations of type document, which are documents or sentences",
            (Function1<String[], Object> & Serializable) MentionDetectorModel::isOneColumn);
    outputCol = text("outputCol", "the column to add", value -> {});
    outputType =
        text(
            "outputType",
            "typed: an array of mentions; annotation: Spark NLP annotations of type chunk; auto: annotation beside annotations, typed beside strings",
            OutputType::parse);
    errorCol =
        text(
            "errorCol",
            "a column to add that says what went wrong in a row, null where nothing did; without it such a row fails the query",
            value -> {});
    setDefault(model, ModelArguments.DEFAULT);
    setDefault(decoder, Decoder.THRESHOLD.label());
    setDefault(dtype, ComputeType.AUTO.label());
    setDefault(device, DeviceChoice.AUTO.label());
    setDefault(batchTokens, EngineOptions.DEFAULT_BATCH_TOKENS);
    setDefault(inputCols, new String[] {"text"});
    setDefault(outputCol, MentionColumns.MENTIONS);
    setDefault(outputType, OutputType.AUTO.label());
  }

  /** A parameter whose values are checked when they are set, with the checker's own message. */
  private Param<String> text(String name, String doc, Check check) {
    return new Param<>(
        this,
        name,
        doc,
        (Function1<String, Object> & Serializable)
            value -> {
              if (value == null || value.isBlank()) {
                throw new IllegalArgumentException(
                    "%s must not be empty: clear(%s()) takes it back".formatted(name, name));
              }
              return spoken(
                  () -> {
                    check.accept(value);
                    return true;
                  });
            });
  }

  private IntParam number(String name, String doc, int least) {
    return new IntParam(
        this,
        name,
        doc,
        (Function1<Object, Object> & Serializable)
            value -> {
              if ((int) value < least) {
                throw new IllegalArgumentException(
                    String.format(
                        Locale.ROOT, "%s must be at least %d, but is %s", name, least, value));
              }
              return true;
            });
  }

  /** Throws if a value makes no sense. */
  private interface Check extends Serializable {
    void accept(String value);
  }

  private static boolean areLabels(String[] labels) {
    return spoken(
        () -> {
          Typing.labels(List.of(labels));
          return true;
        });
  }

  /** Does something whose failures name options as the command line does. */
  private static <T> T spoken(Supplier<T> action) {
    try {
      return action.get();
    } catch (UserException e) {
      throw new UserException(OptionNames.camelCase(e.getMessage()), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(OptionNames.camelCase(e.getMessage()), e);
    }
  }

  private static boolean isOneColumn(String[] columns) {
    if (columns.length != 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "inputCols must name one column, but names %d: %s",
              columns.length,
              String.join(", ", columns)));
    }
    return true;
  }

  private static <T> String labels(T[] values, Function<T, String> label) {
    return Arrays.stream(values).map(label).collect(Collectors.joining(", "));
  }

  @Override
  public String uid() {
    return uid;
  }

  // Parameters: definitions, setters, getters.

  /**
   * The bundled model, or one of the user's own as {@code NAME=BACKBONE,HEAD}; bge-small by
   * default.
   */
  public Param<String> model() {
    return model;
  }

  /** See {@link #model()}. */
  public MentionDetectorModel setModel(String value) {
    set(model, value);
    return this;
  }

  /** See {@link #model()}. */
  public String getModel() {
    return value(model);
  }

  /** The directory of the user's backbone, instead of a model; null if not set. */
  public Param<String> backbone() {
    return backbone;
  }

  /** See {@link #backbone()}. */
  public MentionDetectorModel setBackbone(String value) {
    set(backbone, value);
    return this;
  }

  /** See {@link #backbone()}. */
  public String getBackbone() {
    return value(backbone);
  }

  /** The directory of the head for that backbone; null if not set. */
  public Param<String> head() {
    return head;
  }

  /** See {@link #head()}. */
  public MentionDetectorModel setHead(String value) {
    set(head, value);
    return this;
  }

  /** See {@link #head()}. */
  public String getHead() {
    return value(head);
  }

  /**
   * The probability above which a span is a mention, or {@code recommended}. If not set, what
   * bundled models recommend, and 0.5 for others.
   */
  public Param<String> threshold() {
    return threshold;
  }

  /** See {@link #threshold()}. */
  public MentionDetectorModel setThreshold(String value) {
    set(threshold, value);
    return this;
  }

  /** See {@link #threshold()}. */
  public MentionDetectorModel setThreshold(double value) {
    return setThreshold(Double.toString(value));
  }

  /** See {@link #threshold()}. */
  public String getThreshold() {
    return value(threshold);
  }

  /** Sets the decoder, which makes mentions of candidates; {@code threshold} by default. */
  public Param<String> decoder() {
    return decoder;
  }

  /** See {@link #decoder()}. */
  public MentionDetectorModel setDecoder(String value) {
    set(decoder, value);
    return this;
  }

  /** See {@link #decoder()}. */
  public String getDecoder() {
    return value(decoder);
  }

  /** Returns the source of labels; null, for mentions without labels, if not set. */
  public Param<String> classifier() {
    return classifier;
  }

  /** See {@link #classifier()}. */
  public MentionDetectorModel setClassifier(String value) {
    set(classifier, value);
    return this;
  }

  /** See {@link #classifier()}. */
  public String getClassifier() {
    return value(classifier);
  }

  /** Labels given at run time; null, for the classifier's own, if not set. */
  public StringArrayParam labels() {
    return labels;
  }

  /** See {@link #labels()}. */
  public MentionDetectorModel setLabels(String... value) {
    set(labels, value);
    return this;
  }

  /** See {@link #labels()}. */
  public String[] getLabels() {
    return value(labels);
  }

  /** A file of labels, instead of {@link #labels()}; null if not set. */
  public Param<String> labelsFile() {
    return labelsFile;
  }

  /** See {@link #labelsFile()}. */
  public MentionDetectorModel setLabelsFile(String value) {
    set(labelsFile, value);
    return this;
  }

  /** See {@link #labelsFile()}. */
  public String getLabelsFile() {
    return value(labelsFile);
  }

  /** Probability that a label must reach; null, for what the label model records, if not set. */
  public DoubleParam labelThreshold() {
    return labelThreshold;
  }

  /** See {@link #labelThreshold()}. */
  public MentionDetectorModel setLabelThreshold(double value) {
    set(labelThreshold, value);
    return this;
  }

  /** See {@link #labelThreshold()}. */
  public Double getLabelThreshold() {
    return (Double) value(labelThreshold);
  }

  /** Returns whether mentions without a label are left out; they are not by default. */
  public BooleanParam requireLabel() {
    return requireLabel;
  }

  /** See {@link #requireLabel()}. */
  public MentionDetectorModel setRequireLabel(boolean value) {
    set(requireLabel, value);
    return this;
  }

  /** See {@link #requireLabel()}. */
  public Boolean getRequireLabel() {
    return (Boolean) value(requireLabel);
  }

  /** Returns whether mentions tell all labels that fit; they do not by default. */
  public BooleanParam allLabels() {
    return allLabels;
  }

  /** See {@link #allLabels()}. */
  public MentionDetectorModel setAllLabels(boolean value) {
    set(allLabels, value);
    return this;
  }

  /** See {@link #allLabels()}. */
  public Boolean getAllLabels() {
    return (Boolean) value(allLabels);
  }

  /** The number by which the decoder chooses among mentions; null, for their own, if not set. */
  public Param<String> rankBy() {
    return rankBy;
  }

  /** See {@link #rankBy()}. */
  public MentionDetectorModel setRankBy(String value) {
    set(rankBy, value);
    return this;
  }

  /** See {@link #rankBy()}. */
  public String getRankBy() {
    return value(rankBy);
  }

  /**
   * Returns whether a beginning-of-sequence token is added; null, for what the head records, if not
   * set.
   */
  public Param<String> bos() {
    return bos;
  }

  /** See {@link #bos()}. */
  public MentionDetectorModel setBos(String value) {
    set(bos, value);
    return this;
  }

  /** See {@link #bos()}. */
  public String getBos() {
    return value(bos);
  }

  /** The type of the backbone's products; {@code auto} by default. */
  public Param<String> dtype() {
    return dtype;
  }

  /** See {@link #dtype()}. */
  public MentionDetectorModel setDtype(String value) {
    set(dtype, value);
    return this;
  }

  /** See {@link #dtype()}. */
  public String getDtype() {
    return value(dtype);
  }

  /** Sets the device; {@code auto} by default. */
  public Param<String> device() {
    return device;
  }

  /** See {@link #device()}. */
  public MentionDetectorModel setDevice(String value) {
    set(device, value);
    return this;
  }

  /** See {@link #device()}. */
  public String getDevice() {
    return value(device);
  }

  /** Tokens of a window, specials included; null, for the model's own limit, if not set. */
  public IntParam maxTokens() {
    return maxTokens;
  }

  /** See {@link #maxTokens()}. */
  public MentionDetectorModel setMaxTokens(int value) {
    set(maxTokens, value);
    return this;
  }

  /** See {@link #maxTokens()}. */
  public Integer getMaxTokens() {
    return (Integer) value(maxTokens);
  }

  /** Tokens that consecutive windows share; null, for what the head needs, if not set. */
  public IntParam overlap() {
    return overlap;
  }

  /** See {@link #overlap()}. */
  public MentionDetectorModel setOverlap(int value) {
    set(overlap, value);
    return this;
  }

  /** See {@link #overlap()}. */
  public Integer getOverlap() {
    return (Integer) value(overlap);
  }

  /**
   * Returns whether mentions must begin and end at word boundaries; null, for what the head
   * records.
   */
  public BooleanParam wordBoundaries() {
    return wordBoundaries;
  }

  /** See {@link #wordBoundaries()}. */
  public MentionDetectorModel setWordBoundaries(boolean value) {
    set(wordBoundaries, value);
    return this;
  }

  /** See {@link #wordBoundaries()}. */
  public Boolean getWordBoundaries() {
    return (Boolean) value(wordBoundaries);
  }

  /** Tokens of one forward call; 2048 by default. */
  public IntParam batchTokens() {
    return batchTokens;
  }

  /** See {@link #batchTokens()}. */
  public MentionDetectorModel setBatchTokens(int value) {
    set(batchTokens, value);
    return this;
  }

  /** See {@link #batchTokens()}. */
  public Integer getBatchTokens() {
    return (Integer) value(batchTokens);
  }

  /** The one column to read; {@code text} by default. */
  public StringArrayParam inputCols() {
    return inputCols;
  }

  /** See {@link #inputCols()}. */
  public MentionDetectorModel setInputCols(String... value) {
    set(inputCols, value);
    return this;
  }

  /** See {@link #inputCols()}. */
  public MentionDetectorModel setInputCol(String value) {
    return setInputCols(value);
  }

  /** See {@link #inputCols()}. */
  public String[] getInputCols() {
    return value(inputCols);
  }

  /** See {@link #inputCols()}. */
  public String getInputCol() {
    return getInputCols()[0];
  }

  /** The column to add; {@code mentions} by default. */
  public Param<String> outputCol() {
    return outputCol;
  }

  /** See {@link #outputCol()}. */
  public MentionDetectorModel setOutputCol(String value) {
    set(outputCol, value);
    return this;
  }

  /** See {@link #outputCol()}. */
  public String getOutputCol() {
    return value(outputCol);
  }

  /**
   * Returns whether mentions are {@code typed} or an {@code annotation}; {@code auto}, the default,
   * follows the input.
   */
  public Param<String> outputType() {
    return outputType;
  }

  /** See {@link #outputType()}. */
  public MentionDetectorModel setOutputType(String value) {
    set(outputType, value);
    return this;
  }

  /** See {@link #outputType()}. */
  public String getOutputType() {
    return value(outputType);
  }

  /** The column to add for what went wrong in a row; null, for failing the query, if not set. */
  public Param<String> errorCol() {
    return errorCol;
  }

  /** See {@link #errorCol()}. */
  public MentionDetectorModel setErrorCol(String value) {
    set(errorCol, value);
    return this;
  }

  /** See {@link #errorCol()}. */
  public String getErrorCol() {
    return value(errorCol);
  }

  /** Returns the value that is set, or the default; null if there is neither. */
  private <T> T value(Param<T> param) {
    return isDefined(param) ? getOrDefault(param) : null;
  }

  // What Spark ML asks of a stage.

  /**
   * The schema with the columns that this stage adds.
   *
   * @throws IllegalArgumentException if the input column is missing or holds no texts, if a column
   *     would be there twice, or if parameters contradict each other
   */
  @Override
  public StructType transformSchema(StructType schema) {
    Typing typing = spec().typing();
    int input = inputIndex(schema);
    Set<String> names = new HashSet<>();
    for (String name : schema.fieldNames()) {
      if (!names.add(name.toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException(
            "Cannot annotate: there are two columns \"%s\"; rename or drop one".formatted(name));
      }
    }
    String output = getOutputCol();
    refuseClash(schema, output, "outputCol");
    boolean annotations = writesAnnotations(schema.fields()[input]);
    if (annotations && typing != null && typing.allLabels()) {
      throw new IllegalArgumentException(
          "allLabels needs outputType typed: an annotation has one label");
    }
    StructType result =
        schema.add(
            annotations
                ? SparkNlpSchema.column(output, SparkNlpSchema.CHUNK)
                : MentionColumns.mentions(output, typing));
    String error = getErrorCol();
    if (error != null) {
      refuseClash(result, error, "errorCol");
      result = result.add(new StructField(error, DataTypes.StringType, true, Metadata.empty()));
    }
    return result;
  }

  private int inputIndex(StructType schema) {
    String name = getInputCol();
    int index =
        IntStream.range(0, schema.size())
            .filter(i -> schema.fieldNames()[i].equalsIgnoreCase(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "Cannot find the column \"%s\" of inputCols: the columns are %s"
                            .formatted(name, String.join(", ", schema.fieldNames()))));
    StructField field = schema.fields()[index];
    TextReader.refusal(field)
        .ifPresent(
            reason -> {
              throw new IllegalArgumentException(
                  "Cannot annotate the column \"%s\" of inputCols: %s"
                      .formatted(field.name(), reason));
            });
    return index;
  }

  private static void refuseClash(StructType schema, String name, String param) {
    if (Arrays.stream(schema.fieldNames()).anyMatch(name::equalsIgnoreCase)) {
      throw new IllegalArgumentException(
          "Cannot add the column \"%s\": there is one of that name already; choose another %s"
              .formatted(name, param));
    }
  }

  private boolean writesAnnotations(StructField input) {
    return switch (OutputType.parse(getOutputType())) {
      case AUTO -> SparkNlpSchema.isAnnotations(input.dataType());
      case TYPED -> false;
      case ANNOTATION -> true;
    };
  }

  /**
   * Adds the mentions, lazily.
   *
   * @throws IllegalArgumentException as {@link #transformSchema}
   * @throws UncheckedIOException if the model cannot be read, or its parts do not fit; seen here,
   *     before any row is
   */
  @Override
  public Dataset<Row> transform(Dataset<?> dataset) {
    StructType schema = dataset.schema();
    StructType result = transformSchema(schema);
    ModelSpec spec = spec();
    EngineOptions engine = engine(dataset.sparkSession());
    check(spec, engine);
    int input = inputIndex(schema);
    boolean annotations = writesAnnotations(schema.fields()[input]);
    AnnotatePlan plan =
        new AnnotatePlan(
            List.of(spec),
            engine,
            TextReader.of(schema, input),
            AnnotatePlan.Malformed.NONE,
            false,
            IntStream.range(0, schema.size()).boxed().toList(),
            new AddedColumns(!annotations, false, annotations, getErrorCol() != null),
            false);
    return AnnotatePartition.annotate(dataset.toDF(), plan, result, null);
  }

  private static void check(ModelSpec spec, EngineOptions engine) {
    try {
      for (ModelDescription description : MentionDetector.describe(List.of(spec), engine)) {
        description.warnings().forEach(warning -> LOG.warn("{}: {}", spec.name(), warning));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(OptionNames.camelCase(e.getMessage()), e);
    }
  }

  private ModelSpec spec() {
    return spoken(this::parsed);
  }

  private ModelSpec parsed() {
    ModelArguments arguments =
        new ModelArguments(
            Decoder.parse(getDecoder()),
            getThreshold() == null ? Threshold.DEFAULT : Threshold.parse(getThreshold()),
            getBos() == null ? null : BosPolicy.parse(getBos()),
            getMaxTokens(),
            getOverlap(),
            getWordBoundaries(),
            typing().typing());
    if ((getBackbone() == null) != (getHead() == null)) {
      throw new IllegalArgumentException(
          getBackbone() == null ? "head needs backbone" : "backbone needs head");
    }
    if (getBackbone() == null) {
      return arguments.named(List.of(getModel())).get(0);
    }
    if (isSet(model)) {
      throw new IllegalArgumentException(
          "model (%s) and backbone (%s) exclude each other".formatted(getModel(), getBackbone()));
    }
    return arguments.single(getBackbone(), getHead()).get(0);
  }

  private TypingArguments typing() {
    return new TypingArguments(
        getClassifier(),
        getLabels() == null ? null : List.of(getLabels()),
        getLabelsFile(),
        getLabelThreshold(),
        Boolean.TRUE.equals(getRequireLabel()),
        Boolean.TRUE.equals(getAllLabels()),
        getRankBy());
  }

  private EngineOptions engine(SparkSession session) {
    return EngineOptions.defaults()
        .withDtype(ComputeType.parse(getDtype()))
        .withDevice(DeviceChoice.parse(getDevice()), 0)
        .withBatchTokens(getBatchTokens())
        .withTrustBackbone(Boolean.parseBoolean(session.conf().get(TRUST_PROPERTY, "false")));
  }

  @Override
  public MentionDetectorModel copy(ParamMap extra) {
    return defaultCopy(extra);
  }

  /** Reads stages that were saved. */
  public static MLReader<MentionDetectorModel> read() {
    return new Reader().read();
  }

  /**
   * Reads a stage that was saved.
   *
   * @param path on any Hadoop file system
   */
  public static MentionDetectorModel load(String path) {
    return read().load(path);
  }

  private static final class Reader implements DefaultParamsReadable<MentionDetectorModel> {
    private static final long serialVersionUID = 1L;
  }
}
