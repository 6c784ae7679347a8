package io.github.tommerspark.jobs.export;

import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.not;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.export.AnnotatedText;
import io.github.tommerspark.export.Annotation;
import io.github.tommerspark.export.Brat;
import io.github.tommerspark.export.Conll;
import io.github.tommerspark.export.DatasetCard;
import io.github.tommerspark.export.Displacy;
import io.github.tommerspark.export.LabelStudio;
import io.github.tommerspark.export.TaggedWords;
import io.github.tommerspark.jobs.dataset.AnnotatedDataset;
import io.github.tommerspark.jobs.output.ResultDirectory;
import io.github.tommerspark.jobs.table.TableName;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.message.Version;
import io.github.tommerspark.text.CodePointOffsets;
import java.io.IOException;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;

/** Writes an annotated dataset in the format of another tool. */
final class ExportJob {

  /** Folder of the Parquet files of a dataset. */
  private static final String DATA = "data";

  private static final StructType DATASET =
      new StructType()
          .add("id", DataTypes.StringType, false)
          .add("text", DataTypes.StringType, false)
          .add("tokens", DataTypes.createArrayType(DataTypes.StringType, false), false)
          .add("ner_tags", DataTypes.createArrayType(DataTypes.IntegerType, false), false)
          .add(
              "spans",
              DataTypes.createArrayType(
                  new StructType()
                      .add("start", DataTypes.IntegerType, false)
                      .add("end", DataTypes.IntegerType, false)
                      .add("text", DataTypes.StringType, false)
                      .add("score", DataTypes.FloatType, true)
                      .add("label", DataTypes.StringType, true)
                      .add("label_score", DataTypes.FloatType, true),
                  false),
              false);

  private final ExportOptions options;
  private final ExportedDataset data;
  private final ExportOutput output;
  private final Counts counts;

  private ExportJob(
      SparkSession spark, ExportOptions options, ExportedDataset data, ExportOutput output) {
    this.options = options;
    this.data = data;
    this.output = output;
    this.counts =
        new Counts(
            spark.sparkContext().longAccumulator(),
            spark.sparkContext().longAccumulator(),
            spark.sparkContext().longAccumulator());
  }

  /** Counts of tasks. */
  private record Counts(
      LongAccumulator documents, LongAccumulator mentions, LongAccumulator overlapping)
      implements Serializable {

    void add(List<AnnotatedText> texts) {
      documents.add(1);
      texts.forEach(text -> mentions.add(text.mentions().size()));
    }

    /** Counts the mentions that are in a text and not in what a decoder left of it. */
    AnnotatedText flat(AnnotatedText text, Decoder decoder) {
      AnnotatedText flat = text.flat(decoder);
      overlapping.add(text.mentions().size() - flat.mentions().size());
      return flat;
    }
  }

  /**
   * Writes the export.
   *
   * @throws UserException if the input is not as it should be, or the output holds something else
   * @throws IOException if the output cannot be written
   */
  static ExportResult run(SparkSession spark, ExportOptions options) throws IOException {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    AnnotatedDataset input = options.input().open(spark);
    ExportedDataset data = ExportedDataset.of(input, options);
    ResultDirectory directory = ResultDirectory.open(options.output(), hadoop, ExportFormat::isOwn);
    directory.checkAgainst(TableName.places(input.paths()));
    try (ExportOutput output = new ExportOutput(directory, hadoop)) {
      return new ExportJob(spark, options, data, output).run(directory.path());
    }
  }

  private ExportResult run(Path directory) throws IOException {
    TreeSet<String> labels = options.format().listsLabels() ? labels() : new TreeSet<>();
    switch (options.format()) {
      case DISPLACY -> writeJson(displacy(options.decoder(), options.unlabelled().label(), counts));
      case LABEL_STUDIO -> {
        writeJson(labelStudio(data.models(), options.unlabelled().label()));
        output.add("label_config.xml", LabelStudio.config(labels));
      }
      case CONLL -> writeConll();
      case DATASETS -> writeDataset(TaggedWords.tagsOf(labels));
      case BRAT -> writeBrat(labels);
    }
    if (counts.documents().value() == 0) {
      throw new UserException(
          "Cannot export %s: there is no document with a text in it".formatted(data.source()));
    }
    Column failed = ColumnNames.column(ExportedDataset.FAILED);
    Row left =
        data.all()
            .agg(
                count_if(ColumnNames.column(ExportedDataset.TEXT).isNull().and(not(failed))),
                count_if(failed))
            .first();
    ExportResult result =
        new ExportResult(
            "tommer-spark " + Version.number(),
            options.format().label(),
            data.source(),
            data.models(),
            "code points",
            counts.documents().value(),
            counts.mentions().value(),
            counts.overlapping().value(),
            left.getLong(0),
            left.getLong(1),
            output.files(),
            Redaction.uri(directory.toString()));
    output.publish(result);
    return result;
  }

  /** The labels of all mentions that are written. */
  private TreeSet<String> labels() {
    TreeSet<String> labels = new TreeSet<>();
    for (int m = 0; m < data.models().size(); m++) {
      data.documents()
          .select(explode(ColumnNames.column(ExportedDataset.mentionsColumn(m))).as("mention"))
          .select("mention.label")
          .distinct()
          .collectAsList()
          .forEach(
              row ->
                  labels.add(
                      new Annotation(0, 1, null, row.getString(0), null)
                          .labelOr(options.unlabelled().label())));
    }
    return labels;
  }

  /** Makes lines of texts with the mentions of each model. */
  private interface Lines extends Serializable {
    String of(List<AnnotatedText> texts);
  }

  private static Lines displacy(Decoder decoder, String noLabel, Counts counts) {
    return texts -> {
      counts.flat(texts.get(0), decoder);
      return Displacy.json(texts.get(0), decoder, noLabel);
    };
  }

  private static Lines labelStudio(List<String> models, String noLabel) {
    return texts -> LabelStudio.task(texts, models, noLabel);
  }

  /** Writes an array of objects to each file. */
  private void writeJson(Lines objects) throws IOException {
    write(new TextFile(objects, data.models().size(), counts, true), ".json");
  }

  private void writeConll() throws IOException {
    write(
        new TextFile(
            conll(options.decoder(), options.unlabelled().label(), counts), 1, counts, false),
        ".conll");
  }

  private static Lines conll(Decoder decoder, String noLabel, Counts counts) {
    // Spark's writer ends the line of each row, which makes the empty one.
    return texts ->
        Conll.lines(counts.flat(texts.get(0), decoder), noLabel).replaceFirst("\n$", "");
  }

  /** The lines of a file: those of its documents, of JSON as one array. */
  private record TextFile(Lines lines, int models, Counts counts, boolean array)
      implements MapPartitionsFunction<Row, String> {

    @Override
    public Iterator<String> call(Iterator<Row> rows) {
      return new Iterator<>() {
        private boolean begun;

        @Override
        public boolean hasNext() {
          return rows.hasNext();
        }

        @Override
        public String next() {
          List<AnnotatedText> texts = ExportedDataset.read(rows.next(), models);
          counts.add(texts);
          String line = lines.of(texts);
          if (array) {
            line = (begun ? "" : "[") + line + (rows.hasNext() ? "," : "]");
            begun = true;
          }
          return line;
        }
      };
    }
  }

  private void write(TextFile lines, String extension) throws IOException {
    documents()
        .mapPartitions(lines, Encoders.STRING())
        .where("value != ''")
        .write()
        .option("compression", "none")
        .option("maxRecordsPerFile", 0)
        .text(output.forSpark().toString());
    output.takeFromSpark("", extension);
  }

  private Dataset<Row> documents() {
    return options.files() == null ? data.documents() : data.documents().coalesce(options.files());
  }

  private void writeDataset(List<String> tags) throws IOException {
    Map<String, Integer> numbers = new HashMap<>();
    tags.forEach(tag -> numbers.put(tag, numbers.size()));
    Decoder decoder = options.decoder();
    String noLabel = options.unlabelled().label();
    Counts all = counts;
    MapFunction<Row, Row> document =
        row -> {
          List<AnnotatedText> texts = ExportedDataset.read(row, 1);
          all.add(texts);
          TaggedWords tagged = TaggedWords.of(all.flat(texts.get(0), decoder), noLabel);
          return RowFactory.create(
              texts.get(0).id(),
              texts.get(0).text(),
              tagged.words().toArray(),
              tagged.tags().stream().map(numbers::get).toArray(),
              spans(texts.get(0)));
        };
    documents()
        .map(document, Encoders.row(DATASET))
        .write()
        .option("maxRecordsPerFile", 0)
        .parquet(output.forSpark().toString());
    output.takeFromSpark(DATA, ".parquet");
    output.add("README.md", DatasetCard.text(DATA + "/*.parquet", tags, data.source()));
  }

  private static Object[] spans(AnnotatedText text) {
    CodePointOffsets offsets = CodePointOffsets.of(text.text());
    return text.mentions().stream()
        .map(
            mention ->
                RowFactory.create(
                    offsets.toCodePoint(mention.start()),
                    offsets.toCodePoint(mention.end()),
                    text.words(mention),
                    mention.score(),
                    mention.label(),
                    mention.labelScore()))
        .toArray();
  }

  /** Written by the driver: so many small files are for people, who read a few thousand at most. */
  private void writeBrat(TreeSet<String> labels) throws IOException {
    BratNames names = new BratNames();
    Iterator<Row> rows = data.documents().toLocalIterator();
    while (rows.hasNext()) {
      List<AnnotatedText> texts = ExportedDataset.read(rows.next(), 1);
      counts.add(texts);
      AnnotatedText text = texts.get(0);
      String name = "documents/" + names.next(text.id());
      output.add(name + ".txt", text.text());
      output.add(name + ".ann", Brat.mentions(text, options.unlabelled().label()));
    }
    output.add("annotation.conf", Brat.config(labels));
  }
}
