package io.github.tommerspark.jobs.bench;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.ModelTokens;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.dataset.DemoCorpus;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.text.TokenizedText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** The texts that are measured over. */
final class BenchTexts {

  private BenchTexts() {}

  /**
   * Reads texts from the beginning of a corpus; the last one is cut.
   *
   * @param corpus what to read; null for the bundled corpus
   * @param model whose tokens are counted
   * @param wanted tokens to read, if there are so many
   * @param spark reads the corpus; not asked for the bundled one
   * @throws UserException if there is no text
   * @throws IOException if the model's tokenizer cannot be read
   */
  static List<String> read(
      @Nullable CorpusOptions corpus, ModelSpec model, long wanted, @Nullable SparkSession spark)
      throws IOException {
    List<String> texts = new ArrayList<>();
    try (ModelTokens tokenizer = ModelTokens.load(model, EngineOptions.defaults())) {
      Iterator<String> all =
          corpus == null
              ? DemoCorpus.texts().iterator()
              : input(corpus, Objects.requireNonNull(spark));
      long left = wanted;
      while (left > 0 && all.hasNext()) {
        String text = all.next();
        TokenizedText tokens = tokenizer.tokenize(text);
        texts.add(
            tokens.size() > left ? text.substring(0, tokens.end(Math.toIntExact(left - 1))) : text);
        left -= tokens.size();
      }
    }
    if (texts.isEmpty()) {
      throw new UserException("Cannot measure anything: the input has no text");
    }
    return texts;
  }

  private static Iterator<String> input(CorpusOptions options, SparkSession spark) {
    Corpus corpus = Corpus.open(spark, options);
    Iterator<Row> rows =
        corpus.rows().select(ColumnNames.column(corpus.textColumn())).na().drop().toLocalIterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return rows.hasNext();
      }

      @Override
      public String next() {
        return rows.next().getString(0);
      }
    };
  }
}
