package io.github.tommerspark.jobs.annotate;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * The progress of a job, from what executors report now and then: a hint, not a count.
 *
 * @param documents rows annotated so far
 * @param tokens of them, all models together
 * @param devices that they were annotated on, without those of executors that are gone
 * @param tasksDone tasks that have ended
 * @param documentsOfTasksDone rows of those
 * @param tasks tasks in all; 0 if not known yet
 * @param elapsed since the job began
 */
record Progress(
    long documents,
    long tokens,
    DevicesInUse devices,
    int tasksDone,
    long documentsOfTasksDone,
    int tasks,
    Duration elapsed) {

  /**
   * Returns the time that the rest takes if the tasks to come are like those that have ended; empty
   * as long as none has.
   */
  Optional<Duration> left() {
    if (tasksDone == 0 || documentsOfTasksDone == 0 || tasks < tasksDone) {
      return Optional.empty();
    }
    double all = (double) documentsOfTasksDone / tasksDone * tasks;
    double rest = Math.max(0, all - documents) / documents;
    return Optional.of(Duration.ofMillis(Math.round(elapsed.toMillis() * rest)));
  }

  /** One line for people. */
  String line() {
    StringJoiner parts = new StringJoiner(", ");
    parts.add(String.format(Locale.ROOT, "%,d documents", documents));
    String rate =
        String.format(
            Locale.ROOT, "%,.0f tokens/s", tokens * 1000.0 / Math.max(1, elapsed.toMillis()));
    parts.add(devices.equals(DevicesInUse.NONE) ? rate : rate + " on " + devices);
    if (tasks > 0) {
      parts.add(String.format(Locale.ROOT, "%,d of %,d tasks done", tasksDone, tasks));
    }
    left().ifPresent(left -> parts.add("about %s left".formatted(rounded(left))));
    return parts.toString();
  }

  /** To two figures that mean something, such as {@code 2 h 05 min}, {@code 3 min 20 s}, 40 s. */
  private static String rounded(Duration time) {
    long seconds = (time.toMillis() + 500) / 1000;
    if (seconds >= 3600) {
      return String.format(Locale.ROOT, "%,d h %02d min", seconds / 3600, seconds % 3600 / 60);
    }
    return seconds >= 60
        ? String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60)
        : String.format(Locale.ROOT, "%d s", seconds);
  }
}
