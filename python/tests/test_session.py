import pytest

from tommer_spark import configure, find_jar


def test_a_missing_jar_names_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("TOMMER_SPARK_JAR", str(tmp_path / "none.jar"))
    with pytest.raises(FileNotFoundError, match="TOMMER_SPARK_JAR.*mvn -B -q package"):
        find_jar()


def test_the_variable_names_the_jar(monkeypatch, tmp_path):
    jar = tmp_path / "tommer.jar"
    jar.touch()
    monkeypatch.setenv("TOMMER_SPARK_JAR", str(jar))
    assert find_jar() == str(jar)


def test_the_newest_jar_of_a_checkout_is_found(monkeypatch, tmp_path):
    monkeypatch.delenv("TOMMER_SPARK_JAR", raising=False)
    target = tmp_path / "jobs" / "target"
    target.mkdir(parents=True)
    for name in ("tommer-spark-jobs-9.jar", "tommer-spark-9-sources.jar", "tommer-spark-9.jar"):
        (target / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tommer_spark.session.__file__", str(tmp_path / "site" / "session.py"))
    assert find_jar() == str(target / "tommer-spark-9.jar")


def test_a_server_elsewhere_has_the_jar_itself(monkeypatch, tmp_path):
    monkeypatch.setenv("TOMMER_SPARK_JAR", str(tmp_path / "none.jar"))
    monkeypatch.setenv("SPARK_REMOTE", "sc://example:15002")

    class Builder:
        _options = {}

    builder = Builder()
    assert configure(builder) is builder
