package io.github.tommerspark.detect;

import io.github.tommerspark.classify.EntityPrompt;
import io.github.tommerspark.classify.SpanClassifier;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Gives a zero-shot classifier the classes that labels name, as the backbone reads them. */
final class ClassPrompts {

  /** Labels are few words; this keeps a document from passing for one. */
  private static final int MAX_TOKENS = 256;

  private ClassPrompts() {}

  /** Runs a backbone up to a layer. */
  @FunctionalInterface
  interface HiddenStates {

    /**
     * The hidden states of one sequence.
     *
     * @param ids token ids, special tokens included
     * @param layer index of a block, from 0
     * @return float32 (tokens × width), row-major
     */
    float[] of(long[] ids, int layer);
  }

  /**
   * The states of the prompts of labels: each that of the last token.
   *
   * @return one of [width] per label
   * @throws IOException if a label is longer than any name
   */
  static List<float[]> states(
      List<String> labels, int layer, TextTokenizer tokenizer, HiddenStates backbone)
      throws IOException {
    List<float[]> states = new ArrayList<>();
    for (String label : labels) {
      long[] ids = ids(label, tokenizer);
      float[] all = backbone.of(ids, layer);
      states.add(Arrays.copyOfRange(all, all.length - all.length / ids.length, all.length));
    }
    return states;
  }

  private static long[] ids(String label, TextTokenizer tokenizer) throws IOException {
    TokenizedText prompt = tokenizer.encode(EntityPrompt.of(label));
    if (prompt.size() > MAX_TOKENS) {
      throw new IOException(
          "Cannot use the label \"%s…\": its prompt has %d tokens, and at most %d are read"
              .formatted(label.substring(0, 20), prompt.size(), MAX_TOKENS));
    }
    int[] prefix = tokenizer.prefixIds();
    int[] suffix = tokenizer.suffixIds();
    long[] ids = new long[prefix.length + prompt.size() + suffix.length];
    for (int i = 0; i < prefix.length; i++) {
      ids[i] = prefix[i];
    }
    prompt.copyIds(0, prompt.size(), ids, prefix.length);
    for (int i = 0; i < suffix.length; i++) {
      ids[prefix.length + prompt.size() + i] = suffix[i];
    }
    return ids;
  }

  /**
   * A plan's classifier with the classes that it is to choose among.
   *
   * @return null for a plan without a classifier
   */
  static SpanClassifier classifier(ModelPlan plan, TextTokenizer tokenizer, HiddenStates backbone)
      throws IOException {
    SpanClassifier classifier = plan.classifier();
    if (classifier == null || plan.spec().typing().labels().isEmpty()) {
      return classifier;
    }
    List<String> labels = plan.spec().typing().labels();
    return classifier.withLabels(
        labels, states(labels, classifier.config().layer(), tokenizer, backbone));
  }
}
