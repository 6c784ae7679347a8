package io.github.tommerspark.sparknlp;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.from_json;
import static org.apache.spark.sql.functions.get;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_json;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import io.github.tommerspark.columns.ColumnNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The type of Spark NLP's annotation columns, and how to give it back to columns that have lost it.
 *
 * <p>Spark NLP compares types to the last detail, nullability included, reads fields by position,
 * and knows what a column holds from the entry {@code annotatorType} of its metadata. Parquet and
 * ORC files make every field nullable; files that were not written by Spark have no metadata. So a
 * column that comes back from files is refused by Spark NLP, until {@link #restore(Dataset)}:
 *
 * <pre>{@code
 * Dataset<Row> mentions = SparkNlpSchema.restore(spark.read().parquet("mentions"));
 * new Finisher().setInputCols(new String[] {"chunk"}).transform(mentions).show();
 * }</pre>
 */
public final class SparkNlpSchema {

  /** The key of a column's metadata under which Spark NLP keeps the type of its annotations. */
  public static final String ANNOTATOR_TYPE = "annotatorType";

  /** The annotator type of documents, and of the sentences that they are split into. */
  public static final String DOCUMENT = "document";

  /** The annotator type of phrases, such as mentions. */
  public static final String CHUNK = "chunk";

  /** Positions of the fields of an annotation. */
  private static final List<String> FIELDS =
      List.of(ANNOTATOR_TYPE, "begin", "end", "result", "metadata", "embeddings");

  private static final Set<DataType> EMBEDDINGS =
      Set.of(DataTypes.FloatType, DataTypes.DoubleType, DataTypes.StringType);

  /**
   * An annotation: {@code struct<annotatorType:string, begin:int, end:int, result:string,
   * metadata:map<string,string>, embeddings:array<float>>}, of which begin, end and the elements of
   * embeddings are not nullable.
   */
  public static final StructType ANNOTATION =
      new StructType(
          new StructField[] {
            field(ANNOTATOR_TYPE, DataTypes.StringType, true),
            field("begin", DataTypes.IntegerType, false),
            field("end", DataTypes.IntegerType, false),
            field("result", DataTypes.StringType, true),
            field(
                "metadata",
                DataTypes.createMapType(DataTypes.StringType, DataTypes.StringType, true),
                true),
            field("embeddings", DataTypes.createArrayType(DataTypes.FloatType, false), true)
          });

  /** The type of a column of annotations. */
  public static final ArrayType ANNOTATIONS = DataTypes.createArrayType(ANNOTATION, true);

  private SparkNlpSchema() {}

  private static StructField field(String name, DataType type, boolean nullable) {
    return new StructField(name, type, nullable, Metadata.empty());
  }

  /**
   * A column of annotations as Spark NLP declares it.
   *
   * @param name what to call it
   * @param annotatorType what it holds, such as {@link #CHUNK}
   */
  public static StructField column(String name, String annotatorType) {
    return new StructField(
        name,
        ANNOTATIONS,
        true,
        new MetadataBuilder().putString(ANNOTATOR_TYPE, annotatorType).build());
  }

  /**
   * Returns whether a column of that type holds annotations, in the order, nullability and types of
   * Spark NLP or as they come back from files: numbers may be wider, and of JSON, metadata are a
   * struct and embeddings, which are empty, arrays of anything.
   */
  public static boolean isAnnotations(DataType type) {
    return type instanceof ArrayType array
        && array.elementType() instanceof StructType annotation
        && annotation.size() == FIELDS.size()
        && Set.of(annotation.fieldNames()).containsAll(FIELDS)
        && typeOf(annotation, ANNOTATOR_TYPE).equals(DataTypes.StringType)
        && isInteger(typeOf(annotation, "begin"))
        && isInteger(typeOf(annotation, "end"))
        && typeOf(annotation, "result").equals(DataTypes.StringType)
        && isMetadata(typeOf(annotation, "metadata"))
        && typeOf(annotation, "embeddings") instanceof ArrayType embeddings
        && EMBEDDINGS.contains(embeddings.elementType());
  }

  private static boolean isMetadata(DataType type) {
    return type instanceof MapType map
        ? map.keyType().equals(DataTypes.StringType) && map.valueType().equals(DataTypes.StringType)
        : type instanceof StructType struct
            && Arrays.stream(struct.fields())
                .allMatch(field -> field.dataType().equals(DataTypes.StringType));
  }

  private static DataType typeOf(StructType struct, String field) {
    return struct.apply(field).dataType();
  }

  private static boolean isInteger(DataType type) {
    return type.equals(DataTypes.IntegerType) || type.equals(DataTypes.LongType);
  }

  /** Returns the type of annotations that a column's metadata names; empty if it names none. */
  public static Optional<String> annotatorType(StructField column) {
    return column.metadata().contains(ANNOTATOR_TYPE)
        ? Optional.of(column.metadata().getString(ANNOTATOR_TYPE))
        : Optional.empty();
  }

  /**
   * Makes every column of annotations exactly what Spark NLP demands, and leaves all others alone.
   *
   * <p>A column whose metadata does not say what it holds is read until an annotation tells, which
   * is a small Spark job for each; on a stream, name the types instead.
   *
   * @param dataset with any columns
   * @return the same rows; annotation columns have Spark NLP's type and metadata, and embeddings
   *     that are null are empty. A column of unknown type without any annotation gets no metadata.
   */
  public static Dataset<Row> restore(Dataset<?> dataset) {
    return restore(dataset, Map.of());
  }

  /**
   * Like {@link #restore(Dataset)}, for columns that do not say what they hold.
   *
   * @param dataset with any columns
   * @param annotatorTypes what columns hold by name, such as {@code chunk}; overrules their
   *     metadata
   * @throws IllegalArgumentException if a column named there does not exist or holds no annotations
   */
  public static Dataset<Row> restore(Dataset<?> dataset, Map<String, String> annotatorTypes) {
    Map<String, String> named = new HashMap<>(annotatorTypes);
    List<Column> columns = new ArrayList<>();
    for (StructField field : dataset.schema().fields()) {
      Column column = dataset.col(ColumnNames.quoted(field.name()));
      if (!isAnnotations(field.dataType())) {
        columns.add(column);
        continue;
      }
      String type = named.remove(field.name());
      Optional<String> known =
          type != null
              ? Optional.of(type)
              : annotatorType(field).or(() -> firstType(dataset, column, field.name()));
      MetadataBuilder metadata = new MetadataBuilder().withMetadata(field.metadata());
      known.ifPresent(value -> metadata.putString(ANNOTATOR_TYPE, value));
      columns.add(exact(column, field.dataType()).as(field.name(), metadata.build()));
    }
    if (!named.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot restore %s: there are no annotations of that name; the columns are %s"
              .formatted(
                  String.join(", ", named.keySet()),
                  String.join(", ", Arrays.asList(dataset.columns()))));
    }
    return dataset.toDF().select(columns.toArray(Column[]::new));
  }

  /** The type of any annotation of a column. */
  private static Optional<String> firstType(Dataset<?> dataset, Column column, String name) {
    if (dataset.isStreaming()) {
      throw new IllegalArgumentException(
          "Cannot restore the column \"%s\" of a stream: its metadata does not say what it holds; give its annotator type by name"
              .formatted(name));
    }
    return dataset
        .toDF()
        .where(size(column).gt(0))
        .select(get(column, lit(0)).getField(ANNOTATOR_TYPE))
        .takeAsList(1)
        .stream()
        .filter(row -> !row.isNullAt(0))
        .map(row -> row.getString(0))
        .findFirst();
  }

  /**
   * Expressions of which Spark knows that they can be null, or cannot, as Spark NLP's type says.
   * Declaring another type for the rows would do the same, but not on streams.
   */
  private static Column exact(Column annotations, DataType type) {
    DataType metadata = typeOf((StructType) ((ArrayType) type).elementType(), "metadata");
    return transform(
        annotations,
        annotation ->
            nullable(
                annotation,
                struct(
                    nullable(annotation, annotation.getField(ANNOTATOR_TYPE)).as(ANNOTATOR_TYPE),
                    orZero(annotation.getField("begin"), "int").as("begin"),
                    orZero(annotation.getField("end"), "int").as("end"),
                    nullable(annotation, annotation.getField("result")).as("result"),
                    nullable(annotation, map(annotation.getField("metadata"), metadata))
                        .as("metadata"),
                    nullable(annotation, embeddings(annotation)).as("embeddings"))));
  }

  private static Column map(Column metadata, DataType type) {
    MapType map = (MapType) ANNOTATION.apply("metadata").dataType();
    return type instanceof StructType
        ? from_json(to_json(metadata), map, Map.of())
        : metadata.cast(map);
  }

  private static Column embeddings(Column annotation) {
    return coalesce(
        transform(annotation.getField("embeddings"), number -> orZero(number, "float")),
        array().cast(ANNOTATION.apply("embeddings").dataType()));
  }

  private static Column nullable(Column annotation, Column value) {
    return when(annotation.isNotNull(), value);
  }

  private static Column orZero(Column number, String type) {
    return coalesce(number.cast(type), lit(0).cast(type));
  }
}
