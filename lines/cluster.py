"""A query with the function of SQL, and a comparison of outputs.

    spark-submit --jars JAR --driver-class-path JAR cluster.py query INPUT OUTPUT
    spark-submit cluster.py compare EXPECTED OUTPUT…

Licensed under the Apache License, Version 2.0.
"""

import sys

from pyspark.sql import SparkSession

QUERY = (
    "SELECT id, text, coalesce(mentions(text, 'nano-llama', map('dtype', 'fp32')), array()) AS mentions"
    " FROM json.`{}`"
)


def rows(spark, output):
    # Scores may differ in the last digits with the composition of batches.
    return spark.read.parquet(output).selectExpr(
        "id", "text", "transform(mentions, m -> struct(m.start, m.end, m.text)) AS mentions"
    )


def main(what, first, *others):
    spark = SparkSession.builder.getOrCreate()
    if what == "query":
        spark.sql(QUERY.format(first)).write.parquet(others[0])
    else:
        expected = rows(spark, first)
        assert expected.where("size(mentions) > 0").count() > 100, f"{first} holds hardly anything"
        for output in others:
            found = rows(spark, output)
            lost = expected.exceptAll(found).count()
            more = found.exceptAll(expected).count()
            assert lost + more == 0, f"{output}: {lost} rows are lost or differ, {more} are too many"
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
