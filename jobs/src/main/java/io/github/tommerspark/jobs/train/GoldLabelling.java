package io.github.tommerspark.jobs.train;

import io.github.tommerspark.gold.EnglishPronouns;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.gold.GoldSpan;
import io.github.tommerspark.jobs.dataset.GoldData;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.source.Sha256;
import io.github.tommerspark.spark.LabelTexts;
import io.github.tommerspark.spark.TrainPlan;
import io.github.tommerspark.train.GoldCounts;
import io.github.tommerspark.train.LabelledBatch;
import io.github.tommerspark.train.LabelledText;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.spark.api.java.JavaSparkContext;

/** Gold data on the way to batches: tokenised on the executors, counted, and put together. */
final class GoldLabelling {

  /** Batches of gold data, and what is known of it. */
  record Labelled(TrainingFile.Data data, List<LabelledBatch> batches) {}

  private final JavaSparkContext context;
  private final TrainPlan plan;
  private final TrainOptions options;
  private final PrintWriter progress;

  /**
   * Labelling with the tokenizer of a backbone.
   *
   * @param progress is told what was found
   */
  GoldLabelling(
      JavaSparkContext context, TrainPlan plan, TrainOptions options, PrintWriter progress) {
    this.context = context;
    this.plan = plan;
    this.options = options;
    this.progress = progress;
  }

  /**
   * Labels gold data.
   *
   * @param gold named by its option
   * @param batch documents of a batch
   * @param shuffled whether documents are put into batches in a random order
   * @throws UserException if it has no mention that a head could learn or find
   */
  Labelled of(GoldData gold, int batch, boolean shuffled) {
    String option = gold.name();
    List<GoldDocument> documents = new ArrayList<>();
    long unannotated = 0;
    for (GoldDocument read : gold.documents()) {
      GoldDocument document = options.gold().dropPronouns() ? EnglishPronouns.without(read) : read;
      boolean empty = document.mentions().isEmpty();
      unannotated += empty ? 1 : 0;
      if (!empty || options.gold().keepUnannotated()) {
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
                        options.gold().keepUnannotated() ? " among them" : " left out")));
    progress.flush();
    if (counts.labelled() == 0) {
      throw new UserException(
          "Cannot train: %s has no gold mention that a head could learn or find".formatted(option));
    }
    return new Labelled(
        new TrainingFile.Data(
            gold.paths().stream().map(Redaction::uri).toList(),
            fingerprint(documents),
            options.gold().keepUnannotated(),
            options.gold().dropPronouns(),
            options.gold().keepUnannotated() ? 0 : unannotated,
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
}
