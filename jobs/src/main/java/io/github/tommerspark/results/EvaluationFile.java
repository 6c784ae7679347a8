package io.github.tommerspark.results;

import java.util.List;
import java.util.Map;

/**
 * The content of {@code evaluation.json}. Field names in the file are in snake case; what is not
 * known is null.
 *
 * @param kind always {@code evaluation}
 * @param product and its version
 * @param created ISO 8601 in UTC
 * @param matching when a prediction counted as gold
 * @param gold where the gold data sets were read from
 * @param models what was evaluated
 * @param rows a line per model and data set
 * @param aggregates over the data sets, by model and name
 * @param types recall by type
 * @param typed scores of labels over all classes but the outside one; empty without a classifier
 * @param classes scores of labels by class
 * @param confusion which labels gold mentions of each type got
 * @param lengths scores by length in words
 * @param nested recall of outermost and nested mentions
 * @param curves precision and recall over thresholds
 * @param examples the worst mistakes
 * @param warnings what a reader of the numbers should know
 */
public record EvaluationFile(
    String kind,
    String product,
    String created,
    String matching,
    List<Gold> gold,
    List<Model> models,
    List<Row> rows,
    List<AggregateRow> aggregates,
    List<Type> types,
    List<Typed> typed,
    List<TypedClass> classes,
    List<Confusion> confusion,
    List<Length> lengths,
    List<Nested> nested,
    List<Curve> curves,
    List<Example> examples,
    List<String> warnings) {

  /** A gold data set. */
  public record Gold(String dataset, List<String> paths, Integer documents) {}

  /** A model, or the output of annotate that holds its mentions. */
  public record Model(
      String name,
      String backbone,
      String head,
      String fingerprint,
      String predictions,
      Double threshold,
      String decoder,
      String classifier) {}

  /**
   * Scores of a model, as all tables have them; counts may be means, which are no whole numbers.
   */
  public interface Scored {
    /** Name of the model. */
    String model();

    /** Share of predictions that are gold. */
    Double precision();

    /** Share of gold mentions that were predicted. */
    Double recall();

    /** Harmonic mean of both. */
    Double f1();

    /** Predictions that are gold. */
    Number truePos();

    /** Predictions that are not. */
    Number falsePos();

    /** Gold mentions. */
    Number total();
  }

  /** A model on a data set. */
  public record Row(
      String model,
      String dataset,
      Double precision,
      Double recall,
      Double f1,
      Number truePos,
      Number falsePos,
      Number total,
      Number totalSpans,
      Long nSamples,
      Double predictedFraction,
      Double threshold,
      String decoder,
      Long nUnannotated,
      Long nErrors)
      implements Scored {}

  /** A model on all data sets. */
  public record AggregateRow(
      String model,
      String name,
      Double precision,
      Double recall,
      Double f1,
      Number truePos,
      Number falsePos,
      Number total,
      Number totalSpans,
      Long nSamples,
      Double predictedFraction)
      implements Scored {}

  /** Gold mentions of a type. */
  public record Type(
      String model, String dataset, String type, Long gold, Long found, Double recall) {}

  /**
   * A model's labels on a data set, all classes but the outside one together.
   *
   * @param detectorRecall gold mentions that were predicted whatever their label
   */
  public record Typed(
      String model,
      String dataset,
      Double precision,
      Double recall,
      Double f1,
      Long truePos,
      Long falsePos,
      Long total,
      Double detectorRecall)
      implements Scored {}

  /** A model's labels of one class on a data set. */
  public record TypedClass(
      String model,
      String dataset,
      String type,
      Double precision,
      Double recall,
      Double f1,
      Long truePos,
      Long falsePos,
      Long total)
      implements Scored {}

  /**
   * Gold mentions of a type, by the label they got.
   *
   * @param type {@code O} for predictions that are not gold
   * @param labels how many got which label, {@code O} for none
   * @param missed how many were not predicted at all
   */
  public record Confusion(
      String model, String dataset, String type, Map<String, Long> labels, Long missed) {}

  /** Mentions of a length. */
  public record Length(
      String model,
      String dataset,
      String length,
      Long gold,
      Long found,
      Long predicted,
      Double precision,
      Double recall) {}

  /** Outermost or nested gold mentions. */
  public record Nested(
      String model, String dataset, String group, Long gold, Long found, Double recall) {}

  /** A precision–recall curve. */
  public record Curve(
      String model, String dataset, Double bestThreshold, Double bestF1, List<Point> points) {}

  /** A point of it. */
  public record Point(Double threshold, Double precision, Double recall, Double f1) {}

  /** A mistake; offsets in code points, end exclusive. */
  public record Example(
      String model,
      String dataset,
      String kind,
      String id,
      Integer start,
      Integer end,
      String text,
      Float score,
      String type,
      String before,
      String after) {}
}
