package io.github.tommerspark.detect;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.classify.ClassProbability;
import io.github.tommerspark.classify.FoldedClassifier;
import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.classify.LabelModelConfig;
import io.github.tommerspark.classify.MentionClassifier;
import io.github.tommerspark.classify.SpanClassifier;
import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.engine.ScriptModule;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * The classifiers of several heads in native memory, as {@code score_typed} takes them.
 *
 * @param taps per head which of the tapped layers its classifier reads; -1 without one
 * @param weights eight per head
 * @param options three per head
 */
record ClassifierWeights(IValue taps, IValue weights, IValue options) implements AutoCloseable {

  /** The kind of classifier, as {@code score_typed} counts them. */
  private static final long LABEL_MODEL = 2;

  /** A label model that tells all labels that fit. */
  private static final long ALL_LABELS = 3;

  /** The tensors of a classifier. */
  private static final int TENSORS = 8;

  /** The tensors of a mention's side, which come first. */
  private static final int MENTION_TENSORS = 4;

  /** The sources that have to be in the module. */
  static List<String> sources() {
    return List.of("classify", "label_model");
  }

  /**
   * Brings classifiers into the module's memory.
   *
   * @param classifiers one per head; null for a head without
   * @param allLabels per head whether all labels that fit are wanted, not just the best
   * @param tapOfLayer which of the tapped layers is that block
   */
  static ClassifierWeights load(
      ScriptModule module,
      List<MentionClassifier> classifiers,
      List<Boolean> allLabels,
      IntUnaryOperator tapOfLayer) {
    long[] taps = new long[classifiers.size()];
    long[] options = new long[3 * taps.length];
    List<PtNDArray> weights = new ArrayList<>();
    for (int i = 0; i < taps.length; i++) {
      if (classifiers.get(i) instanceof LabelModel model) {
        taps[i] = tapOfLayer.applyAsInt(model.layer());
        options[3 * i + 2] = allLabels.get(i) ? ALL_LABELS : LABEL_MODEL;
        weights.addAll(tensors(module, model));
        continue;
      }
      SpanClassifier classifier = (SpanClassifier) classifiers.get(i);
      if (classifier == null) {
        taps[i] = -1;
        weights.addAll(Collections.nCopies(TENSORS, absent(module)));
        continue;
      }
      FoldedClassifier folded = FoldedClassifier.of(classifier);
      taps[i] = tapOfLayer.applyAsInt(classifier.config().layer());
      options[3 * i] = classifier.config().representation() == SpanRepresentation.AVERAGE ? 1 : 0;
      options[3 * i + 1] = folded.repeats();
      options[3 * i + 2] = classifier.config().probability() == ClassProbability.SOFTMAX ? 1 : 0;
      List<PtNDArray> tensors = tensors(module, folded);
      weights.addAll(tensors);
      weights.addAll(Collections.nCopies(TENSORS - tensors.size(), absent(module)));
    }
    return new ClassifierWeights(
        IValue.listFrom(taps),
        IValue.listFrom(weights.toArray(PtNDArray[]::new)),
        IValue.listFrom(options));
  }

  /** The side of mentions as it is, and what the side of labels makes of the labels. */
  private static List<PtNDArray> tensors(ScriptModule module, LabelModel model) {
    PtNDManager owner = module.manager();
    LabelModelConfig config = model.config();
    int width = config.hiddenSize();
    Wordings wordings = Wordings.of(model);
    float[] states = new float[wordings.states().size() * width];
    for (int i = 0; i < wordings.states().size(); i++) {
      System.arraycopy(wordings.states().get(i), 0, states, i * width, width);
    }
    double[] numbers = {
      config.calibration().scale(),
      config.calibration().offset(),
      config.priorExponent(),
      Math.log(config.threshold() / (1 - config.threshold()))
    };
    List<PtNDArray> tensors = new ArrayList<>();
    try (PtNDManager call = module.newCallManager()) {
      List<PtNDArray> parameters = new ArrayList<>();
      for (int i = 0; i < model.parameters().size(); i++) {
        FloatTensor tensor = model.parameters().get(i);
        parameters.add(
            module.floats(i < MENTION_TENSORS ? owner : call, tensor.values(), tensor.shape()));
      }
      tensors.addAll(parameters.subList(0, MENTION_TENSORS));
      PtNDArray owners = module.longs(owner, wordings.owners(), wordings.owners().length);
      try (IValue given = IValue.from(module.floats(call, states, states.length / width, width));
          IValue owned = IValue.from(owners);
          IValue sample =
              IValue.from(module.floats(call, model.sample().values(), model.sample().shape()));
          IValue weights = IValue.listFrom(parameters.toArray(PtNDArray[]::new));
          IValue settings = IValue.listFrom(numbers);
          IValue rows = module.run("label_rows", given, owned, sample, weights, settings)) {
        tensors.addAll(List.of(rows.toTensorArray(owner)));
      }
      tensors.add(owners);
    }
    return tensors;
  }

  /**
   * The wordings of labels as the engine wants them: the first of every label, then all others.
   *
   * @param states of the wordings
   * @param owners of the others, indices of labels
   */
  private record Wordings(List<float[]> states, long[] owners) {

    static Wordings of(LabelModel model) {
      List<float[]> first = new ArrayList<>();
      List<float[]> others = new ArrayList<>();
      List<Long> owners = new ArrayList<>();
      int at = 0;
      for (int label = 0; label < model.labels().size(); label++) {
        int wordings = model.labels().get(label).wordings().size();
        first.add(model.labelStates().get(at));
        for (int i = 1; i < wordings; i++) {
          others.add(model.labelStates().get(at + i));
          owners.add((long) label);
        }
        at += wordings;
      }
      first.addAll(others);
      return new Wordings(first, owners.stream().mapToLong(Long::longValue).toArray());
    }
  }

  private static List<PtNDArray> tensors(ScriptModule module, FoldedClassifier folded) {
    PtNDManager owner = module.manager();
    SpanClassifier classifier = folded.classifier();
    int width = folded.width();
    int embedding = folded.repeats() > 0 ? width : 0;
    return List.of(
        module.floats(owner, folded.input(), width, classifier.config().spanWidth()),
        module.floats(owner, folded.inputBias(), width),
        matrix(
            module,
            embedding == 0 ? new float[0] : classifier.hiddenWeight(),
            embedding,
            embedding),
        matrix(module, embedding == 0 ? new float[0] : classifier.hiddenBias(), embedding),
        matrix(
            module,
            folded.output(),
            folded.outputBias().length,
            folded.outputBias().length == 0 ? 0 : width),
        matrix(module, folded.outputBias(), folded.outputBias().length));
  }

  private static PtNDArray absent(ScriptModule module) {
    return module.floats(module.manager(), new float[0], 0);
  }

  /** A tensor that may be absent, which is one without elements. */
  private static PtNDArray matrix(ScriptModule module, float[] values, long... shape) {
    return values.length == 0 ? absent(module) : module.floats(module.manager(), values, shape);
  }

  @Override
  public void close() {
    ScriptModule.closeAll(taps, weights, options);
  }
}
