package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.spark.MentionColumns;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class AgreementTest {

  private final List<Row> documents = new ArrayList<>();

  @Test
  void diceOfAllDocumentsAtOnce() {
    document("one", new int[][] {{0, 3}, {5, 9}}, new int[][] {{0, 3}, {5, 8}, {10, 12}});
    document("two", new int[][] {{0, 3}}, new int[][] {});
    Agreement agreement = agreement();
    assertThat(agreement).isEqualTo(new Agreement(3, 3, 1));
    assertThat(agreement.dice()).isEqualTo(1.0 / 3);
  }

  @Test
  void theSameSpanInAnotherDocumentIsAnotherMention() {
    document("one", new int[][] {{0, 3}}, new int[][] {});
    document("two", new int[][] {}, new int[][] {{0, 3}});
    assertThat(agreement()).isEqualTo(new Agreement(1, 1, 0));
  }

  @Test
  void modelsThatFindNothingAgree() {
    document("one", new int[][] {}, new int[][] {});
    assertThat(agreement().dice()).isEqualTo(1);
  }

  private void document(String id, int[][] first, int[][] second) {
    documents.add(RowFactory.create(id, mentions(first), mentions(second)));
  }

  private static Row[] mentions(int[][] spans) {
    Row[] rows = new Row[spans.length];
    for (int i = 0; i < spans.length; i++) {
      // Neither the score nor the text decides what is the same mention.
      rows[i] = RowFactory.create(spans[i][0], spans[i][1], "x" + i, 0.5f + 0.01f * i);
    }
    return rows;
  }

  private Agreement agreement() {
    StructType schema =
        new StructType()
            .add("key", DataTypes.StringType)
            .add(MentionColumns.mentions("mentions_a"))
            .add(MentionColumns.mentions("mentions_b"));
    Dataset<Row> rows = LocalSpark.session().createDataFrame(documents, schema);
    return Agreement.of(rows, "key", "mentions_a", "mentions_b");
  }
}
