"""Mention detection as a stage of PySpark pipelines, in classic sessions.

It drives ``io.github.tommerspark.pipeline.MentionDetectorModel`` of the tommer-spark jar, which the
session must have; :func:`tommer_spark.spark_session` makes one.

    from tommer_spark import MentionDetectorModel

    detector = MentionDetectorModel(inputCol="text", outputCol="mentions", threshold=0.9)
    detector.transform(documents).show()

Through Spark Connect, where there are no stages of the JVM, call :func:`tommer_spark.mentions`.
"""

import sys

from pyspark import SparkContext
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.util import JavaMLReadable, JavaMLReader, JavaMLWritable
from pyspark.ml.wrapper import JavaTransformer
from pyspark.sql import DataFrame

__all__ = ["MentionDetectorModel", "restore"]

_PACKAGE = "io.github.tommerspark.pipeline"
_CLASS = _PACKAGE + ".MentionDetectorModel"

# Where PySpark looks for the Python side of a stage in a pipeline that it loads.
sys.modules.setdefault(_PACKAGE, sys.modules[__name__])


def _threshold(value):
    return value if isinstance(value, str) else repr(TypeConverters.toFloat(value))


# PySpark knows converters of lists by the beginning of their name; arrays of the JVM come here, too.
def toListOfNames(value):
    names = [value] if isinstance(value, str) else value
    return [TypeConverters.toString(name) for name in names]


class _Reader(JavaMLReader):
    @classmethod
    def _java_loader_class(cls, clazz):
        return _CLASS


class MentionDetectorModel(JavaTransformer, JavaMLReadable, JavaMLWritable):
    """Finds entity mentions in a column of texts.

    Parameters are those of the class in Java; ``explainParams()`` describes them. They are given to
    the constructor by name, or set with ``setThreshold(0.9)`` and so on.
    """

    model = Param(
        Params._dummy(),
        "model",
        "a bundled model (bge-small, minilm, nano-llama, nano-neox), or one of your own as NAME=BACKBONE,HEAD",
        TypeConverters.toString,
    )
    backbone = Param(
        Params._dummy(),
        "backbone",
        "directory of a Hugging Face snapshot or a GGUF file, on any Hadoop file system; instead of model, and with head",
        TypeConverters.toString,
    )
    head = Param(
        Params._dummy(), "head", "directory of a ToMMeR head; with backbone", TypeConverters.toString
    )
    threshold = Param(
        Params._dummy(),
        "threshold",
        "probability above which a span is a mention, or recommended",
        _threshold,
    )
    decoder = Param(
        Params._dummy(), "decoder", "how candidates become mentions", TypeConverters.toString
    )
    classifier = Param(
        Params._dummy(),
        "classifier",
        "gives mentions labels: the directory of a classifier, or a bundled model that brings one",
        TypeConverters.toString,
    )
    labels = Param(
        Params._dummy(),
        "labels",
        "labels to choose among, any words",
        toListOfNames,
    )
    labelsFile = Param(
        Params._dummy(),
        "labelsFile",
        "a file of the driver with labels, instead of labels: name, or name: wording; wording",
        TypeConverters.toString,
    )
    labelThreshold = Param(
        Params._dummy(),
        "labelThreshold",
        "probability that a label must reach to be given",
        TypeConverters.toFloat,
    )
    requireLabel = Param(
        Params._dummy(),
        "requireLabel",
        "whether mentions without a label are left out",
        TypeConverters.toBoolean,
    )
    allLabels = Param(
        Params._dummy(),
        "allLabels",
        "whether mentions tell all labels that reach the threshold, beside the best one",
        TypeConverters.toBoolean,
    )
    rankBy = Param(
        Params._dummy(),
        "rankBy",
        "mention, label or product: what decides where the decoder cannot keep two mentions",
        TypeConverters.toString,
    )
    bos = Param(
        Params._dummy(),
        "bos",
        "tokenizer or always: whether a beginning-of-sequence token is added",
        TypeConverters.toString,
    )
    dtype = Param(Params._dummy(), "dtype", "auto, fp32, bf16 or fp16", TypeConverters.toString)
    device = Param(Params._dummy(), "device", "auto, cpu or gpu", TypeConverters.toString)
    maxTokens = Param(
        Params._dummy(), "maxTokens", "tokens of a window, specials included", TypeConverters.toInt
    )
    overlap = Param(
        Params._dummy(), "overlap", "tokens that consecutive windows share", TypeConverters.toInt
    )
    wordBoundaries = Param(
        Params._dummy(),
        "wordBoundaries",
        "whether mentions must begin and end at word boundaries",
        TypeConverters.toBoolean,
    )
    batchTokens = Param(
        Params._dummy(), "batchTokens", "tokens of one forward call", TypeConverters.toInt
    )
    inputCols = Param(
        Params._dummy(),
        "inputCols",
        "the one column to read: strings, or Spark NLP documents or sentences",
        toListOfNames,
    )
    outputCol = Param(Params._dummy(), "outputCol", "the column to add", TypeConverters.toString)
    outputType = Param(
        Params._dummy(), "outputType", "auto, typed or annotation", TypeConverters.toString
    )
    errorCol = Param(
        Params._dummy(),
        "errorCol",
        "a column to add that says what went wrong in a row; without it such a row fails the query",
        TypeConverters.toString,
    )

    def __init__(self, **params):
        super().__init__()
        if SparkContext._active_spark_context is None:
            raise RuntimeError(
                "MentionDetectorModel needs a classic Spark session, and there is none: make one with"
                " tommer_spark.spark_session(), or call tommer_spark.mentions(), which works through"
                " Spark Connect, too"
            )
        self._java_obj = self._new_java_obj(_CLASS, self.uid)
        self._transfer_params_from_java()
        self.setParams(**params)

    def setParams(self, **params):
        """Sets parameters by name; ``inputCol`` is ``inputCols`` with one name."""
        if "inputCol" in params:
            params["inputCols"] = params.pop("inputCol")
        return self._set(**params)

    def setInputCol(self, value):
        return self._set(inputCols=value)

    def getInputCol(self):
        return self.getInputCols()[0]

    @classmethod
    def read(cls):
        return _Reader(cls)


def _add_accessors():
    def accessors(name):
        def setter(self, value):
            return self._set(**{name: value})

        def getter(self):
            param = self.getParam(name)
            return self.getOrDefault(param) if self.isDefined(param) else None

        return setter, getter

    for name in [n for n, p in vars(MentionDetectorModel).items() if isinstance(p, Param)]:
        setter, getter = accessors(name)
        title = name[0].upper() + name[1:]
        setattr(MentionDetectorModel, "set" + title, setter)
        setattr(MentionDetectorModel, "get" + title, getter)


_add_accessors()


def restore(dataset, **annotator_types):
    """Gives Spark NLP's annotation columns back the exact type that a Parquet file loses.

    Columns whose metadata does not say what they hold may be named: ``restore(df, chunk="chunk")``.
    """
    session = dataset.sparkSession
    schema = session._jvm.io.github.tommerspark.sparknlp.SparkNlpSchema
    return DataFrame(schema.restore(dataset._jdf, annotator_types), session)
