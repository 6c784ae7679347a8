package io.github.tommerspark.jobs.export;

import io.github.tommerspark.decode.Decoder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The formats of other tools. */
enum ExportFormat {
  /** JSON for spaCy's visualizer. */
  DISPLACY("part-\\d{5}\\.json"),
  /** Texts with files of standoff beside them. */
  BRAT("annotation\\.conf|documents/[^/]+\\.(txt|ann)"),
  /** Tasks with predictions. */
  LABEL_STUDIO("label_config\\.xml|part-\\d{5}\\.json"),
  /** Words with tags, in four columns. */
  CONLL("part-\\d{5}\\.conll"),
  /** Parquet that Hugging Face's datasets load. */
  DATASETS("README\\.md|data/part-\\d{5}\\.parquet");

  /** Decoders that leave no mentions which overlap. */
  static final List<Decoder> FLAT = List.of(Decoder.FLAT, Decoder.GREEDY);

  private final Pattern files;

  ExportFormat(String files) {
    this.files = Pattern.compile(files);
  }

  /** Returns whether a file, by its path relative to the directory, is one of an export. */
  static boolean isOwn(String name) {
    return Arrays.stream(values()).anyMatch(format -> format.files.matcher(name).matches());
  }

  /** Returns whether mentions of several models can stand beside each other. */
  boolean takesModels() {
    return this == LABEL_STUDIO;
  }

  /** Returns whether it has a place for mentions that overlap. */
  boolean nests() {
    return this != CONLL;
  }

  /** Returns whether labels are listed beside the mentions. */
  boolean listsLabels() {
    return this == BRAT || this == LABEL_STUDIO || this == DATASETS;
  }

  /** The name on the command line. */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The format of that label.
   *
   * @throws IllegalArgumentException if there is none
   */
  static ExportFormat parse(String label) {
    return Arrays.stream(values())
        .filter(format -> format.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Unknown format \"%s\": use one of %s"
                        .formatted(
                            label,
                            Arrays.stream(values())
                                .map(ExportFormat::label)
                                .collect(Collectors.joining(", ")))));
  }
}
