package io.github.tommerspark.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.johnsnowlabs.nlp.DocumentAssembler;
import com.johnsnowlabs.nlp.annotators.sbd.pragmatic.SentenceDetector;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Row;

/** Pipelines of the real Spark NLP with our stage at the end, and what must hold behind them. */
public final class SparkNlp {

  /** That of every stage made here; it is low, for many mentions. */
  public static final double THRESHOLD = 0.5;

  private SparkNlp() {}

  /** Documents, their sentences, and the mentions of each sentence as column chunk. */
  public static Pipeline sentences() {
    SentenceDetector sentences = new SentenceDetector();
    sentences.setInputCols(new String[] {"document"});
    sentences.setOutputCol("sentence");
    return pipeline(List.of(assembler(), sentences, detector("sentence")));
  }

  public static DocumentAssembler assembler() {
    DocumentAssembler assembler = new DocumentAssembler();
    assembler.setInputCol("text");
    assembler.setOutputCol("document");
    return assembler;
  }

  /** Our stage, from that column to chunk. */
  public static MentionDetectorModel detector(String input) {
    return new MentionDetectorModel()
        .setModel("nano-llama")
        .setInputCols(input)
        .setOutputCol("chunk")
        .setThreshold(THRESHOLD);
  }

  public static Pipeline pipeline(List<? extends PipelineStage> stages) {
    return new Pipeline().setStages(stages.toArray(PipelineStage[]::new));
  }

  /** {@code document.result.substring(begin, end + 1)} is every chunk's result. */
  public static void checkOffsets(Row row) {
    List<Row> documents = row.getList(row.fieldIndex("document"));
    List<Row> chunks = row.getList(row.fieldIndex("chunk"));
    for (Row chunk : chunks) {
      String text = documents.get(0).getString(3);
      assertThat(text.substring(chunk.getInt(1), chunk.getInt(2) + 1))
          .isEqualTo(chunk.getString(3));
    }
  }

  /** The mentions of a row. */
  public static List<String> results(Row row) {
    return row.<Row>getList(row.fieldIndex("chunk")).stream()
        .map(chunk -> chunk.getString(3))
        .toList();
  }
}
