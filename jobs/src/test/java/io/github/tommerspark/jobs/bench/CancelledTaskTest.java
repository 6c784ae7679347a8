package io.github.tommerspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.backbone.PublishedShapes;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.WorkReport;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.annotate.AnnotateJob;
import io.github.tommerspark.jobs.annotate.AnnotateOptions;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.spark.ExecutorModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tasks that are cancelled in the middle of a long text. */
class CancelledTaskTest {

  private final SparkSession spark = LocalSpark.session();

  /** One permit for each task that has ended. */
  private final Semaphore ended = new Semaphore(0);

  private final SparkListener listener =
      new SparkListener() {
        @Override
        public void onTaskEnd(SparkListenerTaskEnd end) {
          ended.release();
        }
      };

  @TempDir private Path folder;

  @BeforeEach
  void listen() {
    spark.sparkContext().addSparkListener(listener);
  }

  @AfterEach
  void listenNoMore() {
    spark.sparkContext().removeSparkListener(listener);
  }

  @Test
  void aTaskEndsInTheMiddleOfItsText() throws Exception {
    int words = 100_000;
    write(words);
    long before = ExecutorModels.work().windowTokens();
    cancelOnce(ModelSpec.bundled("nano-llama"), WorkReport::forwards, 0);
    long computed = ExecutorModels.work().windowTokens() - before;
    // Another task is not touched by it.
    write(10);
    AnnotateJob.run(spark, options(ModelSpec.bundled("nano-llama"), "out"));
    assertThat(computed).isPositive().isLessThan(words);
  }

  /** A hundred times, each after a forward has run for a random time. */
  @Test
  @Tag("soak")
  void aTaskOfALargeModelEndsSoon() throws Exception {
    RandomModel large =
        RandomModel.write(PublishedShapes.config("llama-3.2-1b"), 6, DType.BF16, folder);
    ModelSpec model = ModelSpec.of("large", large.backbone().toString(), large.head().toString());
    write(20_000);
    Random random = new Random(20);
    double[] seconds = new double[100];
    for (int i = 0; i < seconds.length; i++) {
      seconds[i] = cancelOnce(model, WorkReport::tokeniseNanos, random.nextInt(3000));
    }
    Arrays.sort(seconds);
    System.out.printf(
        Locale.ROOT,
        "from cancelling to the task's end: median %.2f s, p99 %.2f s, most %.2f s%n",
        seconds[seconds.length / 2],
        seconds[seconds.length - 2],
        seconds[seconds.length - 1]);
  }

  /**
   * Cancels a job, and returns after how many seconds its task ended.
   *
   * @param sign rises when the task is where it is to be
   * @param afterMillis how much later it is cancelled
   */
  private double cancelOnce(ModelSpec model, ToLongFunction<WorkReport> sign, long afterMillis)
      throws Exception {
    long before = sign.applyAsLong(ExecutorModels.work());
    CompletableFuture<Void> job =
        CompletableFuture.runAsync(
            () -> {
              try {
                AnnotateJob.run(spark, options(model, "cancelled"));
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    while (sign.applyAsLong(ExecutorModels.work()) == before) {
      assertThat(job).isNotDone();
      TimeUnit.MILLISECONDS.sleep(5);
    }
    TimeUnit.MILLISECONDS.sleep(afterMillis);
    ended.drainPermits();
    long begin = System.nanoTime();
    spark.sparkContext().cancelAllJobs();
    assertThat(ended.tryAcquire(5, TimeUnit.MINUTES)).isTrue();
    double seconds = (System.nanoTime() - begin) / 1e9;
    assertThat(job.handle((done, failure) -> failure).get(1, TimeUnit.MINUTES))
        .as("what the job says")
        .isNotNull();
    return seconds;
  }

  private void write(int words) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words; i++) {
      text.append(i % 7 == 0 ? "Warsaw " : "in ").append(i).append(' ');
    }
    Files.writeString(
        folder.resolve("docs.jsonl"), "{\"id\": \"a\", \"text\": \"%s\"}%n".formatted(text));
  }

  private AnnotateOptions options(ModelSpec model, String output) {
    return new AnnotateOptions(
        new CorpusOptions(
            List.of(folder.resolve("docs.jsonl").toString()), null, Map.of(), "text", null),
        new OutputOptions(
            folder.resolve(output).toString(),
            OutputFormat.JSON,
            WriteMode.OVERWRITE,
            "mentions",
            null,
            false),
        List.of(model),
        EngineOptions.defaults().withDtype(ComputeType.FP32),
        1,
        false,
        Map.of());
  }
}
