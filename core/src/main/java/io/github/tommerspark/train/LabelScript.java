package io.github.tommerspark.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.engine.ScriptModule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The TorchScript of training label models ({@code engine/train_labels.py}) on a device, with the
 * parameters of one model and the state of its optimiser.
 */
final class LabelScript implements AutoCloseable {

  static final List<String> SOURCES =
      List.of("dropout", "label_model", "optimizer", "train_labels");

  private final ScriptModule module;
  private final NDList parameters = new NDList();
  private final NDList first;
  private final NDList second;
  private final PtNDArray states;
  private final float[] known;
  private final int labels;
  private int steps;

  /**
   * A batch.
   *
   * @param vectors of spans, standardised, one after the other
   * @param weights of spans
   * @param sets per span the index of its data set
   * @param fitting spans, then labels that fit them
   * @param near spans, then labels near those that fit them
   */
  record Batch(float[] vectors, float[] weights, long[] sets, long[] fitting, long[] near) {}

  /**
   * The output of the labels' side.
   *
   * @param rows directions times scale, one after the other
   * @param bias of each
   * @param correction what each label's prior takes from its log probability
   */
  record Rows(float[] rows, float[] bias, float[] correction) {}

  /**
   * Begins training.
   *
   * @param initial parameters, for standardised inputs
   * @param labelStates standardised, one after the other
   * @param labels how many
   * @param known per data set 1 for labels that it says something of, one set after the other
   */
  LabelScript(
      Device device, List<FloatTensor> initial, float[] labelStates, int labels, float[] known) {
    module = ScriptModule.load(SOURCES, Map.of(), device);
    for (FloatTensor parameter : initial) {
      parameters.add(
          module.floats(module.manager(), parameter.values().clone(), parameter.shape()));
    }
    first = HeadScript.zerosLike(parameters);
    second = HeadScript.zerosLike(parameters);
    states = matrix(module.manager(), labelStates, labels);
    this.labels = labels;
    this.known = known;
  }

  private PtNDArray matrix(PtNDManager owner, float[] values, int rows) {
    return module.floats(owner, values, rows, values.length / rows);
  }

  private PtNDArray cells(PtNDManager call, long[] cells) {
    return module.longs(call, cells, 2, cells.length / 2);
  }

  /**
   * Makes a step.
   *
   * @param labelStates standardised, one after the other, in the wordings of this step
   * @param all steps of the training
   * @param labelsFixed whether the labels' side stays as it is
   * @return the loss before it
   */
  float step(
      Batch batch, float[] labelStates, LabelOptions options, long all, boolean labelsFixed) {
    steps++;
    double[] settings = options.settings(steps, all, labelsFixed);
    int spans = batch.sets().length;
    try (PtNDManager call = module.newCallManager()) {
      return module
          .runRecording(
              call,
              "step",
              List.of(
                  new NDList(
                      matrix(call, batch.vectors(), spans),
                      module.floats(call, batch.weights(), spans),
                      module.floats(call, known, known.length / labels, labels)),
                  new NDList(
                      module.longs(call, batch.sets(), spans),
                      cells(call, batch.fitting()),
                      cells(call, batch.near())),
                  parameters,
                  first,
                  second,
                  new NDList(matrix(call, labelStates, labels)),
                  new NDList(module.doubles(call, settings, settings.length))))
          .get(0)
          .toFloatArray()[0];
    }
  }

  /** Directions of spans, one after the other. */
  float[] directions(float[] vectors, int spans) {
    try (PtNDManager call = module.newCallManager()) {
      return module
          .runRecording(
              call, "embed", List.of(new NDList(matrix(call, vectors, spans)), parameters))
          .get(0)
          .toFloatArray();
    }
  }

  /**
   * Returns the vectors that the labels' side gives to labels with the present weights.
   *
   * @param labelStates standardised, one after the other
   * @param count how many
   * @param sample directions of mentions, one after the other
   * @param sampled how many
   * @param priorExponent how much priors count
   */
  Rows rows(float[] labelStates, int count, float[] sample, int sampled, double priorExponent) {
    double[] numbers = {1, 0, priorExponent, 0};
    try (PtNDManager call = module.newCallManager();
        IValue given = IValue.from(matrix(call, labelStates, count));
        IValue owners = IValue.from(module.longs(call, new long[0], 0));
        IValue mentions = IValue.from(matrix(call, sample, sampled));
        IValue weights = IValue.listFrom(parameters.toArray(PtNDArray[]::new));
        IValue settings = IValue.listFrom(numbers);
        IValue result = module.run("label_rows", given, owners, mentions, weights, settings)) {
      PtNDArray[] arrays = result.toTensorArray(call);
      return new Rows(
          arrays[0].toFloatArray(),
          arrays[1].toFloatArray(),
          Arrays.copyOf(arrays[2].toFloatArray(), count));
    }
  }

  /**
   * Labels near others.
   *
   * @param cosine above which the standardised states of two labels are near
   * @return per label
   */
  List<int[]> near(double cosine) {
    long[] pairs;
    try (PtNDManager call = module.newCallManager()) {
      pairs =
          module
              .runRecording(
                  call,
                  "near",
                  List.of(
                      new NDList(states),
                      new NDList(module.doubles(call, new double[] {cosine}, 1))))
              .get(0)
              .toLongArray();
    }
    List<List<Integer>> near = new ArrayList<>();
    for (int label = 0; label < labels; label++) {
      near.add(new ArrayList<>());
    }
    int count = pairs.length / 2;
    for (int i = 0; i < count; i++) {
      near.get((int) pairs[i]).add((int) pairs[count + i]);
    }
    return near.stream().map(list -> list.stream().mapToInt(i -> i).toArray()).toList();
  }

  /** The parameters as they are now. */
  List<float[]> parameters() {
    return parameters.stream().map(NDArray::toFloatArray).toList();
  }

  @Override
  public void close() {
    module.close();
  }
}
