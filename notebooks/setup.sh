#!/usr/bin/env bash
# Makes a Java kernel for Jupyter in notebooks/target, with jars from Maven:
#
#   notebooks/setup.sh
#   JUPYTER_PATH=notebooks/target/jupyter jupyter notebook notebooks
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$here/target
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

mvn -B -q -Dstyle.color=never -f "$here/pom.xml" dependency:copy-dependencies \
  "-DoutputDirectory=$target/jars"

jar() {
  local found=("$target/jars/$1"-*.jar)
  [[ -f "${found[0]}" ]] || {
    echo "setup.sh: $1 is not in $target/jars" >&2
    exit 1
  }
  echo "${found[0]}"
}
kernel=$(jar rapaio-jupyter-kernel)
libraries="$(jar duckdb_jdbc);$(jar xchart)"

# As a JSON string.
quoted() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

mkdir -p "$target/jupyter/kernels/tommer-java"
cat > "$target/jupyter/kernels/tommer-java/kernel.json" <<JSON
{
  "argv": [
    $(quoted "$java"),
    "-Djava.awt.headless=true",
    "-cp",
    $(quoted "$kernel"),
    $(quoted "$here/Kernel.java"),
    "{connection_file}"
  ],
  "display_name": "Java (tommer-spark)",
  "language": "java",
  "interrupt_mode": "message",
  "env": {
    "RJK_CLASSPATH": $(quoted "$libraries"),
    "RJK_COMPILER_OPTIONS": "",
    "RJK_INIT_SCRIPT": "",
    "RJK_TIMEOUT_MILLIS": "-1",
    "RJK_MIMA_CACHE": $(quoted "$target/mima")
  }
}
JSON
echo "The kernel is there; Jupyter finds it with JUPYTER_PATH=$target/jupyter"
