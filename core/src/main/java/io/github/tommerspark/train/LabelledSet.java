package io.github.tommerspark.train;

import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.gold.GoldSpan;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A gold data set.
 *
 * @param name of it; parts of one data set have the same
 * @param documents of it
 */
public record LabelledSet(String name, List<GoldDocument> documents) {

  /** Copies the list. */
  public LabelledSet {
    Objects.requireNonNull(name, "name");
    documents = List.copyOf(documents);
  }

  /** The types of its mentions, sorted; mentions of unknown type have none. */
  public SortedSet<String> types() {
    SortedSet<String> types = new TreeSet<>();
    for (GoldDocument document : documents) {
      document.mentions().stream().map(GoldSpan::type).filter(Objects::nonNull).forEach(types::add);
    }
    return types;
  }
}
