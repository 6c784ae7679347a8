#!/usr/bin/env bash
# Times the annotate job and a query with the function of SQL, classic and through Spark Connect from Python, in turn, and
# prints the ratios; see README.md.
set -euo pipefail

fail() {
  echo "sql.sh: $1" >&2
  exit 1
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
runs=5 input='' spark=4.1.4 model=bge-small
while (($# > 0)); do
  (($# > 1)) || fail "$1 needs a value"
  case "$1" in
    --runs) runs=$2 ;;
    --input) input=$2 ;;
    --spark) spark=$2 ;;
    --model) model=$2 ;;
    *) fail "unknown option $1" ;;
  esac
  shift 2
done
[[ -f "$input" ]] || fail "--input must name a file of JSON lines with id and text"
version=$(sed -n 's:^  <version>\(.*\)</version>.*:\1:p' "$root/pom.xml" | head -n 1)
jar=${TOMMER_SPARK_JAR:-$root/jobs/target/tommer-spark-$version.jar}
[[ -f "$jar" ]] || fail "there is no $jar: build it with mvn -B package, or name another in TOMMER_SPARK_JAR"

env=$("$root/python/environment.sh" "$spark")
SPARK_HOME=$("$env/bin/python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')
export SPARK_HOME PYSPARK_PYTHON=$env/bin/python
# The same for all, as submit.sh would set them.
export MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_ARENA_MAX=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Times a process of its own, from its start to its end.
timed() {
  local kind=$1 run=$2 began=$EPOCHREALTIME
  shift 2
  "$@" > "$work/log" 2>&1 || {
    tail -n 20 "$work/log" >&2
    fail "$kind failed"
  }
  awk -v kind="$kind" -v run="$run" -v began="$began" -v ended="$EPOCHREALTIME" \
    'BEGIN { printf "%s %d %.2f\n", kind, run, ended - began }' | tee -a "$work/times" >&2
}

run_job() {
  timed job "$1" "$SPARK_HOME/bin/spark-submit" --master 'local[2]' --driver-memory 2g \
    --properties-file "$root/conf/laptop.conf" "$jar" \
    annotate --input "$input" --output "$work/job-$1" --model "$model" --dtype fp32
}

run_query() {
  timed "$1" "$2" "$env/bin/python" "$root/benchmarks/sql.py" "$1" "$jar" "$root/conf/laptop.conf" "$model" \
    "$input" "$work/$1-$2"
}

for ((run = 1; run <= runs; run++)); do
  # Each goes first, second and last as often as the others.
  kinds=(job classic connect)
  for ((turn = 0; turn < 3; turn++)); do
    kind=${kinds[$(((run + turn) % 3))]}
    if [[ "$kind" == job ]]; then
      run_job "$run"
    else
      run_query "$kind" "$run"
    fi
  done
done
"$env/bin/python" "$root/benchmarks/sql.py" compare "$jar" "$root/conf/laptop.conf" \
  "$work/job-1" "$work/classic-1" "$work/connect-1" 2> /dev/null
python3 - "$work/times" << 'PY'
import collections, statistics, sys

times = collections.defaultdict(dict)
for line in open(sys.argv[1]):
    kind, run, seconds = line.split()
    times[kind][int(run)] = float(seconds)
for kind, seconds in times.items():
    print(f"{kind}: median {statistics.median(seconds.values()):.1f} s, all {list(seconds.values())}")
for kind in ("classic", "connect"):
    ratios = [times[kind][run] / times["job"][run] for run in sorted(times["job"])]
    print(f"{kind} / job: median of the pairs {statistics.median(ratios):.3f}, all {[round(r, 3) for r in ratios]}")
PY
