package io.github.tommerspark.columns;

import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.LocalSpark;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ColumnNamesTest {

  @ParameterizedTest
  @ValueSource(strings = {"text", "a.b", "a`b", "`", "a``", "text *", "größe €"})
  void aColumnOfAnyNameIsFound(String name) {
    Dataset<Row> rows = LocalSpark.session().range(1).select(lit("Paris").as(name));
    assertThat(rows.select(ColumnNames.column(name)).first().getString(0)).isEqualTo("Paris");
    assertThat(rows.select(rows.col(ColumnNames.quoted(name))).columns()).containsExactly(name);
    assertThat(rows.selectExpr(ColumnNames.quoted(name)).first().getString(0)).isEqualTo("Paris");
  }
}
