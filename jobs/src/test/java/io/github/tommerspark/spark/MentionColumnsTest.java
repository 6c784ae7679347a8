package io.github.tommerspark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.classify.Label;
import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.RankBy;
import io.github.tommerspark.detect.SpanLabels;
import io.github.tommerspark.detect.Typing;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class MentionColumnsTest {

  @Property
  void codePointsFromStartToEndAreTheMention(@ForAll("texts") List<String> characters) {
    String text = String.join("", characters);
    int[] codePoints = text.codePoints().toArray();
    List<Mention> mentions = new ArrayList<>();
    for (int start = 0; start < codePoints.length; start++) {
      for (int end = start + 1; end <= Math.min(codePoints.length, start + 5); end++) {
        int from = text.offsetByCodePoints(0, start);
        int to = text.offsetByCodePoints(0, end);
        mentions.add(new Mention(from, to, text.substring(from, to), 0.5f));
      }
    }
    Row[] rows = MentionColumns.rows(text, mentions, null);
    assertThat(rows).hasSameSizeAs(mentions);
    for (Row row : rows) {
      int start = row.getInt(0);
      assertThat(new String(codePoints, start, row.getInt(1) - start)).isEqualTo(row.getString(2));
    }
  }

  @Test
  void aMentionOfNoClassHasAnEmptyLabel() {
    List<Mention> mentions =
        List.of(new Mention(0, 3, "Ada", 0.5f, "person", 0.75f), new Mention(4, 9, "wrote", 0.5f));
    Typing typing = Typing.labels(List.of("person"));
    Row[] rows = MentionColumns.rows("Ada wrote", mentions, typing);
    assertThat(rows[0]).isEqualTo(RowFactory.create(0, 3, "Ada", 0.5f, "person", 0.75f));
    assertThat(rows[1]).isEqualTo(RowFactory.create(4, 9, "wrote", 0.5f, null, null));
  }

  @Test
  void allLabelsAreAnArrayThatMayBeEmpty() {
    List<SpanLabels.Label> all =
        List.of(new SpanLabels.Label("poet", 0.5f), new SpanLabels.Label("person", 0.75f));
    List<Mention> mentions =
        List.of(
            new Mention(0, 3, "Ada", 0.5f, "poet", 0.5f, all), new Mention(4, 9, "wrote", 0.5f));
    Typing typing =
        new Typing(null, Label.named(List.of("poet", "person")), null, false, true, RankBy.MENTION);
    Row[] rows = MentionColumns.rows("Ada wrote", mentions, typing);
    assertThat((Row[]) rows[0].get(6))
        .containsExactly(RowFactory.create("poet", 0.5f), RowFactory.create("person", 0.75f));
    assertThat((Row[]) rows[1].get(6)).isEmpty();
    ArrayType type = (ArrayType) MentionColumns.mentions("m", typing).dataType();
    assertThat(((StructType) type.elementType()).fieldNames())
        .containsExactly("start", "end", "text", "score", "label", "label_score", "labels");
    assertThat(MentionColumns.internal("Ada wrote", mentions, typing).numElements()).isEqualTo(2);
  }

  @Provide
  Arbitrary<List<String>> texts() {
    return Arbitraries.of("a", "é", "東", "🗼", "👩", "\u200d", " ", "\n").list().ofMaxSize(30);
  }
}
