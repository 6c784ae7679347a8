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
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * The classifiers of several heads in native memory, as {@code score_typed} takes them.
 *
 * @param taps per head which of the tapped layers its classifier reads; -1 without one
 * @param weights six per head
 * @param options three per head
 */
record ClassifierWeights(IValue taps, IValue weights, IValue options) implements AutoCloseable {

  /** The kind of classifier, as {@code score_typed} counts them. */
  private static final long LABEL_MODEL = 2;

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
   * @param tapOfLayer which of the tapped layers is that block
   */
  static ClassifierWeights load(
      ScriptModule module, List<MentionClassifier> classifiers, IntUnaryOperator tapOfLayer) {
    long[] taps = new long[classifiers.size()];
    long[] options = new long[3 * taps.length];
    List<PtNDArray> weights = new ArrayList<>();
    for (int i = 0; i < taps.length; i++) {
      if (classifiers.get(i) instanceof LabelModel model) {
        taps[i] = tapOfLayer.applyAsInt(model.layer());
        options[3 * i + 2] = LABEL_MODEL;
        weights.addAll(tensors(module, model));
        continue;
      }
      SpanClassifier classifier = (SpanClassifier) classifiers.get(i);
      if (classifier == null) {
        taps[i] = -1;
        PtNDArray absent = module.floats(module.manager(), new float[0], 0);
        for (int w = 0; w < 6; w++) {
          weights.add(absent);
        }
        continue;
      }
      FoldedClassifier folded = FoldedClassifier.of(classifier);
      taps[i] = tapOfLayer.applyAsInt(classifier.config().layer());
      options[3 * i] = classifier.config().representation() == SpanRepresentation.AVERAGE ? 1 : 0;
      options[3 * i + 1] = folded.repeats();
      options[3 * i + 2] = classifier.config().probability() == ClassProbability.SOFTMAX ? 1 : 0;
      weights.addAll(tensors(module, folded));
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
    float[] states = new float[model.labels().size() * width];
    for (int label = 0; label < model.labels().size(); label++) {
      System.arraycopy(model.labelStates().get(label), 0, states, label * width, width);
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
      try (IValue given = IValue.from(module.floats(call, states, model.labels().size(), width));
          IValue sample =
              IValue.from(module.floats(call, model.sample().values(), model.sample().shape()));
          IValue weights = IValue.listFrom(parameters.toArray(PtNDArray[]::new));
          IValue settings = IValue.listFrom(numbers);
          IValue rows = module.run("label_rows", given, sample, weights, settings)) {
        tensors.addAll(List.of(rows.toTensorArray(owner)));
      }
    }
    return tensors;
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

  /** A tensor that may be absent, which is one without elements. */
  private static PtNDArray matrix(ScriptModule module, float[] values, long... shape) {
    return values.length == 0
        ? module.floats(module.manager(), values, 0)
        : module.floats(module.manager(), values, shape);
  }

  @Override
  public void close() {
    ScriptModule.closeAll(taps, weights, options);
  }
}
