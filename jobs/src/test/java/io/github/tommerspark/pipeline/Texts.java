package io.github.tommerspark.pipeline;

import io.github.tommerspark.jobs.LocalSpark;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Rows of a number and a text, with what makes offsets differ between units among them. */
public final class Texts {

  public static final List<String> AWKWARD =
      List.of(
          "Marie Curie was born in Warsaw. She worked at the University of Paris.",
          "👩‍🔬 Ada Lovelace 🗼 met Charles Babbage in London 🇬🇧 in 1833. 😀 They liked Paris!",
          "Cafe\u0301 Zu\u0308rich is in Bern.\r\nNo\u0308el lives in Sa\u0303o Paulo.\r\n\r\nTokyo is in Japan.",
          "  Leading space. 東京タワー is in Tokyo.  𝔘𝔫𝔦𝔠𝔬𝔡𝔢 is from California. ",
          "One line\rof Berlin\nand \u2028 Rome\u0085 Madrid.");

  private Texts() {}

  /** The texts as columns n and text. */
  public static Dataset<Row> rows(List<String> texts) {
    return LocalSpark.session()
        .createDataFrame(
            IntStream.range(0, texts.size())
                .mapToObj(n -> RowFactory.create(n, texts.get(n)))
                .toList(),
            new StructType()
                .add("n", DataTypes.IntegerType, false)
                .add("text", DataTypes.StringType));
  }
}
