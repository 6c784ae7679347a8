package io.github.tommerspark.report;

/** A part of a section. */
public sealed interface Block
    permits Documents, Excerpts, Facts, HeatMap, LineChart, Paragraph, Table {

  /** What the template calls it. */
  String kind();

  /** What the template sees of it. */
  default Object view() {
    return this;
  }
}
