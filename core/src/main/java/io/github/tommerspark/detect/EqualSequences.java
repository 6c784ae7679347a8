package io.github.tommerspark.detect;

import io.github.tommerspark.detect.PackedBatch.Sequence;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The sequences of a call that have the same tokens. Each is scored as if alone, so equal ones have
 * equal scores, and one of them is scored for all: boilerplate and repeated documents of a corpus
 * cost nothing, and neither do millions of the same character.
 */
final class EqualSequences {

  private final IdentityHashMap<Sequence, List<Sequence>> equal = new IdentityHashMap<>();
  private final List<Sequence> distinct = new ArrayList<>();

  private EqualSequences(Collection<List<Sequence>> groups) {
    for (List<Sequence> group : groups) {
      distinct.add(group.get(0));
      equal.put(group.get(0), group);
    }
  }

  static EqualSequences of(List<Sequence> sequences) {
    Map<Content, List<Sequence>> groups = new LinkedHashMap<>();
    for (Sequence sequence : sequences) {
      groups.computeIfAbsent(Content.of(sequence), content -> new ArrayList<>(1)).add(sequence);
    }
    return new EqualSequences(groups.values());
  }

  /** The first of all that are equal, in the order that they came in. */
  List<Sequence> distinct() {
    return distinct;
  }

  /** All that are equal to one of {@link #distinct}, itself among them. */
  List<Sequence> to(Sequence sequence) {
    return equal.get(sequence);
  }

  /** The token ids of a sequence, wherever they stand. */
  private record Content(Sequence sequence, int hash) {

    static Content of(Sequence sequence) {
      int from = sequence.window().from();
      return new Content(sequence, sequence.tokens().hashOfIds(from, sequence.window().to()));
    }

    @Override
    public int hashCode() {
      return hash;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Content that
          && hash == that.hash
          && sequence.window().size() == that.sequence.window().size()
          && sequence
              .tokens()
              .sameIds(
                  sequence.window().from(),
                  sequence.window().to(),
                  that.sequence.tokens(),
                  that.sequence.window().from())
          && (sequence.boundaries() == null
              || sequence
                  .boundaries()
                  .same(
                      sequence.window().from(),
                      sequence.window().to(),
                      that.sequence.boundaries(),
                      that.sequence.window().from()));
    }
  }
}
