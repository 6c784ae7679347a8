package io.github.tommerspark.jobs.evaluate;

import io.github.tommerspark.eval.CurvePoint;
import io.github.tommerspark.eval.EvaluationExample;
import io.github.tommerspark.eval.EvaluationRow;
import io.github.tommerspark.eval.EvaluationTable;
import io.github.tommerspark.eval.EvaluationTally;
import io.github.tommerspark.eval.GroupRecall;
import io.github.tommerspark.eval.LengthScores;
import io.github.tommerspark.eval.SpanScores;
import io.github.tommerspark.eval.TypedScores;
import io.github.tommerspark.jobs.dataset.GoldData;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.Version;
import io.github.tommerspark.results.EvaluationFile;
import io.github.tommerspark.results.EvaluationFile.AggregateRow;
import io.github.tommerspark.results.EvaluationFile.Confusion;
import io.github.tommerspark.results.EvaluationFile.Curve;
import io.github.tommerspark.results.EvaluationFile.Example;
import io.github.tommerspark.results.EvaluationFile.Gold;
import io.github.tommerspark.results.EvaluationFile.Length;
import io.github.tommerspark.results.EvaluationFile.Model;
import io.github.tommerspark.results.EvaluationFile.Nested;
import io.github.tommerspark.results.EvaluationFile.Point;
import io.github.tommerspark.results.EvaluationFile.Row;
import io.github.tommerspark.results.EvaluationFile.Type;
import io.github.tommerspark.results.EvaluationFile.Typed;
import io.github.tommerspark.results.EvaluationFile.TypedClass;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Collects what {@code evaluation.json} will hold. */
final class EvaluationBuilder {
  private final String matching;
  private final String created;
  private final List<Gold> gold = new ArrayList<>();
  private final List<Model> models = new ArrayList<>();
  private final List<Row> rows = new ArrayList<>();
  private final List<AggregateRow> aggregates = new ArrayList<>();
  private final List<Type> types = new ArrayList<>();
  private final List<Typed> typed = new ArrayList<>();
  private final List<TypedClass> classes = new ArrayList<>();
  private final List<Confusion> confusion = new ArrayList<>();
  private final List<Length> lengths = new ArrayList<>();
  private final List<Nested> nested = new ArrayList<>();
  private final List<Curve> curves = new ArrayList<>();
  private final List<Example> examples = new ArrayList<>();
  private final Set<String> warnings = new LinkedHashSet<>();
  private final Map<String, EvaluationTable> tables = new LinkedHashMap<>();

  EvaluationBuilder(String matching, String created) {
    this.matching = matching;
    this.created = created;
  }

  void gold(GoldData data) {
    gold.add(
        new Gold(
            data.name(),
            data.paths().stream().map(Redaction::uri).toList(),
            data.documents().size()));
  }

  void warning(String warning) {
    warnings.add(warning);
  }

  /**
   * Adds a model.
   *
   * @param tallies one per data set, in the order of the gold data
   */
  void model(Model model, EvaluationTally[] tallies) {
    models.add(model);
    List<EvaluationRow> table = new ArrayList<>();
    for (int i = 0; i < tallies.length; i++) {
      table.add(dataset(model, gold.get(i).dataset(), tallies[i]));
    }
    EvaluationTable whole = new EvaluationTable(table);
    tables.put(model.name(), whole);
    for (EvaluationRow row : whole.aggregates()) {
      aggregates.add(
          new AggregateRow(
              model.name(),
              row.dataset(),
              row.precision(),
              row.recall(),
              row.f1(),
              whole(row.truePositives()),
              whole(row.falsePositives()),
              whole(row.gold()),
              whole(row.candidateSpans()),
              row.samples(),
              row.predictedFraction()));
    }
  }

  private EvaluationRow dataset(Model model, String dataset, EvaluationTally tally) {
    String name = model.name();
    EvaluationRow row =
        EvaluationRow.of(dataset, tally.scores(), tally.candidateSpans(), tally.documents());
    rows.add(
        new Row(
            name,
            dataset,
            row.precision(),
            row.recall(),
            row.f1(),
            whole(row.truePositives()),
            whole(row.falsePositives()),
            whole(row.gold()),
            whole(row.candidateSpans()),
            row.samples(),
            row.predictedFraction(),
            model.threshold(),
            model.decoder(),
            tally.unannotated(),
            tally.errors()));
    for (GroupRecall type : tally.types()) {
      types.add(new Type(name, dataset, type.group(), type.gold(), type.found(), type.recall()));
    }
    tally.typed().ifPresent(scores -> typed(name, dataset, scores));
    for (LengthScores length : tally.lengths()) {
      lengths.add(
          new Length(
              name,
              dataset,
              length.length(),
              length.gold(),
              length.found(),
              length.predicted(),
              length.precision(),
              length.recall()));
    }
    for (GroupRecall group : tally.nesting()) {
      nested.add(
          new Nested(name, dataset, group.group(), group.gold(), group.found(), group.recall()));
    }
    curves.add(curve(name, dataset, tally.curve()));
    for (EvaluationExample example : tally.examples()) {
      examples.add(
          new Example(
              name,
              dataset,
              example.kind().name().toLowerCase(Locale.ROOT),
              example.id(),
              example.start(),
              example.end(),
              example.text(),
              example.score(),
              example.type(),
              example.before(),
              example.after()));
    }
    if (tally.errors() > 0) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%s could not read %d of %d documents of %s; they count as without predictions",
              name,
              tally.errors(),
              tally.documents(),
              dataset));
    }
    if (tally.unannotated() > 0) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "documents without a gold mention are left out of %s (%,d), as in the published protocol; --keep-unannotated counts them",
              dataset,
              tally.unannotated()));
    }
    return row;
  }

  private void typed(String model, String dataset, TypedScores scores) {
    SpanScores micro = scores.micro();
    typed.add(
        new Typed(
            model,
            dataset,
            micro.precision(),
            micro.recall(),
            micro.f1(),
            micro.truePositives(),
            micro.falsePositives(),
            micro.gold(),
            scores.detectorRecall()));
    scores
        .classes()
        .forEach(
            (type, own) ->
                classes.add(
                    new TypedClass(
                        model,
                        dataset,
                        type,
                        own.precision(),
                        own.recall(),
                        own.f1(),
                        own.truePositives(),
                        own.falsePositives(),
                        own.gold())));
    SortedSet<String> types = new TreeSet<>(scores.confusion().keySet());
    types.addAll(scores.missed().keySet());
    for (String type : types) {
      confusion.add(
          new Confusion(
              model,
              dataset,
              type,
              scores.confusion().getOrDefault(type, new TreeMap<>()),
              scores.missed().getOrDefault(type, 0L)));
    }
  }

  private static Curve curve(String model, String dataset, List<CurvePoint> points) {
    CurvePoint best = null;
    List<Point> drawn = new ArrayList<>();
    for (CurvePoint point : points) {
      SpanScores scores = point.scores();
      drawn.add(new Point(point.threshold(), scores.precision(), scores.recall(), scores.f1()));
      best = best == null || scores.f1() > best.scores().f1() ? point : best;
    }
    return new Curve(
        model,
        dataset,
        best == null ? null : best.threshold(),
        best == null ? null : best.scores().f1(),
        drawn);
  }

  /** A count as a whole number, the mean of counts as it is. */
  private static Number whole(Double value) {
    if (value == null) {
      return null;
    }
    long rounded = Math.round(value);
    return rounded == value ? (Number) rounded : (Number) value;
  }

  /** The tables by model. */
  Map<String, EvaluationTable> tables() {
    return tables;
  }

  EvaluationFile build() {
    return new EvaluationFile(
        "evaluation",
        "tommer-spark " + Version.number(),
        created,
        matching,
        gold,
        models,
        rows,
        aggregates,
        types,
        typed,
        classes,
        confusion,
        lengths,
        nested,
        curves,
        examples,
        List.copyOf(warnings));
  }
}
