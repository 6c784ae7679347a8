package io.github.tommerspark.convert;

import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.Quoted;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The graph of an ONNX file: its operations and constants, of which only small ones are read.
 *
 * <p>How much memory a graph takes is bounded by how many operations, tensors and letters of names
 * it may have, far above those of any encoder.
 */
final class OnnxGraph {

  /** Longest lists of integers kept: shapes, axes and permutations. */
  static final int MAX_INTEGERS = 16;

  /** As many integers of 64 bits take no more, whatever their values. */
  private static final int MAX_INTEGER_BYTES = MAX_INTEGERS * 10;

  /** Names that one value may have; more is a circle, or made to keep us busy. */
  private static final int MAX_ALIASES = 64;

  private static final int MAX_NODES = 100_000;
  private static final int MAX_TENSORS = 100_000;
  private static final long MAX_NAMES = 64L << 20;
  private static final int MAX_DIMENSIONS = 8;

  private static final Map<Integer, DType> TYPES =
      Map.of(
          1,
          DType.F32,
          2,
          DType.U8,
          3,
          DType.I8,
          6,
          DType.I32,
          7,
          DType.I64,
          9,
          DType.BOOL,
          10,
          DType.F16,
          11,
          DType.F64,
          16,
          DType.BF16);

  private final String file;
  private final RandomAccessSource source;
  private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, OnnxNode> producers = new HashMap<>();
  private final Map<String, List<OnnxNode>> consumers = new HashMap<>();
  private long names;

  private OnnxGraph(RandomAccessSource source) {
    this.source = source;
    this.file = source.name();
  }

  /**
   * Reads the graph of a file.
   *
   * @param source the file; has to stay open as long as weights are read from it
   * @throws ModelFormatException if it is not ONNX, is damaged, keeps weights in other files, or is
   *     larger than any encoder's
   * @throws IOException if it cannot be read
   */
  static OnnxGraph read(RandomAccessSource source) throws IOException {
    OnnxGraph graph = new OnnxGraph(source);
    graph.parse();
    graph.connect();
    return graph;
  }

  private void parse() throws IOException {
    ProtobufReader model = ProtobufReader.of(source);
    boolean found = false;
    while (model.next()) {
      // The others are versions and remarks.
      if (model.field() == 7) {
        if (found) {
          throw refused("it has two graphs");
        }
        found = true;
        graph(model.message());
      }
    }
    if (!found) {
      throw refused("it has no graph; is it an ONNX file?");
    }
  }

  private void graph(ProtobufReader graph) throws IOException {
    while (graph.next()) {
      switch (graph.field()) {
        case 1 -> {
          if (nodes.size() == MAX_NODES) {
            throw refused(String.format(Locale.ROOT, "it has more than %,d operations", MAX_NODES));
          }
          nodes.add(node(graph.message()));
        }
        case 5 -> {
          OnnxTensor tensor = tensor(graph.message());
          if (tensors.size() == MAX_TENSORS) {
            throw refused(String.format(Locale.ROOT, "it has more than %,d tensors", MAX_TENSORS));
          }
          if (tensor.name().isEmpty() || tensors.put(tensor.name(), tensor) != null) {
            throw refused("two tensors are named " + Quoted.of(tensor.name()));
          }
        }
        case 15 -> throw refused("it has sparse tensors, which are not supported");
        default -> {
          // Declarations of inputs, outputs and values between.
        }
      }
    }
  }

  private OnnxNode node(ProtobufReader node) throws IOException {
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    Map<String, Object> attributes = new HashMap<>();
    OnnxTensor[] constant = new OnnxTensor[1];
    String operator = "";
    String domain = "";
    while (node.next()) {
      switch (node.field()) {
        case 1 -> inputs.add(name(node));
        case 2 -> outputs.add(name(node));
        case 4 -> operator = name(node);
        case 5 -> attribute(node.message(), attributes, constant);
        case 7 -> domain = name(node);
        default -> {
          // Its own name, and remarks.
        }
      }
    }
    if (!domain.isEmpty() && !domain.equals("ai.onnx")) {
      operator = domain + "." + operator;
    }
    return new OnnxNode(operator, inputs, outputs, attributes, constant[0]);
  }

  private void attribute(
      ProtobufReader attribute, Map<String, Object> attributes, OnnxTensor[] constant)
      throws IOException {
    String name = "";
    Object value = null;
    long[] integers = {};
    while (attribute.next()) {
      switch (attribute.field()) {
        case 1 -> name = name(attribute);
        case 2 -> value = attribute.real();
        case 3 -> value = attribute.integer();
        case 4 -> value = name(attribute);
        case 5 -> constant[0] = tensor(attribute.message());
        case 8 -> value = integers = attribute.integers(integers, MAX_INTEGERS);
        default -> {
          // Graphs and lists, which no operation that counts here has.
        }
      }
    }
    if (value != null) {
      attributes.put(name, value);
    }
  }

  private OnnxTensor tensor(ProtobufReader tensor) throws IOException {
    String name = "";
    long[] shape = {};
    long[] integers = null;
    int type = 0;
    long begin = -1;
    long length = 0;
    boolean elsewhere = false;
    while (tensor.next()) {
      switch (tensor.field()) {
        case 1 -> shape = tensor.integers(shape, MAX_DIMENSIONS);
        case 2 -> type = (int) Math.min(tensor.integer() & Long.MAX_VALUE, Integer.MAX_VALUE);
        case 4, 9 -> {
          if (begin >= 0) {
            throw refused("tensor %s has its values in pieces".formatted(Quoted.of(name)));
          }
          begin = tensor.begin();
          length = tensor.length();
        }
        case 5, 7 -> {
          // Numbers of variable length: of interest where they are a shape.
          integers =
              tensor.isBytes() && tensor.length() > MAX_INTEGER_BYTES
                  ? new long[] {}
                  : tensor.integers(integers == null ? new long[] {} : integers, MAX_INTEGER_BYTES);
        }
        case 8 -> name = name(tensor);
        case 13 -> elsewhere = true;
        case 14 -> elsewhere |= tensor.integer() == 1;
        default -> {
          // Remarks; strings and doubles one by one, which fail the check of the size.
        }
      }
    }
    if (elsewhere) {
      throw refused(
          "tensor %s has its values in another file (external data); export the model into one file"
              .formatted(Quoted.of(name)));
    }
    DType dtype = TYPES.get(type);
    if (dtype == null) {
      throw refused(
          String.format(
              Locale.ROOT,
              "tensor %s has the type %d, which is not supported; supported are float, float16 and bfloat16 for weights",
              Quoted.of(name),
              type));
    }
    long bits = dtype.bits();
    try {
      for (long dimension : shape) {
        if (dimension < 0) {
          throw new ArithmeticException();
        }
        bits = Math.multiplyExact(bits, dimension);
      }
    } catch (ArithmeticException e) {
      throw refused(
          "tensor %s has the impossible shape %s"
              .formatted(Quoted.of(name), Arrays.toString(shape)));
    }
    if (begin < 0 && integers != null) {
      return new OnnxTensor(name, dtype, shape, -1, integers);
    }
    if (begin < 0 && bits == 0) {
      return new OnnxTensor(name, dtype, shape, -1, new long[] {});
    }
    if (bits / Byte.SIZE != length) {
      throw refused(
          String.format(
              Locale.ROOT,
              "tensor %s has %d bytes, which is not the size of %s%s",
              Quoted.of(name),
              length,
              dtype,
              Arrays.toString(shape)));
    }
    return new OnnxTensor(name, dtype, shape, begin, null);
  }

  private String name(ProtobufReader field) throws IOException {
    names += field.length() + Long.BYTES;
    if (names > MAX_NAMES) {
      throw refused(String.format(Locale.ROOT, "its names have more than %,d letters", MAX_NAMES));
    }
    return field.text();
  }

  private void connect() throws ModelFormatException {
    for (OnnxNode node : nodes) {
      for (String output : node.outputs()) {
        if (!output.isEmpty() && producers.put(output, node) != null) {
          throw refused("two operations give the value " + Quoted.of(output));
        }
      }
      for (String input : node.inputs()) {
        consumers.computeIfAbsent(input, unused -> new ArrayList<>()).add(node);
      }
    }
  }

  /** The file as messages should name it. */
  String file() {
    return file;
  }

  /** Its operations, in the order of the file. */
  List<OnnxNode> nodes() {
    return nodes;
  }

  /** Its named constants, in the order of the file. */
  Map<String, OnnxTensor> tensors() {
    return tensors;
  }

  /** The operation that gives a value; null if it is an input or a constant of the graph. */
  @Nullable OnnxNode producer(String value) {
    return producers.get(value);
  }

  /** The operations that take a value. */
  List<OnnxNode> consumers(String value) {
    return consumers.getOrDefault(value, List.of());
  }

  /** The constant that a value is, through {@code Identity} and {@code Constant}; null if none. */
  @Nullable OnnxTensor constant(String value) {
    String at = value;
    for (int step = 0; step < MAX_ALIASES; step++) {
      if (tensors.containsKey(at)) {
        return tensors.get(at);
      }
      OnnxNode node = producers.get(at);
      if (node == null) {
        return null;
      }
      if (node.operator().equals("Constant")) {
        return node.constant();
      }
      if (!node.operator().equals("Identity") || node.inputs().isEmpty()) {
        return null;
      }
      at = node.inputs().get(0);
    }
    return null;
  }

  /** The float that a value is; NaN if it is no constant of one element. */
  float number(String value) throws IOException {
    OnnxTensor tensor = constant(value);
    if (tensor == null
        || tensor.elements() != 1
        || tensor.begin() < 0
        || !tensor.dtype().isWeight()) {
      return Float.NaN;
    }
    float[] number = new float[1];
    floats(tensor, 0, number);
    return number[0];
  }

  /**
   * The integers that a value is; null if it is no constant of few integers. Of a {@code Concat}
   * those parts that are none are -1 each.
   */
  long @Nullable [] integers(String value) throws IOException {
    OnnxNode node = producers.get(value);
    if (node == null || !node.operator().equals("Concat")) {
      return constantIntegers(value);
    }
    long[] joined = {};
    for (String part : node.inputs()) {
      long[] numbers = constantIntegers(unsqueezed(part));
      numbers = numbers == null ? new long[] {-1} : numbers;
      int at = joined.length;
      if (at + numbers.length > MAX_INTEGERS) {
        return null;
      }
      joined = Arrays.copyOf(joined, at + numbers.length);
      System.arraycopy(numbers, 0, joined, at, numbers.length);
    }
    return joined;
  }

  private long @Nullable [] constantIntegers(String value) throws IOException {
    OnnxNode node = producers.get(value);
    if (node != null && node.operator().equals("Constant") && node.constant() == null) {
      Object number =
          node.attributes().getOrDefault("value_ints", node.attributes().get("value_int"));
      return number instanceof Long one
          ? new long[] {one}
          : number instanceof long[] several ? several : null;
    }
    OnnxTensor tensor = constant(value);
    if (tensor == null || tensor.dtype() != DType.I64 || tensor.elements() > MAX_INTEGERS) {
      return null;
    }
    if (tensor.integers() != null) {
      return tensor.integers().length == tensor.elements() ? tensor.integers() : null;
    }
    ByteBuffer bytes =
        ByteBuffer.allocate((int) tensor.elements() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    source.read(tensor.begin(), bytes);
    long[] integers = new long[(int) tensor.elements()];
    bytes.flip().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(integers);
    return integers;
  }

  private String unsqueezed(String value) {
    OnnxNode node = producers.get(value);
    return node != null && node.operator().equals("Unsqueeze") && !node.inputs().isEmpty()
        ? node.inputs().get(0)
        : value;
  }

  /** Reads a run of elements of a tensor of a type of weights. */
  void floats(OnnxTensor tensor, long first, float[] into) throws IOException {
    int width = tensor.dtype().bits() / Byte.SIZE;
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(into.length, width));
    source.read(tensor.begin() + first * width, bytes);
    tensor.dtype().toFloats(bytes.flip(), FloatBuffer.wrap(into));
  }

  private ModelFormatException refused(String reason) {
    return new ModelFormatException("Cannot read %s: %s".formatted(file, reason));
  }
}
