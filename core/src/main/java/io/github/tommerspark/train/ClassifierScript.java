package io.github.tommerspark.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDManager;
import io.github.tommerspark.engine.ScriptModule;
import java.util.List;
import java.util.Map;

/**
 * The TorchScript of training classifiers ({@code engine/train_classifier.py}) on a device, with
 * the parameters of one classifier and the state of its optimiser.
 */
final class ClassifierScript implements AutoCloseable {

  private static final List<String> SOURCES = List.of("optimizer", "train_classifier");

  private final ScriptModule module;
  private final ClassifierOptions options;
  private final NDList parameters;
  private final NDList first;
  private final NDList second;
  private final NDList sums;
  private int steps;

  /**
   * Spans of a batch.
   *
   * @param vectors [spans][width], one after the other
   * @param known [spans][classes]: 1 for classes that take part, else 0
   * @param classes per span its class
   */
  record Batch(float[] vectors, float[] known, long[] classes) {}

  /**
   * A parameter.
   *
   * @param values in row-major order
   * @param shape its dimensions
   */
  record Parameter(float[] values, long... shape) {}

  /**
   * Begins training.
   *
   * @param initial parameters in the order of the script
   */
  ClassifierScript(Device device, ClassifierOptions options, List<Parameter> initial) {
    this.module = ScriptModule.load(SOURCES, Map.of(), device);
    this.options = options;
    PtNDManager owner = module.manager();
    parameters = new NDList();
    for (Parameter parameter : initial) {
      parameters.add(module.floats(owner, parameter.values().clone(), parameter.shape()));
    }
    first = HeadScript.zerosLike(parameters);
    second = HeadScript.zerosLike(parameters);
    sums = HeadScript.zerosLike(parameters);
  }

  private PtNDManager newCall() {
    return module.newCallManager();
  }

  private NDList inputs(PtNDManager call, Batch batch) {
    int spans = batch.classes().length;
    return new NDList(
        module.floats(call, batch.vectors(), spans, batch.vectors().length / spans),
        module.floats(call, batch.known(), spans, batch.known().length / spans));
  }

  private NDList classes(PtNDManager call, Batch batch) {
    return new NDList(module.longs(call, batch.classes(), batch.classes().length));
  }

  private NDList settings(PtNDManager call) {
    double[] settings = options.settings(steps);
    return new NDList(module.doubles(call, settings, settings.length));
  }

  /**
   * Adds the gradients of a batch to the step that is being made.
   *
   * @return the loss
   */
  float accumulate(Batch batch) {
    try (PtNDManager call = newCall()) {
      return module
          .runRecording(
              call,
              "accumulate",
              List.of(inputs(call, batch), classes(call, batch), parameters, sums, settings(call)))
          .get(0)
          .toFloatArray()[0];
    }
  }

  /** Makes the step. */
  void update() {
    steps++;
    try (PtNDManager call = newCall()) {
      module.runRecording(call, "update", List.of(parameters, first, second, sums, settings(call)));
    }
  }

  /** The best class of every span of a batch. */
  long[] best(Batch batch) {
    try (PtNDManager call = newCall()) {
      return module
          .runRecording(call, "best", List.of(inputs(call, batch), parameters, settings(call)))
          .get(0)
          .toLongArray();
    }
  }

  /** The parameters as they are now, in the order of the script. */
  List<float[]> parameters() {
    return parameters.stream().map(NDArray::toFloatArray).toList();
  }

  @Override
  public void close() {
    module.close();
  }
}
