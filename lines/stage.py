"""The pipeline stage in a session of PySpark, alone and in a pipeline that was saved and loaded, and the function of SQL.

    spark-submit --jars JAR --driver-class-path JAR stage.py INPUT OUTPUT

Licensed under the Apache License, Version 2.0.
"""

import sys

from pyspark.sql import DataFrame, SparkSession


def main(given, output):
    spark = SparkSession.builder.getOrCreate()
    package = spark._jvm.io.github.tommerspark.pipeline
    stage = package.MentionDetectorModel()
    stage.setModel("nano-neox").setDtype("fp32").setOutputType("typed").setOutputCol("mentions_nano_neox")
    texts = spark.read.json(given).select("id", "text")

    def transform(transformer):
        return DataFrame(transformer.transform(texts._jdf), spark)

    transform(stage).write.parquet(output)

    stages = spark._jvm.java.util.ArrayList([stage])
    pipeline = spark._jvm.org.apache.spark.ml.Pipeline()
    array = spark._sc._gateway.new_array(spark._jvm.org.apache.spark.ml.PipelineStage, 1)
    array[0] = stages[0]
    pipeline.setStages(array).fit(texts._jdf).write().overwrite().save(output + ".pipeline")
    loaded = spark._jvm.org.apache.spark.ml.PipelineModel.load(output + ".pipeline")
    difference = transform(loaded).exceptAll(spark.read.parquet(output)).count()
    assert difference == 0, f"{difference} rows differ after saving and loading"

    texts.createOrReplaceTempView("texts")
    found = spark.sql("SELECT *, mentions(text, 'nano-neox', map('dtype', 'fp32')) AS mentions_nano_neox FROM texts")
    difference = found.exceptAll(spark.read.parquet(output)).count()
    assert difference == 0, f"{difference} rows differ in SQL"
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
