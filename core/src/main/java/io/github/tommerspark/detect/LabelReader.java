package io.github.tommerspark.detect;

import io.github.tommerspark.classify.EntityPrompt;
import io.github.tommerspark.classify.Label;
import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.classify.MentionClassifier;
import io.github.tommerspark.classify.SpanClassifier;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Has the backbone read labels given at run time. */
final class LabelReader {

  /** Labels are few words; this keeps a document from passing for one. */
  private static final int MAX_TOKENS = 256;

  /** Tokens of a forward call. */
  private static final int BATCH_TOKENS = 4096;

  private final TextTokenizer tokenizer;
  private final HiddenStates backbone;

  /** Runs a backbone up to a layer. */
  @FunctionalInterface
  interface HiddenStates {

    /**
     * The hidden states of a packed batch.
     *
     * @param ids token ids, special tokens included
     * @param groups (count, length) pairs in the same order
     * @param layer index of a block, from 0
     * @return float32 (tokens × width), row-major
     */
    float[] of(long[] ids, long[] groups, int layer);
  }

  LabelReader(TextTokenizer tokenizer, HiddenStates backbone) {
    this.tokenizer = tokenizer;
    this.backbone = backbone;
  }

  /**
   * A label as the backbone reads it.
   *
   * @param ids special tokens included
   * @param from index of the first token that counts
   * @param to index behind the last one
   */
  private record Read(long[] ids, int from, int to) {}

  /**
   * The states that stand for labels in a span classifier: each that of the last token of a prompt.
   *
   * @param layer index of a block, from 0
   * @return one of [width] per label
   * @throws IOException if a label is longer than any name
   */
  List<float[]> lastStates(List<String> labels, int layer) throws IOException {
    List<Read> read = new ArrayList<>();
    for (String label : labels) {
      long[] ids = ids(label, tokenizer.encode(EntityPrompt.of(label)));
      read.add(new Read(ids, ids.length - 1, ids.length));
    }
    return means(read, layer);
  }

  /**
   * The states that stand for labels in a label model: each the mean over the label's tokens.
   *
   * @param prompt what is read in front of each
   * @param layer index of a block, from 0
   * @return one of [width] per label
   * @throws IOException if a label is longer than any name
   */
  List<float[]> meanStates(String prompt, List<String> labels, int layer) throws IOException {
    List<Read> read = new ArrayList<>();
    int prefix = tokenizer.prefixIds().length;
    for (String label : labels) {
      TokenizedText tokens = tokenizer.encode(prompt + label);
      long[] ids = ids(label, tokens);
      int from = 0;
      while (from < tokens.size() && tokens.end(from) <= prompt.length()) {
        from++;
      }
      if (from == tokens.size()) {
        throw new IOException(
            "Cannot use the label \"%s\": the tokenizer makes no token of it".formatted(label));
      }
      read.add(new Read(ids, prefix + from, prefix + tokens.size()));
    }
    return means(read, layer);
  }

  private long[] ids(String label, TokenizedText prompt) throws IOException {
    if (prompt.size() > MAX_TOKENS) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "Cannot use the label \"%s…\": it has %d tokens with what is read in front, and at most %d are read",
              label.substring(0, Math.min(20, label.length())),
              prompt.size(),
              MAX_TOKENS));
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

  /** The mean states of what counts, in the order given; read in batches of equal lengths. */
  private List<float[]> means(List<Read> read, int layer) {
    List<Integer> order =
        IntStream.range(0, read.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> read.get(i).ids().length))
            .toList();
    float[][] means = new float[read.size()][];
    for (int from = 0; from < order.size(); ) {
      int to = from;
      int tokens = 0;
      List<Long> groups = new ArrayList<>();
      while (to < order.size()
          && (to == from || tokens + read.get(order.get(to)).ids().length <= BATCH_TOKENS)) {
        long length = read.get(order.get(to)).ids().length;
        int last = groups.size() - 1;
        if (last > 0 && groups.get(last) == length) {
          groups.set(last - 1, groups.get(last - 1) + 1);
        } else {
          groups.add(1L);
          groups.add(length);
        }
        tokens += (int) length;
        to++;
      }
      List<Integer> batch = order.subList(from, to);
      long[] ids = batch.stream().flatMapToLong(i -> Arrays.stream(read.get(i).ids())).toArray();
      float[] states =
          backbone.of(ids, groups.stream().mapToLong(Long::longValue).toArray(), layer);
      int width = states.length / tokens;
      int at = 0;
      for (int i : batch) {
        means[i] = mean(states, at, read.get(i), width);
        at += read.get(i).ids().length;
      }
      from = to;
    }
    return List.of(means);
  }

  private static float[] mean(float[] states, int at, Read read, int width) {
    double[] sum = new double[width];
    for (int token = at + read.from(); token < at + read.to(); token++) {
      for (int i = 0; i < width; i++) {
        sum[i] += states[token * width + i];
      }
    }
    float[] mean = new float[width];
    for (int i = 0; i < width; i++) {
      mean[i] = (float) (sum[i] / (read.to() - read.from()));
    }
    return mean;
  }

  /**
   * A plan's classifier with the classes that it is to choose among.
   *
   * @return null for a plan without a classifier
   * @throws IOException if a label cannot be read
   */
  MentionClassifier classifier(ModelPlan plan) throws IOException {
    if (plan.classifier() == null) {
      return null;
    }
    List<Label> labels = plan.labels();
    if (plan.classifier() instanceof LabelModel model) {
      List<String> wordings = labels.stream().flatMap(label -> label.wordings().stream()).toList();
      return model.withLabels(labels, meanStates(model.config().prompt(), wordings, model.layer()));
    }
    SpanClassifier classifier = (SpanClassifier) plan.classifier();
    List<String> names = Label.names(labels);
    return plan.spec().typing().labels().isEmpty()
        ? classifier
        : classifier.withLabels(names, lastStates(names, classifier.layer()));
  }
}
