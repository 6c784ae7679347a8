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
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The examples that a span classifier learns from, and is scored by: the gold spans of documents
 * and the spans that the detector finds in them, each with its vector and its class. Detected spans
 * that are not gold are of the outside class.
 */
public final class SpanExamples implements AutoCloseable {

  private static final int CHUNK_DOCUMENTS = 256;

  /** Characters of a chunk times the width of its vectors: some hundred megabytes of these. */
  private static final long CHUNK_SIZE = 100_000_000;

  /** A class that training does not know. */
  private static final int UNKNOWN = -1;

  /**
   * The spans of a document.
   *
   * @param known index of the set of classes that its data set marks
   * @param first index of the vector of its first span
   * @param classes per span its class
   * @param detected per span whether the detector found it
   * @param gold gold spans of known type, those that no vector could be made of included
   */
  record Document(int known, long first, int[] classes, boolean[] detected, int gold) {

    int spans() {
      return classes.length;
    }
  }

  private final List<String> classes;
  private final SpanVectors vectors;
  private final List<Document> documents = new ArrayList<>();
  private final List<float[]> known = new ArrayList<>();
  private final Map<String, Integer> ids = new LinkedHashMap<>();
  private long goldSpans;
  private long detectedGold;

  private SpanExamples(List<String> classes, SpanVectors vectors) {
    this.classes = classes;
    this.vectors = vectors;
    for (int i = 0; i < classes.size(); i++) {
      ids.put(classes.get(i), i);
    }
  }

  /**
   * Collects examples.
   *
   * @param encoder the detector, and what makes vectors
   * @param decoder from its candidates to spans
   * @param threshold of the detector
   * @param sets gold documents
   * @param classes names of the classes, the outside class first
   * @param marked per name of a set the types that it marks, where that is not only those in it
   * @throws IOException if vectors cannot be kept on disk
   */
  public static SpanExamples collect(
      SpanEncoder encoder,
      Decoder decoder,
      double threshold,
      List<LabelledSet> sets,
      List<String> classes,
      Map<String, ? extends Iterable<String>> marked)
      throws IOException {
    SpanExamples examples = new SpanExamples(List.copyOf(classes), new SpanVectors(encoder));
    try {
      for (int set = 0; set < sets.size(); set++) {
        LabelledSet labelled = sets.get(set);
        Iterable<String> types = marked.get(labelled.name());
        examples.known.add(examples.known(types == null ? labelled.types() : types));
        for (List<GoldDocument> chunk : chunks(labelled.documents(), examples.width())) {
          examples.add(decoder, threshold, chunk, set);
        }
      }
      return examples;
    } catch (IOException | RuntimeException e) {
      examples.close();
      throw e;
    }
  }

  /** 1 for each class among these types and for the outside class, else 0. */
  private float[] known(Iterable<String> types) {
    float[] mask = new float[classes.size()];
    mask[0] = 1;
    for (String type : types) {
      Integer id = ids.get(type);
      if (id != null) {
        mask[id] = 1;
      }
    }
    return mask;
  }

  private static List<List<GoldDocument>> chunks(List<GoldDocument> documents, int width) {
    List<List<GoldDocument>> chunks = new ArrayList<>();
    List<GoldDocument> chunk = new ArrayList<>();
    long chars = 0;
    for (GoldDocument document : documents) {
      chunk.add(document);
      chars += document.text().length();
      if (chunk.size() == CHUNK_DOCUMENTS || chars * width > CHUNK_SIZE) {
        chunks.add(chunk);
        chunk = new ArrayList<>();
        chars = 0;
      }
    }
    chunks.add(chunk);
    return chunks;
  }

  private void add(Decoder decoder, double threshold, List<GoldDocument> chunk, int knownClasses)
      throws IOException {
    vectors.read(
        chunk.stream().filter(document -> !document.text().isBlank()).toList(),
        SpanExamples::gold,
        (document, gold, encoded) -> {
          ScoredText text = encoded.scored();
          Spans spans = spans(document, gold, text, text.decode(decoder, threshold));
          keep(spans, encoded, knownClasses);
        });
  }

  /** Token spans of a document with class and origin. */
  private record Spans(Candidates tokens, List<Integer> classes, int detected, int gold) {}

  /** The types of gold mentions by their tokens; null for an unknown one. */
  private static Map<MatchKey, @Nullable String> gold(GoldDocument document, TokenizedText tokens) {
    Map<MatchKey, String> gold = new LinkedHashMap<>();
    for (GoldSpan mention : document.mentions()) {
      MatchKey key = TokenMatching.tokens(tokens, mention.start(), mention.end()).orElse(null);
      if (key != null && gold.get(key) == null) {
        gold.put(key, mention.type());
      }
    }
    return gold;
  }

  /** Detected spans first, then gold ones that were not detected. */
  private Spans spans(
      GoldDocument document, Map<MatchKey, String> gold, ScoredText text, Candidates found) {
    Candidates tokens = new Candidates(found.size() + gold.size());
    List<Integer> labels = new ArrayList<>();
    Map<MatchKey, String> undetected = new LinkedHashMap<>(gold);
    for (int i = 0; i < found.size(); i++) {
      MatchKey key = new MatchKey(found.start(i), found.end(i));
      boolean isGold = undetected.containsKey(key);
      String type = undetected.remove(key);
      // A gold mention of unknown type is evidence of nothing.
      if ((!isGold || type != null) && text.start(found.start(i)) < text.end(found.end(i))) {
        tokens.add(found.start(i), found.end(i), found.score(i));
        labels.add(isGold ? ids.getOrDefault(type, UNKNOWN) : 0);
      }
    }
    int detected = labels.size();
    undetected.forEach(
        (key, type) -> {
          if (type != null) {
            tokens.add(key.start(), key.end(), 0);
            labels.add(ids.getOrDefault(type, UNKNOWN));
          }
        });
    int typed =
        (int) document.mentions().stream().filter(mention -> mention.type() != null).count();
    return new Spans(tokens, labels, detected, typed);
  }

  private void keep(Spans spans, EncodedText encoded, int knownClasses) throws IOException {
    long first = vectors.size();
    int[] kept = new int[spans.tokens.size()];
    boolean[] detected = new boolean[kept.length];
    int size = 0;
    for (int i = 0; i < kept.length; i++) {
      if (!vectors.add(encoded, spans.tokens.start(i), spans.tokens.end(i))) {
        continue;
      }
      kept[size] = spans.classes.get(i);
      detected[size] = i < spans.detected;
      detectedGold += detected[size] && kept[size] != 0 ? 1 : 0;
      size++;
    }
    goldSpans += spans.gold;
    documents.add(
        new Document(
            knownClasses,
            first,
            Arrays.copyOf(kept, size),
            Arrays.copyOf(detected, size),
            spans.gold));
  }

  /** The documents that could be read. */
  List<Document> documents() {
    return documents;
  }

  /** Reads the vectors of a document. */
  void read(Document document, float[] into, int at) throws IOException {
    vectors.read(document.first(), document.spans(), into, at);
  }

  /** The classes that a document's data set marks: 1, else 0. */
  float[] known(Document document) {
    return known.get(document.known());
  }

  /** Returns the standardisation of these vectors to mean 0 and variance 1. */
  Standardization standardization() {
    return vectors.standardization();
  }

  int width() {
    return vectors.width();
  }

  /** Spans with a vector. */
  public long spans() {
    return vectors.size();
  }

  /** Gold mentions of known type. */
  public long goldSpans() {
    return goldSpans;
  }

  /** Those of them that the detector found, which bounds the recall of any classifier. */
  public long detectedGold() {
    return detectedGold;
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
