package io.github.tommerspark.report;

/** A part of a section. */
public sealed interface Block
    permits Documents, Excerpts, Facts, HeatMap, LineChart, Paragraph, Table {

  /** Returns the name of the template. */
  String kind();

  /** Returns the values that the template shows. */
  default Object view() {
    return this;
  }
}
