package io.github.tommerspark.train;

import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.detect.EncodedText;
import io.github.tommerspark.detect.SpanEncoder;
import io.github.tommerspark.eval.MatchKey;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.text.TokenizedText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Vectors of spans of gold documents, kept on disk, with their mean and spread, and the count of
 * what no vector could be made of.
 */
final class SpanVectors implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SpanVectors.class);

  private final SpanEncoder encoder;
  private final VectorFile file;
  private final Standardization.Statistics statistics;
  private long unreachable;
  private long failed;

  /**
   * No vectors yet.
   *
   * @param encoder the detector, and what makes vectors
   * @throws IOException if they cannot be kept on disk
   */
  SpanVectors(SpanEncoder encoder) throws IOException {
    this.encoder = encoder;
    this.file =
        VectorFile.create(Math.toIntExact(encoder.representation().width(encoder.hiddenSize())));
    this.statistics = new Standardization.Statistics(file.width());
  }

  /** Receives documents that were read. */
  @FunctionalInterface
  interface Reader<G> {

    /**
     * Takes the next document.
     *
     * @param gold what is known of its mentions, by their tokens
     * @param text the document with vectors of these mentions and of all that the detector finds
     */
    void read(GoldDocument document, Map<MatchKey, G> gold, EncodedText text) throws IOException;
  }

  /**
   * Reads documents, in one go and in order. Those that cannot be read are counted and left out.
   *
   * @param documents with text
   * @param gold finds the mentions of a document by its tokens
   */
  <G> void read(
      List<GoldDocument> documents,
      BiFunction<GoldDocument, TokenizedText, Map<MatchKey, G>> gold,
      Reader<G> reader)
      throws IOException {
    List<Map<MatchKey, G>> mentions = new ArrayList<>();
    documents.forEach(document -> mentions.add(Map.of()));
    List<EncodedText> encoded =
        encoder.encode(
            documents.stream().map(GoldDocument::text).toList(),
            (text, tokens) -> {
              mentions.set(text, gold.apply(documents.get(text), tokens));
              Candidates spans = new Candidates();
              mentions.get(text).keySet().forEach(key -> spans.add(key.start(), key.end(), 0));
              return spans;
            });
    for (int i = 0; i < documents.size(); i++) {
      String error = encoded.get(i).scored().error();
      if (error != null) {
        LOG.warn("Document {} is left out: {}", documents.get(i).id(), error);
        failed++;
      } else {
        reader.read(documents.get(i), mentions.get(i), encoded.get(i));
      }
    }
  }

  /**
   * Keeps the vector of a span.
   *
   * @return whether it has one; spans that are longer than windows can hold have none
   */
  boolean add(EncodedText text, int start, int end) throws IOException {
    float[] vector = text.vector(start, end);
    if (vector == null) {
      unreachable++;
      return false;
    }
    file.add(vector);
    statistics.add(vector);
    return true;
  }

  /** Reads vectors that follow on one another. */
  void read(long first, int count, float[] into, int at) throws IOException {
    file.read(first, count, into, at);
  }

  /** Returns the standardisation of these vectors to mean 0 and variance 1. */
  Standardization standardization() {
    return statistics.standardization();
  }

  /** Numbers of a vector. */
  int width() {
    return file.width();
  }

  /** Number of vectors. */
  long size() {
    return file.size();
  }

  /** Spans that are longer than windows can hold. */
  long unreachable() {
    return unreachable;
  }

  /** Documents that could not be read. */
  long failed() {
    return failed;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
