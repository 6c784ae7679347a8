"""What sql.sh times: a query with the function of SQL, in a classic session or through Connect; and a comparison.

    sql.py classic|connect JAR SETTINGS MODEL INPUT OUTPUT
    sql.py compare JAR SETTINGS OUTPUT OTHER…

Licensed under the Apache License, Version 2.0.
"""

import sys

from pyspark.sql import SparkSession
from tommer_spark import configure, mentions


def session(kind, jar, settings):
    builder = SparkSession.builder
    builder = builder.remote("local[2]") if kind == "connect" else builder.master("local[2]")
    with open(settings, encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                builder = builder.config(*line.strip().split(None, 1))
    builder = builder.config("spark.driver.memory", "2g").config("spark.log.level", "ERROR")
    return configure(builder, jar).getOrCreate()


def main(kind, jar, settings, *arguments):
    spark = session(kind, jar, settings)
    if kind == "compare":
        first, *others = [spark.read.parquet(output).select("id", "mentions") for output in arguments]
        rows = first.count()
        for output, other in zip(arguments[1:], others):
            assert other.count() == rows, f"{output} has {other.count()} rows, not {rows}"
            # Scores may differ in the last digits with the composition of batches.
            found = [
                frame.selectExpr("id", "transform(mentions, m -> struct(m.start, m.end)) AS m")
                for frame in (first, other)
            ]
            assert found[0].exceptAll(found[1]).count() == 0, f"{output} has other mentions"
        print(f"{rows} rows, the same mentions in all")
    else:
        model, given, output = arguments
        texts = spark.read.json(given)
        texts.select("*", mentions("text", model, dtype="fp32").alias("mentions")).write.parquet(output)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
