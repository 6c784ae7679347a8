package io.github.tommerspark.train;

import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.EncodedText;
import io.github.tommerspark.detect.ScoredText;
import io.github.tommerspark.detect.SpanEncoder;
import io.github.tommerspark.eval.MatchKey;
import io.github.tommerspark.eval.TokenMatching;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.gold.GoldSpan;
import io.github.tommerspark.text.TokenizedText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The examples that a label model learns from, and is scored by: the gold mentions of documents,
 * each with its vector and the labels that fit it, and the other spans that the detector finds,
 * which no label fits. Gold mentions of unknown type are left out.
 */
public final class LabelExamples implements AutoCloseable {

  private static final int CHUNK_DOCUMENTS = 256;

  /**
   * A span.
   *
   * @param set index of its data set
   * @param types it is of; none for a span that is not gold
   * @param names all that it is
   * @param fitting indices of the labels that fit it
   */
  record Example(int set, List<String> types, Set<String> names, int[] fitting) {

    boolean isGold() {
      return !types.isEmpty();
    }
  }

  private final LabelVocabulary vocabulary;
  private final SpanVectors vectors;
  private final List<Example> examples = new ArrayList<>();
  private final List<String> sets = new ArrayList<>();

  private LabelExamples(LabelVocabulary vocabulary, SpanVectors vectors) {
    this.vocabulary = vocabulary;
    this.vectors = vectors;
  }

  /**
   * Collects examples.
   *
   * @param encoder the detector, and what makes vectors
   * @param sets gold documents
   * @param vocabulary labels
   * @throws IOException if vectors cannot be kept on disk
   */
  public static LabelExamples collect(
      SpanEncoder encoder, List<LabelledSet> sets, LabelVocabulary vocabulary) throws IOException {
    LabelExamples examples = new LabelExamples(vocabulary, new SpanVectors(encoder));
    try {
      for (int set = 0; set < sets.size(); set++) {
        examples.sets.add(sets.get(set).name());
        List<GoldDocument> documents =
            sets.get(set).documents().stream().filter(d -> !d.text().isBlank()).toList();
        for (int from = 0; from < documents.size(); from += CHUNK_DOCUMENTS) {
          int to = Math.min(documents.size(), from + CHUNK_DOCUMENTS);
          examples.add(encoder, documents.subList(from, to), set);
        }
      }
      return examples;
    } catch (IOException | RuntimeException e) {
      examples.close();
      throw e;
    }
  }

  private void add(SpanEncoder encoder, List<GoldDocument> documents, int set) throws IOException {
    Decoder decoder = encoder.spec().decoder();
    double threshold = encoder.spec().threshold().value();
    vectors.read(
        documents,
        LabelExamples::gold,
        (document, gold, encoded) -> {
          for (Map.Entry<MatchKey, List<GoldSpan>> mention : gold.entrySet()) {
            if (mention.getValue().stream().allMatch(span -> span.type() != null)) {
              add(encoded, mention.getKey(), example(set, mention.getValue()));
            }
          }
          ScoredText text = encoded.scored();
          Candidates found = text.decode(decoder, threshold);
          Example other = new Example(set, List.of(), Set.of(), new int[0]);
          for (int s = 0; s < found.size(); s++) {
            MatchKey key = new MatchKey(found.start(s), found.end(s));
            if (!gold.containsKey(key) && text.start(key.start()) < text.end(key.end())) {
              add(encoded, key, other);
            }
          }
        });
  }

  private static Map<MatchKey, List<GoldSpan>> gold(GoldDocument document, TokenizedText tokens) {
    Map<MatchKey, List<GoldSpan>> gold = new LinkedHashMap<>();
    for (GoldSpan mention : document.mentions()) {
      TokenMatching.tokens(tokens, mention.start(), mention.end())
          .ifPresent(key -> gold.computeIfAbsent(key, k -> new ArrayList<>()).add(mention));
    }
    return gold;
  }

  private Example example(int set, List<GoldSpan> mentions) {
    Set<String> names = new LinkedHashSet<>();
    mentions.forEach(mention -> names.addAll(vocabulary.names(mention)));
    int[] fitting =
        mentions.stream()
            .flatMapToInt(mention -> Arrays.stream(vocabulary.fitting(mention)))
            .distinct()
            .toArray();
    return new Example(
        set, mentions.stream().map(GoldSpan::type).distinct().toList(), names, fitting);
  }

  private void add(EncodedText text, MatchKey key, Example example) throws IOException {
    if (vectors.add(text, key.start(), key.end())) {
      examples.add(example);
    }
  }

  LabelVocabulary vocabulary() {
    return vocabulary;
  }

  /** The examples, in the order of their vectors. */
  List<Example> examples() {
    return examples;
  }

  /** Indices of the gold ones. */
  int[] gold() {
    return IntStream.range(0, examples.size()).filter(i -> examples.get(i).isGold()).toArray();
  }

  /** Per data set which labels it says something of, one set after the other. */
  float[] known() {
    float[] known = new float[sets.size() * vocabulary.labels().size()];
    for (int set = 0; set < sets.size(); set++) {
      float[] ofSet = vocabulary.known(sets.get(set));
      System.arraycopy(ofSet, 0, known, set * ofSet.length, ofSet.length);
    }
    return known;
  }

  /** Vectors of examples, standardised, one after the other. */
  float[] vectors(int[] rows, Standardization standardization) throws IOException {
    float[] into = new float[rows.length * vectors.width()];
    for (int i = 0; i < rows.length; i++) {
      vectors.read(rows[i], 1, into, i * vectors.width());
    }
    standardization.apply(into);
    return into;
  }

  /** Returns the standardisation of these vectors to mean 0 and variance 1. */
  Standardization standardization() {
    return vectors.standardization();
  }

  /** Gold mentions with a vector. */
  public long goldSpans() {
    return examples.stream().filter(Example::isGold).count();
  }

  /** Other spans that the detector finds. */
  public long otherSpans() {
    return examples.size() - goldSpans();
  }

  /** Types of the gold mentions. */
  public Set<String> types() {
    Set<String> types = new TreeSet<>();
    examples.forEach(example -> types.addAll(example.types()));
    return types;
  }

  /** Gold spans that are longer than windows can hold, and are left out. */
  public long unreachable() {
    return vectors.unreachable();
  }

  /** Documents that could not be read, and are left out. */
  public long failed() {
    return vectors.failed();
  }

  @Override
  public void close() throws IOException {
    vectors.close();
  }
}
