package io.github.tommerspark.convert;

import io.github.tommerspark.checkpoint.DType;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** ONNX files of a tiny BERT, as exporters write them. */
final class TinyOnnx {

  static final int VOCABULARY = 11;
  static final int WIDTH = 8;
  static final int HEADS = 2;
  static final int INNER = 12;
  static final int POSITIONS = 16;
  static final int LAYERS = 2;

  /** How an exporter writes a linear layer. */
  enum Linear {
    /** MatMul with an anonymous transposed matrix, then Add of the bias. */
    ANONYMOUS,
    /** MatMul with the transpose of the checkpoint's matrix. */
    TRANSPOSED_LATER,
    /** Gemm with the checkpoint's matrix. */
    GEMM
  }

  private final Map<String, long[]> shapes = new LinkedHashMap<>();
  private final Map<String, float[]> values = new LinkedHashMap<>();
  private final List<byte[]> nodes = new ArrayList<>();
  private final List<byte[]> tensors = new ArrayList<>();
  private final String prefix;
  private final Linear linear;
  private final boolean half;
  private String activation = "Erf";
  private String extra = "";
  private boolean external;
  private boolean shapeKnown = true;
  private int anonymous = 100;

  TinyOnnx(String prefix, Linear linear, boolean half) {
    this.prefix = prefix;
    this.linear = linear;
    this.half = half;
  }

  TinyOnnx activation(String operator) {
    activation = operator;
    return this;
  }

  /** Adds an operation that nothing needs. */
  TinyOnnx extra(String operator) {
    extra = operator;
    return this;
  }

  TinyOnnx external() {
    external = true;
    return this;
  }

  /** Hides how many heads there are. */
  TinyOnnx withoutShape() {
    shapeKnown = false;
    return this;
  }

  /** The weights by their names in a snapshot, row-major as PyTorch has them. */
  Map<String, float[]> values() {
    return values;
  }

  Map<String, long[]> shapes() {
    return shapes;
  }

  byte[] bytes() {
    Random random = new Random(7);
    for (String table : List.of("word", "position", "token_type")) {
      int rows = table.equals("word") ? VOCABULARY : table.equals("position") ? POSITIONS : 2;
      parameter("embeddings." + table + "_embeddings.weight", random, rows, WIDTH);
    }
    norm("embeddings.LayerNorm", "sum", "x0", random);
    for (int i = 0; i < LAYERS; i++) {
      String at = "encoder.layer." + i + ".";
      linear(at + "attention.self.query", "x" + i, "q" + i, WIDTH, WIDTH, random);
      linear(at + "attention.self.key", "x" + i, "k" + i, WIDTH, WIDTH, random);
      linear(at + "attention.self.value", "x" + i, "v" + i, WIDTH, WIDTH, random);
      constant("batch" + i, 1, -1);
      constant("heads" + i, HEADS);
      constant("dimension" + i, WIDTH / HEADS);
      node(
          "Concat",
          List.of("batch" + i, shapeKnown ? "heads" + i : "unknown", "dimension" + i),
          "shape" + i);
      node("Reshape", List.of("q" + i, "shape" + i), "heads_of_q" + i);
      linear(at + "attention.output.dense", "heads_of_q" + i, "o" + i, WIDTH, WIDTH, random);
      norm(at + "attention.output.LayerNorm", "o" + i, "n" + i, random);
      linear(at + "intermediate.dense", "n" + i, "w" + i, INNER, WIDTH, random);
      node(activation, List.of("w" + i), "e" + i);
      node("Mul", List.of("w" + i, "e" + i), "a" + i);
      linear(at + "output.dense", "a" + i, "d" + i, WIDTH, INNER, random);
      norm(at + "output.LayerNorm", "d" + i, "x" + (i + 1), random);
    }
    if (!extra.isEmpty()) {
      node(extra, List.of("x1"), "extra");
    }
    Message graph = new Message();
    nodes.forEach(node -> graph.bytes(1, node));
    graph.text(2, "main");
    tensors.forEach(tensor -> graph.bytes(5, tensor));
    return new Message().number(1, 8).text(2, "pytorch").bytes(7, graph.toBytes()).toBytes();
  }

  private void norm(String name, String input, String output, Random random) {
    parameter(name + ".weight", random, WIDTH);
    parameter(name + ".bias", random, WIDTH);
    floatConstant(name + "_eps", 1e-12f);
    node("ReduceMean", List.of(input), name + "_mean");
    node("Add", List.of(name + "_mean", name + "_eps"), name + "_variance");
    node("Sqrt", List.of(name + "_variance"), name + "_deviation");
    node("Div", List.of(input, name + "_deviation"), name + "_normed");
    node("Mul", List.of(name + "_normed", prefix + name + ".weight"), name + "_scaled");
    node("Add", List.of(name + "_scaled", prefix + name + ".bias"), output);
  }

  private void linear(String name, String input, String output, int out, int in, Random random) {
    parameter(name + ".bias", random, out);
    float[] matrix = random(random, out * in);
    shapes.put(name + ".weight", new long[] {out, in});
    values.put(name + ".weight", matrix);
    String bias = prefix + name + ".bias";
    switch (linear) {
      case ANONYMOUS -> {
        String anonymousName = "onnx::MatMul_" + anonymous++;
        float[] columns = new float[matrix.length];
        for (int o = 0; o < out; o++) {
          for (int i = 0; i < in; i++) {
            columns[i * out + o] = matrix[o * in + i];
          }
        }
        tensor(anonymousName, columns, in, out);
        node("MatMul", List.of(input, anonymousName), output + "_product");
        node("Add", List.of(bias, output + "_product"), output);
      }
      case TRANSPOSED_LATER -> {
        tensor(prefix + name + ".weight", matrix, out, in);
        node("Transpose", List.of(prefix + name + ".weight"), output + "_turned");
        node("MatMul", List.of(input, output + "_turned"), output + "_product");
        node("Add", List.of(output + "_product", bias), output);
      }
      case GEMM -> {
        tensor(prefix + name + ".weight", matrix, out, in);
        nodes.add(
            new Message()
                .text(1, input)
                .text(1, prefix + name + ".weight")
                .text(1, bias)
                .text(2, output)
                .text(4, "Gemm")
                .bytes(5, new Message().text(1, "transB").number(3, 1).toBytes())
                .toBytes());
      }
    }
  }

  private void parameter(String name, Random random, int... shape) {
    int size = 1;
    long[] longs = new long[shape.length];
    for (int i = 0; i < shape.length; i++) {
      size *= shape[i];
      longs[i] = shape[i];
    }
    float[] numbers = random(random, size);
    shapes.put(name, longs);
    values.put(name, numbers);
    tensor(prefix + name, numbers, shape);
  }

  /** Numbers that are exact in 16 bits. */
  private static float[] random(Random random, int size) {
    float[] numbers = new float[size];
    for (int i = 0; i < size; i++) {
      numbers[i] = random.nextInt(2048) / 256f - 4;
    }
    return numbers;
  }

  private void tensor(String name, float[] numbers, int... shape) {
    ByteBuffer raw =
        ByteBuffer.allocate(numbers.length * (half ? 2 : 4)).order(ByteOrder.LITTLE_ENDIAN);
    (half ? DType.F16 : DType.F32).fromFloats(FloatBuffer.wrap(numbers), raw);
    Message tensor = new Message();
    for (int dimension : shape) {
      tensor.number(1, dimension);
    }
    tensor.number(2, half ? 10 : 1).text(8, name);
    // Newer exporters write raw bytes; packed floats have the same layout.
    tensor.bytes(half || anonymous % 2 == 0 ? 9 : 4, raw.array());
    if (external) {
      tensor.bytes(13, new Message().text(1, "location").text(2, "weights.bin").toBytes());
      tensor.number(14, 1);
    }
    tensors.add(tensor.toBytes());
  }

  private void constant(String output, long... numbers) {
    ByteBuffer raw = ByteBuffer.allocate(numbers.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    raw.asLongBuffer().put(numbers);
    constant(
        output,
        new Message().number(1, numbers.length).number(2, 7).bytes(9, raw.array()).toBytes());
  }

  private void floatConstant(String output, float number) {
    byte[] raw = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(number).array();
    constant(output, new Message().number(2, 1).bytes(9, raw).toBytes());
  }

  private void constant(String output, byte[] tensor) {
    nodes.add(
        new Message()
            .text(2, output)
            .text(4, "Constant")
            .bytes(5, new Message().text(1, "value").bytes(5, tensor).number(20, 4).toBytes())
            .toBytes());
  }

  private void node(String operator, List<String> inputs, String output) {
    Message node = new Message();
    inputs.forEach(input -> node.text(1, input));
    node.text(2, output).text(3, "/" + operator);
    int dot = operator.lastIndexOf('.');
    node.text(4, operator.substring(dot + 1));
    if (dot >= 0) {
      node.text(7, operator.substring(0, dot));
    }
    nodes.add(node.toBytes());
  }

  /** Writes the fields of a protobuf message. */
  static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message number(int field, long value) {
      varint((long) field << 3);
      varint(value);
      return this;
    }

    Message text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message bytes(int field, byte[] value) {
      varint((long) field << 3 | 2);
      varint(value.length);
      out.writeBytes(value);
      return this;
    }

    Message varint(long value) {
      long left = value;
      while ((left & ~0x7fL) != 0) {
        out.write((int) (left & 0x7f | 0x80));
        left >>>= 7;
      }
      out.write((int) left);
      return this;
    }

    byte[] toBytes() {
      return out.toByteArray();
    }
  }
}
