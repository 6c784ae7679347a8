package io.github.tommerspark.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.spark.MentionColumns;
import io.github.tommerspark.spark.SparkMethods;
import io.github.tommerspark.sparknlp.SparkNlpSchema;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.feature.HashingTF;
import org.apache.spark.ml.feature.Tokenizer;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.Params;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.DataStreamWriter;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.StreamingQueryException;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.collection.immutable.Nil$;

class MentionDetectorModelTest {

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @Test
  void addsWhatTheDetectorFinds() throws IOException {
    List<String> texts = new ArrayList<>(Texts.AWKWARD);
    texts.addAll(Arrays.asList(null, "", " \n"));
    Dataset<Row> rows = Texts.rows(texts);
    Dataset<Row> found =
        new MentionDetectorModel().setModel("nano-llama").setThreshold(0.9).transform(rows);
    assertThat(found.schema().fieldNames()).containsExactly("n", "text", "mentions");
    assertThat(found.schema().apply("mentions")).isEqualTo(MentionColumns.mentions("mentions"));

    List<List<Mention>> expected;
    try (MentionDetector detector =
        MentionDetector.builder().model("nano-llama").threshold(0.9).build()) {
      expected = detector.detect(texts);
    }
    List<Row> collected = found.orderBy("n").collectAsList();
    for (int i = 0; i < texts.size(); i++) {
      assertThat(collected.get(i).<Row>getList(2).stream().map(mention -> mention.getString(2)))
          .containsExactlyElementsOf(expected.get(i).stream().map(Mention::text).toList());
    }
    assertThat(
            found
                .where(
                    "size(filter(mentions, m -> substring(text, m.start + 1, m.end - m.start) != m.text)) > 0")
                .count())
        .isZero();
  }

  @Test
  void annotationsOfAStringAreOffsetsInUtf16() {
    List<Row> rows =
        new MentionDetectorModel()
            .setModel("nano-llama")
            .setOutputType("annotation")
            .setOutputCol("chunk")
            .transform(Texts.rows(Texts.AWKWARD))
            .collectAsList();
    for (Row row : rows) {
      for (Row chunk : row.<Row>getList(2)) {
        assertThat(row.getString(1).substring(chunk.getInt(1), chunk.getInt(2) + 1))
            .isEqualTo(chunk.getString(3));
        assertThat(chunk.<String, String>getJavaMap(4)).containsEntry("sentence", "0");
      }
    }
    assertThat(rows.get(1).getList(2)).isNotEmpty();
  }

  @Test
  void worksAmongSparksOwnStages() throws IOException {
    Dataset<Row> texts = Texts.rows(Texts.AWKWARD);
    Pipeline pipeline =
        new Pipeline()
            .setStages(
                new PipelineStage[] {
                  new Tokenizer().setInputCol("text").setOutputCol("words"),
                  new HashingTF().setInputCol("words").setOutputCol("vector"),
                  new MentionDetectorModel()
                      .setModel("nano-llama")
                      .setThreshold(0.9)
                      .setErrorCol("problem")
                });
    PipelineModel fitted = pipeline.fit(texts);
    List<Row> before = fitted.transform(texts).orderBy("n").collectAsList();
    assertThat(before.get(0).getList(before.get(0).fieldIndex("mentions"))).isNotEmpty();
    assertThat(before).allSatisfy(row -> assertThat(row.<String>getAs("problem")).isNull());

    fitted.save(folder.resolve("fitted").toString());
    PipelineModel loaded = PipelineModel.load(folder.resolve("fitted").toString());
    assertThat(loaded.transform(texts).orderBy("n").collectAsList()).isEqualTo(before);
  }

  @Test
  void savesEveryParameter() throws IOException {
    MentionDetectorModel model =
        new MentionDetectorModel("mine")
            .setModel("nano-neox")
            .setThreshold(0.75)
            .setDecoder("greedy")
            .setBos("always")
            .setDtype("bf16")
            .setDevice("cpu")
            .setMaxTokens(128)
            .setOverlap(32)
            .setBatchTokens(512)
            .setInputCol("body")
            .setOutputCol("found")
            .setOutputType("annotation")
            .setErrorCol("problem");
    String path = folder.resolve("model").toString();
    model.save(path);
    MentionDetectorModel loaded = MentionDetectorModel.load(path);
    assertThat(loaded.uid()).isEqualTo("mine");
    assertThat(values(loaded)).isEqualTo(values(model));
    assertThat(loaded.getThreshold()).isEqualTo("0.75");
    assertThat(loaded.getMaxTokens()).isEqualTo(128);
    assertThat(loaded.getInputCols()).containsExactly("body");
    // One that is not set stays so, and follows the defaults of the version that loads it.
    assertThat(loaded.getBackbone()).isNull();
    assertThat(loaded.isSet(loaded.head())).isFalse();
  }

  @Test
  void copiesWithOtherParameters() {
    MentionDetectorModel model = new MentionDetectorModel().setOutputCol("a");
    MentionDetectorModel copy =
        model.copy(new ParamMap().put(model.outputCol(), "b").put(model.threshold(), "0.9"));
    assertThat(copy.uid()).isEqualTo(model.uid());
    assertThat(copy.getOutputCol()).isEqualTo("b");
    assertThat(copy.getThreshold()).isEqualTo("0.9");
    assertThat(model.getOutputCol()).isEqualTo("a");
    assertThat(model.getThreshold()).isNull();
  }

  @Test
  void everyParameterIsExplained() {
    MentionDetectorModel model = new MentionDetectorModel();
    assertThat(model.params()).hasSize(23);
    for (Param<?> param : model.params()) {
      assertThat(param.doc()).as(param.name()).isNotBlank();
    }
    assertThat(model.explainParams())
        .contains("decoder: how candidates become mentions: threshold, greedy,")
        .contains("(default: bge-small)");
  }

  @Test
  void refusesSchemasThatDoNotFit() {
    MentionDetectorModel model = new MentionDetectorModel();
    StructType schema =
        new StructType().add("n", DataTypes.IntegerType).add("text", DataTypes.StringType);
    assertThatThrownBy(() -> model.copy(new ParamMap()).setInputCol("body").transformSchema(schema))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot find the column \"body\" of inputCols: the columns are n, text");
    assertThatThrownBy(() -> model.copy(new ParamMap()).setInputCol("n").transformSchema(schema))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot annotate the column \"n\" of inputCols: it is of type int, not string or Spark NLP's annotations");
    assertThatThrownBy(
            () -> model.copy(new ParamMap()).setOutputCol("Text").transformSchema(schema))
        .hasMessage(
            "Cannot add the column \"Text\": there is one of that name already; choose another outputCol");
    assertThatThrownBy(
            () -> model.copy(new ParamMap()).setErrorCol("mentions").transformSchema(schema))
        .hasMessage(
            "Cannot add the column \"mentions\": there is one of that name already; choose another errorCol");
    assertThatThrownBy(() -> model.transformSchema(schema.add("TEXT", DataTypes.StringType)))
        .hasMessageContaining("two columns \"TEXT\"");
    // The schema of a plan is known without running it.
    assertThat(model.transformSchema(schema).fieldNames()).containsExactly("n", "text", "mentions");
    MentionDetectorModel labelled = model.setLabels("person").setAllLabels(true);
    assertThat(labelled.transformSchema(schema).apply("mentions").dataType().sql())
        .endsWith("labels: ARRAY<STRUCT<label: STRING, score: FLOAT>>>>");
    assertThatThrownBy(() -> labelled.setOutputType("annotation").transformSchema(schema))
        .hasMessage("allLabels needs outputType typed: an annotation has one label");
    MentionDetectorModel alone = new MentionDetectorModel().setAllLabels(true);
    assertThatThrownBy(() -> alone.transformSchema(schema))
        .hasMessage("allLabels needs labels, labelsFile or classifier");
    MentionDetectorModel missing = new MentionDetectorModel().setLabelsFile("/no/such.txt");
    assertThatThrownBy(() -> missing.transformSchema(schema))
        .hasMessage("Cannot read labelsFile /no/such.txt: there is no such file");
  }

  @Test
  void refusesParametersThatMakeNoSense() {
    MentionDetectorModel model = new MentionDetectorModel();
    assertThatThrownBy(() -> model.setThreshold(1))
        .hasMessage("A threshold must be at least 0 and below 1, but is 1.0");
    assertThatThrownBy(() -> model.setThreshold("high")).hasMessageContaining("but is high");
    assertThatThrownBy(() -> model.setDecoder("best")).hasMessageContaining("well_nested");
    assertThatThrownBy(() -> model.setDtype("fp8")).hasMessageContaining("bf16");
    assertThatThrownBy(() -> model.setDevice("tpu")).hasMessageContaining("gpu");
    assertThatThrownBy(() -> model.setBos("never")).hasMessageContaining("tokenizer or always");
    assertThatThrownBy(() -> model.setOutputType("json"))
        .hasMessage("Unknown outputType \"json\": use one of auto, typed, annotation");
    assertThatThrownBy(() -> model.setMaxTokens(0))
        .hasMessage("maxTokens must be at least 1, but is 0");
    assertThatThrownBy(() -> model.setInputCols("a", "b"))
        .hasMessage("inputCols must name one column, but names 2: a, b");
    assertThatThrownBy(() -> model.setErrorCol("")).hasMessageContaining("errorCol");
    assertThatThrownBy(() -> model.setRankBy("luck"))
        .hasMessage("Cannot rank by \"luck\": it must be one of mention, label, product");
    // Whatever way it comes in.
    assertThatThrownBy(() -> model.set("decoder", "best")).hasMessageContaining("well_nested");
    assertThatThrownBy(() -> model.decoder().w("best")).hasMessageContaining("well_nested");
  }

  @Test
  void refusesModelsThatAreNotThereBeforeAnyRow() {
    Dataset<Row> rows = Texts.rows(Texts.AWKWARD);
    assertThatThrownBy(() -> new MentionDetectorModel().setModel("bert").transform(rows))
        .hasMessageContaining("bundled are bge-small, minilm, nano-llama, nano-neox");
    assertThatThrownBy(() -> new MentionDetectorModel().setBackbone("/no/such").transform(rows))
        .hasMessage("backbone needs head");
    assertThatThrownBy(
            () ->
                new MentionDetectorModel()
                    .setBackbone(folder.toString())
                    .setHead("/no/such")
                    .transform(rows))
        .hasMessage("Cannot find /no/such: there is no such directory");
    assertThatThrownBy(
            () ->
                new MentionDetectorModel()
                    .setModel("nano-llama")
                    .setBackbone(folder.toString())
                    .setHead(folder.toString())
                    .transform(rows))
        .hasMessageContaining("exclude each other");
    assertThatThrownBy(
            () ->
                new MentionDetectorModel()
                    .setBackbone(folder.toString())
                    .setHead(folder.toString())
                    .transform(rows))
        .hasMessageStartingWith("Cannot read head " + folder);
  }

  @Test
  void aRowThatCannotBeReadSaysWhyOrFails() {
    Dataset<Row> rows =
        Texts.rows(List.of("Marie Curie", "Paris"))
            .selectExpr(
                "n",
                "array(named_struct('annotatorType', if(n = 0, 'document', 'token'), 'begin', 0, 'end', 1,"
                    + " 'result', text, 'metadata', map('sentence', '0'), 'embeddings',"
                    + " cast(array() as array<float>))) as document");
    MentionDetectorModel model =
        new MentionDetectorModel()
            .setModel("nano-llama")
            .setInputCols("document")
            .setOutputCol("chunk");
    List<Row> told =
        model.copy(new ParamMap()).setErrorCol("problem").transform(rows).collectAsList();
    assertThat(told.get(0).<String>getAs("problem")).isNull();
    assertThat(told.get(0).<Row>getList(2)).isNotEmpty();
    assertThat(told.get(1).<String>getAs("problem"))
        .isEqualTo("input: an annotation is of type token, not document");
    assertThat(told.get(1).<Row>getList(2)).isEmpty();
    assertThatThrownBy(() -> model.transform(rows).collectAsList())
        .hasMessageContaining(
            "A row failed and there is no errorCol to write the reason to: input: an annotation is of type token, not document");
  }

  @Test
  void runsOnAStreamOfFiles() throws IOException, TimeoutException, StreamingQueryException {
    Path input = Files.createDirectory(folder.resolve("in"));
    Path output = folder.resolve("out");
    Files.writeString(
        input.resolve("a.jsonl"), "{\"text\": \"Marie Curie 😀 was born in Warsaw.\"}\n");
    Dataset<Row> stream = spark.readStream().schema("text string").json(input.toString());
    Dataset<Row> found =
        new MentionDetectorModel()
            .setModel("nano-llama")
            .setOutputType("annotation")
            .setOutputCol("chunk")
            .transform(SparkNlpSchema.restore(stream));
    assertThat(found.isStreaming()).isTrue();
    DataStreamWriter<Row> writer =
        found.writeStream().format("parquet").trigger(Trigger.ProcessingTime(100));
    SparkMethods.call(
        DataStreamWriter.class,
        "option",
        writer,
        "checkpointLocation",
        folder.resolve("checkpoint").toString());
    StreamingQuery query = writer.start(output.toString());
    try {
      query.processAllAvailable();
      Files.writeString(
          input.resolve("b.jsonl"), "{\"text\": \"Ada Lovelace lived in London.\"}\n{}\n");
      query.processAllAvailable();
    } finally {
      query.stop();
    }
    Dataset<Row> written = SparkNlpSchema.restore(spark.read().parquet(output.toString()));
    assertThat(written.schema().apply("chunk"))
        .isEqualTo(SparkNlpSchema.column("chunk", SparkNlpSchema.CHUNK));
    assertThat(
            written
                .selectExpr("explode(chunk.result)")
                .as(org.apache.spark.sql.Encoders.STRING())
                .collectAsList())
        .contains("Marie Curie", "Warsaw", "Ada Lovelace", "London");
    assertThat(written.count()).isEqualTo(3);
  }

  /** What PySpark's JavaTransformer, JavaMLWritable and JavaMLReader call through Py4J. */
  @Test
  void isDrivenByReflectionAsFromPython() throws ReflectiveOperationException {
    String name = "io.github.tommerspark.pipeline.MentionDetectorModel";
    Class<?> type = Class.forName(name);
    Object stage = type.getConstructor(String.class).newInstance("MentionDetectorModel_0123");
    assertThat(call(stage, "uid")).isEqualTo("MentionDetectorModel_0123");

    // JavaParams._transfer_params_to_java: getParam, w, set. Python has only these types.
    for (Object[] value :
        new Object[][] {
          {"threshold", "0.9"},
          {"inputCols", new ArrayList<>(List.of("text"))},
          {"outputCol", "found"},
          {"maxTokens", 200},
          {"errorCol", "problem"}
        }) {
      Object param = type.getMethod("getParam", String.class).invoke(stage, value[0]);
      Object pair = callOne(param, "w", value[1]);
      type.getMethod("set", org.apache.spark.ml.param.ParamPair.class).invoke(stage, pair);
    }
    // The same with defaults, which go over as one sequence.
    Object batchTokens = type.getMethod("getParam", String.class).invoke(stage, "batchTokens");
    SparkMethods.call(
        Params.class,
        "setDefault",
        stage,
        Nil$.MODULE$.$colon$colon(callOne(batchTokens, "w", 4096)));
    // JavaParams._transfer_params_from_java.
    for (Object param : (Object[]) call(stage, "params")) {
      Param<?> known = (Param<?>) param;
      if ((boolean) type.getMethod("isSet", Param.class).invoke(stage, known)) {
        assertThat(type.getMethod("getOrDefault", Param.class).invoke(stage, known)).isNotNull();
      }
    }
    // Setters as Scala and Java have them, for those who use the JVM object itself.
    type.getMethod("setDecoder", String.class).invoke(stage, "greedy");
    type.getMethod("setThreshold", double.class).invoke(stage, 0.95);
    assertThat(call(stage, "getThreshold")).isEqualTo("0.95");

    Dataset<?> rows = Texts.rows(Texts.AWKWARD);
    Dataset<?> found = (Dataset<?>) type.getMethod("transform", Dataset.class).invoke(stage, rows);
    assertThat(found.columns()).containsExactly("n", "text", "found", "problem");
    assertThat(found.where("size(found) > 0").count()).isPositive();

    String path = folder.resolve("stage").toString();
    Object writer = call(stage, "write");
    writer.getClass().getMethod("save", String.class).invoke(writer, path);
    Object reader = type.getMethod("read").invoke(null);
    Object loaded = reader.getClass().getMethod("load", String.class).invoke(reader, path);
    assertThat(values((Params) loaded)).isEqualTo(values((Params) stage));
    assertThat(loaded).isInstanceOf(Transformer.class);
    Object restored = SparkNlpSchema.class.getMethod("restore", Dataset.class).invoke(null, found);
    assertThat(((Dataset<?>) restored).schema()).isEqualTo(found.schema());
  }

  /** What is set of all parameters. */
  private static Map<String, Object> values(Params stage) {
    Map<String, Object> values = new TreeMap<>();
    for (Param<?> param : stage.params()) {
      Object value = stage.isSet(param) ? stage.getOrDefault(param) : null;
      values.put(param.name(), value instanceof String[] array ? List.of(array) : value);
    }
    return values;
  }

  @Test
  void thePythonFileHasTheSameParameters() throws IOException {
    String python = Files.readString(Path.of("..", "python", "src", "tommer_spark", "pipeline.py"));
    List<String> names =
        Pattern.compile("Params\\._dummy\\(\\),\\s*\"(\\w+)\"")
            .matcher(python)
            .results()
            .map(match -> match.group(1))
            .toList();
    assertThat(names)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(new MentionDetectorModel().params()).map(Param::name).toList());
    assertThat(python).contains("\"" + MentionDetectorModel.class.getPackageName() + "\"");
  }

  private static Object call(Object target, String method) throws ReflectiveOperationException {
    return target.getClass().getMethod(method).invoke(target);
  }

  /** As Py4J picks an overload: the one that takes a value of that class. */
  private static Object callOne(Object target, String method, Object value)
      throws ReflectiveOperationException {
    for (Method candidate : target.getClass().getMethods()) {
      Class<?>[] types = candidate.getParameterTypes();
      if (candidate.getName().equals(method)
          && types.length == 1
          && !candidate.isBridge()
          && (types[0].isInstance(value) || (types[0] == int.class && value instanceof Integer))) {
        try {
          return candidate.invoke(target, value);
        } catch (InvocationTargetException e) {
          throw new AssertionError(candidate.toString(), e.getCause());
        }
      }
    }
    throw new NoSuchMethodException(method + " for " + value.getClass());
  }
}
