package io.github.tommerspark.spark;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.ScoredText;
import io.github.tommerspark.eval.EvaluationTally;
import io.github.tommerspark.eval.ScoredTextPredictions;
import io.github.tommerspark.gold.GoldDocument;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;

/** Runs all models over the gold documents of a partition and counts what they get right. */
public final class EvaluatePartition
    implements FlatMapFunction<Iterator<GoldItem>, EvaluationTally[][]> {

  private static final long serialVersionUID = 1L;

  /** Scores down to the lowest threshold take up to 30 times the memory of the text. */
  private static final int LOOK_AHEAD_ROWS = 256;

  private static final long LOOK_AHEAD_CHARS = 200_000;

  private final EvaluatePlan plan;

  private EvaluatePartition(EvaluatePlan plan) {
    this.plan = plan;
  }

  /**
   * Evaluates on the executors.
   *
   * @param items gold documents
   * @param plan what to do
   * @return per model, per data set its tally
   */
  public static EvaluationTally[][] evaluate(JavaRDD<GoldItem> items, EvaluatePlan plan) {
    EvaluationTally[][] sums = tallies(plan);
    // Collected rather than accumulated: the result of a retried task is taken once.
    for (EvaluationTally[][] part : items.mapPartitions(new EvaluatePartition(plan)).collect()) {
      for (int model = 0; model < sums.length; model++) {
        for (int dataset = 0; dataset < plan.datasets(); dataset++) {
          sums[model][dataset].merge(part[model][dataset]);
        }
      }
    }
    return sums;
  }

  private static EvaluationTally[][] tallies(EvaluatePlan plan) {
    return plan.models().stream().map(plan::emptyTallies).toArray(EvaluationTally[][]::new);
  }

  @Override
  public Iterator<EvaluationTally[][]> call(Iterator<GoldItem> items) throws IOException {
    EvaluationTally[][] tallies = tallies(plan);
    if (items.hasNext()) {
      MentionDetector detector = ExecutorModels.get(plan.scoringModels(), plan.engine()).detector();
      while (items.hasNext()) {
        add(detector, readAhead(items), tallies);
      }
    }
    return List.<EvaluationTally[][]>of(tallies).iterator();
  }

  /** Enough documents to fill batches with texts of like length, few enough to hold in memory. */
  private static List<GoldItem> readAhead(Iterator<GoldItem> items) {
    List<GoldItem> chunk = new ArrayList<>();
    long chars = 0;
    while (chunk.size() < LOOK_AHEAD_ROWS && chars < LOOK_AHEAD_CHARS && items.hasNext()) {
      GoldItem item = items.next();
      chunk.add(item);
      chars += item.document().text().length();
    }
    return chunk;
  }

  private void add(MentionDetector detector, List<GoldItem> chunk, EvaluationTally[][] tallies) {
    List<GoldItem> wanted = new ArrayList<>();
    for (GoldItem item : chunk) {
      boolean wants = tallies[0][item.dataset()].wants(item.document());
      if (wants) {
        wanted.add(item);
      } else {
        for (EvaluationTally[] tally : tallies) {
          tally[item.dataset()].skip();
        }
      }
    }
    List<String> texts = wanted.stream().map(GoldItem::document).map(GoldDocument::text).toList();
    List<List<ScoredText>> scored = detector.score(texts);
    for (int i = 0; i < wanted.size(); i++) {
      GoldItem item = wanted.get(i);
      for (int m = 0; m < tallies.length; m++) {
        ModelSpec model = plan.models().get(m);
        Decoder decoder = model.decoder();
        tallies[m][item.dataset()].add(
            item.document(),
            new ScoredTextPredictions(
                scored.get(i).get(m), plan.matching(), decoder, model.threshold().value()));
      }
    }
  }
}
