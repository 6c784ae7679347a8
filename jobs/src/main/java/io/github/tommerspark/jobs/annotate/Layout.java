package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.spark.AddedColumns;
import io.github.tommerspark.spark.AnnotatePlan;
import io.github.tommerspark.spark.MentionColumns;
import io.github.tommerspark.sparknlp.SparkNlpSchema;
import io.github.tommerspark.sparknlp.TextReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The columns of an output, and where their values come from.
 *
 * @param schema of the output
 * @param plan for the executors
 * @param mentions names of the mentions columns, in the order of the models
 * @param idColumn the column that identifies a row; null if it is not written
 */
record Layout(StructType schema, AnnotatePlan plan, List<String> mentions, String idColumn) {

  /**
   * Lays out the output.
   *
   * @throws UserException if a column would be there twice or is not there at all
   */
  static Layout of(Corpus corpus, AnnotateOptions options) {
    List<StructField> columns = corpus.columns();
    List<StructField> kept = kept(columns, corpus.textColumn(), options.output());
    boolean makeId =
        options.corpus().idColumn() == null && find(columns, MentionColumns.ID) == null;
    List<String> mentions = mentionColumns(options.models(), options.output().column());

    StructType schema = new StructType();
    if (makeId) {
      schema = schema.add(MentionColumns.id());
    }
    for (StructField field : kept) {
      schema = schema.add(field);
    }
    for (int m = 0; m < mentions.size(); m++) {
      String name = mentions.get(m);
      refuseClash(schema, name, "--output-column");
      schema = schema.add(MentionColumns.mentions(name, options.models().get(m).typing()));
    }
    List<String> names = Arrays.asList(corpus.rows().columns());
    TextReader text = TextReader.of(corpus.rows().schema(), names.indexOf(corpus.textColumn()));
    boolean chunks = options.output().sparkNlpColumn() != null;
    boolean document = chunks && needsDocument(kept, text, options.output());
    if (document) {
      refuseClash(schema, SparkNlpSchema.DOCUMENT, null);
      schema = schema.add(SparkNlpSchema.column(SparkNlpSchema.DOCUMENT, SparkNlpSchema.DOCUMENT));
    }
    if (chunks) {
      for (String name : mentionColumns(options.models(), options.output().sparkNlpColumn())) {
        refuseClash(schema, name, "--spark-nlp=NAME");
        schema = schema.add(SparkNlpSchema.column(name, SparkNlpSchema.CHUNK));
      }
    }
    refuseClash(schema, MentionColumns.ERROR, null);
    schema = schema.add(MentionColumns.error());

    AnnotatePlan plan =
        new AnnotatePlan(
            options.models(),
            options.engine(),
            text,
            new AnnotatePlan.Malformed(
                corpus.malformedColumn() == null ? -1 : names.indexOf(corpus.malformedColumn()),
                corpus.format().name()),
            makeId,
            kept.stream().map(field -> names.indexOf(field.name())).toList(),
            new AddedColumns(true, document, chunks, true),
            options.failFast());
    return new Layout(schema, plan, mentions, idColumn(columns, kept, makeId, options.corpus()));
  }

  /** Spark's types of the output's columns, by name, in order. */
  Map<String, String> types() {
    return Arrays.stream(schema.fields())
        .collect(
            Collectors.toMap(
                StructField::name,
                field -> field.dataType().catalogString(),
                (a, b) -> a,
                LinkedHashMap::new));
  }

  /** {@code mentions}, or one column per model: {@code mentions_<name>}, '-' written as '_'. */
  static List<String> mentionColumns(List<ModelSpec> models, String column) {
    return models.size() == 1
        ? List.of(column)
        : models.stream().map(model -> MentionColumns.ofModel(column, model.name())).toList();
  }

  /** Returns whether chunks would lie in a document that the output does not have. */
  private static boolean needsDocument(
      List<StructField> kept, TextReader text, OutputOptions output) {
    StructField present = find(kept, SparkNlpSchema.DOCUMENT);
    return !text.readsAnnotations()
        && !output.dropText()
        && (present == null || !SparkNlpSchema.isAnnotations(present.dataType()));
  }

  private static List<StructField> kept(
      List<StructField> columns, String textColumn, OutputOptions output) {
    List<StructField> kept = new ArrayList<>();
    if (output.select() == null) {
      kept.addAll(columns);
    } else {
      for (String name : output.select()) {
        kept.add(require(columns, name, "--select"));
      }
    }
    if (output.dropText()) {
      kept.removeIf(field -> field.name().equals(textColumn));
    }
    return kept;
  }

  private static String idColumn(
      List<StructField> columns, List<StructField> kept, boolean makeId, CorpusOptions corpus) {
    if (makeId) {
      return MentionColumns.ID;
    }
    StructField id =
        corpus.idColumn() == null
            ? find(columns, MentionColumns.ID)
            : require(columns, corpus.idColumn(), "--id-column");
    return kept.contains(id) ? id.name() : null;
  }

  private static StructField require(List<StructField> columns, String name, String option) {
    StructField field = find(columns, name);
    if (field == null) {
      throw new UserException(
          "Cannot find the column \"%s\" of %s in the input: its columns are %s"
              .formatted(
                  name,
                  option,
                  columns.stream().map(StructField::name).collect(Collectors.joining(", "))));
    }
    return field;
  }

  /** As Spark compares names: regardless of case. */
  private static StructField find(List<StructField> columns, String name) {
    return columns.stream()
        .filter(field -> field.name().equalsIgnoreCase(name))
        .findFirst()
        .orElse(null);
  }

  private static void refuseClash(StructType schema, String name, String option) {
    StructField other = find(Arrays.asList(schema.fields()), name);
    if (other != null) {
      throw new UserException(
          "Cannot add the column \"%s\": the input has one of that name; %s leave it out with --select"
              .formatted(
                  name,
                  option == null
                      ? "rename it in the input or"
                      : "rename ours with " + option + " or"));
    }
  }
}
