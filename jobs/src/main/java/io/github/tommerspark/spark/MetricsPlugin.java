package io.github.tommerspark.spark;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.github.tommerspark.detect.WorkReport;
import io.github.tommerspark.engine.DeviceHealth;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Exports what executors annotate through Spark's metrics system: {@code
 * spark.plugins=io.github.tommerspark.spark.MetricsPlugin}.
 *
 * <p>Gauges that only grow, one set per executor, under {@code
 * <application>.<executor>.plugin.io.github.tommerspark.spark.MetricsPlugin}: {@code rows}, {@code
 * tokens} (of the documents, without specials and overlaps), {@code windows}, {@code mentions} (the
 * last three over all models), {@code paddedTokens}, {@code errorRows}, {@code loadMillis} (of
 * models), {@code annotateMillis} and its parts {@code tokeniseMillis}, {@code waitMillis} (until
 * the device had room), {@code forwardMillis} and {@code decodeMillis}, and {@code inputMillis}
 * (waiting for rows to read); the times are summed over tasks. They count every attempt. {@code
 * failedDevices} counts those that this executor uses no more; see {@link FailedDevices}.
 */
public final class MetricsPlugin implements SparkPlugin {

  /** Made by Spark. */
  public MetricsPlugin() {}

  /** Watches for executors whose device fails. */
  @Override
  public DriverPlugin driverPlugin() {
    return new DriverPlugin() {
      @Override
      public Map<String, String> init(SparkContext context, PluginContext plugin) {
        FailedDevices.watch(context);
        return Map.of();
      }
    };
  }

  /** Registers the metrics of an executor. */
  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext context, Map<String, String> configuration) {
        register(context.metricRegistry());
      }
    };
  }

  static void register(MetricRegistry registry) {
    count(registry, "rows", ExecutorCounts.ROWS);
    count(registry, "tokens", ExecutorCounts.TOKENS);
    count(registry, "windows", ExecutorCounts.WINDOWS);
    count(registry, "mentions", ExecutorCounts.MENTIONS);
    gauge(registry, "paddedTokens", WorkReport::paddedTokens);
    count(registry, "errorRows", ExecutorCounts.ERROR_ROWS);
    millis(registry, "loadMillis", ExecutorCounts.LOAD_NANOS);
    millis(registry, "annotateMillis", ExecutorCounts.ANNOTATE_NANOS);
    gauge(registry, "tokeniseMillis", work -> toMillis(work.tokeniseNanos()));
    gauge(registry, "waitMillis", work -> toMillis(work.waitNanos()));
    gauge(registry, "forwardMillis", work -> toMillis(work.forwardNanos()));
    gauge(registry, "decodeMillis", work -> toMillis(work.decodeNanos()));
    millis(registry, "inputMillis", ExecutorCounts.INPUT_NANOS);
    registry.register("failedDevices", (Gauge<Integer>) DeviceHealth::lost);
  }

  private static void count(MetricRegistry registry, String name, LongAdder count) {
    registry.register(name, (Gauge<Long>) count::sum);
  }

  private static void millis(MetricRegistry registry, String name, LongAdder nanos) {
    registry.register(name, (Gauge<Long>) () -> toMillis(nanos.sum()));
  }

  private static void gauge(MetricRegistry registry, String name, ToLongFunction<WorkReport> part) {
    registry.register(name, (Gauge<Long>) () -> part.applyAsLong(ExecutorModels.work()));
  }

  private static long toMillis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }
}
