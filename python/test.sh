#!/usr/bin/env bash
# Tests of the Python package, from its wheel, on PySpark from PyPI, classic and on a Connect server:
#
#   python/test.sh [--tools] [VERSION…]
#
# --tools also reads exports with the tools that they are for: spaCy, datasets, Label Studio's SDK, a parser of
# brat's standoff (1 GB from PyPI). The jar must have been built: mvn -B -q package -DskipTests
set -euo pipefail
cd "$(dirname "$0")"
tools=false
if [[ "${1:-}" == --tools ]]; then
  tools=true
  shift
fi

environment() {
  local code=0
  env=$(./environment.sh "$@") || code=$?
  if ((code == 3)); then
    echo "**********************************************************************" >&2
    echo "python/test.sh: NOT RUN: PyPI does not give what is needed; see above" >&2
    echo "**********************************************************************" >&2
    # Skipped on somebody's laptop, never by continuous integration.
    [[ -z "${CI:-}" ]] || exit 1
    exit 0
  fi
  ((code == 0)) || exit "$code"
}

for version in "${@:-3.5.7}"; do
  environment "$version" pytest
  echo "PySpark $version, classic"
  "$env/bin/pytest" -q tests --ignore tests/test_exports.py
  echo "PySpark $version, Connect"
  TOMMER_TEST_CONNECT=1 "$env/bin/pytest" -q tests/test_spark.py
done

if $tools; then
  SPARK_HOME=$("$env/bin/python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')
  export SPARK_HOME
  # In an environment of its own: older versions of Spark hold NumPy back.
  environment - pytest spacy datasets label-studio-sdk pybrat
  echo "Exports, by Spark $version"
  "$env/bin/pytest" -q -rs tests/test_exports.py
fi
