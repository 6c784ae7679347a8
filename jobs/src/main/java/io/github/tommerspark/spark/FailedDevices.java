package io.github.tommerspark.spark;

import io.github.tommerspark.engine.DeviceFailedException;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.WeakHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.immutable.Map$;

/**
 * Executors of an application whose device failed. The process of such an executor can compute
 * nothing more, but a fresh one often can: the executor is ended, which costs its other tasks no
 * attempt, and another asked for.
 */
public final class FailedDevices extends SparkListener {

  private static final Logger LOG = LoggerFactory.getLogger(FailedDevices.class);

  private static final Pattern FAILURE =
      Pattern.compile(Pattern.quote(DeviceFailedException.class.getName()) + ": ([^\\n]*)");

  private static final Map<SparkContext, FailedDevices> WATCHED =
      Collections.synchronizedMap(new WeakHashMap<>());

  private final SparkContext context;
  private final Map<String, String> reasons = new TreeMap<>();

  private FailedDevices(SparkContext context) {
    this.context = context;
  }

  /** Watches an application, once however often this is called. */
  public static FailedDevices watch(SparkContext context) {
    return WATCHED.computeIfAbsent(
        context,
        key -> {
          FailedDevices watching = new FailedDevices(key);
          key.addSparkListener(watching);
          return watching;
        });
  }

  /** The devices that failed so far, for people; empty if none did. */
  public synchronized Optional<String> line() {
    if (reasons.isEmpty()) {
      return Optional.empty();
    }
    Map.Entry<String, String> first = reasons.entrySet().iterator().next();
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%d; their tasks were done elsewhere; the first: %s (executor %s)",
            reasons.size(),
            first.getValue(),
            first.getKey()));
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    if (!(event.reason() instanceof ExceptionFailure failure)) {
      return;
    }
    Matcher found = FAILURE.matcher(failure.toErrorString());
    if (found.find() && add(event.taskInfo().executorId(), found.group(1))) {
      replace(event.taskInfo().executorId());
    }
  }

  private synchronized boolean add(String executor, String reason) {
    return reasons.putIfAbsent(executor, reason) == null;
  }

  private void replace(String executor) {
    if (context.isLocal()) {
      return;
    }
    LOG.warn("A device of executor {} failed; ending it and asking for another", executor);
    // The cluster is asked and waited for, which must not hold up the other events.
    Thread thread = new Thread(() -> exchange(executor), "tommer-failed-device");
    thread.setDaemon(true);
    thread.start();
  }

  private void exchange(String executor) {
    try {
      if (context.getConf().getBoolean("spark.dynamicAllocation.enabled", false)) {
        context.killAndReplaceExecutor(executor);
        return;
      }
      // The driver is among them.
      int executors = context.statusTracker().getExecutorInfos().length - 1;
      if (context.killExecutor(executor)) {
        context.requestTotalExecutors(executors, 0, Map$.MODULE$.empty());
      }
    } catch (RuntimeException e) {
      LOG.warn("Cannot replace executor {}: {}", executor, e.toString());
    }
  }
}
