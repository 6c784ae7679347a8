package io.github.tommerspark.gold;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.tommerspark.source.Quoted;
import io.github.tommerspark.text.CodePointOffsets;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads tasks as Label Studio exports them in its format JSON.
 *
 * <p>Of a task with several annotations, the one that is marked as ground truth counts, else the
 * newest. Tasks that nobody has annotated, and those that everybody skipped, are left out:
 * predictions are no gold. A region with several labels is as many mentions.
 *
 * <p>Offsets are in code points, as Label Studio counts since 1.4.
 */
public final class LabelStudioTasks {

  /** Types of results that mark a text, which are also the keys of their labels. */
  private static final Set<String> MARKS = Set.of("labels", "hypertextlabels");

  /** Blanks, and line breaks as Label Studio writes them into the text of a region. */
  private static final Pattern SPACE = Pattern.compile("(?:[\\s\\h\\v\\x1c-\\x1f]|\\\\n)+");

  private final String file;

  private LabelStudioTasks(String file) {
    this.file = file;
  }

  /**
   * Reads a file.
   *
   * @param file what to call it in messages and ids
   * @param in an array of tasks, or one task; read to its end, not closed
   * @return its documents in order; with the id in the data of a task, else that of the task
   * @throws GoldFormatException if a task makes no sense
   * @throws IOException if the stream cannot be read
   */
  public static List<GoldDocument> read(String file, InputStream in) throws IOException {
    JsonNode root;
    try {
      root = JsonLines.JSON.readTree(in);
    } catch (JsonProcessingException | CharConversionException e) {
      throw new GoldFormatException(file, "it is not JSON (%s)".formatted(Quoted.reason(e)));
    }
    List<GoldDocument> documents = new ArrayList<>();
    LabelStudioTasks tasks = new LabelStudioTasks(file);
    int number = 0;
    for (JsonNode task : root.isArray() ? root : List.of(root)) {
      number++;
      try {
        tasks.add(task, number, documents);
      } catch (IllegalArgumentException e) {
        throw new GoldFormatException(
            file, String.format(Locale.ROOT, "task %d: %s", number, e.getMessage()));
      }
    }
    return documents;
  }

  private void add(JsonNode task, int number, List<GoldDocument> documents) {
    JsonNode data = task.path("data");
    // Before 1.0 they were called completions.
    JsonNode annotations = task.path(task.has("completions") ? "completions" : "annotations");
    if (!data.isObject() || !annotations.isArray()) {
      throw new IllegalArgumentException(
          "it has no \"data\" or no \"annotations\"; export from Label Studio as JSON, not as JSON-MIN or another format");
    }
    List<JsonNode> done = new ArrayList<>();
    annotations.forEach(
        annotation -> {
          if (!annotation.path("was_cancelled").asBoolean(false)) {
            done.add(annotation);
          }
        });
    if (done.isEmpty()) {
      return;
    }
    JsonNode chosen =
        done.stream()
            .filter(annotation -> annotation.path("ground_truth").asBoolean(false))
            .findFirst()
            // Of equal times the last one of the file.
            .orElseGet(
                () -> done.stream().reduce((a, b) -> TIME.compare(a, b) > 0 ? a : b).orElseThrow());
    String text = text(data);
    CodePointOffsets offsets = CodePointOffsets.of(text);
    List<GoldSpan> mentions = new ArrayList<>();
    for (JsonNode result : chosen.path("result")) {
      addMentions(result, text, offsets, mentions);
    }
    documents.add(new GoldDocument(id(task, data, number), text, mentions));
  }

  private static final Comparator<JsonNode> TIME =
      Comparator.comparing(
          annotation ->
              annotation.path("updated_at").asText(annotation.path("created_at").asText("")));

  private String id(JsonNode task, JsonNode data, int number) {
    for (JsonNode id : List.of(data.path("id"), task.path("id"))) {
      if (id.isValueNode() && !id.isNull()) {
        return id.asText();
      }
    }
    return file + ":" + number;
  }

  /** Returns the text of a task: what is called so, or the only string of its data. */
  private static String text(JsonNode data) {
    if (data.path("text").isTextual()) {
      return data.path("text").textValue();
    }
    List<String> strings = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : data.properties()) {
      if (entry.getValue().isTextual() && !entry.getKey().equals("id")) {
        strings.add(entry.getValue().textValue());
      }
    }
    if (strings.size() != 1) {
      List<String> names = new ArrayList<>();
      data.fieldNames().forEachRemaining(name -> names.add(Quoted.of(name)));
      throw new IllegalArgumentException(
          "cannot tell which of its data %s is the text; call it \"text\""
              .formatted(String.join(", ", names)));
    }
    return strings.get(0);
  }

  private static void addMentions(
      JsonNode result, String text, CodePointOffsets offsets, List<GoldSpan> mentions) {
    String type = result.path("type").asText("");
    if (!MARKS.contains(type)) {
      if (type.endsWith("labels")) {
        throw new IllegalArgumentException(
            "it has a region of type %s, which does not mark a text".formatted(Quoted.of(type)));
      }
      return;
    }
    JsonNode value = result.path("value");
    // Of a page, start and end are paths, and offsets in its text are beside them.
    JsonNode place = value.has("globalOffsets") ? value.path("globalOffsets") : value;
    JsonNode start = place.path("start");
    JsonNode end = place.path("end");
    if (!start.canConvertToInt() || !end.canConvertToInt()) {
      throw new IllegalArgumentException(
          "a region has the start %s and the end %s, not offsets in code points"
              .formatted(Quoted.of(start.toString()), Quoted.of(end.toString())));
    }
    if (start.intValue() < 0
        || end.intValue() <= start.intValue()
        || end.intValue() > offsets.codePoints()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "the region from %d to %d does not lie in the text, which has %d code points",
              start.intValue(),
              end.intValue(),
              offsets.codePoints()));
    }
    int from = offsets.toUtf16(start.intValue());
    int to = offsets.toUtf16(end.intValue());
    String found = text.substring(from, to);
    if (value.path("text").isTextual()
        && !letters(found).equals(letters(value.path("text").textValue()))) {
      throw new IllegalArgumentException(
          "the text has %s where the region is %s; offsets must count code points, which Label Studio before 1.4 did not"
              .formatted(Quoted.of(found), Quoted.of(value.path("text").textValue())));
    }
    JsonNode labels = value.path(type);
    if (labels.isEmpty()) {
      mentions.add(new GoldSpan(from, to, null));
    }
    for (JsonNode label : labels) {
      mentions.add(new GoldSpan(from, to, label.asText()));
    }
  }

  private static String letters(String text) {
    return SPACE.matcher(text).replaceAll("");
  }
}
