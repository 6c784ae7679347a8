package io.github.tommerspark.convert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A BERT-like encoder found again in an ONNX graph that PyTorch exported.
 *
 * <p>Embeddings, biases and norms keep their names in an export. Matrices of linear layers lose
 * theirs and are stored transposed; the bias that is added to the product says which one it is.
 */
final class BertExport {

  static final String WORDS = "embeddings.word_embeddings.weight";

  private static final List<String> MATRICES =
      List.of(
          "attention.self.query",
          "attention.self.key",
          "attention.self.value",
          "attention.output.dense",
          "intermediate.dense",
          "output.dense");

  /** No encoder has more blocks; BERT's largest has 24. */
  private static final int MAX_LAYERS = 1 << 10;

  /** Operations of BERT as exporters write them, with what pools its last hidden states. */
  private static final Set<String> OPERATORS =
      Set.of(
          ("Abs Add And Cast CastLike Clip Concat Constant ConstantOfShape Div Dropout Equal Erf Expand"
                  + " Flatten Gather GatherElements GatherND Gelu Gemm Greater GreaterOrEqual Identity"
                  + " IsNaN LayerNormalization Less LessOrEqual MatMul Max Min Mul Neg Not Or Pow Range"
                  + " Reciprocal ReduceL2 ReduceMax ReduceMean ReduceSum Relu Reshape Shape Slice Softmax"
                  + " Split Sqrt Squeeze Sub Tanh Tile Transpose Unsqueeze Where")
              .split(" "));

  /** Of RoBERTa too, which counts its positions from the padding. */
  private static final String COUNTS = "CumSum";

  /**
   * A weight and where its values are.
   *
   * @param tensor where they are
   * @param shape its dimensions in the snapshot, outermost first
   * @param transposed whether the file has rows and columns exchanged
   */
  record Weight(OnnxTensor tensor, long[] shape, boolean transposed) {}

  private final OnnxGraph graph;
  private final @Nullable ObjectNode given;
  private final String prefix;
  private final int layers;
  private final Map<String, Weight> weights = new LinkedHashMap<>();

  private BertExport(OnnxGraph graph, @Nullable ObjectNode given) throws IOException {
    this.graph = graph;
    this.given = given;
    this.prefix = findPrefix();
    this.layers = countLayers();
  }

  /**
   * Looks for an encoder in a graph.
   *
   * @param graph the graph
   * @param given the model's own config.json, or null to derive it
   * @throws ModelFormatException if it is none, or what it computes is not what BERT does
   */
  static BertExport of(OnnxGraph graph, @Nullable ObjectNode given) throws IOException {
    checkOperators(graph, given);
    return new BertExport(graph, given);
  }

  private static void checkOperators(OnnxGraph graph, @Nullable ObjectNode given)
      throws ModelFormatException {
    Set<String> others = new TreeSet<>();
    for (OnnxNode node : graph.nodes()) {
      if (!OPERATORS.contains(node.operator())
          && !(node.operator().equals(COUNTS) && given != null)) {
        others.add(node.operator());
      }
    }
    if (others.isEmpty()) {
      return;
    }
    String first = others.iterator().next();
    String reason;
    if (others.stream().anyMatch(BertExport::quantizes)) {
      first = others.stream().filter(BertExport::quantizes).findFirst().orElseThrow();
      reason = "its weights are quantised (operator %s); import the export in float32 or float16";
    } else if (others.contains(COUNTS)) {
      first = COUNTS;
      reason =
          "it counts positions from the padding (operator %s) as RoBERTa does; name its config.json, which says where they begin";
    } else if (first.contains(".")) {
      reason =
          "its operations were joined for one runtime (operator %s); import the export before it was optimised";
    } else {
      reason = "operator %s is none of BERT's; supported are exports of BERT and RoBERTa";
    }
    throw refused(graph, String.format(Locale.ROOT, reason, Quoted.of(first)));
  }

  private static boolean quantizes(String operator) {
    return operator.toLowerCase(Locale.ROOT).contains("quantize") || operator.contains("Integer");
  }

  private String findPrefix() throws ModelFormatException {
    List<String> prefixes = new ArrayList<>();
    for (String name : graph.tensors().keySet()) {
      if (name.endsWith(WORDS)) {
        prefixes.add(name.substring(0, name.length() - WORDS.length()));
      }
    }
    if (prefixes.size() == 1) {
      return prefixes.get(0);
    }
    throw refused(
        prefixes.isEmpty()
            ? "there is no tensor named %s; supported are exports of BERT-like encoders from PyTorch, which keep the names of embeddings and biases"
                .formatted(WORDS)
            : "there are several tensors named %s: %s"
                .formatted(WORDS, Quoted.of(String.join(", ", prefixes))));
  }

  private int countLayers() throws ModelFormatException {
    int count = 0;
    while (count <= MAX_LAYERS && named(block(count) + "attention.self.query.bias") != null) {
      count++;
    }
    if (count == 0 || count > MAX_LAYERS) {
      throw refused(
          count == 0
              ? "there is no tensor named %s"
                  .formatted(shown(block(0) + "attention.self.query.bias"))
              : String.format(Locale.ROOT, "it has more than %d blocks", MAX_LAYERS));
    }
    return count;
  }

  /** The beginning of the names of a block's tensors. */
  static String block(int layer) {
    return "encoder.layer." + layer + ".";
  }

  private @Nullable OnnxTensor named(String name) {
    return graph.constant(prefix + name);
  }

  /** The part before the names of all tensors. */
  String prefix() {
    return prefix;
  }

  /** Number of blocks in the file. */
  int layers() {
    return layers;
  }

  /**
   * The weights that a snapshot has of the first blocks, by their names in it.
   *
   * @param kept how many blocks, from 1 to {@link #layers}
   * @throws ModelFormatException if one is missing or has a shape that does not fit the others
   */
  Map<String, Weight> weights(int kept) throws ModelFormatException {
    weights.clear();
    long[] words = matrix(WORDS);
    long width = words[1];
    vector("embeddings.LayerNorm.weight", width);
    vector("embeddings.LayerNorm.bias", width);
    for (String table :
        List.of(
            "embeddings.position_embeddings.weight", "embeddings.token_type_embeddings.weight")) {
      if (matrix(table)[1] != width) {
        throw refused(
            String.format(
                Locale.ROOT,
                "tensor %s has rows of %d numbers, but those of words have %d",
                table,
                matrix(table)[1],
                width));
      }
    }
    for (int layer = 0; layer < kept; layer++) {
      String at = block(layer);
      long inner = vector(at + "intermediate.dense.bias", -1);
      for (String name : MATRICES) {
        boolean widens = name.equals("intermediate.dense");
        long out = widens ? inner : width;
        long in = name.equals("output.dense") ? inner : width;
        vector(at + name + ".bias", out);
        product(at + name, out, in);
      }
      for (String norm : List.of("attention.output.LayerNorm.", "output.LayerNorm.")) {
        vector(at + norm + "weight", width);
        vector(at + norm + "bias", width);
      }
    }
    return new LinkedHashMap<>(weights);
  }

  private long[] matrix(String name) throws ModelFormatException {
    OnnxTensor tensor = weight(name);
    if (tensor.shape().length != 2 || tensor.elements() == 0) {
      throw shapeOf(name, tensor, "rows and columns");
    }
    weights.put(name, new Weight(tensor, tensor.shape(), false));
    return tensor.shape();
  }

  private long vector(String name, long size) throws ModelFormatException {
    OnnxTensor tensor = weight(name);
    if (tensor.shape().length != 1 || tensor.elements() == 0) {
      throw shapeOf(name, tensor, "one dimension");
    }
    if (size >= 0 && tensor.elements() != size) {
      throw shapeOf(name, tensor, String.format(Locale.ROOT, "[%d]", size));
    }
    weights.put(name, new Weight(tensor, tensor.shape(), false));
    return tensor.elements();
  }

  private OnnxTensor weight(String name) throws ModelFormatException {
    OnnxTensor tensor = named(name);
    if (tensor == null) {
      throw refused(
          "tensor %s is missing%s"
              .formatted(
                  shown(name),
                  name.endsWith("_embeddings.weight")
                      ? "; an export for texts of one length has computed it away: export with dynamic axes"
                      : ""));
    }
    if (!tensor.dtype().isWeight() || tensor.begin() < 0) {
      throw refused(
          "tensor %s has type %s; supported: F32, F16, BF16"
              .formatted(shown(name), tensor.dtype()));
    }
    return tensor;
  }

  /** Finds the matrix of the linear layer whose bias has a name. */
  private void product(String layer, long out, long in) throws ModelFormatException {
    Linear linear = linear(layer);
    OnnxTensor tensor = graph.constant(linear.matrix());
    boolean transposed = !linear.byRows();
    if (tensor == null) {
      // Kept as in the checkpoint, and transposed when it runs.
      OnnxNode turn = graph.producer(linear.matrix());
      if (turn != null && turn.operator().equals("Transpose") && !turn.inputs().isEmpty()) {
        tensor = graph.constant(turn.inputs().get(0));
        transposed = !transposed;
      }
    }
    if (tensor == null || !tensor.dtype().isWeight() || tensor.begin() < 0) {
      throw refused(
          "the matrix of %s is no tensor of type F32, F16 or BF16".formatted(shown(layer)));
    }
    long[] expected = transposed ? new long[] {in, out} : new long[] {out, in};
    if (!Arrays.equals(tensor.shape(), expected)) {
      throw shapeOf(layer + ".weight", tensor, Arrays.toString(expected));
    }
    weights.put(layer + ".weight", new Weight(tensor, new long[] {out, in}, transposed));
  }

  /**
   * A linear layer of the graph.
   *
   * @param input the value that it takes
   * @param matrix the value that is its matrix
   * @param byRows whether each output is a row of the matrix, as PyTorch has it
   * @param output the value that it gives
   */
  record Linear(String input, String matrix, boolean byRows, String output) {}

  /**
   * Finds the linear layer whose bias has a name.
   *
   * @throws ModelFormatException if it is not added to one product
   */
  Linear linear(String layer) throws ModelFormatException {
    List<Linear> found = new ArrayList<>();
    OnnxTensor bias = weight(layer + ".bias");
    for (OnnxNode node : consumersOf(prefix + layer + ".bias")) {
      if (node.outputs().size() != 1) {
        continue;
      }
      if (node.operator().equals("Gemm") && node.inputs().size() == 3) {
        plain(node, layer);
        boolean byRows = Long.valueOf(1).equals(node.attributes().get("transB"));
        found.add(
            new Linear(node.inputs().get(0), node.inputs().get(1), byRows, node.outputs().get(0)));
      } else if (node.operator().equals("Add") && node.inputs().size() == 2) {
        for (String input : node.inputs()) {
          OnnxNode product = graph.producer(input);
          if (!bias.equals(graph.constant(input))
              && product != null
              && product.operator().equals("MatMul")
              && product.inputs().size() == 2) {
            found.add(
                new Linear(
                    product.inputs().get(0),
                    product.inputs().get(1),
                    false,
                    node.outputs().get(0)));
          }
        }
      }
    }
    if (found.size() != 1) {
      throw refused(
          String.format(
              Locale.ROOT,
              "%s is added to %d products, and must be to one",
              shown(layer + ".bias"),
              found.size()));
    }
    return found.get(0);
  }

  /** The operations that take a constant, under its name or through {@code Identity}. */
  private List<OnnxNode> consumersOf(String name) {
    List<OnnxNode> all = new ArrayList<>();
    for (OnnxNode node : graph.consumers(name)) {
      if (!node.operator().equals("Identity")) {
        all.add(node);
      }
    }
    return all;
  }

  private void plain(OnnxNode gemm, String layer) throws ModelFormatException {
    for (String factor : List.of("alpha", "beta")) {
      Object value = gemm.attributes().getOrDefault(factor, 1f);
      if (!value.equals(1f)) {
        throw refused("the product of %s has %s %s".formatted(shown(layer), factor, value));
      }
    }
    if (!gemm.attributes().getOrDefault("transA", 0L).equals(0L)) {
      throw refused("the product of %s transposes its input".formatted(shown(layer)));
    }
  }

  /**
   * Returns the config.json of a model of the first blocks.
   *
   * @param kept how many blocks, from 1 to {@link #layers}
   * @throws ModelFormatException if the graph does not tell, or a given config.json says otherwise
   */
  ObjectNode config(int kept) throws IOException {
    return new BertExportConfig(this, graph, given).of(kept);
  }

  private ModelFormatException shapeOf(String name, OnnxTensor tensor, String expected) {
    return refused(
        "tensor %s has shape %s, but the others imply %s"
            .formatted(shown(name), Arrays.toString(tensor.shape()), expected));
  }

  /** A name of the file, which nobody vouches for. */
  private String shown(String name) {
    return Quoted.of(prefix + name);
  }

  /** The failure to import the graph for a reason. */
  ModelFormatException refused(String reason) {
    return refused(graph, reason);
  }

  private static ModelFormatException refused(OnnxGraph graph, String reason) {
    return new ModelFormatException("Cannot import %s: %s".formatted(graph.file(), reason));
  }
}
