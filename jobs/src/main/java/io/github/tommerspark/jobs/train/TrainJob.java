package io.github.tommerspark.jobs.train;

import ai.djl.Device;
import io.github.tommerspark.detect.FrozenBackbone;
import io.github.tommerspark.engine.Torch;
import io.github.tommerspark.eval.CurvePoint;
import io.github.tommerspark.eval.SpanScores;
import io.github.tommerspark.gold.EnglishPronouns;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.gold.GoldSpan;
import io.github.tommerspark.gold.TypeMap;
import io.github.tommerspark.head.HeadThresholds;
import io.github.tommerspark.jobs.dataset.GoldData;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.message.Version;
import io.github.tommerspark.report.LineChart;
import io.github.tommerspark.source.Sha256;
import io.github.tommerspark.spark.EngineSetup;
import io.github.tommerspark.spark.LabelTexts;
import io.github.tommerspark.spark.TrainPlan;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.train.DevCurve;
import io.github.tommerspark.train.EpochScores;
import io.github.tommerspark.train.GoldCounts;
import io.github.tommerspark.train.HeadSlot;
import io.github.tommerspark.train.HeadTrainer;
import io.github.tommerspark.train.HiddenStates;
import io.github.tommerspark.train.LabelledBatch;
import io.github.tommerspark.train.LabelledText;
import io.github.tommerspark.train.TrainedHead;
import io.github.tommerspark.train.TrainingOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
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
            options.backbone(),
            options.bos(),
            options.maxTokens(),
            training.reach(),
            layers[layers.length - 1]);
    TrainPlan plan = new TrainPlan(spec, layers, options.engine(), training);
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    // What may be missing is looked for before anything is computed.
    Device device = Torch.device(options.engine());
    try (FrozenBackbone backbone = FrozenBackbone.open(spec);
        StateCache cache = StateCache.open(localDirectory(context), options.cacheBytes())) {
      backbone.warnings().forEach(LOG::warn);
      GoldData trainGold = gold(TRAIN, options.train());
      GoldData devGold = gold(DEV, options.dev());
      LabelledData train = labelled(trainGold, context, plan, options.training().batch(), true);
      LabelledData dev = labelled(devGold, context, plan, DEV_BATCH, false);
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
              options.engine().batchTokens());
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
    int there = FrozenBackbone.layers(options.backbone());
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
                Redaction.uri(options.backbone()),
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
        Redaction.uri(options.backbone()),
        backbone.name(),
        backbone.fingerprint(),
        options.engine().dtype().label(),
        backbone.bos().label(),
        backbone.maxTokens());
  }

  private GoldData gold(String option, List<String> paths) throws IOException {
    return GoldData.read(
        spark, option, paths, options.goldFormat(), options.goldColumn(), TypeMap.NONE);
  }

  /** Batches of gold data, and what is known of it. */
  private record LabelledData(TrainingFile.Data data, List<LabelledBatch> batches) {}

  /**
   * Labels gold data.
   *
   * @param gold named by its option
   * @param batch documents of a batch
   * @param shuffled whether documents are put into batches in a random order
   */
  private LabelledData labelled(
      GoldData gold, JavaSparkContext context, TrainPlan plan, int batch, boolean shuffled) {
    String option = gold.name();
    List<GoldDocument> documents = new ArrayList<>();
    long unannotated = 0;
    for (GoldDocument read : gold.documents()) {
      GoldDocument document = options.dropPronouns() ? EnglishPronouns.without(read) : read;
      boolean empty = document.mentions().isEmpty();
      unannotated += empty ? 1 : 0;
      if (!empty || options.keepUnannotated()) {
        documents.add(document);
      }
    }
    int slices = Math.max(1, Math.min(documents.size(), 4 * context.defaultParallelism()));
    List<LabelledText> texts = LabelTexts.label(context.parallelize(documents, slices), plan);
    GoldCounts counts =
        texts.stream().map(LabelledText::counts).reduce(GoldCounts.NONE, GoldCounts::and);
    progress.println(
        "%s: %s%s"
            .formatted(
                option,
                counts.summary(),
                unannotated == 0
                    ? ""
                    : String.format(
                        Locale.ROOT,
                        "; %,d documents without a gold mention%s",
                        unannotated,
                        options.keepUnannotated() ? " among them" : " left out")));
    progress.flush();
    if (counts.labelled() == 0) {
      throw new UserException(
          "Cannot train: %s has no gold mention that a head could learn or find".formatted(option));
    }
    return new LabelledData(
        new TrainingFile.Data(
            gold.paths().stream().map(Redaction::uri).toList(),
            fingerprint(documents),
            options.keepUnannotated(),
            options.dropPronouns(),
            options.keepUnannotated() ? 0 : unannotated,
            counts),
        batches(texts, batch, shuffled));
  }

  /**
   * Documents of a batch stay together in all epochs, so that its hidden states are the same to the
   * last bit whether they are computed, computed again or read from the cache.
   */
  private List<LabelledBatch> batches(List<LabelledText> texts, int size, boolean shuffled) {
    List<LabelledText> order =
        new ArrayList<>(texts.stream().filter(text -> !text.sequences().isEmpty()).toList());
    if (shuffled) {
      Collections.shuffle(order, new Random(options.training().seed()));
    }
    List<LabelledBatch> batches = new ArrayList<>();
    for (int from = 0; from < order.size(); from += size) {
      batches.add(LabelledBatch.of(order.subList(from, Math.min(order.size(), from + size))));
    }
    return batches;
  }

  private static String fingerprint(List<GoldDocument> documents) {
    MessageDigest digest = Sha256.digest();
    for (GoldDocument document : documents) {
      digest.update(document.text().getBytes(StandardCharsets.UTF_8));
      ByteBuffer spans = ByteBuffer.allocate(Integer.BYTES * (1 + 2 * document.mentions().size()));
      spans.putInt(document.mentions().size());
      for (GoldSpan mention : document.mentions()) {
        spans.putInt(mention.start()).putInt(mention.end());
      }
      digest.update(spans.flip());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Shows the trainer the first batches, always the same ones. */
  private static void observe(HeadTrainer trainer, LabelledData train, StateStream states)
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
      LabelledData dev,
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
      LabelledData train,
      LabelledData dev,
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
      LabelledData train,
      LabelledData dev,
      TrainIdentity identity,
      TrainOutput output)
      throws IOException {
    List<TrainedHead> heads = trainer.heads(dev.data().counts().mentions());
    String finished = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    for (TrainedHead head : heads) {
      HeadThresholds thresholds = head.head().config().additions().thresholds();
      output.write(
          head.slot(),
          head.head(),
          new TrainingFile(
              TrainingFile.KIND,
              "tommer-spark " + Version.number(),
              finished,
              identity.backbone(),
              train.data(),
              dev.data(),
              options.training(),
              head.slot().layer(),
              head.slot().rank(),
              head.head().parameterCount(),
              thresholds.recommended().orElseThrow(),
              boxed(thresholds.recall()),
              boxed(thresholds.precision()),
              head.reliability(),
              head.best(),
              head.history(),
              head.curve().points().stream().map(TrainJob::point).toList()),
          chart(head).svg());
    }
    output.finish(csv(heads));
    return summary(heads, output);
  }

  private static TrainingFile.Point point(CurvePoint point) {
    SpanScores scores = point.scores();
    return new TrainingFile.Point(
        point.threshold(),
        scores.precision(),
        scores.recall(),
        scores.f1(),
        scores.truePositives(),
        scores.falsePositives(),
        scores.gold());
  }

  /** Dev scores and the loss, relative to that of the phase's first epoch, over the epochs. */
  private static LineChart chart(TrainedHead head) {
    List<EpochScores> history = head.history();
    List<LineChart.Point> precision = new ArrayList<>();
    List<LineChart.Point> recall = new ArrayList<>();
    List<LineChart.Point> best = new ArrayList<>();
    List<LineChart.Point> loss = new ArrayList<>();
    double first = 0;
    for (int i = 0; i < history.size(); i++) {
      EpochScores scores = history.get(i);
      first = scores.epoch() == 0 ? scores.loss() : first;
      boolean kept = scores.equals(head.best());
      precision.add(point(i, scores.precision(), kept));
      recall.add(point(i, scores.recall(), kept));
      best.add(point(i, scores.bestF1(), kept));
      loss.add(point(i, first == 0 ? 0 : Math.min(1, scores.loss() / first), kept));
    }
    return new LineChart(
        "Head %s, large marks at the epoch that was kept".formatted(head.slot().label()),
        "phase.epoch",
        "",
        history.stream()
            .map(s -> String.format(Locale.ROOT, "%d.%d", s.phase() + 1, s.epoch() + 1))
            .toList(),
        List.of(
            new LineChart.Series("best F1 over thresholds (dev)", best),
            new LineChart.Series("precision at 0.5 (dev)", precision),
            new LineChart.Series("recall at 0.5 (dev)", recall),
            new LineChart.Series("training loss, relative to the phase's first epoch", loss)));
  }

  private static LineChart.Point point(int at, double value, boolean kept) {
    return new LineChart.Point(at, value, String.format(Locale.ROOT, "%.4f", value), kept);
  }

  private static String csv(List<TrainedHead> heads) {
    StringBuilder csv =
        new StringBuilder(
            "layer,rank,precision,recall,f1,best_f1,best_threshold,recall_threshold,precision_threshold,calibration_error,parameters,phase,epoch\n");
    for (TrainedHead head : heads) {
      SpanScores published = head.curve().published().scores();
      CurvePoint best = head.curve().best();
      HeadThresholds thresholds = head.head().config().additions().thresholds();
      csv.append(
          String.format(
              Locale.ROOT,
              "%d,%d,%s,%s,%s,%s,%s,%s,%s,%s,%d,%d,%d%n",
              head.slot().layer(),
              head.slot().rank(),
              published.precision(),
              published.recall(),
              published.f1(),
              best.scores().f1(),
              best.threshold(),
              cell(thresholds.recall()),
              cell(thresholds.precision()),
              head.reliability().error(),
              head.head().parameterCount(),
              head.best().phase() + 1,
              head.best().epoch() + 1));
    }
    return csv.toString();
  }

  private static Double boxed(OptionalDouble value) {
    return value.isPresent() ? (Double) value.getAsDouble() : null;
  }

  private static String cell(OptionalDouble value) {
    return value.isPresent() ? Double.toString(value.getAsDouble()) : "";
  }

  private static String summary(List<TrainedHead> heads, TrainOutput output) {
    StringBuilder text = new StringBuilder();
    text.append(
        "head        dev P     R    F1 at %s   best F1  at threshold  calibration error  parameters  kept%n"
            .formatted(DevCurve.PUBLISHED_THRESHOLD));
    for (TrainedHead head : heads) {
      SpanScores published = head.curve().published().scores();
      CurvePoint best = head.curve().best();
      text.append(
          String.format(
              Locale.ROOT,
              "%-10s  %.3f  %.3f  %.3f        %.3f        %6s              %.3f  %,10d  %d.%d%n",
              head.slot().label(),
              published.precision(),
              published.recall(),
              published.f1(),
              best.scores().f1(),
              best.threshold(),
              head.reliability().error(),
              head.head().parameterCount(),
              head.best().phase() + 1,
              head.best().epoch() + 1));
    }
    TrainedHead top =
        heads.stream()
            .max(Comparator.comparingDouble(head -> head.curve().best().scores().f1()))
            .orElseThrow();
    text.append(
        "Best: --head %s/%s --threshold recommended (%s)"
            .formatted(output, top.slot().label(), top.curve().best().threshold()));
    return text.toString();
  }
}
