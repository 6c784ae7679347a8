package io.github.tommerspark.jobs.evaluate;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.transform;

import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.jobs.dataset.AnnotatedDataset;
import io.github.tommerspark.jobs.dataset.GoldData;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.source.Sha256;
import io.github.tommerspark.spark.MentionColumns;
import io.github.tommerspark.spark.SpanReader;
import io.github.tommerspark.sparknlp.TextReader;
import io.github.tommerspark.text.CodePointOffsets;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The mentions that a model found in the texts of gold documents, from outputs of annotate.
 *
 * <p>Where the output has the texts, the SHA-256 of a text joins it with a gold document: equal
 * texts have equal mentions, whatever their ids. An output without texts is joined by id, and every
 * mention must say what the gold text says at its place.
 */
final class WrittenMentions {

  private static final String KEY = "_tommer_key";

  private final String name;
  private final String paths;
  private final Provenance.Model model;
  private final boolean byText;
  private final Map<String, Row> found = new HashMap<>();
  private final Dataset<Row> rows;
  private final String idColumn;

  private WrittenMentions(
      String name,
      String paths,
      Provenance.Model model,
      boolean byText,
      Dataset<Row> rows,
      String idColumn) {
    this.name = name;
    this.paths = paths;
    this.model = model;
    this.byText = byText;
    this.rows = rows;
    this.idColumn = idColumn;
  }

  /**
   * The predictions of a document.
   *
   * @param mentions with offsets in UTF-16 units
   * @param error of the row, or null
   */
  record InDocument(List<Mention> mentions, String error) {}

  /**
   * Reads the rows that belong to gold documents.
   *
   * @param name of the model
   * @param given paths of outputs of annotate
   * @param gold whose documents are wanted
   * @throws UserException if there are no such mentions
   */
  static WrittenMentions read(
      SparkSession spark, String name, List<String> given, List<GoldData> gold) throws IOException {
    AnnotatedDataset data = AnnotatedDataset.open(spark, given, null);
    String shown = Redaction.uri(String.join(", ", data.paths()));
    if (data.format() == InputFormat.CSV || data.format() == InputFormat.TEXT) {
      throw new UserException(
          "Cannot read the predictions %s: outputs of annotate are parquet, json, orc or tables"
              .formatted(shown));
    }
    Dataset<Row> rows = data.rows();
    String column = column(data, name, shown);
    List<String> columns = Arrays.asList(rows.columns());
    String text = data.textName(null);
    String id = data.idName(null);
    boolean byText = columns.contains(text);
    if (!byText && !columns.contains(id)) {
      throw new UserException(
          "Cannot join the predictions %s with gold data: they have neither a column \"%s\" nor \"%s\""
              .formatted(shown, text, id));
    }
    Provenance.Model model = model(data.newestOfEach(), column, shown);
    Dataset<Row> keyed =
        rows.select(
            (byText
                    ? sha2(TextReader.strings(rows, text).cast("binary"), 256)
                    : ColumnNames.column(id).cast("string"))
                .as(KEY),
            columns.contains(id)
                ? ColumnNames.column(id).cast("string").as("id")
                : lit("").as("id"),
            mentions(rows.schema(), column).as("mentions"),
            columns.contains(MentionColumns.ERROR)
                ? col(MentionColumns.ERROR).as("error")
                : lit(null).cast(DataTypes.StringType).as("error"));
    WrittenMentions written =
        new WrittenMentions(name, shown, model, byText, keyed, columns.contains(id) ? id : null);
    written.collect(spark, gold);
    return written;
  }

  /** The model that made them all, or null if some output does not tell. */
  private static Provenance.Model model(
      List<Optional<Provenance>> runs, String column, String shown) {
    List<Optional<Provenance.Model>> models =
        runs.stream()
            .map(
                run ->
                    run.flatMap(
                        r -> r.models().stream().filter(m -> m.column().equals(column)).findAny()))
            .toList();
    if (models.stream().anyMatch(Optional::isEmpty)) {
      return null;
    }
    List<List<Object>> identities =
        models.stream()
            .map(Optional::orElseThrow)
            .map(m -> List.<Object>of(m.fingerprint(), m.threshold(), m.decoder()))
            .distinct()
            .toList();
    if (identities.size() > 1) {
      throw new UserException(
          "Cannot evaluate %s as one: their mentions were found by different models, thresholds or decoders; give each its own name"
              .formatted(shown));
    }
    return models.get(0).orElseThrow();
  }

  /** The column of the model's own name, or the only one of mentions. */
  private static String column(AnnotatedDataset data, String name, String shown) {
    List<String> candidates =
        data.mentionColumns().stream()
            .filter(WrittenMentions::hasTextsAndScores)
            .map(StructField::name)
            .toList();
    String own = MentionColumns.ofModel(MentionColumns.MENTIONS, name);
    if (candidates.contains(own)) {
      return own;
    }
    if (candidates.size() == 1) {
      return candidates.get(0);
    }
    throw new UserException(
        candidates.isEmpty()
            ? "Cannot read the predictions %s: no column of them holds mentions".formatted(shown)
            : "Cannot tell which column of %s holds the mentions of \"%s\": there are %s; name the model as its column is, NAME for mentions_NAME"
                .formatted(shown, name, String.join(", ", candidates)));
  }

  private static boolean hasTextsAndScores(StructField field) {
    StructType mention = SpanReader.mention(field.dataType()).orElseThrow();
    return Arrays.asList(mention.fieldNames()).containsAll(List.of("text", "score"));
  }

  /** Fields by name: files of other formats than Parquet do not keep their order and types. */
  private static Column mentions(StructType schema, String column) {
    StructType mention = (StructType) ((ArrayType) schema.apply(column).dataType()).elementType();
    boolean typed =
        Arrays.asList(mention.fieldNames()).containsAll(List.of("label", "label_score"));
    return transform(
        ColumnNames.column(column),
        m ->
            struct(
                m.getField("start").cast(DataTypes.IntegerType),
                m.getField("end").cast(DataTypes.IntegerType),
                m.getField("text"),
                m.getField("score").cast(DataTypes.FloatType),
                // A mention of no class counts as such.
                (typed ? coalesce(m.getField("label"), lit(ClassifierConfig.OUTSIDE)) : lit(null))
                    .cast(DataTypes.StringType),
                (typed ? coalesce(m.getField("label_score"), lit(0)) : lit(null))
                    .cast(DataTypes.FloatType)));
  }

  private void collect(SparkSession spark, List<GoldData> gold) {
    Set<String> keys = new LinkedHashSet<>();
    for (GoldData data : gold) {
      for (GoldDocument document : data.documents()) {
        keys.addAll(keys(document));
      }
    }
    Dataset<Row> wanted = spark.createDataset(List.copyOf(keys), Encoders.STRING()).toDF(KEY);
    for (Row row : rows.join(broadcast(wanted), KEY).collectAsList()) {
      found.putIfAbsent(row.getString(0), row);
    }
  }

  /** Returns the name of a row of a document for messages. */
  private List<String> keys(GoldDocument document) {
    String hash = Sha256.hex(document.text());
    return byText
        ? List.of(hash)
        : List.of(document.id(), hash.substring(0, AnnotatedDataset.ID_DIGITS));
  }

  /** Returns the location of the predictions. */
  String paths() {
    return paths;
  }

  /** The model that made them, if the output says so; else null. */
  Provenance.Model model() {
    return model;
  }

  /**
   * The mentions of a gold document.
   *
   * @throws UserException if the output has none, or of another text
   */
  InDocument in(GoldData data, GoldDocument document) {
    Row row =
        keys(document).stream().map(found::get).filter(r -> r != null).findFirst().orElse(null);
    if (row == null) {
      throw missing(data, document);
    }
    CodePointOffsets offsets = CodePointOffsets.of(document.text());
    List<Mention> mentions = new ArrayList<>();
    List<Row> written = row.isNullAt(2) ? List.of() : row.getList(2);
    for (Row mention : written) {
      mentions.add(mention(data, document, offsets, mention));
    }
    return new InDocument(mentions, mentions.isEmpty() ? row.getString(3) : null);
  }

  private Mention mention(
      GoldData data, GoldDocument document, CodePointOffsets offsets, Row mention) {
    int start = mention.getInt(0);
    int end = mention.getInt(1);
    if (start >= 0 && start < end && end <= offsets.codePoints()) {
      int from = offsets.toUtf16(start);
      int to = offsets.toUtf16(end);
      String text = document.text().substring(from, to);
      if (text.equals(mention.getString(2))) {
        return mention.isNullAt(4)
            ? new Mention(from, to, text, mention.getFloat(3))
            : new Mention(
                from, to, text, mention.getFloat(3), mention.getString(4), mention.getFloat(5));
      }
    }
    throw differs(data, document);
  }

  private UserException missing(GoldData data, GoldDocument document) {
    boolean otherText =
        idColumn != null && byText && rows.where(col("id").equalTo(document.id())).count() > 0;
    return otherText
        ? differs(data, document)
        : new UserException(
            "Cannot evaluate the predictions of %s: document %s of %s is not in %s; annotate the gold texts first"
                .formatted(name, document.id(), data.name(), paths));
  }

  private UserException differs(GoldData data, GoldDocument document) {
    return new UserException(
        "Cannot evaluate the predictions of %s: the text of document %s differs between %s and %s"
            .formatted(name, document.id(), data.name(), paths));
  }
}
