package io.github.tommerspark.doctor;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.ModelSpec;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The mentions that a bundled model finds in a text, as recorded on a CPU in fp32: the answer that
 * every machine has to give.
 *
 * @param model name of the bundled model
 * @param threshold above which a span counts
 * @param text to read
 * @param mentions that are to be found, with offsets in UTF-16 units, end exclusive
 * @param tolerance of scores in fp32
 * @param bf16Dice how far the mentions in bf16 have to agree, as 2·|both| / (|expected| + |found|)
 */
record Smoke(
    String model,
    double threshold,
    String text,
    List<Span> mentions,
    double tolerance,
    double bf16Dice) {

  /** A mention. */
  record Span(int start, int end, double score) {}

  private static final String RESOURCE = "smoke.json";

  static Smoke read() throws IOException {
    try (InputStream in = Smoke.class.getResourceAsStream(RESOURCE)) {
      return new ObjectMapper().readValue(in, Smoke.class);
    }
  }

  ModelSpec spec() {
    return ModelSpec.bundled(model).withDecoder(Decoder.THRESHOLD, threshold);
  }

  /** DICE of the expected and the found mentions, by their offsets; 1 if they are the same. */
  double dice(List<Mention> found) {
    Map<Long, Double> scores = scores(found);
    long both =
        mentions.stream().filter(span -> scores.containsKey(key(span.start, span.end))).count();
    return 2.0 * both / (mentions.size() + found.size());
  }

  /** The largest difference of a score, over the mentions that are expected and found. */
  double scoreDifference(List<Mention> found) {
    Map<Long, Double> scores = scores(found);
    return mentions.stream()
        .filter(span -> scores.containsKey(key(span.start, span.end)))
        .mapToDouble(
            span -> {
              double score = Objects.requireNonNull(scores.get(key(span.start, span.end)));
              return Math.abs(score - span.score);
            })
        .max()
        .orElse(0);
  }

  private static Map<Long, Double> scores(List<Mention> found) {
    Map<Long, Double> scores = new HashMap<>();
    found.forEach(m -> scores.put(key(m.start(), m.end()), (double) m.score()));
    return scores;
  }

  private static long key(int start, int end) {
    return ((long) start << Integer.SIZE) | end;
  }
}
