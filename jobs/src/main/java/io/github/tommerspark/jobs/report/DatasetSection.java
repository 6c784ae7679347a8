package io.github.tommerspark.jobs.report;

import io.github.tommerspark.jobs.dataset.AnnotatedDataset;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.report.Block;
import io.github.tommerspark.report.Facts;
import io.github.tommerspark.report.Numbers;
import io.github.tommerspark.report.Paragraph;
import io.github.tommerspark.report.Section;
import io.github.tommerspark.report.Table;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * The section of a report about an annotated dataset.
 *
 * <p>Counts come from the provenance that annotating left behind, and documents are a sample: by a
 * hash of the row's id, so that the same dataset and seed give the same documents, and the driver
 * never holds more than it shows.
 *
 * @param section the section
 * @param mentions drawn in it
 */
record DatasetSection(Section section, int mentions) {

  /**
   * Reads the dataset.
   *
   * @param data the dataset
   * @param options of the report
   * @param room mentions that may be drawn
   * @throws UserException if a column is missing or there is nothing to report on
   */
  static DatasetSection of(AnnotatedDataset data, ReportOptions options, int room) {
    return new Reader(data, options, room).read();
  }

  /** Reads one dataset. */
  private static final class Reader {
    private final AnnotatedDataset data;
    private final String shown;
    private final ReportOptions options;
    private final int room;
    private final List<Provenance> runs;
    private final List<Block> blocks = new ArrayList<>();

    Reader(AnnotatedDataset data, ReportOptions options, int room) {
      this.data = data;
      this.shown = data.toString();
      this.options = options;
      this.room = room;
      this.runs = data.runs();
    }

    DatasetSection read() {
      Dataset<Row> rows = data.rows();
      List<SampledDocuments.Source> sources = sources();
      if (sources.isEmpty()) {
        throw new UserException(
            "Cannot report on %s: it has neither agreement.json nor evaluation.json, and no column of mentions among %s"
                .formatted(shown, String.join(", ", rows.columns())));
      }
      if (runs.isEmpty()) {
        blocks.add(Facts.of("Source", shown));
        blocks.add(new Paragraph("Nothing beside the data tells how it was made."));
      } else {
        provenance();
      }
      SampledDocuments documents = new SampledDocuments(data, options, sources, room);
      blocks.addAll(documents.blocks());
      return new DatasetSection(
          new Section("Annotated dataset: " + name(), blocks), documents.drawn());
    }

    private Provenance newest() {
      return runs.get(runs.size() - 1);
    }

    /** Returns the last part of the path, or the name of the table. */
    private String name() {
      return shown.substring(Math.max(shown.lastIndexOf('/'), shown.indexOf(':')) + 1);
    }

    private List<SampledDocuments.Source> sources() {
      if (!runs.isEmpty()) {
        return newest().models().stream()
            .map(model -> new SampledDocuments.Source(model.name(), model.column()))
            .toList();
      }
      return data.mentionColumns().stream()
          .filter(field -> !field.name().equals(options.goldColumn()))
          .map(field -> new SampledDocuments.Source(field.name(), field.name()))
          .toList();
    }

    private void provenance() {
      Provenance newest = newest();
      Provenance.Input input = newest.input();
      blocks.add(
          Facts.of(
              "Source",
              shown,
              "Format",
              newest.output().format(),
              "Annotated",
              String.join(", ", input.paths()),
              "Text column",
              input.textColumn(),
              "Made by",
              newest.product() + " " + newest.version()));
      Table.Builder models =
          Table.of(
              "Models",
              "Model",
              "Family",
              "Layer#",
              "Backbone",
              "Head",
              "Parameters#",
              "Type",
              "Decoder",
              "Threshold#",
              "Window#",
              "Fingerprint");
      for (Provenance.Model model : newest.models()) {
        models.row(
            model.name(),
            model.family(),
            Integer.toString(model.layer()),
            model.backbone(),
            model.head() == null ? "bundled" : model.head(),
            Numbers.count(model.parameters()),
            model.dtype(),
            model.decoder(),
            Double.toString(model.threshold()),
            Numbers.count(model.maxTokens()),
            model.fingerprint().substring(0, Math.min(12, model.fingerprint().length())));
      }
      blocks.add(models.build());
      runs();
    }

    private void runs() {
      Table.Builder throughput =
          Table.of(
              "Runs",
              "Started",
              "Rows#",
              "Without text#",
              "Errors#",
              "Seconds#",
              "Model load, s#",
              "Executors#");
      Table.Builder counts =
          Table.of(
              "Mentions and tokens",
              "Started",
              "Model",
              "Mentions#",
              "Tokens#",
              "Mentions per 1,000 tokens#",
              "Tokens per second#");
      for (Provenance run : runs) {
        Provenance.Counts of = run.counts();
        if (of == null) {
          // A table's commit is made before they are known.
          continue;
        }
        throughput.row(
            run.started(),
            Numbers.count(of.rowsWritten()),
            Numbers.count(of.withoutText()),
            Numbers.count(of.errorRows()),
            Numbers.fixed(run.seconds(), 1),
            Numbers.fixed(
                run.executors().values().stream()
                    .mapToDouble(Provenance.Executor::loadSeconds)
                    .max()
                    .orElse(0),
                1),
            Numbers.count(run.executors().size()));
        of.mentions()
            .forEach(
                (model, mentions) -> {
                  Long tokens = of.tokens() == null ? null : of.tokens().get(model);
                  counts.row(
                      run.started(),
                      model,
                      Numbers.count(mentions),
                      Numbers.count(tokens),
                      Numbers.fixed(rate(1000.0 * mentions, tokens), 1),
                      Numbers.fixed(tokens == null ? null : rate(tokens, run.seconds()), 0));
                });
      }
      blocks.add(throughput.build());
      blocks.add(counts.build());
    }

    private static @Nullable Double rate(double amount, @Nullable Number per) {
      return per == null || per.doubleValue() == 0 ? null : amount / per.doubleValue();
    }
  }
}
