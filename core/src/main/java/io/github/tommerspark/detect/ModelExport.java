package io.github.tommerspark.detect;

import ai.djl.Device;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.backbone.BackboneExport;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.detect.PackedBatch.Sequence;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.text.TokenizedText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * A model as files that a program with libtorch alone can run: the same TorchScript with the same
 * arguments that the engine gives it, windows of texts as token ids, and, for a model with weights,
 * the spans that the engine finds in them in fp32 on a CPU.
 */
public final class ModelExport {

  /** Weights in fp32 that take more are carried as bfloat16, and so is what is expected of them. */
  private static final long ROUNDED_FROM_BYTES = 16 << 20;

  /** Tensors of a random head that are small enough to be carried as they are. */
  private static final int CARRIED_ELEMENTS = 1024;

  /** Spans this much below the threshold are expected, too, to compare scores around it. */
  private static final double MARGIN = 0.1;

  private ModelExport() {}

  /**
   * Exports a model with its weights.
   *
   * @param spec the model; its backbone is a snapshot. Its classifier, if any, is left out
   * @param texts in which spans are expected, and of whose windows batches can be made
   * @param expectedTokens the windows with the first so many tokens make the expectation
   * @param directory that receives the files
   * @param work for temporary files
   * @return the entry that describes the files
   * @throws IOException if the model cannot be read or a file not be written
   * @throws IllegalArgumentException if the backbone is a TorchScript file
   */
  public static ObjectNode model(
      ModelSpec spec, List<String> texts, int expectedTokens, Path directory, Path work)
      throws IOException {
    try (ModelPlan plan = ModelPlan.of(spec.withTyping(null), false)) {
      ModelDirectory snapshot = plan.backbone().directory();
      BackbonePlan backbone = plan.snapshot().plan();
      boolean wide = backbone.bytes() > Short.BYTES * backbone.parameters();
      if (wide && backbone.bytes() > ROUNDED_FROM_BYTES) {
        Path rounded = work.resolve("rounded-" + spec.name());
        try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
          BackboneExport.round(backbone, checkpoint, rounded);
        }
        snapshot = new LocalDirectory(rounded);
        try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
          backbone = BackbonePlan.of(snapshot, checkpoint, backbone.lastLayer());
        }
      }
      BackboneExport export = new BackboneExport(backbone, directory, "model");
      export.entry().put("rounded", snapshot != plan.backbone().directory());
      List<Sequence> sequences = inputs(plan, texts, export);
      try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
        SnapshotStates loaded =
            SnapshotStates.load(backbone, checkpoint, ComputeType.FP32, Device.cpu());
        double floor = Math.max(0, plan.spec().threshold().value() - MARGIN);
        try (SpanScorer scorer = scorer(plan, loaded, floor)) {
          arguments(scorer, loaded, export, false);
          int expected = expect(plan, scorer, sequences, expectedTokens, export);
          export.storedWeights(checkpoint, rows(plan, sequences.subList(0, expected)));
        }
      }
      export.archives(SnapshotStates.sources(true));
      return export.finish();
    }
  }

  /**
   * Exports a shape, whose weights and head whoever runs the files makes at random.
   *
   * @param spec a model whose backbone is an outline
   * @param texts of whose windows batches can be made
   * @param directory that receives the files
   * @return the entry that describes the files
   * @throws IOException if the model cannot be read or a file not be written
   */
  public static ObjectNode shape(ModelSpec spec, List<String> texts, Path directory)
      throws IOException {
    try (ModelPlan plan = ModelPlan.of(spec, false)) {
      BackbonePlan backbone = plan.snapshot().plan();
      BackboneExport export = new BackboneExport(backbone, directory, "shape");
      inputs(plan, texts, export);
      export.randomWeights();
      StateSource empty =
          new SnapshotStates(
              BackboneExport.withoutWeights(backbone, SnapshotStates.sources(true)), 0);
      try (SpanScorer scorer = scorer(plan, empty, plan.spec().threshold().value())) {
        arguments(scorer, empty, export, true);
      }
      export.archives(SnapshotStates.sources(true));
      return export.finish();
    }
  }

  private static SpanScorer scorer(ModelPlan plan, StateSource states, double floor) {
    return SpanScorer.of(
        states,
        List.of(plan.head()),
        Collections.singletonList(null),
        List.of(false),
        new double[] {floor},
        EngineOptions.defaults(),
        new WorkAccount());
  }

  /** Writes the windows of texts, specials included, in the order in which they are read. */
  private static List<Sequence> inputs(ModelPlan plan, List<String> texts, BackboneExport export) {
    List<Sequence> sequences = new ArrayList<>();
    for (int text = 0; text < texts.size(); text++) {
      TokenizedText tokens = plan.tokenizer().encode(texts.get(text));
      WordBoundaries boundaries = WordBoundaries.of(texts.get(text), tokens);
      int index = text;
      plan.windows()
          .windows(tokens.size())
          .forEach(window -> sequences.add(new Sequence(index, tokens, boundaries, window)));
    }
    int[] lengths = new int[sequences.size()];
    List<int[]> parts = new ArrayList<>();
    ByteArrayOutputStream edges = new ByteArrayOutputStream();
    for (int i = 0; i < lengths.length; i++) {
      PackedBatch one = batch(plan, sequences.subList(i, i + 1));
      edges.writeBytes(one.edges());
      long[] ids = one.ids();
      lengths[i] = ids.length;
      parts.add(Arrays.stream(ids).mapToInt(Math::toIntExact).toArray());
    }
    export.tensors().add("ids", parts.stream().flatMapToInt(Arrays::stream).toArray());
    export.tensors().add("edges", DType.U8, edges.toByteArray(), edges.size() / 2, 2);
    export.tensors().add("lengths", lengths);
    export.entry().put("max_tokens", plan.maxTokens());
    export.entry().put("attention_flops", plan.snapshot().plan().attentionFlops(plan.maxTokens()));
    export.entry().put("threshold", plan.spec().threshold().value());
    return sequences;
  }

  private static PackedBatch batch(ModelPlan plan, List<Sequence> sequences) {
    return PackedBatch.of(sequences, plan.tokenizer().prefixIds(), plan.tokenizer().suffixIds());
  }

  /** The token ids that occur. */
  private static int[] rows(ModelPlan plan, List<Sequence> sequences) {
    TreeSet<Long> ids = new TreeSet<>();
    for (Sequence sequence : sequences) {
      for (long id : batch(plan, List.of(sequence)).ids()) {
        ids.add(id);
      }
    }
    return ids.stream().mapToInt(Math::toIntExact).toArray();
  }

  /** Writes the arguments of every call; those of the batch are named only. */
  private static void arguments(
      SpanScorer scorer, StateSource states, BackboneExport export, boolean random) {
    export.entry().put("method", scorer.method());
    ArrayNode arguments = export.entry().putArray("arguments");
    arguments.addObject().put("name", "ids");
    arguments.addObject().put("name", "groups");
    arguments.addObject().put("name", "edges").put("per_token", "edges");
    for (Map.Entry<String, IValue> setting : scorer.settings().entrySet()) {
      String name = setting.getKey();
      IValue value = setting.getValue();
      ObjectNode argument = arguments.addObject().put("name", name);
      if (name.equals(SnapshotStates.WEIGHTS) || name.equals(SnapshotStates.STOP)) {
        continue;
      }
      if (value.isLongList()) {
        ArrayNode values = argument.putArray("ints");
        Arrays.stream(value.toLongArray()).forEach(values::add);
      } else if (value.isDoubleList()) {
        ArrayNode values = argument.putArray("floats");
        Arrays.stream(value.toDoubleArray()).forEach(values::add);
      } else {
        ArrayNode tensors = argument.putArray("tensors");
        PtNDArray[] arrays = value.toTensorArray(states.module().manager());
        for (int i = 0; i < arrays.length; i++) {
          tensor(
              String.format(Locale.ROOT, "%s.%d", name, i),
              arrays[i],
              export,
              random,
              tensors.addObject());
        }
      }
    }
  }

  private static void tensor(
      String name, PtNDArray array, BackboneExport export, boolean random, ObjectNode tensor) {
    long[] shape = array.getShape().getShape();
    float[] values = array.toFloatArray();
    ArrayNode sizes = tensor.putArray("shape");
    Arrays.stream(shape).forEach(sizes::add);
    if (random && values.length > CARRIED_ELEMENTS) {
      double sum = 0;
      double squares = 0;
      for (float value : values) {
        sum += value;
        squares += (double) value * value;
      }
      double mean = sum / values.length;
      tensor
          .putObject("random")
          .put("mean", mean)
          .put("std", Math.sqrt(squares / values.length - mean * mean));
    } else {
      tensor.put("tensor", name);
      export.tensors().add(name, values, shape);
    }
  }

  /**
   * Writes what the engine finds in the first windows.
   *
   * @return how many windows that are
   */
  private static int expect(
      ModelPlan plan,
      SpanScorer scorer,
      List<Sequence> sequences,
      int tokens,
      BackboneExport export) {
    int budget = EngineOptions.DEFAULT_BATCH_TOKENS;
    List<int[]> places = new ArrayList<>();
    List<Float> scores = new ArrayList<>();
    int at = 0;
    int seen = 0;
    while (at < sequences.size() && seen < tokens) {
      int to = at;
      int size = 0;
      while (to < sequences.size()
          && (to == at || size + sequences.get(to).window().size() <= budget)) {
        size += sequences.get(to).window().size();
        to++;
      }
      // As read, not sorted: the groups of a batch may be of one sequence each.
      PackedBatch batch = batch(plan, sequences.subList(at, to));
      ScoredSpans found = scorer.score(batch).heads().get(0);
      int[] owners = batch.sequenceOfToken();
      int prefix = plan.tokenizer().prefixIds().length;
      for (int i = 0; i < found.scores().length; i++) {
        int owner = owners[(int) found.ends()[i]];
        int first = batch.firstContent(owner) - prefix;
        places.add(
            new int[] {at + owner, (int) found.starts()[i] - first, (int) found.ends()[i] - first});
        scores.add(found.scores()[i]);
      }
      seen += batch.ids().length;
      at = to;
    }
    float[] probabilities = new float[scores.size()];
    for (int i = 0; i < probabilities.length; i++) {
      probabilities[i] = scores.get(i);
    }
    export.entry().put("expected_sequences", at);
    export.tensors().add("expected.sequence", places.stream().mapToInt(p -> p[0]).toArray());
    export.tensors().add("expected.start", places.stream().mapToInt(p -> p[1]).toArray());
    export.tensors().add("expected.end", places.stream().mapToInt(p -> p[2]).toArray());
    export.tensors().add("expected.score", probabilities, probabilities.length);
    return at;
  }
}
