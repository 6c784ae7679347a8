"""Sessions on the PySpark that is installed, with the jar that was built here."""

import os

import pytest

from tommer_spark import configure, find_jar

TEXTS = [
    (1, "Marie Curie was born in Warsaw."),
    (2, "Ada Lovelace wrote to Charles Babbage \U0001f642 in London."),
    (3, None),
    (4, " "),
]


@pytest.fixture(scope="session")
def jar():
    try:
        return find_jar()
    except FileNotFoundError as e:
        pytest.skip(str(e))


def _settings(builder):
    return (
        builder.config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
    )


@pytest.fixture(scope="session")
def spark(jar):
    """A session: classic, or with TOMMER_TEST_CONNECT set, on a Connect server started for it."""
    import pyspark
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    if os.environ.get("TOMMER_TEST_CONNECT"):
        builder = builder.remote("local[2]")
        version = pyspark.__version__
        if version.startswith("3."):
            # PyPI's PySpark has no server before 4.0.
            builder = builder.config(
                "spark.jars.packages", "org.apache.spark:spark-connect_2.12:" + version
            )
    else:
        builder = builder.master("local[2]")
    session = _settings(configure(builder, jar)).getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def texts(spark):
    return spark.createDataFrame(TEXTS, "id int, text string")
