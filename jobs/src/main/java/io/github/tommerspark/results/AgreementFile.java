package io.github.tommerspark.results;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of a comparison, as {@code agreement.json} has it. Matrices are n × n, symmetric, in
 * the order of the models.
 *
 * @param kind always {@code agreement}
 * @param product and its version
 * @param created ISO 8601 in UTC
 * @param documents that were compared
 * @param models that were compared
 * @param micro measures over all documents at once, upstream's {@code compare_inferences}
 * @param macro means over documents in which at least one of the two models found something
 * @param relaxed DICE where a mention need not match exactly
 * @param intervals confidence intervals of the micro DICE; null without a bootstrap
 * @param lengthUnit of {@code byLength}
 * @param byLength the comparison by length of mentions; empty if it is not known
 * @param byThreshold the comparison at thresholds of the score
 * @param labels agreement on the labels of common mentions; null if no two models gave labels to
 *     any
 * @param warnings what a reader of the numbers should know
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AgreementFile(
    String kind,
    String product,
    String created,
    Long documents,
    List<Model> models,
    Micro micro,
    Macro macro,
    Relaxed relaxed,
    @Nullable Intervals intervals,
    String lengthUnit,
    List<ByLength> byLength,
    List<ByThreshold> byThreshold,
    @JsonInclude @Nullable Labels labels,
    List<String> warnings) {

  /** A model and how many mentions it found. */
  public record Model(String name, Long mentions, String column, String dataset) {}

  /** Measures over all documents at once, and the mentions in common. */
  public record Micro(double[][] dice, double[][] iou, long[][] intersection) {}

  /** Means over documents, and how many these are. */
  public record Macro(double[][] dice, double[][] iou, long[][] documents) {}

  /** A matrix of DICE. */
  public record Dice(double[][] dice) {}

  /** DICE where it is enough to have a character, the end or the last word in common. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Relaxed(Dice overlap, Dice sameEnd, @Nullable Dice sameLastWord) {}

  /** Bounds of the micro DICE by bootstrap. */
  public record Intervals(
      Double level, Integer replicates, Long seed, double[][] diceLow, double[][] diceHigh) {}

  /** A pair of models, on some of the mentions. */
  public interface Part {
    /** Name of one model. */
    String a();

    /** Name of the other. */
    String b();

    /** DICE of these mentions. */
    Double dice();

    /** Mentions of the one. */
    Long aCount();

    /** Mentions of the other. */
    Long bCount();

    /** Mentions of both. */
    Long both();
  }

  /** Mentions of a length. */
  public record ByLength(
      String length, String a, String b, Double dice, Long aCount, Long bCount, Long both)
      implements Part {}

  /** Mentions whose score reaches a threshold. */
  public record ByThreshold(
      Double threshold, String a, String b, Double dice, Long aCount, Long bCount, Long both)
      implements Part {}

  /**
   * Agreement on labels.
   *
   * @param kappa Cohen's; null for two models of which one has no labels, or that have none in
   *     common mentions
   * @param same common mentions with the same label, or without one in both; null as kappa
   * @param byLabel each label against all others, for every pair of models that is not null
   */
  public record Labels(
      @Nullable Double[][] kappa, @Nullable Long[][] same, List<ByLabel> byLabel) {}

  /** A label against all others; null is no label. */
  public record ByLabel(
      @Nullable String label,
      String a,
      String b,
      Double kappa,
      Long aCount,
      Long bCount,
      Long both) {}
}
