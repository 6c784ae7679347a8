package io.github.tommerspark.jobs.annotate;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sum;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.output.OutputDirectory;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.spark.MentionColumns;
import io.github.tommerspark.spark.PartitionReport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Counts what a run has added to its output.
 *
 * @param spark reads the files that were written
 * @param options of the run
 * @param layout of the output
 */
record RunCounts(SparkSession spark, AnnotateOptions options, Layout layout) {

  /** Of the mentions, only what it takes to count them: columnar files need not read the rest. */
  private static final DataType STARTS =
      DataTypes.createArrayType(new StructType().add("start", DataTypes.IntegerType));

  /**
   * Counts.
   *
   * <p>What the files hold is counted in the files: rows, errors, mentions. What they do not hold
   * (tokens, windows, rows without text) is taken from the partitions' reports, of which there is
   * one per partition however often it was tried, and only if these agree with the files on all
   * that both know. A table tells how many rows it has got; of its rows, the reports are believed.
   * A column for it would cost every reader of every output, and a file per task would need its own
   * commit protocol.
   *
   * @param rowsIn rows of the input
   * @param reports of the partitions
   */
  Provenance.Counts of(
      long rowsIn, AnnotateJob.Written written, Collection<PartitionReport> reports)
      throws IOException {
    List<ModelSpec> models = options.models();
    Map<String, Long> mentions = new LinkedHashMap<>();
    long rows;
    long errors;
    if (written.rows() == null) {
      Row counted = countFiles(written.files().keySet());
      rows = counted.getLong(0);
      errors = counted.getLong(1);
      for (int m = 0; m < models.size(); m++) {
        mentions.put(models.get(m).name(), counted.getLong(2 + m));
      }
    } else {
      rows = written.rows();
      errors = total(reports, PartitionReport::errors);
      for (int m = 0; m < models.size(); m++) {
        int model = m;
        mentions.put(models.get(m).name(), total(reports, report -> report.mentions().get(model)));
      }
    }
    boolean agree =
        total(reports, PartitionReport::rows) == rows
            && total(reports, PartitionReport::errors) == errors;
    Map<String, Long> tokens = new LinkedHashMap<>();
    for (int m = 0; m < models.size(); m++) {
      int model = m;
      String name = models.get(m).name();
      agree &= total(reports, report -> report.mentions().get(model)) == mentions.get(name);
      tokens.put(name, total(reports, report -> report.tokens().get(model)));
    }
    return new Provenance.Counts(
        rowsIn,
        rows,
        agree ? total(reports, PartitionReport::withoutText) : null,
        errors,
        agree ? total(reports, PartitionReport::windowed) : null,
        mentions,
        agree ? tokens : null);
  }

  /** Rows, rows with an error, and the mentions of each model, in these files alone. */
  private Row countFiles(Collection<String> files) throws IOException {
    Path output =
        OutputDirectory.path(options.output().path(), spark.sparkContext().hadoopConfiguration());
    StructType cheap = new StructType();
    List<Column> counted = new ArrayList<>();
    counted.add(count(col(MentionColumns.ERROR)));
    for (StructField field : layout.schema().fields()) {
      if (layout.mentions().contains(field.name())) {
        counted.add(coalesce(sum(size(ColumnNames.column(field.name()))), lit(0L)));
        cheap = cheap.add(field.name(), STARTS);
      } else if (field.name().equals(MentionColumns.ERROR)) {
        cheap = cheap.add(field);
      }
    }
    Dataset<Row> rows =
        files.isEmpty()
            ? spark.createDataFrame(List.of(), cheap)
            : spark
                .read()
                .format(options.output().format().label())
                .schema(cheap)
                .load(
                    Corpus.literally(files.stream().map(name -> new Path(output, name)).toList()));
    return rows.agg(count(lit(1)), counted.toArray(Column[]::new)).first();
  }

  private static long total(
      Collection<PartitionReport> reports, Function<PartitionReport, Long> field) {
    return reports.stream().mapToLong(field::apply).sum();
  }
}
