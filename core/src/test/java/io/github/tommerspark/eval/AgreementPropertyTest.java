package io.github.tommerspark.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The tally against sets of all mentions of a corpus, compared span by span. */
class AgreementPropertyTest {

  private static final String TEXT = "a bc  d\u00a0efg h";
  private static final int MODELS = 3;

  /** A mention of the naive implementation. */
  private record Mention(int document, int start, int end) {

    boolean overlaps(Mention other) {
      for (int at = start; at < end; at++) {
        if (other.document == document && other.start <= at && at < other.end) {
          return true;
        }
      }
      return equals(other);
    }

    boolean endsWith(Mention other) {
      return document == other.document && end == other.end;
    }

    boolean hasLastWordOf(Mention other) {
      return document == other.document && lastWord() == other.lastWord();
    }

    /** Which word of the text begins last before the end; 0 for none. */
    private int lastWord() {
      int words = 0;
      for (int at = 0; at < Math.min(end, TEXT.length()); at++) {
        boolean begins = !isSpace(at) && (at == 0 || isSpace(at - 1));
        words += begins ? 1 : 0;
      }
      return words;
    }

    private static boolean isSpace(int at) {
      return TEXT.charAt(at) == ' ' || TEXT.charAt(at) == '\u00a0';
    }
  }

  @Provide
  Arbitrary<List<List<List<SpanSet.Span>>>> corpora() {
    // Empty spans and spans that end before they start too: upstream writes both.
    Arbitrary<SpanSet.Span> span =
        Combinators.combine(
                Arbitraries.integers().between(0, TEXT.length()),
                Arbitraries.integers().between(-1, 5),
                Arbitraries.of(0f, 0.5f, 0.504f, 0.51f, 0.9f, 0.997f, 1f))
            .as(AgreementPropertyTest::span);
    return span.list().ofMaxSize(8).list().ofSize(MODELS).list().ofMaxSize(6);
  }

  private static SpanSet.Span span(int start, int length, float score) {
    int end = Math.max(0, Math.min(start + length, TEXT.length()));
    String text = TEXT.substring(Math.min(start, end), end);
    return new SpanSet.Span(
        start, end, score, TextWords.of(text).count(), TextWords.of(TEXT).lastBefore(end), text);
  }

  @Property
  void equalsSetsOfAllMentions(@ForAll("corpora") List<List<List<SpanSet.Span>>> corpus) {
    AgreementTally tally = tally(corpus);
    assertThat(tally.documents()).isEqualTo(corpus.size());
    for (PairAgreement pair : tally.pairs()) {
      Set<Mention> a = mentions(corpus, pair.a(), span -> true);
      Set<Mention> b = mentions(corpus, pair.b(), span -> true);
      Set<Mention> both = common(a, b);
      assertThat(pair.aCount()).isEqualTo(a.size());
      assertThat(pair.bCount()).isEqualTo(b.size());
      assertThat(pair.both()).isEqualTo(both.size());
      assertThat(pair.dice()).isEqualTo(dice(a, b));
      Set<Mention> union = new HashSet<>(a);
      union.addAll(b);
      assertThat(pair.iou()).isEqualTo(union.isEmpty() ? 0 : (double) both.size() / union.size());
      assertThat(pair.overlapDice()).isEqualTo(relaxed(a, b, Mention::overlaps));
      assertThat(pair.sameEndDice()).isEqualTo(relaxed(a, b, Mention::endsWith));
      assertThat(pair.sameLastWordDice()).isEqualTo(relaxed(a, b, Mention::hasLastWordOf));
    }
  }

  @Property
  void macroIsTheMeanOverDocumentsWithMentions(
      @ForAll("corpora") List<List<List<SpanSet.Span>>> corpus) {
    for (PairAgreement pair : tally(corpus).pairs()) {
      double dice = 0;
      double iou = 0;
      int documents = 0;
      for (List<List<SpanSet.Span>> document : corpus) {
        PairAgreement alone =
            tally(List.of(List.of(document.get(pair.a()), document.get(pair.b()), List.of())))
                .pairs()
                .get(0);
        if (alone.aCount() + alone.bCount() > 0) {
          dice += alone.dice();
          iou += alone.iou();
          documents++;
        }
      }
      assertThat(pair.macroDocuments()).isEqualTo(documents);
      assertThat(pair.macroDice()).isCloseTo(dice / Math.max(1, documents), within(1e-12));
      assertThat(pair.macroIou()).isCloseTo(iou / Math.max(1, documents), within(1e-12));
    }
  }

  @Property
  void partsByLengthAreTheMentionsOfThatLength(
      @ForAll("corpora") List<List<List<SpanSet.Span>>> corpus) {
    AgreementTally tally = tally(corpus);
    Map<Integer, Long> counted = new HashMap<>();
    tally
        .byLength()
        .forEach(
            (label, parts) -> {
              // No span of the text has more than five words.
              int words = Integer.parseInt(label);
              for (PairAgreement.Part part : parts) {
                assertPart(part, corpus, span -> span.words() == words);
                counted.merge(part.a() * MODELS + part.b(), part.both(), Long::sum);
              }
            });
    for (PairAgreement pair : tally.pairs()) {
      assertThat(counted.getOrDefault(pair.a() * MODELS + pair.b(), 0L)).isEqualTo(pair.both());
    }
  }

  @Property
  void partsByThresholdAreTheMentionsAboveIt(
      @ForAll("corpora") List<List<List<SpanSet.Span>>> corpus) {
    // The best score of equal spans decides, so they are made distinct before they are cut.
    List<List<List<SpanSet.Span>>> distinct =
        corpus.stream()
            .map(models -> models.stream().map(spans -> SpanSet.of(spans).spans()).toList())
            .toList();
    tally(corpus)
        .byThreshold()
        .forEach(
            (threshold, parts) -> {
              for (PairAgreement.Part part : parts) {
                assertPart(part, distinct, span -> span.score() > threshold.floatValue());
              }
            });
  }

  @Property
  void neitherOrderNorPartsChangeAnyBit(
      @ForAll("corpora") List<List<List<SpanSet.Span>>> corpus, @ForAll Random random) {
    AgreementTally whole = new AgreementTally(MODELS, 50, 7);
    List<AgreementTally> parts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      parts.add(new AgreementTally(MODELS, 50, 7));
    }
    for (int d = 0; d < corpus.size(); d++) {
      whole.add("doc" + d, sets(corpus.get(d)));
    }
    for (int d = corpus.size() - 1; d >= 0; d--) {
      parts.get(random.nextInt(3)).add("doc" + d, sets(corpus.get(d)));
    }
    AgreementTally merged = parts.get(2).merge(parts.get(0)).merge(parts.get(1));
    assertThat(merged.pairs()).isEqualTo(whole.pairs());
    assertThat(merged.byLength()).isEqualTo(whole.byLength());
    assertThat(merged.byThreshold()).isEqualTo(whole.byThreshold());
  }

  @Property
  void consensusIsWhatEnoughModelsFound(@ForAll("corpora") List<List<List<SpanSet.Span>>> corpus) {
    for (int votes = 1; votes <= MODELS; votes++) {
      int needed = votes;
      for (List<List<SpanSet.Span>> document : corpus) {
        List<SpanSet> sets = sets(document);
        Map<SpanSet.Span, List<Float>> scores = new HashMap<>();
        for (SpanSet set : sets) {
          for (SpanSet.Span span : set.spans()) {
            scores
                .computeIfAbsent(
                    span(span.start(), span.end() - span.start(), 0), s -> new ArrayList<>())
                .add(span.score());
          }
        }
        scores.values().removeIf(found -> found.size() < needed);
        SpanSet consensus = Consensus.of(sets, votes);
        assertThat(consensus.size()).isEqualTo(scores.size());
        for (SpanSet.Span span : consensus.spans()) {
          double mean =
              scores.get(span(span.start(), span.end() - span.start(), 0)).stream()
                  .mapToDouble(Float::doubleValue)
                  .average()
                  .orElseThrow();
          assertThat(span.score()).isCloseTo((float) mean, within(1e-6f));
        }
      }
    }
  }

  private static void assertPart(
      PairAgreement.Part part,
      List<List<List<SpanSet.Span>>> corpus,
      Predicate<SpanSet.Span> filter) {
    Set<Mention> a = mentions(corpus, part.a(), filter);
    Set<Mention> b = mentions(corpus, part.b(), filter);
    assertThat(part.aCount()).isEqualTo(a.size());
    assertThat(part.bCount()).isEqualTo(b.size());
    assertThat(part.both()).isEqualTo(common(a, b).size());
    assertThat(part.dice()).isEqualTo(dice(a, b));
  }

  private static AgreementTally tally(List<List<List<SpanSet.Span>>> corpus) {
    AgreementTally tally = new AgreementTally(MODELS, 0, 0);
    for (int d = 0; d < corpus.size(); d++) {
      tally.add("doc" + d, sets(corpus.get(d)));
    }
    return tally;
  }

  private static List<SpanSet> sets(List<List<SpanSet.Span>> document) {
    return document.stream().map(SpanSet::of).toList();
  }

  private static Set<Mention> mentions(
      List<List<List<SpanSet.Span>>> corpus, int model, Predicate<SpanSet.Span> filter) {
    Set<Mention> mentions = new HashSet<>();
    for (int d = 0; d < corpus.size(); d++) {
      for (SpanSet.Span span : corpus.get(d).get(model)) {
        if (filter.test(span)) {
          mentions.add(new Mention(d, span.start(), span.end()));
        }
      }
    }
    return mentions;
  }

  private static Set<Mention> common(Set<Mention> a, Set<Mention> b) {
    Set<Mention> both = new HashSet<>(a);
    both.retainAll(b);
    return both;
  }

  private static double dice(Set<Mention> a, Set<Mention> b) {
    return relaxed(a, b, Mention::equals);
  }

  private static double relaxed(
      Set<Mention> a, Set<Mention> b, BiPredicate<Mention, Mention> matches) {
    long matched =
        a.stream().filter(x -> b.stream().anyMatch(y -> matches.test(x, y))).count()
            + b.stream().filter(y -> a.stream().anyMatch(x -> matches.test(y, x))).count();
    return a.size() + b.size() == 0 ? 0 : (double) matched / (a.size() + b.size());
  }
}
