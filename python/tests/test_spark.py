import os
import re
import subprocess

import pyspark
import pytest
from pyspark.sql.functions import lit

from tommer_spark import MarkedTexts, MentionDetectorModel, display, mentions

CONNECT = bool(os.environ.get("TOMMER_TEST_CONNECT"))
MODEL = "nano-llama"


def found(rows, column="m"):
    return {row["id"]: row[column] for row in rows}


def test_mentions_are_slices_of_their_texts(texts):
    rows = texts.select("id", "text", mentions("text", model=MODEL).alias("m")).collect()
    assert {row["id"] for row in rows if row["m"]} >= {1, 2}
    for row in rows:
        assert (row["m"] is None) == (row["text"] is None)
        for mention in row["m"] or ():
            assert row["text"][mention.start : mention.end] == mention["text"]
            assert 0 < mention.score < 1


def test_options_and_models(texts):
    some = texts.select(
        "id",
        mentions(texts["text"], MODEL).alias("m"),
        mentions("text", MODEL, threshold=0.99, decoder="flat", word_boundaries=True).alias("few"),
    ).collect()
    assert all(len(row["few"]) <= len(row["m"]) for row in some if row["m"] is not None)


def test_sql_and_plans(spark, texts):
    texts.createOrReplaceTempView("texts")
    query = "SELECT id, mentions(text, 'nano-llama') AS m FROM texts"
    assert found(spark.sql(query).collect()) == found(
        texts.select("id", mentions("text", MODEL).alias("m")).collect()
    )
    plan = spark.sql("EXPLAIN " + query).collect()[0][0]
    assert "Mentions [nano-llama" in plan


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"model": "nano-lama"}, "argument model: Unknown model"),
        ({"model": MODEL, "treshold": 0.5}, "did you mean threshold"),
        ({"model": MODEL, "threshold": 2}, "option threshold"),
    ],
)
def test_errors_name_the_argument(texts, arguments, message):
    with pytest.raises(Exception, match=message) as error:
        texts.select(mentions("text", **arguments)).collect()
    assert type(error.value).__name__ == "AnalysisException"
    assert " --" not in str(error.value).split("\n")[0]


def test_pandas_and_arrow(spark, texts):
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    annotated = texts.where("id <= 2").select("id", "text", mentions("text", MODEL).alias("mentions"))
    expected = found(annotated.collect(), "mentions")
    for arrow in ("true", "false"):
        spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", arrow)
        frame = annotated.toPandas()
        for id, ms in zip(frame["id"], frame["mentions"]):
            assert [tuple(m.values() if isinstance(m, dict) else m) for m in ms] == [
                tuple(m) for m in expected[id]
            ]
        assert "[Marie Curie]" in str(display(frame))
    again = spark.createDataFrame(frame[["id", "text"]], "id int, text string")
    assert found(again.select("id", mentions("text", MODEL).alias("m")).collect()) == expected


def test_display(texts):
    shown = display(texts.withColumn("mentions", mentions("text", MODEL)), n=2)
    assert "[Marie Curie]" in str(shown)
    assert "Marie Curie</span>" in shown._repr_html_()
    assert "more rows" in shown._repr_html_()


@pytest.mark.skipif(CONNECT, reason="needs no session")
def test_what_is_displayed_is_what_the_command_draws(jar, texts, tmp_path):
    text = "Ada Lovelace, born in <London>, wrote to\nCharles Babbage \U0001f642 of the Analytical Society."
    html = tmp_path / "show.html"
    subprocess.run(
        [
            os.path.join(os.path.dirname(pyspark.__file__), "bin", "spark-submit"), jar,
            "show", text, "--model", MODEL, "--dtype", "fp32", "--html", str(html),
        ],
        check=True,
    )
    row = texts.limit(1).select(mentions(lit(text), MODEL, dtype="fp32").alias("m")).first()
    shown = MarkedTexts([(text, {MODEL: row["m"]})])._repr_html_()

    def drawn(page):
        return re.search(r'<p class="text.*?</p>', page, re.DOTALL).group()

    assert "<span class=" in drawn(shown)
    assert drawn(shown) == drawn(html.read_text(encoding="utf-8"))


@pytest.mark.skipif(CONNECT, reason="stages of the JVM cannot be reached through Connect")
def test_the_stage_says_what_the_function_says(texts, tmp_path):
    from pyspark.ml import Pipeline, PipelineModel

    stage = MentionDetectorModel(model=MODEL, inputCol="text", outputCol="m")
    pipeline = Pipeline(stages=[stage]).fit(texts)
    pipeline.write().overwrite().save(str(tmp_path / "pipeline"))
    rows = PipelineModel.load(str(tmp_path / "pipeline")).transform(texts).collect()
    function = found(texts.select("id", mentions("text", MODEL).alias("m")).collect())
    assert found(rows) == {id: m or [] for id, m in function.items()}


@pytest.mark.skipif(CONNECT, reason="stages of the JVM cannot be reached through Connect")
@pytest.mark.parametrize(
    "params, message",
    [
        ({"inputCol": "body"}, "of inputCols"),
        ({"model": "nano-lama"}, "Unknown model"),
        ({"model": MODEL, "maxTokens": 16, "overlap": 12}, "overlap"),
    ],
)
def test_the_stage_speaks_python(texts, params, message):
    with pytest.raises(Exception, match=message) as error:
        MentionDetectorModel(**params).transform(texts)
    # Py4J adds the trace of the JVM, with its causes.
    assert " --" not in str(error.value).split("Caused by")[0]
