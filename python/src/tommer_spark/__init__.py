"""Entity mentions on Apache Spark.

    from tommer_spark import display, mentions, spark_session

    spark = spark_session()
    texts = spark.createDataFrame([("Marie Curie was born in Warsaw.",)], ["text"])
    display(texts.withColumn("mentions", mentions("text")))

``mentions`` calls the function of SQL, so it works in classic sessions and through Spark Connect.
``MentionDetectorModel`` is a stage of a Spark ML pipeline, for classic sessions.

Licensed under the Apache License, Version 2.0.
"""

from tommer_spark.formats import from_tokens_and_tags, to_displacy, to_spacy, to_tokens_and_tags
from tommer_spark.functions import mentions
from tommer_spark.html import MarkedTexts, display
from tommer_spark.session import EXTENSIONS, configure, find_jar, spark_session

__all__ = [
    "EXTENSIONS",
    "MarkedTexts",
    "MentionDetectorModel",
    "configure",
    "display",
    "find_jar",
    "from_tokens_and_tags",
    "mentions",
    "restore",
    "spark_session",
    "to_displacy",
    "to_spacy",
    "to_tokens_and_tags",
]


def __getattr__(name):
    # Spark ML needs NumPy, which those who only call the function need not have.
    if name in ("MentionDetectorModel", "restore"):
        from tommer_spark import pipeline

        return getattr(pipeline, name)
    raise AttributeError("module {!r} has no attribute {!r}".format(__name__, name))
