package io.github.tommerspark.jobs.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.train.HeadSlot;
import io.github.tommerspark.train.TrainingOptions;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The settings that two runs must have in common for one to go on where the other was.
 *
 * @param training options
 * @param heads of the sweep
 * @param backbone that was frozen
 * @param train what is learned from
 * @param dev what epochs are chosen by
 * @param batchTokens of a forward call, which decides about rounding
 */
record TrainIdentity(
    TrainingOptions training,
    List<HeadSlot> heads,
    TrainingFile.Backbone backbone,
    String train,
    String dev,
    int batchTokens) {

  /**
   * Returns the differences that keep a run from going on.
   *
   * @param there the identity that a checkpoint has
   * @param here the identity of this run
   * @return the first difference, naming the field and both values, or nothing
   */
  static Optional<String> difference(JsonNode there, JsonNode here) {
    return difference("", there, here);
  }

  private static Optional<String> difference(String field, JsonNode there, JsonNode here) {
    if (there instanceof ObjectNode && here instanceof ObjectNode) {
      TreeSet<String> names = new TreeSet<>();
      there.fieldNames().forEachRemaining(names::add);
      here.fieldNames().forEachRemaining(names::add);
      return names.stream()
          // A model may have moved.
          .filter(name -> !name.equals("location"))
          .map(
              name ->
                  difference(
                      field.isEmpty() ? name : field + "." + name,
                      there.path(name),
                      here.path(name)))
          .flatMap(Optional::stream)
          .findFirst();
    }
    return there.equals(here)
        ? Optional.empty()
        : Optional.of("%s is %s there and %s now".formatted(field, there, here));
  }
}
