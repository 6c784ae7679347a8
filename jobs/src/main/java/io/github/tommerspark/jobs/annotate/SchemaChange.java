package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Comparison of new files with the columns that the first run of a series has fixed.
 *
 * <p>Spark would read a column that is not there as nulls. Here, a column that the output needs
 * must be there; one that is new is left out with a warning. Parquet, ORC and CSV files tell their
 * columns each for itself; JSON files do so only in their rows, where a null may be left out, and
 * therefore a column counts as there if any row of the batch has it. A CSV file is read by position
 * and must have exactly the columns of the first ones.
 */
final class SchemaChange {

  private static final Logger LOG = LoggerFactory.getLogger(SchemaChange.class);

  private SchemaChange() {}

  /**
   * Looks at the columns of new files.
   *
   * @param corpus with the fixed columns
   * @param layout that says which of them are needed
   * @param files absolute paths of the new files
   * @throws UserException naming the file and the column if a needed one is missing or of another
   *     type
   */
  static void check(
      SparkSession spark, Corpus corpus, Layout layout, CorpusOptions options, List<String> files) {
    if (files.isEmpty() || corpus.format() == InputFormat.TEXT) {
      return;
    }
    if (corpus.format() == InputFormat.JSON) {
      StructType found = columns(spark, corpus, options, files);
      // No record that could be read tells nothing; those that could not become rows with an error.
      if (Arrays.stream(found.fieldNames()).anyMatch(name -> !name.equals(Corpus.MALFORMED))) {
        check(corpus, layout, files, found);
      }
    } else {
      for (String file : files) {
        check(corpus, layout, List.of(file), columns(spark, corpus, options, List.of(file)));
      }
    }
  }

  private static StructType columns(
      SparkSession spark, Corpus corpus, CorpusOptions options, List<String> files) {
    List<Path> paths = files.stream().map(Path::new).toList();
    return Corpus.load(spark, corpus.format(), paths, paths, options).schema();
  }

  private static void check(Corpus corpus, Layout layout, List<String> files, StructType found) {
    String where = Redaction.uri(files.get(0)) + others(files.size() - 1);
    List<StructField> fixed = corpus.columns();
    Set<String> needed = needed(corpus, layout);
    List<String> inFile = new ArrayList<>();
    for (StructField field : fixed) {
      if (files.get(0).contains("/" + field.name() + "=")) {
        continue;
      }
      inFile.add(field.name());
      DataType type =
          Arrays.stream(found.fields())
              .filter(other -> other.name().equalsIgnoreCase(field.name()))
              .map(StructField::dataType)
              .findFirst()
              .orElse(null);
      if (type == null && needed.contains(field.name())) {
        throw new UserException(
            "Cannot annotate %s: the column \"%s\" is missing, which the first files had; correct the file under the same name and run again, or begin again with --new-output"
                .formatted(where, field.name()));
      }
      // Text formats are read as the fixed type; what does not fit becomes an error of its row.
      if (type != null
          && !corpus.format().hasMalformedRecords()
          && !type.catalogString().equals(field.dataType().catalogString())) {
        throw new UserException(
            "Cannot annotate %s: the column \"%s\" is of type %s, and was %s in the first files; correct the file under the same name and run again, or begin again with --new-output"
                .formatted(
                    where, field.name(), type.catalogString(), field.dataType().catalogString()));
      }
    }
    if (corpus.format() == InputFormat.CSV && !List.of(found.fieldNames()).equals(inFile)) {
      throw new UserException(
          "Cannot annotate %s: its columns are %s, and were %s in the first files; CSV is read by position, so correct the file under the same name and run again, or begin again with --new-output"
              .formatted(where, String.join(", ", found.fieldNames()), String.join(", ", inFile)));
    }
    String added =
        Arrays.stream(found.fieldNames())
            .filter(name -> !name.equals(Corpus.MALFORMED))
            .filter(name -> fixed.stream().noneMatch(f -> f.name().equalsIgnoreCase(name)))
            .collect(Collectors.joining(", "));
    if (!added.isEmpty()) {
      LOG.warn(
          "New columns are left out, since the first run fixed the columns: {} in {}; --new-output begins again with them",
          added,
          where);
    }
  }

  private static Set<String> needed(Corpus corpus, Layout layout) {
    String[] names = corpus.rows().columns();
    Set<String> needed = new TreeSet<>();
    needed.add(corpus.textColumn());
    layout.plan().kept().forEach(index -> needed.add(names[index]));
    return needed;
  }

  private static String others(int count) {
    return count == 0 ? "" : String.format(Locale.ROOT, " and %,d more", count);
  }
}
