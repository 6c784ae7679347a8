package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.detect.DtypeChoice;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.dataset.DemoCorpus;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.OutputDirectory;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.table.TableOutput;
import io.github.tommerspark.spark.DtypeTask;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Settles what {@code --dtype auto} stands for, once for all executors and for all runs. */
public final class Dtypes {

  private static final Logger LOG = LoggerFactory.getLogger(Dtypes.class);

  /** Arithmetic of one trial, twice a parameter and token: a fraction of a second. */
  private static final double TRIAL_FLOPS = 1e10;

  private static final long MIN_CHARS = 1000;
  private static final long MAX_CHARS = 6000;
  private static final double CHARS_PER_TOKEN = 4;

  private Dtypes() {}

  /**
   * The options with a type instead of AUTO.
   *
   * @param recorded the type of the output that is to be added to, which is kept
   * @throws IOException if a model cannot be read
   */
  public static EngineOptions settled(
      SparkSession spark,
      List<ModelSpec> models,
      EngineOptions options,
      Optional<ComputeType> recorded)
      throws IOException {
    if (options.dtype() != ComputeType.AUTO) {
      return options;
    } else if (recorded.isPresent()) {
      LOG.info("dtype {}: that of what the output holds", recorded.get().label());
      return options.withDtype(recorded.get());
    }
    long parameters =
        MentionDetector.describe(models, options).stream()
            .mapToLong(ModelDescription::truncatedParameters)
            .sum();
    DtypeChoice choice =
        DtypeTask.run(
            JavaSparkContext.fromSparkContext(spark.sparkContext()),
            models,
            options,
            texts(parameters));
    LOG.info("dtype {}: {}", choice.dtype().label(), choice.reason());
    return options.withDtype(choice.dtype());
  }

  /** The type that the newest run recorded in an output; empty if there is none. */
  static Optional<ComputeType> recorded(SparkSession spark, OutputOptions output)
      throws IOException {
    if (TableOutput.is(output.path(), output.format())) {
      return TableOutput.open(
              spark, output.path(), output.format(), output.mode(), false, output.runId())
          .newestRun()
          .flatMap(Dtypes::of);
    }
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    Path path = OutputDirectory.path(output.path(), hadoop);
    return CommitLog.newest(path, hadoop).flatMap(Dtypes::of);
  }

  /** The type that a run recorded. */
  static Optional<ComputeType> of(Provenance run) {
    return run.models().stream()
        .map(Provenance.Model::dtype)
        .map(ComputeType::parse)
        .filter(dtype -> dtype != ComputeType.AUTO)
        .findFirst();
  }

  /** Some of the bundled corpus. */
  private static List<String> texts(long parameters) throws IOException {
    double chars = CHARS_PER_TOKEN * TRIAL_FLOPS / (2.0 * Math.max(1, parameters));
    long left = (long) Math.max(MIN_CHARS, Math.min(MAX_CHARS, chars));
    List<String> texts = new ArrayList<>();
    for (String text : DemoCorpus.texts()) {
      if (left <= 0) {
        break;
      }
      texts.add(text);
      left -= text.length();
    }
    return texts;
  }
}
