package io.github.tommerspark.train;

import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.gold.GoldSpan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The labels that a label model learns from: types of gold mentions, what the table says that these
 * are too, and roles. Not thread-safe.
 */
public final class LabelVocabulary {

  private final TypeTable table;
  private final List<String> labels;
  private final Map<String, Integer> ids = new LinkedHashMap<>();
  private final Map<String, float[]> known = new LinkedHashMap<>();

  private LabelVocabulary(TypeTable table, List<String> labels) {
    this.table = table;
    this.labels = List.copyOf(labels);
    for (int i = 0; i < labels.size(); i++) {
      ids.put(labels.get(i), i);
    }
  }

  /**
   * Collects labels.
   *
   * @param sets gold data sets
   * @param table what else types are
   * @param leastMentions that a label must have
   */
  public static LabelVocabulary of(List<LabelledSet> sets, TypeTable table, int leastMentions) {
    TreeMap<String, Integer> counts = new TreeMap<>();
    for (LabelledSet set : sets) {
      for (GoldDocument document : set.documents()) {
        for (GoldSpan mention : document.mentions()) {
          if (mention.type() != null) {
            names(table, mention).forEach(name -> counts.merge(name, 1, Integer::sum));
          }
        }
      }
    }
    LabelVocabulary vocabulary =
        new LabelVocabulary(
            table,
            counts.entrySet().stream()
                .filter(label -> label.getValue() >= leastMentions)
                .map(Map.Entry::getKey)
                .toList());
    for (LabelledSet set : sets) {
      vocabulary.mark(set);
    }
    return vocabulary;
  }

  private static Set<String> names(TypeTable table, GoldSpan mention) {
    return table.all(Stream.concat(Stream.of(mention.type()), mention.roles().stream()));
  }

  private void mark(LabelledSet set) {
    float[] marked = known.computeIfAbsent(set.name(), name -> new float[labels.size()]);
    for (GoldDocument document : set.documents()) {
      for (GoldSpan mention : document.mentions()) {
        for (int label : fitting(mention)) {
          marked[label] = 1;
        }
      }
    }
  }

  /** The labels, sorted. */
  public List<String> labels() {
    return labels;
  }

  /**
   * All names of what a mention is, whether they are labels here or not; none if that is unknown.
   */
  Set<String> names(GoldSpan mention) {
    return mention.type() == null ? Set.of() : names(table, mention);
  }

  /** Indices of the labels that fit a mention. */
  int[] fitting(GoldSpan mention) {
    return names(mention).stream()
        .map(ids::get)
        .filter(id -> id != null)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /**
   * Says of which labels a data set has examples, as it is taken to say nothing of others.
   *
   * @return per label 1 or 0
   */
  float[] known(String set) {
    return known.getOrDefault(set, new float[labels.size()]);
  }
}
