package io.github.tommerspark.jobs.report;

import io.github.tommerspark.jobs.dataset.AnnotatedDataset;
import io.github.tommerspark.jobs.table.TableInput;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.message.Version;
import io.github.tommerspark.report.Documents;
import io.github.tommerspark.report.Page;
import io.github.tommerspark.report.Results;
import io.github.tommerspark.report.Section;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** Writes a report on outputs of other jobs. */
public final class ReportJob {

  /** A result file larger than this is none of ours. */
  private static final long MAX_JSON_BYTES = 256L << 20;

  private final SparkSession spark;
  private final ReportOptions options;
  private final Configuration hadoop;

  /** Mentions that the page still has room for. */
  private int room = Documents.MAX_MENTIONS;

  private ReportJob(SparkSession spark, ReportOptions options) {
    this.spark = spark;
    this.options = options;
    this.hadoop = spark.sparkContext().hadoopConfiguration();
  }

  /**
   * The page that was written.
   *
   * @param file the page
   * @param sections on it
   * @param bytes of it
   */
  record Result(String file, int sections, long bytes) {

    /** For people, in a line. */
    String summary() {
      return String.format(Locale.ROOT, "Wrote %s: %d sections, %,d bytes", file, sections, bytes);
    }
  }

  /**
   * Writes the report.
   *
   * @throws UserException if an input is not there or not something to report on
   * @throws IOException if the file cannot be written
   */
  public static Result run(SparkSession spark, ReportOptions options) throws IOException {
    return new ReportJob(spark, options).run();
  }

  private Result run() throws IOException {
    List<Section> sections = new ArrayList<>();
    for (String input : options.inputs()) {
      sections.addAll(sections(input));
    }
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    Page page =
        new Page(
            options.title(),
            "Made by tommer-spark %s at %s".formatted(Version.number(), now),
            sections);
    Path output = new Path(options.output());
    FileSystem fs = output.getFileSystem(hadoop);
    if (fs instanceof LocalFileSystem local) {
      // Without the checksum file that Hadoop would lay beside it.
      fs = local.getRawFileSystem();
    }
    output = fs.makeQualified(output);
    ByteArrayOutputStream html = new ByteArrayOutputStream();
    try (Writer out = new OutputStreamWriter(html, StandardCharsets.UTF_8)) {
      page.write(out);
    }
    // Begun when all of it is there: on s3a, a file that is closed early appears nevertheless.
    try (OutputStream out = fs.create(output, true)) {
      html.writeTo(out);
    }
    return new Result(Redaction.uri(output.toString()), sections.size(), html.size());
  }

  private List<Section> sections(String input) throws IOException {
    if (TableInput.is(spark, input)) {
      return List.of(dataset(input));
    }
    Path path = new Path(input);
    FileSystem fs = path.getFileSystem(hadoop);
    path = fs.makeQualified(path);
    if (!fs.exists(path)) {
      throw new UserException(
          "Cannot report on %s: no such file or directory".formatted(shown(path)));
    }
    if (!fs.getFileStatus(path).isDirectory()) {
      return List.of(result(fs, path));
    }
    List<Section> sections = new ArrayList<>();
    for (String name : Results.FILES) {
      Path file = new Path(path, name);
      if (fs.exists(file)) {
        sections.add(result(fs, file));
      }
    }
    if (sections.isEmpty()) {
      sections.add(dataset(path.toString()));
    }
    return sections;
  }

  private Section dataset(String input) throws IOException {
    AnnotatedDataset data;
    try {
      data = AnnotatedDataset.open(spark, List.of(input), null);
    } catch (UserException e) {
      throw new UserException(
          "Cannot report on %s: it has neither agreement.json nor evaluation.json, and no dataset that can be read: %s"
              .formatted(Redaction.uri(input), e.getMessage()),
          e);
    }
    DatasetSection dataset = DatasetSection.of(data, options, room);
    room -= dataset.mentions();
    return dataset.section();
  }

  private Section result(FileSystem fs, Path file) throws IOException {
    long length = fs.getFileStatus(file).getLen();
    if (length > MAX_JSON_BYTES) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "Cannot report on %s: it has %,d bytes, more than any result of agree or evaluate",
              shown(file),
              length));
    }
    try (InputStream in = fs.open(file)) {
      return Results.read(in.readAllBytes(), shown(file));
    }
  }

  private static String shown(Path path) {
    return Redaction.uri(path.toString());
  }
}
