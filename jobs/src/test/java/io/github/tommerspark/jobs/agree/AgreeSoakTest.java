package io.github.tommerspark.jobs.agree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.output.ResultPlace;
import io.github.tommerspark.results.AgreementFile;
import io.github.tommerspark.spark.MentionColumns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Three models and 200,000 documents in the 2 GB heap of tests, as columns and as datasets. */
@Tag("soak")
class AgreeSoakTest {

  private static final Logger LOG = LoggerFactory.getLogger(AgreeSoakTest.class);

  private static final int DOCUMENTS = 200_000;
  private static final List<String> MODELS = List.of("a", "b", "c");
  private static final String TEXT = "Ada met Charles Babbage in London. ".repeat(20);

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @Test
  void threeModelsAndTwoHundredThousandDocuments() throws IOException {
    StructType schema =
        new StructType().add("id", DataTypes.LongType).add("text", DataTypes.StringType);
    for (String model : MODELS) {
      schema = schema.add(MentionColumns.mentions("mentions_" + model));
    }
    spark
        .range(0, DOCUMENTS, 1, 16)
        .map((MapFunction<Long, Row>) AgreeSoakTest::document, Encoders.row(schema))
        .write()
        .parquet(path("all"));
    Dataset<Row> rows = spark.read().parquet(path("all"));
    for (String model : MODELS) {
      rows.selectExpr("id", "text", "mentions_" + model).write().parquet(path(model));
    }

    AgreementFile columns = timed("columns", new AgreeOptions.Source(null, List.of(path("all"))));
    assertThat(columns.documents()).isEqualTo(DOCUMENTS);
    for (int a = 0; a < MODELS.size(); a++) {
      for (int b = 0; b < MODELS.size(); b++) {
        assertThat(columns.micro().intersection()[a][b])
            .isEqualTo(common(rows, MODELS.get(a), MODELS.get(b)));
      }
    }
    // Half the documents would not be enough for such narrow intervals.
    assertThat(columns.intervals().diceHigh()[0][1])
        .isCloseTo(columns.micro().dice()[0][1], within(0.002));

    AgreementFile datasets =
        timed(
            "datasets",
            MODELS.stream()
                .map(model -> new AgreeOptions.Source(model, List.of(path(model))))
                .toArray(AgreeOptions.Source[]::new));
    assertThat(datasets)
        .usingRecursiveComparison()
        .ignoringFields("created", "warnings", "models")
        .isEqualTo(columns);
  }

  private AgreementFile timed(String output, AgreeOptions.Source... sources) throws IOException {
    long begin = System.nanoTime();
    AgreementFile report =
        AgreeJob.run(
            spark,
            new AgreeOptions(
                List.of(sources),
                null,
                null,
                null,
                new ResultPlace(path("agreement-" + output), false),
                new AgreeOptions.Bootstrap(1000, 1),
                new AgreeOptions.Consensus(2, "agreed")));
    LOG.info(
        "{}: {} s in a heap of {} MiB\n{}",
        output,
        (System.nanoTime() - begin) / 1_000_000_000,
        Runtime.getRuntime().maxMemory() >> 20,
        AgreementReport.summary(report));
    return report;
  }

  /** What Spark itself finds in both columns. */
  private static long common(Dataset<Row> rows, String a, String b) {
    return rows.selectExpr(
            ("sum(size(array_intersect(transform(mentions_%s, m -> struct(m.start, m.end)),"
                    + " transform(mentions_%s, m -> struct(m.start, m.end)))))")
                .formatted(a, b))
        .first()
        .getLong(0);
  }

  /** A text with up to sixty mentions of each model, about half of them shared. */
  private static Row document(long id) {
    Row[][] mentions = new Row[MODELS.size()][];
    String text = TEXT + id;
    for (int m = 0; m < mentions.length; m++) {
      Random random = new Random(id * MODELS.size() + m);
      mentions[m] = new Row[random.nextInt(60)];
      for (int i = 0; i < mentions[m].length; i++) {
        int start = 10 * i;
        int end = start + 4 + random.nextInt(2);
        mentions[m][i] =
            RowFactory.create(
                start, end, text.substring(start, end), 0.5f + random.nextFloat() / 2);
      }
    }
    return RowFactory.create(id, text, mentions[0], mentions[1], mentions[2]);
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
