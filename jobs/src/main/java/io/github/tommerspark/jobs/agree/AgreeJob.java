package io.github.tommerspark.jobs.agree;

import static org.apache.spark.sql.functions.approx_count_distinct;
import static org.apache.spark.sql.functions.count;

import io.github.tommerspark.eval.AgreementTally;
import io.github.tommerspark.jobs.output.ResultDirectory;
import io.github.tommerspark.jobs.table.TableName;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.results.AgreementFile;
import io.github.tommerspark.spark.AgreementPart;
import io.github.tommerspark.spark.AgreementPlan;
import io.github.tommerspark.spark.ColumnAgreement;
import io.github.tommerspark.spark.JoinedAgreement;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Compares the mentions of models over the same documents. */
public final class AgreeJob {

  /** Standard error of the estimated number of different ids, relative to it. */
  private static final double ESTIMATE_ERROR = 0.01;

  private final SparkSession spark;
  private final AgreeOptions options;
  private final List<MentionDataset> datasets = new ArrayList<>();
  private final List<AgreementFile.Model> models = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private AgreeJob(SparkSession spark, AgreeOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /**
   * Runs the job.
   *
   * @throws UserException if the input or the output stands in the way, or the datasets do not have
   *     the same texts
   */
  public static AgreementFile run(SparkSession spark, AgreeOptions options) throws IOException {
    return new AgreeJob(spark, options).run();
  }

  private AgreementFile run() throws IOException {
    ResultDirectory output =
        ResultDirectory.open(
            options.output(), spark.sparkContext().hadoopConfiguration(), AgreementFiles::isOwn);
    open();
    datasets.forEach(dataset -> output.checkAgainst(TableName.places(dataset.paths())));
    checkConsensus();

    AgreementPlan plan =
        new AgreementPlan(
            models.size(),
            datasets.size(),
            options.bootstrap().replicates(),
            options.bootstrap().seed());
    AgreementPart part =
        options.isJoin()
            ? JoinedAgreement.count(sources(false), plan)
            : ColumnAgreement.count(datasets.get(0).spans(false), plan);
    refuseDifferentTexts(part);
    refuseNothingInCommon(part);
    warn(part);

    AgreementFile report = AgreementReport.of(part.tally(), models, options, warnings);
    Path directory = output.emptied();
    if (options.consensus().votes() > 0) {
      consensus().write().parquet(new Path(directory, AgreementFiles.CONSENSUS).toString());
    }
    new AgreementFiles(spark, directory).write(report);
    return report;
  }

  private void open() throws IOException {
    for (AgreeOptions.Source source : options.sources()) {
      MentionDataset dataset =
          MentionDataset.open(
              spark, source, options.columns(), options.textColumn(), options.idColumn());
      datasets.add(dataset);
      for (MentionDataset.Model model : dataset.models()) {
        models.add(new AgreementFile.Model(model.name(), 0L, model.column(), dataset.toString()));
      }
    }
    if (models.size() < 2) {
      throw new UserException(
          "Cannot compare a single model: %s has only the mentions column %s; name another dataset with --dataset NAME=PATH"
              .formatted(datasets.get(0), models.get(0).column()));
    }
    if (options.columns() != null) {
      for (String column : options.columns()) {
        if (models.stream().noneMatch(model -> model.column().equalsIgnoreCase(column))) {
          throw new UserException(
              "Cannot find the column \"%s\" of --columns in %s"
                  .formatted(column, datasets.get(0)));
        }
      }
    }
  }

  private void checkConsensus() {
    if (options.consensus().votes() > models.size()) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "Cannot write mentions that %d models found: there are only %d models",
              options.consensus().votes(),
              models.size()));
    }
    MentionDataset first = datasets.get(0);
    for (String column : first.rows().columns()) {
      if (options.consensus().votes() > 0
          && column.equalsIgnoreCase(options.consensus().column())) {
        throw new UserException(
            "Cannot add the column \"%s\": %s has one of that name; name another with --consensus-column"
                .formatted(column, first));
      }
    }
  }

  private List<JoinedAgreement.Source> sources(boolean withRows) {
    List<JoinedAgreement.Source> sources = new ArrayList<>();
    for (MentionDataset dataset : datasets) {
      // What is written beside the consensus are the rows of the first.
      sources.add(
          new JoinedAgreement.Source(
              dataset.spans(withRows && sources.isEmpty()), dataset.models().size()));
    }
    return sources;
  }

  private Dataset<Row> consensus() {
    return options.isJoin()
        ? JoinedAgreement.consensus(
            sources(true), options.consensus().votes(), options.consensus().column())
        : ColumnAgreement.consensus(
            datasets.get(0).spans(true),
            models.size(),
            options.consensus().votes(),
            options.consensus().column());
  }

  private static void refuseDifferentTexts(AgreementPart part) {
    if (part.differing() > 0) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "Cannot compare mentions in different texts: %,d id(s) have more than one text, such as %s; compare runs over the same documents, or name what identifies them with --id-column",
              part.differing(),
              part.differingId()));
    }
  }

  private void refuseNothingInCommon(AgreementPart part) {
    boolean missing = IntStream.range(0, datasets.size()).anyMatch(d -> part.missing(d) > 0);
    if (missing && part.tally().documents() == 0 && part.failed() == 0) {
      throw new UserException(
          "Cannot compare datasets without a document in common: no id is in all of %s; name what identifies their documents with --id-column"
              .formatted(datasets));
    }
  }

  private void warn(AgreementPart part) {
    if (part.failed() > 0) {
      warnings.add(
          String.format(Locale.ROOT, "%,d document(s) with an error were left out", part.failed()));
    }
    if (part.withoutId() > 0) {
      warnings.add(
          String.format(Locale.ROOT, "%,d row(s) without an id were left out", part.withoutId()));
    }
    for (int d = 0; d < datasets.size(); d++) {
      MentionDataset dataset = datasets.get(d);
      if (part.missing(d) > 0) {
        warnings.add(
            String.format(
                Locale.ROOT,
                "%,d id(s) of other datasets are not in %s and were left out",
                part.missing(d),
                dataset));
      }
      if (part.repeated(d) > 0) {
        warnings.add(
            String.format(
                Locale.ROOT,
                "%,d row(s) of %s repeat an id and were left out",
                part.repeated(d),
                dataset));
      }
      if (dataset.textColumn() == null) {
        warnings.add(
            "%s has no text column: %sagreement on the last word is not known"
                .formatted(
                    dataset, options.isJoin() ? "its texts could not be compared, and " : ""));
      }
    }
    if (!options.isJoin()) {
      warnOfRepeatedIds();
    }
    if (!part.tally().hasLengths()) {
      warnings.add("Mentions without text: agreement by length is not known");
    }
    if (part.tally().hasTooManyLabels()) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "Two models gave more than %,d different labels: their agreement on labels is not known",
              AgreementTally.MAX_LABELS));
    }
    if (part.tally().documents() == 0) {
      warnings.add("No document was compared");
    }
  }

  /**
   * Within one dataset each row is a document; telling repeated ids exactly would take a shuffle.
   */
  private void warnOfRepeatedIds() {
    Dataset<Row> ids = datasets.get(0).spans(false).select("id");
    Row counts = ids.agg(count("id"), approx_count_distinct("id", ESTIMATE_ERROR)).first();
    double repeated = 1 - (double) counts.getLong(1) / Math.max(1, counts.getLong(0));
    if (repeated > 4 * ESTIMATE_ERROR) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "About %.0f %% of the rows repeat an id, and each row counts; give the data as --dataset NAME=PATH to count each id once",
              100 * repeated));
    }
  }
}
