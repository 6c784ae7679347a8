package io.github.tommerspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.head.BoundaryHead;
import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.head.ScoreNormalization;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sweeps on random hidden states. */
class HeadTrainerTest {

  private static final int WIDTH = 12;
  private static final int TOKENS = 40;
  private static final int LAYERS = 3;
  private static final int BATCHES = 4;
  private static final List<HeadSlot> SWEEP =
      List.of(new HeadSlot(0, 4), new HeadSlot(1, 3), new HeadSlot(1, 5), new HeadSlot(2, 4));

  private static TrainingOptions options(int patience, double minLearningRate, boolean reset) {
    return new TrainingOptions(
        5,
        true,
        true,
        ScoreNormalization.NONE,
        2,
        1,
        0.05,
        minLearningRate,
        patience,
        1,
        1e-2,
        0,
        1,
        Dilation.NONE,
        1,
        0.6,
        1,
        false,
        reset,
        7,
        HeadLayout.PUBLISHED,
        0,
        Schedule.PLATEAU);
  }

  private static HeadTrainer trainer(List<HeadSlot> slots, TrainingOptions options) {
    HeadTrainer trainer =
        new HeadTrainer(
            slots, new HeadTrainer.Origin("random", WIDTH, false), options, BATCHES, Device.cpu());
    if (trainer.observes()) {
      trainer.observe(batch(0), taps(0, slots));
    }
    return trainer;
  }

  private static LabelledBatch batch(int number) {
    Random random = new Random(number);
    byte[] kept = new byte[2 * TOKENS];
    Arrays.fill(kept, (byte) 1);
    int[] ends = random.ints(6, 1, TOKENS).distinct().toArray();
    int[] starts = Arrays.stream(ends).map(end -> Math.max(1, end - random.nextInt(4))).toArray();
    return new LabelledBatch(new long[TOKENS], new long[] {1, TOKENS}, kept, starts, ends);
  }

  /** States of some layers for a batch. */
  private static List<HiddenStates> taps(int number, List<HeadSlot> slots) {
    return slots.stream()
        .mapToInt(HeadSlot::layer)
        .distinct()
        .sorted()
        .mapToObj(layer -> states(new Random(LAYERS * number + layer)))
        .toList();
  }

  private static HiddenStates states(Random random) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * TOKENS * WIDTH).order(ByteOrder.nativeOrder());
    while (bytes.hasRemaining()) {
      bytes.putFloat((float) random.nextGaussian());
    }
    return new HiddenStates(bytes.flip());
  }

  private static void epoch(HeadTrainer trainer, List<HeadSlot> slots) {
    for (int i = 0; i < BATCHES; i++) {
      trainer.step(batch(i), taps(i, slots));
    }
    trainer.score(batch(BATCHES), taps(BATCHES, slots));
    trainer.endEpoch(batch(BATCHES).goldEnds().length);
  }

  private static List<TrainedHead> finished(HeadTrainer trainer, List<HeadSlot> slots) {
    while (!trainer.isDone()) {
      epoch(trainer, slots);
    }
    trainer.examine(batch(BATCHES), taps(BATCHES, slots));
    return trainer.heads(batch(BATCHES).goldEnds().length);
  }

  private static List<TrainedHead> trained(List<HeadSlot> slots, TrainingOptions options) {
    try (HeadTrainer trainer = trainer(slots, options)) {
      return finished(trainer, slots);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void goesOnAsIfItHadNeverStopped(int epochs) throws IOException {
    // Rates are halved soon, and pupils begin anew: all of the state matters.
    TrainingOptions options = options(1, 0, true);
    ObjectMapper json = new ObjectMapper();
    Map<String, FloatTensor> tensors;
    byte[] progress;
    try (HeadTrainer trainer = trainer(SWEEP, options)) {
      for (int i = 0; i < epochs; i++) {
        epoch(trainer, SWEEP);
      }
      tensors = trainer.tensors();
      progress = json.writeValueAsBytes(trainer.progress());
    }
    List<TrainedHead> undisturbed = trained(SWEEP, options);
    assertThat(undisturbed.get(0).history().get(1).learningRate()).isLessThan(0.05);
    try (HeadTrainer trainer = trainer(SWEEP, options)) {
      trainer.restore(
          json.readValue(progress, TrainerProgress.class), name -> tensors.get(name).values());
      assertThat(finished(trainer, SWEEP)).isEqualTo(undisturbed);
    }
  }

  @Test
  void aHeadDoesNotDependOnThoseBesideIt() {
    TrainingOptions options = options(1, 0, false);
    List<TrainedHead> sweep = trained(SWEEP, options);
    for (int i = 0; i < SWEEP.size(); i++) {
      assertThat(trained(List.of(SWEEP.get(i)), options)).containsExactly(sweep.get(i));
    }
    assertThat(sweep.stream().map(TrainedHead::head).distinct()).hasSize(SWEEP.size());
  }

  private static TrainingOptions boundary() {
    return new TrainingOptions(
        5,
        true,
        true,
        ScoreNormalization.NONE,
        3,
        1,
        0.02,
        0,
        5000,
        1,
        1e-4,
        1,
        1,
        Dilation.NONE,
        0,
        0.9,
        1,
        false,
        false,
        7,
        new HeadLayout(HeadType.BOUNDARY, 9, 6, 2, true),
        0.1,
        Schedule.ONE_CYCLE);
  }

  @Test
  void aBoundaryHeadDoesNotDependOnThoseBesideItAndLearns() {
    List<TrainedHead> sweep = trained(SWEEP, boundary());
    for (int i = 0; i < SWEEP.size(); i++) {
      assertThat(trained(List.of(SWEEP.get(i)), boundary())).containsExactly(sweep.get(i));
      TrainedHead head = sweep.get(i);
      assertThat(head.history().get(2).loss()).isLessThan(head.history().get(0).loss());
      assertThat(head.history().get(2).learningRate()).isLessThan(1e-3);
      assertThat(head.head()).isInstanceOf(BoundaryHead.class);
      assertThat(head.head().config().additions().wordBoundaries()).isTrue();
    }
    assertThat(sweep.stream().map(TrainedHead::head).distinct()).hasSize(SWEEP.size());
  }

  @Test
  void oneCycleRisesOverATenthAndFallsToTheEndOfAllEpochs() {
    TrainingOptions options = boundary();
    assertThat(Schedule.oneCycle(1, 0, 100)).isLessThan(0.1);
    assertThat(Schedule.oneCycle(1, 10, 100)).isEqualTo(1);
    assertThat(Schedule.oneCycle(1, 55, 100)).isCloseTo(0.5, within(1e-9));
    assertThat(Schedule.oneCycle(1, 100, 100)).isCloseTo(0, within(1e-9));
    try (HeadTrainer trainer = trainer(SWEEP, options)) {
      epoch(trainer, SWEEP);
      // In the middle of an epoch, too, the place in the whole phase counts.
      trainer.step(batch(0), taps(0, SWEEP));
      double rate = trainer.learningRates()[0];
      assertThat(rate)
          .isCloseTo(
              Schedule.oneCycle(options.learningRate(), BATCHES + 1, 3L * BATCHES), within(1e-12));
    }
  }

  @Test
  void boundaryHeadsGoOnAsIfTheyHadNeverStopped() throws IOException {
    ObjectMapper json = new ObjectMapper();
    Map<String, FloatTensor> tensors;
    byte[] progress;
    try (HeadTrainer trainer = trainer(SWEEP, boundary())) {
      epoch(trainer, SWEEP);
      tensors = trainer.tensors();
      progress = json.writeValueAsBytes(trainer.progress());
    }
    try (HeadTrainer trainer = trainer(SWEEP, boundary())) {
      trainer.restore(
          json.readValue(progress, TrainerProgress.class), name -> tensors.get(name).values());
      assertThat(finished(trainer, SWEEP)).isEqualTo(trained(SWEEP, boundary()));
    }
  }

  @Test
  void theBestEpochIsKept() {
    for (TrainedHead head : trained(SWEEP, options(100, 0, false))) {
      List<EpochScores> last = head.history().subList(2, 4);
      assertThat(last).allMatch(epoch -> epoch.phase() == 1);
      assertThat(head.best().bestF1())
          .isEqualTo(last.stream().mapToDouble(EpochScores::bestF1).max().orElseThrow());
      assertThat(head.head().config().additions().thresholds().recommended())
          .hasValue(head.curve().best().threshold());
      // Calibrated scores are cut at other places, so the best of them may miss a span or two.
      assertThat(head.curve().best().scores().f1()).isCloseTo(head.best().bestF1(), within(0.1));
    }
  }

  @Test
  void aPhaseEndsWhenAllRatesAreTooLow() {
    try (HeadTrainer trainer = trainer(SWEEP, options(0, 0.04, false))) {
      assertThat(trainer.isIdle()).isFalse();
      for (int i = 0; !trainer.isIdle(); i++) {
        trainer.step(batch(i % BATCHES), taps(i % BATCHES, SWEEP));
      }
      List<Integer> steps =
          trainer.progress().heads().stream().map(TrainerProgress.HeadProgress::steps).toList();
      trainer.step(batch(0), taps(0, SWEEP));
      assertThat(trainer.progress().heads())
          .extracting(TrainerProgress.HeadProgress::steps)
          .isEqualTo(steps);
      trainer.score(batch(BATCHES), taps(BATCHES, SWEEP));
      trainer.endEpoch(6);
      assertThat(trainer.phase()).isEqualTo(1);
      assertThat(trainer.epoch()).isZero();
      assertThat(trainer.isIdle()).isFalse();
    }
  }

  @Test
  void refusesProgressOfOtherHeads() {
    List<HeadSlot> others = List.of(new HeadSlot(0, 4));
    try (HeadTrainer there = trainer(SWEEP, options(1, 0, false));
        HeadTrainer here = trainer(others, options(1, 0, false))) {
      assertThatThrownBy(() -> here.restore(there.progress(), name -> new float[0]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the heads there are [L0_R4, L1_R3, L1_R5, L2_R4], and [L0_R4] now");
    }
  }

  @Test
  void namesTheHeadWhoseLossIsNotFinite() {
    List<HeadSlot> slots = List.of(new HeadSlot(2, 4));
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * TOKENS * WIDTH).order(ByteOrder.nativeOrder());
    IntStream.range(0, TOKENS * WIDTH).forEach(i -> bytes.putFloat(Float.NaN));
    List<HiddenStates> taps = new ArrayList<>(List.of(new HiddenStates(bytes.flip())));
    try (HeadTrainer trainer = trainer(slots, options(1, 0, false))) {
      assertThatThrownBy(() -> trainer.step(batch(0), taps))
          .isInstanceOf(ArithmeticException.class)
          .hasMessageStartingWith("The loss of head L2_R4 is NaN")
          .hasMessageEndingWith("at step 1: lower --learning-rate, or set --clip");
    }
  }
}
