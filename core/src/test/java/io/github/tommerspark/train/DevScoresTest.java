package io.github.tommerspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.tommerspark.head.Calibration;
import io.github.tommerspark.head.HeadThresholds;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DevScoresTest {

  /** Spans whose logits are off by a known map. */
  private static DevScores scores(Calibration truth, int batches, long seed) {
    Random random = new Random(seed);
    DevScores scores = new DevScores();
    for (int b = 0; b < batches; b++) {
      float[] logits = new float[500];
      byte[] gold = new byte[500];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = (float) (3 * random.nextGaussian() - 1);
        gold[i] = (byte) (random.nextDouble() < truth.probability(logits[i]) ? 1 : 0);
      }
      scores.add(new DevScores.Batch(logits, gold));
    }
    return scores;
  }

  private static long gold(DevScores scores) {
    return scores.curve(Calibration.NONE, 1).points().get(0).scores().truePositives();
  }

  @Test
  void calibrationFindsTheMapThatMadeTheData() {
    Calibration truth = new Calibration(0.6, 1.2);
    DevScores scores = scores(truth, 40, 1);
    Calibration found = scores.calibration();
    assertThat(found.scale()).isCloseTo(truth.scale(), within(0.03));
    assertThat(found.offset()).isCloseTo(truth.offset(), within(0.08));
    Reliability reliability = scores.reliability(found);
    assertThat(reliability.folds()).isEqualTo(10);
    assertThat(reliability.error()).isLessThan(0.02);
    assertThat(scores.reliability(Calibration.NONE).bins())
        .as("without calibration the shares are elsewhere")
        .anyMatch(bin -> Math.abs(bin.score() - bin.right()) > 0.1);
  }

  @Test
  void thresholdsKeepTheirPromisesOnTheData() {
    DevScores scores = scores(new Calibration(2, 0), 40, 2);
    long gold = gold(scores);
    DevCurve curve = scores.curve(scores.calibration(), gold);
    HeadThresholds thresholds = DevScores.thresholds(curve);
    double recall = thresholds.recall().orElseThrow();
    double precision = thresholds.precision().orElseThrow();
    assertThat(recall).isLessThan(thresholds.recommended().orElseThrow());
    assertThat(precision).isGreaterThan(thresholds.recommended().orElseThrow());
    curve.points().stream()
        .filter(point -> point.threshold() <= recall)
        .forEach(
            point ->
                assertThat(point.scores().recall()).isGreaterThanOrEqualTo(HeadThresholds.RECALL));
    curve.points().stream()
        .filter(point -> point.threshold() >= precision)
        .filter(point -> point.scores().truePositives() + point.scores().falsePositives() > 0)
        .forEach(point -> assertThat(point.scores().precision()).isGreaterThanOrEqualTo(0.90));
  }

  @Test
  void aThresholdThatNothingReachesIsNotAdvised() {
    DevScores scores = new DevScores();
    scores.add(new DevScores.Batch(new float[] {2, 2, 2, 2}, new byte[] {1, 0, 0, 0}));
    HeadThresholds thresholds = DevScores.thresholds(scores.curve(Calibration.NONE, 100));
    assertThat(thresholds.recall()).isEmpty();
    assertThat(thresholds.precision()).isEmpty();
    assertThat(thresholds.recommended()).isPresent();
  }

  @Test
  void dataThatSayNothingLeaveScoresAsTheyAre() {
    DevScores nothing = new DevScores();
    assertThat(nothing.calibration().scale()).isGreaterThan(0);
    assertThat(nothing.reliability(nothing.calibration()).bins()).isEmpty();
    DevScores reversed = new DevScores();
    reversed.add(new DevScores.Batch(new float[] {-3, -2, 2, 3}, new byte[] {1, 1, 0, 0}));
    assertThat(reversed.calibration()).isEqualTo(Calibration.NONE);
  }
}
