package io.github.tommerspark.eval;

import io.github.tommerspark.classify.ClassifierConfig;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Counts which labels gold mentions of which type got. A label is right if a gold mention with the
 * same boundaries is of that type. Gold mentions of unknown type, and predictions on them, do not
 * count.
 *
 * <p>Not thread-safe.
 */
public final class TypedTally implements Serializable {

  private static final long serialVersionUID = 1L;

  /**
   * The number of times that a label was given, by gold type; that of spurious predictions is the
   * outside class.
   */
  private final TreeMap<String, TreeMap<String, Long>> labels = new TreeMap<>();

  /** Gold mentions that no prediction found, by type. */
  private final TreeMap<String, Long> missed = new TreeMap<>();

  private boolean labelled;

  /**
   * Adds a document.
   *
   * @param gold types of its gold mentions by boundaries; a list has a null for an unknown type
   * @param lost types of gold mentions that no prediction can match
   * @param predictions of it
   */
  void add(
      Map<MatchKey, List<@Nullable String>> gold, List<String> lost, List<Prediction> predictions) {
    for (Prediction prediction : predictions) {
      List<String> types = prediction.key() == null ? null : gold.remove(prediction.key());
      if (prediction.label() == null) {
        continue;
      }
      labelled = true;
      if (types == null) {
        count(ClassifierConfig.OUTSIDE, prediction.label());
      } else if (types.contains(prediction.label())) {
        count(prediction.label(), prediction.label());
        types.remove(prediction.label());
        types.forEach(this::miss);
      } else if (!types.contains(null)) {
        count(types.get(0), prediction.label());
        types.subList(1, types.size()).forEach(this::miss);
      }
    }
    gold.values().forEach(types -> types.forEach(this::miss));
    lost.forEach(this::miss);
  }

  private void count(String type, String label) {
    labels.computeIfAbsent(type, key -> new TreeMap<>()).merge(label, 1L, Long::sum);
  }

  private void miss(String type) {
    if (type != null) {
      missed.merge(type, 1L, Long::sum);
    }
  }

  /** Adds another part of the same data set. */
  void merge(TypedTally other) {
    labelled |= other.labelled;
    other.labels.forEach(
        (type, row) ->
            row.forEach(
                (label, count) ->
                    labels
                        .computeIfAbsent(type, key -> new TreeMap<>())
                        .merge(label, count, Long::sum)));
    other.missed.forEach((type, count) -> missed.merge(type, count, Long::sum));
  }

  /** Returns the counts; empty if no prediction had a label. */
  Optional<TypedScores> scores() {
    if (!labelled) {
      return Optional.empty();
    }
    SortedMap<String, SortedMap<String, Long>> confusion = new TreeMap<>();
    labels.forEach((type, row) -> confusion.put(type, new TreeMap<>(row)));
    SortedSet<String> classes = new TreeSet<>(missed.keySet());
    labels.forEach(
        (type, row) -> {
          classes.add(type);
          classes.addAll(row.keySet());
        });
    classes.remove(ClassifierConfig.OUTSIDE);
    SortedMap<String, SpanScores> byClass = new TreeMap<>();
    for (String name : classes) {
      byClass.put(name, scores(name));
    }
    return Optional.of(new TypedScores(byClass, confusion, new TreeMap<>(missed)));
  }

  private SpanScores scores(String name) {
    Map<String, Long> row = labels.getOrDefault(name, new TreeMap<>());
    long right = row.getOrDefault(name, 0L);
    long predicted =
        labels.values().stream().mapToLong(other -> other.getOrDefault(name, 0L)).sum();
    long gold =
        row.values().stream().mapToLong(Long::longValue).sum() + missed.getOrDefault(name, 0L);
    return new SpanScores(right, predicted - right, gold);
  }
}
