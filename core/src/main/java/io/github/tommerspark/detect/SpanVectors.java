package io.github.tommerspark.detect;

import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.detect.PackedBatch.Sequence;
import io.github.tommerspark.text.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Makes vectors of the candidates of one model and of given spans, in one forward a batch. */
final class SpanVectors {
  private final String model;
  private final SpanScorer scorer;
  private final BatchScorer batches;
  private final TextWork work;
  private final int layer;
  private final SpanRepresentation representation;

  /** Per text the given spans. */
  private final List<Candidates> wanted = new ArrayList<>();

  /** Per text the vectors by {@link EncodedText#key}. */
  private final List<Map<Long, float[]>> vectors = new ArrayList<>();

  /**
   * Prepares to make vectors.
   *
   * @param model its name, for messages
   * @param work the texts, on which nothing has been done yet
   * @param layer block whose output vectors are made of
   */
  SpanVectors(
      String model,
      SpanScorer scorer,
      BatchScorer batches,
      TextWork work,
      int layer,
      SpanRepresentation representation) {
    this.model = model;
    this.scorer = scorer;
    this.batches = batches;
    this.work = work;
    this.layer = layer;
    this.representation = representation;
  }

  /**
   * Makes them.
   *
   * @param given spans whose vectors are wanted beside those of candidates
   * @return one entry per text
   */
  List<EncodedText> of(ModelGroup.GivenSpans given) {
    List<Sequence> sequences = PackedBatch.sorted(work.tokenize());
    for (int text = 0; text < work.size(); text++) {
      wanted.add(work.failed(text) ? new Candidates() : given.of(text, work.tokens(text)));
      vectors.add(new HashMap<>());
    }
    batches.forEachBatch(sequences, this::encode);
    List<EncodedText> encoded = new ArrayList<>();
    for (int text = 0; text < work.size(); text++) {
      encoded.add(new EncodedText(work.candidates(text, 0), vectors.get(text)));
    }
    return encoded;
  }

  /** Scores a batch and keeps the vectors of spans that its windows own. */
  private void encode(List<Sequence> sequences) {
    PackedBatch batch = batches.packed(sequences);
    List<long[]> places = new ArrayList<>();
    for (int s = 0; s < batch.size(); s++) {
      Window window = batch.sequence(s).window();
      int shift = batch.firstContent(s) - window.from();
      Candidates spans = wanted.get(batch.sequence(s).text());
      for (int i = 0; i < spans.size(); i++) {
        if (spans.start(i) >= window.from() && window.owns(spans.end(i))) {
          places.add(new long[] {spans.start(i) + shift, spans.end(i) + shift});
        }
      }
    }
    long[] packed = new long[2 * places.size()];
    for (int i = 0; i < places.size(); i++) {
      packed[i] = places.get(i)[0];
      packed[places.size() + i] = places.get(i)[1];
    }
    SpanScorer.Encoded encoded = scorer.encode(batch, packed, layer, representation);
    ScoredSpans found = encoded.found();
    int[] owner = batch.sequenceOfToken();
    int count = places.size() + found.scores().length;
    int width = count == 0 ? 0 : encoded.vectors().length / count;
    for (int i = 0; i < count; i++) {
      int f = i - places.size();
      int start = f < 0 ? (int) places.get(i)[0] : (int) found.starts()[f];
      int end = f < 0 ? (int) places.get(i)[1] : (int) found.ends()[f];
      int s = owner[end];
      Window window = batch.sequence(s).window();
      int shift = window.from() - batch.firstContent(s);
      if (start + shift >= window.from() && end + shift < window.to() && window.owns(end + shift)) {
        int text = batch.sequence(s).text();
        if (f >= 0) {
          if (!Float.isFinite(found.scores()[f])) {
            throw new ModelFailedException(
                String.format(
                    Locale.ROOT,
                    "Cannot encode the spans of text %d with %s: a score is not finite",
                    text,
                    model),
                null);
          }
          work.add(text, start + shift, end + shift, found.scores()[f]);
        }
        vectors
            .get(text)
            .put(
                EncodedText.key(start + shift, end + shift),
                Arrays.copyOfRange(encoded.vectors(), i * width, (i + 1) * width));
      }
    }
  }
}
