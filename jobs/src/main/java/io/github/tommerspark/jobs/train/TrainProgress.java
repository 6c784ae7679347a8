package io.github.tommerspark.jobs.train;

import io.github.tommerspark.train.EpochScores;
import io.github.tommerspark.train.HeadSlot;
import io.github.tommerspark.train.HeadTrainer;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Says how far a training is: a line every few seconds, and one per epoch. */
final class TrainProgress {

  private static final long PAUSE_NANOS = Duration.ofSeconds(10).toNanos();

  private final PrintWriter out;
  private final int phases;
  private final int epochs;
  private final int batches;
  private final long begin = System.nanoTime();
  private long last = begin;
  private long steps;
  private long planned;

  /**
   * Progress of a training that begins now.
   *
   * @param doneEpochs epochs that a run before this one has made
   * @param batches of an epoch
   */
  TrainProgress(PrintWriter out, int phases, int epochs, int doneEpochs, int batches) {
    this.out = out;
    this.phases = phases;
    this.epochs = epochs;
    this.batches = batches;
    this.planned = (long) (phases * epochs - doneEpochs) * batches;
  }

  /** After a step. */
  void step(HeadTrainer trainer, int batch) {
    steps++;
    long now = System.nanoTime();
    if (now - last >= PAUSE_NANOS) {
      last = now;
      out.println(
          String.format(
              Locale.ROOT,
              "%s, batch %,d of %,d: mean loss %.3f, %s left",
              place(trainer.phase(), trainer.epoch()),
              batch,
              batches,
              trainer.lastLoss(),
              duration((now - begin) * (double) (planned - steps) / steps)));
      out.flush();
    }
  }

  /** After an epoch. */
  void epoch(int phase, int epoch, List<HeadSlot> slots, List<EpochScores> scores) {
    int best = 0;
    for (int i = 1; i < scores.size(); i++) {
      best = scores.get(i).bestF1() > scores.get(best).bestF1() ? i : best;
    }
    EpochScores top = scores.get(best);
    double left = steps == 0 ? 0 : (System.nanoTime() - begin) * (planned - steps) / (double) steps;
    out.println(
        String.format(
            Locale.ROOT,
            "%s: %s loss %.3f, dev P %.3f R %.3f F1 %.3f at 0.5, best F1 %.3f at %s, learning rate %s, %s left",
            place(phase, epoch),
            slots.get(best).label(),
            top.loss(),
            top.precision(),
            top.recall(),
            top.f1(),
            top.bestF1(),
            top.bestThreshold(),
            top.learningRate(),
            duration(left)));
    out.flush();
    last = System.nanoTime();
  }

  /** A phase ended early: so many batches will not come. */
  void skipped(long count) {
    planned -= count;
  }

  private String place(int phase, int epoch) {
    return String.format(
        Locale.ROOT, "phase %d of %d, epoch %d of %d", phase + 1, phases, epoch + 1, epochs);
  }

  private static String duration(double nanos) {
    Duration left = Duration.ofNanos((long) Math.max(0, nanos));
    return left.toHours() > 0
        ? String.format(Locale.ROOT, "%d h %02d min", left.toHours(), left.toMinutesPart())
        : String.format(Locale.ROOT, "%d min %02d s", left.toMinutes(), left.toSecondsPart());
  }
}
