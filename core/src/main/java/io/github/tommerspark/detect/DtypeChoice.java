package io.github.tommerspark.detect;

import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.engine.Processor;
import io.github.tommerspark.engine.Torch;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * The meaning of {@link ComputeType#AUTO} for some models on this machine: bf16 on a GPU; on a CPU
 * bf16 if that has instructions for it, is seen to be faster, and finds the same mentions, but for
 * {@value #MIN_DICE} DICE of every model at its threshold; else fp32.
 *
 * <p>The mentions that a model finds in the texts tried do not depend on the moment, the times do,
 * by so little that twice the speed of bf16 products leaves the choice alone. Even so, a choice
 * that was tried is remembered for the kind of processor and the models, and whoever adds to what
 * another run has written should take that run's type and not choose at all.
 *
 * @param dtype the choice; never AUTO
 * @param reason why it was chosen, a sentence for the log
 */
public record DtypeChoice(ComputeType dtype, String reason) implements Serializable {

  static final double MIN_DICE = 0.98;

  private static final int ROUNDS = 3;

  /** Enough of one kind; a large model takes its time for each text. */
  private static final long MAX_NANOS = 2_000_000_000L;

  /**
   * Chooses, by loading the models in both types where it comes to that and nothing is remembered.
   *
   * @param models to be run together
   * @param options whose dtype is AUTO, or is kept
   * @param texts to try, such as the models will read
   * @param memory directory of what trials came to, for this processor and these models; a trial
   *     that was made is not made again
   * @throws IOException if a model cannot be read
   */
  public static DtypeChoice of(
      List<ModelSpec> models, EngineOptions options, List<String> texts, Path memory)
      throws IOException {
    if (options.dtype() != ComputeType.AUTO) {
      return new DtypeChoice(options.dtype(), "as asked for");
    } else if (Torch.device(options).isGpu()) {
      return new DtypeChoice(ComputeType.BF16, "on a GPU");
    } else if (!Processor.hasBfloat16()) {
      return new DtypeChoice(ComputeType.FP32, "this processor has no instructions for bf16");
    }
    DtypeMemory remembered = DtypeMemory.of(memory, MentionDetector.describe(models, options));
    Optional<DtypeChoice> before = remembered.recalled();
    if (before.isPresent()) {
      return before.get();
    }
    DtypeChoice tried = tried(models, options, texts);
    remembered.remember(tried);
    return tried;
  }

  private static DtypeChoice tried(
      List<ModelSpec> models, EngineOptions options, List<String> texts) throws IOException {
    // One after the other, so that memory holds one of them only.
    Trial wide = Trial.of(models, options.withDtype(ComputeType.FP32), texts);
    Trial narrow = Trial.of(models, options.withDtype(ComputeType.BF16), texts);
    OptionalDouble dice = dice(wide.found(), narrow.found());
    if (dice.isEmpty()) {
      // Two empty sets agree about nothing.
      return new DtypeChoice(
          ComputeType.FP32, "a model finds no mentions in the texts tried, which could not tell");
    } else if (dice.getAsDouble() < MIN_DICE) {
      return new DtypeChoice(
          ComputeType.FP32,
          String.format(
              Locale.ROOT,
              "mentions in bf16 differ: DICE %.3f with those in fp32",
              dice.getAsDouble()));
    }
    double speedup = (double) wide.nanos() / narrow.nanos();
    return new DtypeChoice(
        speedup > 1 ? ComputeType.BF16 : ComputeType.FP32,
        String.format(
            Locale.ROOT,
            "bf16 is %.2f times as fast as fp32 here, DICE %.3f",
            speedup,
            dice.getAsDouble()));
  }

  /** The mentions that models found in a type, and the shortest time that took. */
  private record Trial(List<DocumentMentions> found, long nanos) {

    static Trial of(List<ModelSpec> models, EngineOptions options, List<String> texts)
        throws IOException {
      try (MentionDetector detector = MentionDetector.load(models, options)) {
        long begin = System.nanoTime();
        List<DocumentMentions> found = detector.annotate(texts);
        long least = Long.MAX_VALUE;
        for (int i = 0; i < ROUNDS && (i == 0 || System.nanoTime() - begin < MAX_NANOS); i++) {
          long start = System.nanoTime();
          detector.annotate(texts);
          least = Math.min(least, System.nanoTime() - start);
        }
        return new Trial(found, least);
      }
    }
  }

  /** Of the model whose mentions differ most; empty if some model found none in either. */
  static OptionalDouble dice(List<DocumentMentions> a, List<DocumentMentions> b) {
    double least = 1;
    int models = a.isEmpty() ? 0 : a.get(0).results().size();
    for (int model = 0; model < models; model++) {
      long both = 0;
      long all = 0;
      for (int text = 0; text < a.size(); text++) {
        Set<List<Integer>> spans = spans(a.get(text), model);
        List<List<Integer>> others = new ArrayList<>(spans(b.get(text), model));
        all += spans.size() + others.size();
        others.retainAll(spans);
        both += others.size();
      }
      if (all == 0) {
        return OptionalDouble.empty();
      }
      least = Math.min(least, 2.0 * both / all);
    }
    return OptionalDouble.of(least);
  }

  private static Set<List<Integer>> spans(DocumentMentions document, int model) {
    Set<List<Integer>> spans = new HashSet<>();
    document
        .results()
        .get(model)
        .mentions()
        .forEach(mention -> spans.add(List.of(mention.start(), mention.end())));
    return spans;
  }
}
