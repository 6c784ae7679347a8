#!/usr/bin/env bash
# Tests of the Python package, on PySpark from PyPI: test.sh [VERSION…], classic and, from 4.0 on, on a
# Connect server.
# Environments are kept in python/target. The jar must have been built: mvn -B -q package -DskipTests
set -euo pipefail
cd "$(dirname "$0")"
for version in "${@:-3.5.7}"; do
  env=target/pyspark-$version
  if [ ! -x "$env/bin/pytest" ]; then
    python3 -m venv "$env"
    # What Spark converts to pandas with is of its time: 4.1 cannot send frames of pandas 3 through Connect.
    case $version in 3.5.*) old=("numpy<2" "pyarrow<18") ;; *) old=(pyarrow) ;; esac
    "$env/bin/pip" install -q "pyspark[connect]==$version" pytest "pandas<3" "${old[@]}"
  fi
  "$env/bin/pip" install -q --no-deps --force-reinstall .
  echo "PySpark $version, classic"
  "$env/bin/pytest" -q tests
  case $version in
    3.5.*) echo "PySpark $version, Connect: skipped, PyPI has no server of it" ;;
    *)
      echo "PySpark $version, Connect"
      TOMMER_TEST_CONNECT=1 "$env/bin/pytest" -q tests/test_spark.py
      ;;
  esac
done
