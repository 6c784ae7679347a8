"""Sessions that have the jar and the function of SQL."""

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: The value of ``spark.sql.extensions`` that brings the function ``mentions`` into a session.
EXTENSIONS = "io.github.tommerspark.sql.TommerExtensions"

#: The environment variable that names the jar.
JAR_VARIABLE = "TOMMER_SPARK_JAR"


def find_jar(jar: Optional[str] = None) -> str:
    """Returns the path of the tommer-spark jar.

    It is ``jar``, else what ``TOMMER_SPARK_JAR`` names, else the one packaged with this module, else
    the newest that was built in a checkout around the module or the working directory.

    Raises:
        FileNotFoundError: if there is none; the message says what to do.
    """
    named = jar or os.environ.get(JAR_VARIABLE)
    if named:
        # Spark itself fetches what lies elsewhere.
        if "://" in named or os.path.isfile(named):
            return named
        raise FileNotFoundError(
            "There is no tommer-spark jar at {} ({}); build it with: mvn -B -q package -DskipTests".format(
                named, "the argument jar" if jar else JAR_VARIABLE
            )
        )
    here = Path(__file__).resolve().parent
    places = [here / "jars"]
    for start in (here, Path.cwd()):
        places += [folder / "jobs" / "target" for folder in (start, *start.parents)]
    for place in places:
        jars = [
            path
            for path in glob.glob(str(place / "tommer-spark-*.jar"))
            if not os.path.basename(path).startswith("tommer-spark-jobs")
            and not path.endswith(("-sources.jar", "-javadoc.jar"))
        ]
        if jars:
            return max(jars, key=os.path.getmtime)
    raise FileNotFoundError(
        "Cannot find the tommer-spark jar: build it in a checkout of tommer-spark with"
        " mvn -B -q package -DskipTests, and set {}=CHECKOUT/jobs/target/tommer-spark-VERSION.jar".format(
            JAR_VARIABLE
        )
    )


def configure(builder: "SparkSession.Builder", jar: Optional[str] = None) -> "SparkSession.Builder":
    """Adds the jar and the function of SQL to a session that is yet to be made.

    What the builder says already about jars and extensions stays. With ``builder.remote("local…")``
    the server is started with them. A server elsewhere, ``builder.remote("sc://…")`` or the variable
    ``SPARK_REMOTE``, must have them itself: nothing is added then, and no jar needed.

    Args:
        builder: such as ``SparkSession.builder.master("local[*]")``
        jar: path of the jar; by default what :func:`find_jar` finds

    Returns:
        The builder.

    Raises:
        FileNotFoundError: if there is no jar.
        RuntimeError: if a session runs already without the function: it cannot be added any more.
    """
    from pyspark.sql import SparkSession

    options = dict(getattr(builder, "_options", {}))
    if str(options.get("spark.remote") or os.environ.get("SPARK_REMOTE") or "").startswith("sc://"):
        return builder
    path = find_jar(jar)
    active = getattr(SparkSession, "getActiveSession", lambda: None)()
    if active is not None and EXTENSIONS not in (
        active.conf.get("spark.sql.extensions", "") or ""
    ):
        raise RuntimeError(
            "A Spark session runs already, without tommer-spark: stop it first (spark.stop()), or start it"
            " with configure(SparkSession.builder) in place of SparkSession.builder"
        )
    for key, value in (
        ("spark.jars", path),
        ("spark.sql.extensions", EXTENSIONS),
    ):
        present = [part for part in str(options.get(key) or "").split(",") if part]
        if value not in present:
            builder = builder.config(key, ",".join([*present, value]))
    if "://" not in path:
        # In local mode the classes of extensions are looked for before spark.jars are there.
        present = str(options.get("spark.driver.extraClassPath") or "")
        if path not in present.split(os.pathsep):
            builder = builder.config(
                "spark.driver.extraClassPath",
                os.pathsep.join([part for part in (present, path) if part]),
            )
    return builder


def spark_session(master: Optional[str] = None, jar: Optional[str] = None) -> "SparkSession":
    """Returns a session with the jar and the function of SQL, made if there is none.

    Args:
        master: such as ``local[2]``; by default what Spark's settings say, else all cores here
        jar: path of the jar; by default what :func:`find_jar` finds
    """
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("tommer-spark")
    if master:
        builder = builder.master(master)
    return configure(builder, jar).getOrCreate()
