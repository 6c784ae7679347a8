package io.github.tommerspark.jobs.train;

import ai.djl.Device;
import io.github.tommerspark.detect.FrozenBackbone;
import io.github.tommerspark.engine.Torch;
import io.github.tommerspark.jobs.dataset.GoldData;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.spark.EngineSetup;
import io.github.tommerspark.spark.TrainPlan;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.train.EpochScores;
import io.github.tommerspark.train.HeadSlot;
import io.github.tommerspark.train.HeadTrainer;
import io.github.tommerspark.train.HiddenStates;
import io.github.tommerspark.train.LabelledBatch;
import io.github.tommerspark.train.TrainedHead;
import io.github.tommerspark.train.TrainingOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a sweep of heads. Executors tokenise and run the backbone; the heads, which are small, are
 * trained on the driver's device.
 */
final class TrainJob {

  private static final Logger LOG = LoggerFactory.getLogger(TrainJob.class);

  private static final String TRAIN = "--train";
  private static final String DEV = "--dev";

  /** Documents that one batch of dev data has. */
  private static final int DEV_BATCH = 16;

  /** Batches whose hidden states say how large those of the backbone are. */
  private static final int OBSERVED_BATCHES = 64;

  private final SparkSession spark;
  private final TrainOptions options;
  private final PrintWriter progress;

  private TrainJob(SparkSession spark, TrainOptions options, PrintWriter progress) {
    this.spark = spark;
    this.options = options;
    this.progress = progress;
  }

  /**
   * Runs the job.
   *
   * @param progress where it says how far it is
   * @return what came of it, for people
   * @throws UserException if the data, the options or the output stand in the way
   * @throws IOException if a file cannot be read or written
   */
  static String run(SparkSession spark, TrainOptions options, PrintWriter progress)
      throws IOException {
    try {
      return new TrainJob(spark, options, progress).run();
    } catch (IllegalStateException | IOException e) {
      if (!spark.sparkContext().isStopped()) {
        throw e;
      }
      throw new UserException(
          "Training was stopped; with --resume it goes on after the last epoch that it ended", e);
    }
  }

  private String run() throws IOException {
    EngineSetup.apply();
    TrainOutput output = TrainOutput.open(options, spark.sparkContext().hadoopConfiguration());
    List<HeadSlot> slots = slots();
    int[] layers = slots.stream().mapToInt(HeadSlot::layer).distinct().toArray();
    TrainingOptions training = options.training();
    FrozenBackbone.Spec spec =
        new FrozenBackbone.Spec(
            options.backbone().location(),
            options.backbone().bos(),
            options.backbone().maxTokens(),
            training.reach(),
            layers[layers.length - 1]);
    TrainPlan plan = new TrainPlan(spec, layers, options.backbone().engine(), training);
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    // What may be missing is looked for before anything is computed.
    Device device = Torch.device(options.backbone().engine());
    try (FrozenBackbone backbone = FrozenBackbone.open(spec);
        StateCache cache = StateCache.open(localDirectory(context), options.cacheBytes())) {
      backbone.warnings().forEach(LOG::warn);
      GoldData trainGold = gold(TRAIN, options.gold().train());
      GoldData devGold = gold(DEV, options.gold().dev());
      GoldLabelling labelling = new GoldLabelling(context, plan, options, progress);
      GoldLabelling.Labelled train = labelling.of(trainGold, options.training().batch(), true);
      GoldLabelling.Labelled dev = labelling.of(devGold, DEV_BATCH, false);
      HeadTrainer.Origin origin =
          new HeadTrainer.Origin(
              backbone.name(), backbone.hiddenSize(), backbone.bos() == BosPolicy.ALWAYS);
      TrainIdentity identity =
          new TrainIdentity(
              training,
              slots,
              described(backbone),
              train.data().fingerprint(),
              dev.data().fingerprint(),
              options.backbone().engine().batchTokens());
      try (HeadTrainer trainer =
          new HeadTrainer(slots, origin, training, train.batches().size(), device)) {
        if (options.resume()) {
          output.resume(trainer, identity);
        }
        StateStream states = new StateStream(context, plan, backbone.hiddenSize(), cache);
        states.check(train.batches());
        states.check(dev.batches());
        if (trainer.observes()) {
          observe(trainer, train, states);
        }
        train(trainer, slots, train, dev, states, output, identity);
        score(dev, train.batches().size(), states, trainer::examine);
        return finish(trainer, train, dev, identity, output);
      }
    }
  }

  private static Path localDirectory(JavaSparkContext context) {
    String directories =
        context.getConf().get("spark.local.dir", System.getProperty("java.io.tmpdir"));
    return Path.of(directories.split(",")[0]);
  }

  /** Heads of the sweep, by layer, then rank. */
  private List<HeadSlot> slots() throws IOException {
    int there = FrozenBackbone.layers(options.backbone().location());
    List<Integer> layers =
        options.layers().isEmpty() ? IntStream.range(0, there).boxed().toList() : options.layers();
    List<HeadSlot> slots = new ArrayList<>();
    for (int layer : layers) {
      if (layer < 0 || layer >= there) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                "Cannot use --layers %d: backbone %s has layers 0 to %d",
                layer,
                Redaction.uri(options.backbone().location()),
                there - 1));
      }
      for (int rank : options.ranks()) {
        slots.add(new HeadSlot(layer, rank));
      }
    }
    return slots;
  }

  private TrainingFile.Backbone described(FrozenBackbone backbone) throws IOException {
    return new TrainingFile.Backbone(
        Redaction.uri(options.backbone().location()),
        backbone.name(),
        backbone.fingerprint(),
        options.backbone().engine().dtype().label(),
        backbone.bos().label(),
        backbone.maxTokens());
  }

  private GoldData gold(String option, List<String> paths) throws IOException {
    return GoldData.read(spark, option, paths, options.gold().reading());
  }

  /** Shows the trainer the first batches, always the same ones. */
  private static void observe(HeadTrainer trainer, GoldLabelling.Labelled train, StateStream states)
      throws IOException {
    states.forEach(
        train.batches(),
        0,
        IntStream.range(0, Math.min(OBSERVED_BATCHES, train.batches().size())).toArray(),
        (batch, taps) -> {
          trainer.observe(batch, taps);
          return true;
        });
  }

  /** Takes all batches of the dev data, in order. */
  private static void score(
      GoldLabelling.Labelled dev,
      int trainBatches,
      StateStream states,
      BiConsumer<LabelledBatch, List<HiddenStates>> consumer)
      throws IOException {
    states.forEach(
        dev.batches(),
        trainBatches,
        IntStream.range(0, dev.batches().size()).toArray(),
        (batch, taps) -> {
          consumer.accept(batch, taps);
          return true;
        });
  }

  private void train(
      HeadTrainer trainer,
      List<HeadSlot> slots,
      GoldLabelling.Labelled train,
      GoldLabelling.Labelled dev,
      StateStream states,
      TrainOutput output,
      TrainIdentity identity)
      throws IOException {
    TrainingOptions training = options.training();
    int batches = train.batches().size();
    TrainProgress shown =
        new TrainProgress(
            progress,
            training.phases(),
            training.epochs(),
            trainer.phase() * training.epochs() + trainer.epoch(),
            batches);
    while (!trainer.isDone()) {
      int phase = trainer.phase();
      int epoch = trainer.epoch();
      int[] made = {0};
      states.forEach(
          train.batches(),
          0,
          order(batches, phase * training.epochs() + epoch),
          (batch, taps) -> {
            trainer.step(batch, taps);
            shown.step(trainer, ++made[0]);
            return !trainer.isIdle();
          });
      shown.skipped(batches - made[0]);
      score(dev, batches, states, trainer::score);
      List<EpochScores> scores = trainer.endEpoch(dev.data().counts().mentions());
      if (trainer.phase() > phase) {
        shown.skipped((long) (training.epochs() - 1 - epoch) * batches);
      }
      shown.epoch(phase, epoch, slots, scores);
      output.checkpoint(trainer, identity);
    }
  }

  private int[] order(int batches, int epoch) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, batches).boxed().toList());
    Collections.shuffle(order, new Random(options.training().seed() * 31 + 1 + epoch));
    return order.stream().mapToInt(Integer::intValue).toArray();
  }

  private String finish(
      HeadTrainer trainer,
      GoldLabelling.Labelled train,
      GoldLabelling.Labelled dev,
      TrainIdentity identity,
      TrainOutput output)
      throws IOException {
    List<TrainedHead> heads = trainer.heads(dev.data().counts().mentions());
    String finished = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    for (TrainedHead head : heads) {
      output.write(
          head.slot(),
          head.head(),
          TrainReport.of(head, identity, finished, train.data(), dev.data(), options.training()),
          TrainReport.chart(head).svg());
    }
    output.finish(TrainReport.csv(heads));
    return TrainReport.summary(heads, output);
  }
}
