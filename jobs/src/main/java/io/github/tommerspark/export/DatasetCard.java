package io.github.tommerspark.export;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;

/**
 * The file {@code README.md} of a directory that Hugging Face's datasets load: it names the Parquet
 * files and the types of their columns.
 */
public final class DatasetCard {

  private DatasetCard() {}

  /**
   * Returns the card of files with the columns {@code id}, {@code text}, {@code tokens}, {@code
   * ner_tags} and {@code spans}.
   *
   * @param files a glob, relative to the directory
   * @param tags by their numbers
   * @param source of the mentions
   */
  public static String text(String files, List<String> tags, String source) {
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < tags.size(); i++) {
      // A JSON string is one of YAML, too.
      names.append("\n          '%s': %s".formatted(i, TextNode.valueOf(tags.get(i))));
    }
    return """
    ---
    configs:
    - config_name: default
      data_files:
      - split: train
        path: %s
    dataset_info:
      features:
      - name: id
        dtype: string
      - name: text
        dtype: string
      - name: tokens
        sequence: string
      - name: ner_tags
        sequence:
          class_label:
            names:%s
      - name: spans
        list:
        - name: start
          dtype: int32
        - name: end
          dtype: int32
        - name: text
          dtype: string
        - name: score
          dtype: float32
        - name: label
          dtype: string
        - name: label_score
          dtype: float32
    ---

    Mentions that tommer-spark found, of `%s`.

    `spans` are all of them: `start` and `end` count code points, as Python does, so that
    `text[start:end]` is the mention. `tokens` and `ner_tags` (BIO) have those that do not overlap.
    """
        .formatted(files, names, source.replace("`", "'"));
  }
}
