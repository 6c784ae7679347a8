package io.github.tommerspark.jobs.evaluate;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.ModelTokens;
import io.github.tommerspark.eval.EvaluationTally;
import io.github.tommerspark.eval.MentionPredictions;
import io.github.tommerspark.eval.ScoredTextPredictions;
import io.github.tommerspark.eval.SpanMatching;
import io.github.tommerspark.eval.ThresholdGrid;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.jobs.dataset.GoldData;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.results.EvaluationFile;
import io.github.tommerspark.spark.EvaluatePartition;
import io.github.tommerspark.spark.EvaluatePlan;
import io.github.tommerspark.spark.GoldItem;
import io.github.tommerspark.text.TokenizedText;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares what models find, or found before, with gold data. */
public final class EvaluateJob {

  private static final Logger LOG = LoggerFactory.getLogger(EvaluateJob.class);

  private static final int TASKS_PER_SLOT = 4;

  private final SparkSession spark;
  private final EvaluateOptions options;

  private EvaluateJob(SparkSession spark, EvaluateOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /**
   * Runs the job.
   *
   * @throws io.github.tommerspark.message.UserException if the gold data, the predictions or the
   *     output stand in the way
   * @throws IOException if a file cannot be read
   */
  public static EvaluateResult run(SparkSession spark, EvaluateOptions options) throws IOException {
    return new EvaluateJob(spark, options).run();
  }

  private EvaluateResult run() throws IOException {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    EvaluationOutput output = EvaluationOutput.open(options.output(), hadoop);
    List<ModelDescription> models =
        options.models().isEmpty()
            ? List.of()
            : MentionDetector.describe(options.models(), options.engine());
    models.stream().flatMap(model -> model.warnings().stream()).distinct().forEach(LOG::warn);
    List<GoldData> gold = GoldData.read(spark, options.gold(), options.reading());
    Map<String, WrittenMentions> written = new LinkedHashMap<>();
    for (Map.Entry<String, List<String>> given : options.predictions().entrySet()) {
      written.put(
          given.getKey(), WrittenMentions.read(spark, given.getKey(), given.getValue(), gold));
    }

    EvaluationBuilder file =
        new EvaluationBuilder(
            options.counting().matching().label(),
            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    gold.forEach(file::gold);
    models.stream().flatMap(model -> model.warnings().stream()).distinct().forEach(file::warning);
    if (!models.isEmpty()) {
      EvaluationTally[][] tallies =
          runModels(models.stream().map(ModelDescription::pinned).toList(), gold);
      for (int m = 0; m < models.size(); m++) {
        file.model(described(models.get(m)), tallies[m]);
      }
    }
    for (Map.Entry<String, WrittenMentions> predictions : written.entrySet()) {
      file.model(
          described(predictions.getKey(), predictions.getValue()),
          compare(predictions.getValue(), gold, file));
    }
    EvaluationFile evaluation = file.build();
    output.write(evaluation, file.tables());
    return new EvaluateResult(evaluation, output.toString());
  }

  private static EvaluationFile.Model described(ModelDescription model) {
    return new EvaluationFile.Model(
        model.spec().name(),
        Redaction.uri(model.spec().backbone()),
        model.spec().head() == null ? null : Redaction.uri(model.spec().head()),
        model.fingerprint(),
        null,
        model.spec().threshold().value(),
        model.spec().decoder().label(),
        model.classifier() == null ? null : Redaction.uri(model.classifier().directory()));
  }

  private static EvaluationFile.Model described(String name, WrittenMentions written) {
    Provenance.Model model = written.model();
    return new EvaluationFile.Model(
        name,
        model == null ? null : model.backbone(),
        model == null ? null : model.head(),
        model == null ? null : model.fingerprint(),
        written.paths(),
        model == null ? null : model.threshold(),
        model == null ? null : model.decoder(),
        model == null || model.classifier() == null ? null : model.classifier().directory());
  }

  private EvaluationTally[][] runModels(List<ModelSpec> models, List<GoldData> gold) {
    List<GoldItem> items = new ArrayList<>();
    for (int dataset = 0; dataset < gold.size(); dataset++) {
      for (GoldDocument document : gold.get(dataset).documents()) {
        items.add(new GoldItem(dataset, document));
      }
    }
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    int tasks = Math.min(items.size(), TASKS_PER_SLOT * context.defaultParallelism());
    return EvaluatePartition.evaluate(
        context.parallelize(items, tasks),
        new EvaluatePlan(
            models,
            options.engine(),
            options.counting().matching(),
            gold.size(),
            options.counting().keepUnannotated(),
            options.counting().examples()));
  }

  private EvaluationTally[] compare(
      WrittenMentions written, List<GoldData> gold, EvaluationBuilder file) throws IOException {
    double[] thresholds = thresholds(written, file);
    EvaluationTally[] tallies = new EvaluationTally[gold.size()];
    try (ModelTokens tokens =
        options.tokens() == null ? null : ModelTokens.load(options.tokens(), options.engine())) {
      for (int i = 0; i < tallies.length; i++) {
        tallies[i] =
            new EvaluationTally(
                thresholds, options.counting().keepUnannotated(), options.counting().examples());
        for (GoldDocument document : gold.get(i).documents()) {
          if (tallies[i].wants(document)) {
            tallies[i].add(
                document, predictions(written.in(gold.get(i), document), document, tokens));
          } else {
            tallies[i].skip();
          }
        }
      }
    }
    return tallies;
  }

  private MentionPredictions predictions(
      WrittenMentions.InDocument found, GoldDocument document, ModelTokens tokens) {
    TokenizedText text = tokens == null ? null : tokens.tokenize(document.text());
    return options.counting().matching() == SpanMatching.CHAR
        ? MentionPredictions.byCharacters(
            found.mentions(),
            text == null ? OptionalLong.empty() : tokens.candidateSpans(text),
            found.error())
        : MentionPredictions.byTokens(
            found.mentions(), text, tokens.candidateSpans(text), found.error());
  }

  /** A curve needs all mentions above each of its thresholds; what was not written is not there. */
  private static double[] thresholds(WrittenMentions written, EvaluationBuilder file) {
    Provenance.Model model = written.model();
    if (model == null) {
      file.warning(
          "%s does not say at which threshold its mentions were found, so there is no curve"
              .formatted(written.paths()));
      return new double[0];
    }
    if (!ScoredTextPredictions.selectsFromTheTop(Decoder.parse(model.decoder()))) {
      file.warning(
          "decoder %s may select other mentions at higher thresholds than those in %s, so there is no curve"
              .formatted(model.decoder(), written.paths()));
      return new double[0];
    }
    if (model.classifier() != null && model.classifier().rankBy() != null) {
      file.warning(
          "mentions in %s were ranked by %s, by which others may be selected at higher thresholds, so there is no curve"
              .formatted(written.paths(), model.classifier().rankBy()));
      return new double[0];
    }
    return ThresholdGrid.of(model.threshold(), model.threshold());
  }
}
