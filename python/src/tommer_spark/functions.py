"""The function of SQL, for columns."""

from typing import TYPE_CHECKING, Any, Optional, Union

if TYPE_CHECKING:
    from pyspark.sql import Column


def mentions(col: "Union[Column, str]", model: Optional[str] = None, **options: Any) -> "Column":
    """Returns the mentions of a column of texts.

    A column of ``array<struct<start:int, end:int, text:string, score:float>>``, sorted by start and
    end, null where the text is null. Offsets count code points, as those of Python's strings do:
    ``text[m.start:m.end] == m.text``.

        texts.select(mentions("text", model="minilm", threshold=0.9, decoder="flat"))

    Args:
        col: a column of strings, or its name
        model: a bundled model, ``bge-small`` by default, or one of your own as
            ``NAME=BACKBONE,HEAD``
        options: ``threshold``, ``decoder``, ``labels`` and the others of docs/sql.md; a list for
            ``labels``, a bool for ``word_boundaries``. None leaves an option at its default.

    Raises:
        TypeError: for ``backbone`` and ``head``, which are part of ``model``.
        pyspark.errors.AnalysisException: when the column is used, if an argument cannot be; the
            message names it. That there is no function ``mentions`` means that the session lacks
            tommer-spark: make it with :func:`tommer_spark.configure`.
    """
    from pyspark.sql import functions as F

    text = F.col(col) if isinstance(col, str) else col
    given = {key: _shown(value) for key, value in options.items() if value is not None}
    if "backbone" in given or "head" in given:
        raise TypeError(
            "Name a model of your own as model=\"NAME=BACKBONE,HEAD\", not by backbone and head"
        )
    arguments = [text]
    if model is not None or given:
        arguments.append(F.lit("bge-small" if model is None else model))
    if given:
        arguments.append(F.create_map(*[F.lit(part) for entry in given.items() for part in entry]))
    return F.call_function("mentions", *arguments)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(str(element) for element in value)
    return str(value)
