package io.github.tommerspark.convert;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An operation of an ONNX graph.
 *
 * @param operator such as {@code MatMul}
 * @param inputs names of the values it takes; an input left out is empty
 * @param outputs names of the values it gives
 * @param attributes those of one integer, float or text, and lists of few integers
 * @param constant the tensor among its attributes, or null
 */
record OnnxNode(
    String operator,
    List<String> inputs,
    List<String> outputs,
    Map<String, Object> attributes,
    @Nullable OnnxTensor constant) {}
