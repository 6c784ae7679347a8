package io.github.tommerspark.spark;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.sparknlp.TextReader;
import java.io.Serializable;
import java.util.List;

/**
 * The data that executors need to annotate rows; small, since it travels with every task.
 *
 * @param models the models, in the order of their columns
 * @param engine how to run them
 * @param text reads the text of an input row
 * @param malformed input that could not be read
 * @param makeId whether rows begin with an id made from the text
 * @param kept indexes of the input columns that pass through, in order
 * @param added what columns come after these
 * @param failFast whether the first row with an error fails the task
 */
public record AnnotatePlan(
    List<ModelSpec> models,
    EngineOptions engine,
    TextReader text,
    Malformed malformed,
    boolean makeId,
    List<Integer> kept,
    AddedColumns added,
    boolean failFast)
    implements Serializable {

  /**
   * Records of the input that could not be read.
   *
   * @param index of the input column that holds such a record, or -1
   * @param kind what it was meant to be, for the message, such as {@code JSON}
   */
  public record Malformed(int index, String kind) implements Serializable {

    /** Input in which there are none. */
    public static final Malformed NONE = new Malformed(-1, "");
  }

  /** Copies the lists into serialisable ones. */
  public AnnotatePlan {
    models = List.copyOf(models);
    kept = List.copyOf(kept);
  }
}
