package io.github.tommerspark.jobs.judge;

import io.github.tommerspark.jobs.dataset.AnnotatedInput;
import io.github.tommerspark.jobs.output.ResultPlace;
import io.github.tommerspark.judge.JudgePrompt;
import io.github.tommerspark.judge.JudgeSettings;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Options of the judge job.
 *
 * @param input the dataset
 * @param documents to sample at most
 * @param seed of the sample
 * @param output where verdicts are written
 * @param prompt how the judge is asked
 * @param settings how its endpoint is treated
 * @param cache local file of verdicts
 * @param price of a million tokens; null if not known
 */
record JudgeOptions(
    AnnotatedInput input,
    int documents,
    long seed,
    ResultPlace output,
    JudgePrompt prompt,
    JudgeSettings settings,
    Path cache,
    @Nullable Price price) {

  /**
   * Price of a million tokens, in any currency.
   *
   * @param prompt of what is sent
   * @param answer of what comes back
   */
  record Price(double prompt, double answer) {

    private static final double MILLION = 1e6;

    /**
     * Reads one price for both, or two.
     *
     * @param text such as {@code 0.4} or {@code 0.4,1.6}
     */
    static Price parse(String text) {
      String[] parts = text.split(",", -1);
      try {
        double prompt = Double.parseDouble(parts[0].strip());
        double answer = Double.parseDouble(parts[parts.length - 1].strip());
        if (parts.length <= 2 && prompt >= 0 && answer >= 0 && prompt + answer < MILLION) {
          return new Price(prompt, answer);
        }
      } catch (NumberFormatException e) {
        // Told below, with what else may be wrong.
      }
      throw new IllegalArgumentException(
          "--price-per-million-tokens must be one price, or two as in 0.4,1.6 for what is sent and what comes back, but is \"%s\""
              .formatted(text));
    }

    /**
     * Returns the cost of a number of tokens.
     *
     * @param promptTokens sent
     * @param answerTokens received
     */
    double of(long promptTokens, long answerTokens) {
      return (prompt * promptTokens + answer * answerTokens) / MILLION;
    }

    /** An amount, to the cent or, below one, to the hundredth of it. */
    static String shown(double amount) {
      return String.format(Locale.ROOT, amount < 1 ? "%.4f" : "%,.2f", amount);
    }
  }
}
