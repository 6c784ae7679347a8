package io.github.tommerspark.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.text.CodePointOffsets;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** Tasks of Label Studio: texts, with the mentions of models as predictions. */
public final class LabelStudio {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Names of the tags in the interface that {@link #config} describes. */
  private static final String LABELS = "label";

  private static final String TEXT = "text";

  private LabelStudio() {}

  /**
   * Returns a task.
   *
   * @param texts the same text with the mentions of each model, at least one
   * @param models their names
   * @param noLabel the label of a mention without one
   * @return JSON in a line
   */
  public static String task(List<AnnotatedText> texts, List<String> models, String noLabel) {
    AnnotatedText first = texts.get(0);
    CodePointOffsets offsets = CodePointOffsets.of(first.text());
    ObjectNode task = JSON.createObjectNode();
    task.putObject("data").put("id", first.id()).put(TEXT, first.text());
    ArrayNode predictions = task.putArray("predictions");
    for (int m = 0; m < models.size(); m++) {
      AnnotatedText text = texts.get(m);
      ArrayNode result =
          predictions.addObject().put("model_version", models.get(m)).putArray("result");
      for (int i = 0; i < text.mentions().size(); i++) {
        Annotation mention = text.mentions().get(i);
        ObjectNode region =
            result
                .addObject()
                .put("id", String.format(Locale.ROOT, "m%d-%d", m, i))
                .put("from_name", LABELS)
                .put("to_name", TEXT)
                .put("type", "labels");
        region
            .putObject("value")
            .put("start", offsets.toCodePoint(mention.start()))
            .put("end", offsets.toCodePoint(mention.end()))
            .put("text", text.words(mention))
            .putArray("labels")
            .add(mention.labelOr(noLabel));
        if (mention.score() != null) {
          region.put("score", mention.score());
        }
        if (mention.labelScore() != null) {
          region.putObject("meta").put("label_score", mention.labelScore());
        }
      }
    }
    return task.toString();
  }

  /** Returns the labeling interface of a project that takes tasks with these labels. */
  public static String config(Collection<String> labels) {
    StringBuilder xml = new StringBuilder("<View>\n");
    xml.append("  <Labels name=\"%s\" toName=\"%s\">\n".formatted(LABELS, TEXT));
    for (String label : new TreeSet<>(labels)) {
      xml.append("    <Label value=\"").append(escaped(label)).append("\"/>\n");
    }
    return xml.append("  </Labels>\n")
        .append("  <Style>.htx-text { white-space: pre-wrap; }</Style>\n")
        .append("  <Text name=\"%s\" value=\"$%s\"/>\n".formatted(TEXT, TEXT))
        .append("</View>\n")
        .toString();
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
