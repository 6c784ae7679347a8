package io.github.tommerspark.jobs;

import io.github.tommerspark.pipeline.MentionDetectorModel;
import java.io.IOException;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A program of a user: a pipeline of two models that is saved, loaded and run. */
public final class PipelineApplication {

  private PipelineApplication() {}

  /** Reads JSON, saves a pipeline, loads it, and writes Parquet: the three arguments. */
  public static void main(String[] args) throws IOException {
    try (SparkSession spark = SparkSession.builder().getOrCreate()) {
      Dataset<Row> texts = spark.read().json(args[0]).repartition(4);
      new Pipeline()
          .setStages(
              new PipelineStage[] {
                new MentionDetectorModel().setModel("nano-llama").setOutputCol("llama"),
                new MentionDetectorModel()
                    .setModel("nano-neox")
                    .setOutputType("annotation")
                    .setOutputCol("neox")
              })
          .fit(texts)
          .save(args[1]);
      PipelineModel.load(args[1]).transform(texts).write().parquet(args[2]);
    }
  }
}
