package io.github.tommerspark.jobs.agree;

import io.github.tommerspark.jobs.output.WholeFile;
import io.github.tommerspark.results.AgreementFile;
import io.github.tommerspark.results.ResultJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The files of a comparison: everything as JSON; the matrices of DICE and IoU as CSV; and as CSV
 * and Parquet the tables {@code pairs} (a row per cell of the matrices), {@code by_length}, {@code
 * by_threshold} and, where models gave labels, {@code by_label}.
 */
final class AgreementFiles {

  static final String REPORT = "agreement.json";

  /** Folder of the rows with their consensus. */
  static final String CONSENSUS = "consensus";

  private static final Pattern OWN =
      Pattern.compile(
          "agreement\\.json|(dice|iou|pairs|by_length|by_threshold|by_label)\\.csv"
              + "|(pairs|by_length|by_threshold|by_label|consensus)/part-[^/]*");

  private final SparkSession spark;
  private final Path directory;
  private final FileSystem fs;

  AgreementFiles(SparkSession spark, Path directory) throws IOException {
    this.spark = spark;
    this.directory = directory;
    fs = directory.getFileSystem(spark.sparkContext().hadoopConfiguration());
  }

  /** Returns whether a file, by its path relative to the directory, is one of a comparison. */
  static boolean isOwn(String name) {
    return OWN.matcher(name).matches();
  }

  /** Writes all of them; {@value #REPORT} last, so that where it is the others are. */
  void write(AgreementFile report) throws IOException {
    List<String> names = report.models().stream().map(AgreementFile.Model::name).toList();
    writeMatrix("dice", names, report.micro().dice());
    writeMatrix("iou", names, report.micro().iou());
    writeTable("pairs", pairsSchema(report), pairs(report));
    writeTable(
        "by_length",
        partSchema("length", DataTypes.StringType, "dice"),
        report.byLength().stream()
            .map(
                p ->
                    RowFactory.create(
                        p.length(), p.a(), p.b(), p.dice(), p.aCount(), p.bCount(), p.both()))
            .toList());
    writeTable(
        "by_threshold",
        partSchema("threshold", DataTypes.DoubleType, "dice"),
        report.byThreshold().stream()
            .map(
                p ->
                    RowFactory.create(
                        p.threshold(), p.a(), p.b(), p.dice(), p.aCount(), p.bCount(), p.both()))
            .toList());
    if (report.labels() != null) {
      writeTable(
          "by_label",
          partSchema("label", DataTypes.StringType, "kappa"),
          report.labels().byLabel().stream()
              .map(
                  p ->
                      RowFactory.create(
                          p.label(), p.a(), p.b(), p.kappa(), p.aCount(), p.bCount(), p.both()))
              .toList());
    }
    WholeFile.write(fs, new Path(directory, REPORT), ResultJson.write(report));
  }

  private static StructType pairsSchema(AgreementFile report) {
    StructType schema =
        new StructType()
            .add("a", DataTypes.StringType)
            .add("b", DataTypes.StringType)
            .add("a_count", DataTypes.LongType)
            .add("b_count", DataTypes.LongType)
            .add("both", DataTypes.LongType);
    for (String measure : AgreementReport.measures(report).keySet()) {
      schema = schema.add(measure, DataTypes.DoubleType);
    }
    return schema
        .add("macro_documents", DataTypes.LongType)
        .add("kappa", DataTypes.DoubleType)
        .add("same_label", DataTypes.LongType);
  }

  private static List<Row> pairs(AgreementFile report) {
    List<Row> rows = new ArrayList<>();
    for (int a = 0; a < report.models().size(); a++) {
      for (int b = 0; b < report.models().size(); b++) {
        List<Object> row = new ArrayList<>();
        row.add(report.models().get(a).name());
        row.add(report.models().get(b).name());
        row.add(report.models().get(a).mentions());
        row.add(report.models().get(b).mentions());
        row.add(report.micro().intersection()[a][b]);
        for (Map.Entry<String, double[][]> measure : AgreementReport.measures(report).entrySet()) {
          row.add(measure.getValue() == null ? null : measure.getValue()[a][b]);
        }
        row.add(report.macro().documents()[a][b]);
        AgreementFile.Labels labels = report.labels();
        row.add(labels == null ? null : labels.kappa()[a][b]);
        row.add(labels == null ? null : labels.same()[a][b]);
        rows.add(RowFactory.create(row.toArray()));
      }
    }
    return rows;
  }

  private static StructType partSchema(String by, DataType type, String measure) {
    return new StructType()
        .add(by, type)
        .add("a", DataTypes.StringType)
        .add("b", DataTypes.StringType)
        .add(measure, DataTypes.DoubleType)
        .add("a_count", DataTypes.LongType)
        .add("b_count", DataTypes.LongType)
        .add("both", DataTypes.LongType);
  }

  private void writeTable(String name, StructType schema, List<Row> rows) throws IOException {
    spark
        .createDataFrame(rows, schema)
        .coalesce(1)
        .write()
        .parquet(new Path(directory, name).toString());
    List<List<?>> lines = new ArrayList<>();
    lines.add(List.of(schema.fieldNames()));
    for (Row row : rows) {
      List<Object> line = new ArrayList<>();
      for (StructField field : schema.fields()) {
        line.add(row.get(schema.fieldIndex(field.name())));
      }
      lines.add(line);
    }
    writeCsv(name, lines);
  }

  private void writeMatrix(String name, List<String> models, double[][] matrix) throws IOException {
    List<List<?>> lines = new ArrayList<>();
    List<Object> head = new ArrayList<>();
    head.add("model");
    head.addAll(models);
    lines.add(head);
    for (int a = 0; a < matrix.length; a++) {
      List<Object> line = new ArrayList<>();
      line.add(models.get(a));
      for (double value : matrix[a]) {
        line.add(value);
      }
      lines.add(line);
    }
    writeCsv(name, lines);
  }

  private void writeCsv(String name, List<List<?>> lines) throws IOException {
    String csv =
        lines.stream()
            .map(line -> line.stream().map(AgreementFiles::quoted).collect(Collectors.joining(",")))
            .collect(Collectors.joining("\n", "", "\n"));
    WholeFile.write(fs, new Path(directory, name + ".csv"), csv.getBytes(StandardCharsets.UTF_8));
  }

  private static String quoted(Object value) {
    String text = value == null ? "" : value.toString();
    return text.matches("(?s).*[\",\\r\\n].*") ? '"' + text.replace("\"", "\"\"") + '"' : text;
  }
}
