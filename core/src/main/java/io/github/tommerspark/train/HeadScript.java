package io.github.tommerspark.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.engine.ScriptModule;
import io.github.tommerspark.head.Head;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/** The TorchScript of training ({@code engine/train.py}) on a device. */
final class HeadScript implements AutoCloseable {

  static final List<String> SOURCES =
      List.of(
          "packed", "projection", "extremes", "head", "dropout", "boundary", "optimizer", "train");

  private final ScriptModule module;

  HeadScript(Device device) {
    module = ScriptModule.load(SOURCES, Map.of(), device);
  }

  PtNDManager newCall() {
    return module.newCallManager();
  }

  PtNDManager memory() {
    return module.manager();
  }

  /** The parameters of a head. */
  NDList parameters(PtNDManager owner, Head head) {
    NDList parameters = new NDList();
    for (FloatTensor tensor : head.parameters()) {
      parameters.add(module.floats(owner, tensor.values().clone(), tensor.shape()));
    }
    return parameters;
  }

  /** The values of tensors, in row-major order. */
  static List<float[]> values(List<NDArray> tensors) {
    return tensors.stream().map(NDArray::toFloatArray).toList();
  }

  private NDList batch(PtNDManager call, LabelledBatch batch, TrainingOptions options) {
    int spans = batch.goldEnds().length;
    long[] gold = new long[2 * spans];
    for (int i = 0; i < spans; i++) {
      gold[i] = batch.goldStarts()[i];
      gold[spans + i] = batch.goldEnds()[i];
    }
    long[] counted =
        options.dilation().selects()
            ? options.dilation().counted(batch, options.window(), options.causal())
            : new long[0];
    return new NDList(
        module.longs(call, batch.groups(), batch.groups().length),
        module.bytes(call, batch.kept(), 2, batch.tokens()),
        module.longs(call, gold, 2, spans),
        module.longs(call, counted, 2, counted.length / 2));
  }

  /**
   * The loss of one head and its gradients.
   *
   * @param states hidden states, (tokens × width)
   * @param teacher parameters of a teacher; null where {@code settings} name none
   * @return the loss, then the gradients in the order of the parameters
   */
  NDList lossAndGradients(
      PtNDManager call,
      PtNDArray states,
      LabelledBatch batch,
      NDList parameters,
      @Nullable NDList teacher,
      TrainingOptions options,
      int phase) {
    double[] settings = options.settings(phase);
    return module.runRecording(
        call,
        "loss_and_gradients",
        List.of(
            new NDList(states),
            batch(call, batch, options),
            parameters,
            teacher == null ? nothing(call) : teacher,
            new NDList(module.doubles(call, settings, settings.length))));
  }

  /** A stand-in for lists that the script does not look at. */
  private NDList nothing(PtNDManager call) {
    return new NDList(module.floats(call, new float[0], 0));
  }

  /**
   * The numbers that one head is given for a step.
   *
   * @param tap which of the hidden states it reads
   * @param step how many steps it will have made
   * @param learningRate of this one
   * @param seed of what is dropped
   */
  record HeadStep(int tap, int step, double learningRate, int seed) {
    /** As the script takes them: STEP_TAP, STEP_NUMBER, STEP_RATE and STEP_SEED. */
    double[] numbers() {
      return new double[] {tap, step, learningRate, seed};
    }
  }

  /**
   * One step of every head, in place.
   *
   * @param taps hidden states of several layers, each (tokens × width)
   * @param heads per head its parameters and their first and second moments
   * @param teachers parameters of each; null where the phase has no teacher
   * @return per head the loss and the norm of its gradients before clipping
   */
  float[][] step(
      PtNDManager call,
      NDList taps,
      LabelledBatch batch,
      NDList heads,
      @Nullable NDList teachers,
      List<HeadStep> steps,
      TrainingOptions options,
      int phase) {
    double[] settings = options.settings(phase);
    double[] numbers =
        steps.stream().flatMapToDouble(head -> DoubleStream.of(head.numbers())).toArray();
    NDList result =
        module.runRecording(
            call,
            "step",
            List.of(
                taps,
                batch(call, batch, options),
                heads,
                teachers == null ? nothing(call) : teachers,
                new NDList(
                    module.doubles(call, settings, settings.length),
                    module.doubles(call, numbers, steps.size(), 4))));
    float[] values = result.get(0).toFloatArray();
    float[][] reports = new float[steps.size()][];
    for (int h = 0; h < reports.length; h++) {
      reports[h] = new float[] {values[2 * h], values[2 * h + 1]};
    }
    return reports;
  }

  /**
   * Counts the spans of a batch by their scores.
   *
   * @param parameters of each head, one after the other
   * @param tapOfHead which of the taps each head reads
   * @param thresholds rising
   * @return per head, for spans that are not gold and for those that are, per interval between
   *     thresholds the number of spans whose score is above its lower end and not above its upper
   */
  long[][][] histogram(
      PtNDManager call,
      NDList taps,
      LabelledBatch batch,
      NDList parameters,
      int[] tapOfHead,
      float[] thresholds,
      TrainingOptions options) {
    double[] settings = options.settings(0);
    NDList result =
        module.runRecording(
            call,
            "histogram",
            List.of(
                taps,
                batch(call, batch, options),
                parameters,
                new NDList(
                    module.doubles(call, settings, settings.length),
                    module.longs(
                        call, Arrays.stream(tapOfHead).asLongStream().toArray(), tapOfHead.length),
                    module.floats(call, thresholds, thresholds.length))));
    long[] values = result.get(0).toLongArray();
    int intervals = thresholds.length + 1;
    long[][][] counts = new long[tapOfHead.length][2][intervals];
    for (int i = 0; i < values.length; i++) {
      counts[i / (2 * intervals)][i / intervals % 2][i % intervals] = values[i];
    }
    return counts;
  }

  /**
   * Scores the spans of a batch with one head.
   *
   * @param states hidden states, (tokens × width)
   * @param floor logit that spans must exceed unless they are gold
   */
  DevScores.Batch devLogits(
      PtNDManager call,
      PtNDArray states,
      LabelledBatch batch,
      NDList parameters,
      double floor,
      TrainingOptions options) {
    double[] settings = options.settings(0);
    NDList result =
        module.runRecording(
            call,
            "dev_logits",
            List.of(
                new NDList(states),
                batch(call, batch, options),
                parameters,
                new NDList(
                    module.doubles(call, settings, settings.length),
                    module.doubles(call, new double[] {floor}, 1))));
    return new DevScores.Batch(result.get(0).toFloatArray(), result.get(1).toByteArray());
  }

  /** A tensor of the module's device with these values, (tokens × width). */
  PtNDArray states(PtNDManager call, float[] values, int tokens) {
    return module.floats(call, values, tokens, values.length / tokens);
  }

  /** Zeros of the same shapes. */
  static NDList zerosLike(NDList tensors) {
    List<NDArray> zeros = new ArrayList<>();
    tensors.forEach(tensor -> zeros.add(tensor.zerosLike()));
    return new NDList(zeros);
  }

  @Override
  public void close() {
    module.close();
  }
}
