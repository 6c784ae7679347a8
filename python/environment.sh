#!/usr/bin/env bash
# Makes an environment with a PySpark of PyPI, further packages, and this package from its wheel, which is built
# first; prints its directory. Environments are kept in python/target, the wheel in python/target/dist.
#
#   python/environment.sh VERSION [PACKAGE…]       a VERSION of PySpark, or - for none
#
# Ends with code 3 where PyPI does not give what is needed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
version=$1
shift
env=$PWD/target/$([[ "$version" == - ]] && echo tools || echo "pyspark-$version")
packages=("$@")
case $version in
  -) ;;
  # What Spark converts to pandas with is of its time: 4.1 cannot send frames of pandas 3 through Connect.
  3.5.*) packages+=("pyspark[connect]==$version" "pandas<3" "numpy<2" "pyarrow<18") ;;
  *) packages+=("pyspark[connect]==$version" "pandas<3" pyarrow) ;;
esac
unavailable() {
  echo "python/environment.sh: PyPI did not give $*" >&2
  exit 3
}
[[ -x "$env/bin/pip" ]] || python3 -m venv "$env"
"$env/bin/pip" install -q "${packages[@]}" >&2 || unavailable "${packages[@]}"
rm -rf target/dist
# Copied, since setuptools leaves what it builds beside the sources.
rm -rf target/source
mkdir -p target/source
cp -rL pyproject.toml README.md src target/source/
"$env/bin/pip" wheel -q --no-deps -w target/dist target/source >&2 ||
  unavailable "what the wheel is built with"
"$env/bin/pip" uninstall -q -y tommer-spark > /dev/null 2>&1
"$env/bin/pip" install -q target/dist/*.whl >&2 || unavailable "what the wheel needs"
echo "$env"
