package io.github.tommerspark.detect;

import ai.djl.engine.EngineException;
import io.github.tommerspark.detect.PackedBatch.Sequence;
import io.github.tommerspark.engine.DeviceHealth;
import io.github.tommerspark.engine.DeviceMemoryException;
import io.github.tommerspark.engine.EngineFailure;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import io.github.tommerspark.text.Window;
import io.github.tommerspark.text.WindowPlan;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scores windows in batches as large as the device's memory allows, and finds out which window is
 * to blame where a batch fails. Thread-safe.
 */
final class BatchScorer {
  private static final Logger LOG = LoggerFactory.getLogger(BatchScorer.class);

  /** A text that any model can read. */
  static final String PROBE = "Marie Curie was born in Warsaw.";

  private final SpanScorer scorer;
  private final TextTokenizer tokenizer;
  private final WindowPlan windows;
  private final DeviceMemory memory;
  private final ScoreFailures failures;

  BatchScorer(
      SpanScorer scorer,
      TextTokenizer tokenizer,
      WindowPlan windows,
      DeviceMemory memory,
      ScoreFailures failures) {
    this.scorer = scorer;
    this.tokenizer = tokenizer;
    this.windows = windows;
    this.memory = memory;
    this.failures = failures;
  }

  /** Receives what is found in the windows of a call. */
  interface Findings {

    /**
     * Keeps the findings of the windows that have finite scores.
     *
     * @return what is wrong with the others
     */
    Map<Sequence, String> collect(PackedBatch batch, SpanScorer.Scores scores);

    /** Keeps the failure of a window that cannot be scored. */
    void failed(Sequence sequence, String error);
  }

  /** Tokens of a forward call at most; fewer than were allowed if the device ran out of memory. */
  int batchTokens() {
    return memory.budget();
  }

  /**
   * Scores windows.
   *
   * @param sequences sorted, so that windows of like length meet
   * @param thresholds per head
   * @throws DeviceMemoryException if memory does not suffice for a single window
   * @throws ModelFailedException if a model fails whatever it reads
   */
  void score(List<Sequence> sequences, double[] thresholds, Findings findings) {
    new Run(thresholds, findings).scoreAll(sequences);
  }

  /** Cuts windows into batches, each as large as the memory allows by then, and uses each. */
  void forEachBatch(List<Sequence> sequences, Consumer<List<Sequence>> use) {
    int from = 0;
    while (from < sequences.size()) {
      int to = batchEnd(sequences, from);
      use.accept(sequences.subList(from, to));
      from = to;
    }
  }

  private int batchEnd(List<Sequence> sequences, int from) {
    int specials = tokenizer.prefixIds().length + tokenizer.suffixIds().length;
    int budget = memory.budget();
    int to = from;
    while (to < sequences.size()) {
      budget -= sequences.get(to).window().size() + specials;
      if (budget < 0 && to > from) {
        break;
      }
      to++;
    }
    return to;
  }

  /** Packs windows, special tokens included. */
  PackedBatch packed(List<Sequence> sequences) {
    return PackedBatch.of(sequences, tokenizer.prefixIds(), tokenizer.suffixIds());
  }

  /** Scores a text of ours, which no model has a reason to fail on. */
  private void probe() {
    TokenizedText text = tokenizer.encode(PROBE);
    Window window = windows.windows(text.size()).get(0);
    Sequence sequence = new Sequence(0, text, WordBoundaries.of(PROBE, text), window);
    PackedBatch batch = packed(List.of(sequence));
    String failure = failures.of(batch, scorer.score(batch)).get(sequence);
    if (failure != null) {
      throw new IllegalStateException(failure);
    }
  }

  /**
   * Makes sure that a failure lies in a text.
   *
   * @param does what failed
   * @param probe the same, with a text of ours
   * @throws ModelFailedException if that fails, too
   */
  void requireAnswer(String does, Runnable probe) {
    try {
      probe.run();
    } catch (CancellationException e) {
      throw e;
    } catch (EngineException | IllegalStateException e) {
      throw new ModelFailedException(
          "Cannot %s with %s: it fails whatever it reads (%s); look at its files, and at ‹dtype› and ‹device›"
              .formatted(
                  does,
                  failures.models().stream()
                      .map(model -> model.spec().name())
                      .collect(Collectors.joining(" and ")),
                  EngineFailure.line(e)),
          e);
    }
  }

  /** One call of {@link #score}. */
  private final class Run {
    private final double[] thresholds;
    private final Findings findings;

    Run(double[] thresholds, Findings findings) {
      this.thresholds = thresholds;
      this.findings = findings;
    }

    void scoreAll(List<Sequence> sequences) {
      forEachBatch(sequences, this::scoreBatch);
    }

    /** Scores a batch; one that fails is cut, down to the window that cannot be scored. */
    private void scoreBatch(List<Sequence> sequences) {
      PackedBatch batch = packed(sequences);
      int size = batch.ids().length;
      Map<Sequence, String> failed;
      try {
        memory.require(size);
        failed = findings.collect(batch, scorer.score(batch, thresholds));
      } catch (EngineException e) {
        if (DeviceHealth.isMemoryExhausted(e)) {
          memory.exhausted(size);
          if (sequences.size() == 1) {
            failed = scoreAlone(batch);
          } else {
            scoreAll(sequences);
            return;
          }
        } else if (sequences.size() == 1) {
          LOG.warn("Cannot score a window of {} tokens", size, e);
          failed = Map.of(sequences.get(0), failure(e));
        } else {
          int middle = sequences.size() / 2;
          scoreBatch(sequences.subList(0, middle));
          scoreBatch(sequences.subList(middle, sequences.size()));
          return;
        }
      }
      failed.forEach(this::scoreAgain);
    }

    /**
     * A window that failed gets a second chance, alone. It is to blame if it fails again where
     * another text does not.
     */
    private void scoreAgain(Sequence sequence, String first) {
      String second = failureAlone(sequence);
      if (second == null) {
        LOG.warn("A window that failed ({}) was scored when tried again", first);
        return;
      }
      requireAnswer("score", BatchScorer.this::probe);
      findings.failed(sequence, second);
    }

    /** The fault of a window when it is scored alone; null if it has none. */
    private String failureAlone(Sequence sequence) {
      PackedBatch batch = packed(List.of(sequence));
      try {
        return findings.collect(batch, scorer.score(batch, thresholds)).get(sequence);
      } catch (EngineException e) {
        return DeviceHealth.isMemoryExhausted(e) ? scoreAlone(batch).get(sequence) : failure(e);
      }
    }

    /**
     * A single window for which memory did not suffice beside the batches of other tasks.
     *
     * @throws DeviceMemoryException if memory does not suffice for it alone either: that windows
     *     are so long, or that others use the device, is no fault of a text
     */
    private Map<Sequence, String> scoreAlone(PackedBatch batch) {
      int size = batch.ids().length;
      try {
        memory.require(size);
        return findings.collect(batch, scorer.scoreAlone(batch, thresholds));
      } catch (EngineException e) {
        if (!DeviceHealth.isMemoryExhausted(e)) {
          return Map.of(batch.sequence(0), failure(e));
        }
        throw new DeviceMemoryException(
            String.format(
                Locale.ROOT,
                "Out of memory with a single window of %d tokens: use a smaller ‹maxTokens›, or a device with more free memory (%s)",
                size,
                EngineFailure.line(e)),
            e);
      }
    }

    private static String failure(EngineException e) {
      return "the forward call failed: " + EngineFailure.line(e);
    }
  }
}
