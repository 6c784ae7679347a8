package io.github.tommerspark.spark;

import io.github.tommerspark.detect.FrozenBackbone;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.train.LabelledText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;

/** Tokenises gold documents on the executors and labels their spans. */
public final class LabelTexts implements FlatMapFunction<Iterator<GoldDocument>, LabelledText> {

  private static final long serialVersionUID = 1L;

  private final TrainPlan plan;

  private LabelTexts(TrainPlan plan) {
    this.plan = plan;
  }

  /**
   * Labels documents.
   *
   * @return in the same order
   */
  public static List<LabelledText> label(JavaRDD<GoldDocument> documents, TrainPlan plan) {
    return documents.mapPartitions(new LabelTexts(plan)).collect();
  }

  @Override
  public Iterator<LabelledText> call(Iterator<GoldDocument> documents) throws IOException {
    List<LabelledText> texts = new ArrayList<>();
    if (documents.hasNext()) {
      FrozenBackbone backbone = BackbonePlace.of(plan.backbone(), plan.engine()).frozen();
      while (documents.hasNext()) {
        texts.add(LabelledText.of(documents.next(), backbone, plan.options()));
      }
    }
    return texts.iterator();
  }
}
