#!/usr/bin/env bash
# A cluster on this machine: annotate, incremental runs and a query, of each of which an executor is killed with SIGKILL
# while it writes, must find what one undisturbed process finds.
#
#   SPARK_HOME=… lines/cluster.sh standalone     a master and two workers
#   SPARK_HOME=… lines/cluster.sh yarn           Hadoop's mini-cluster: HDFS, which input and outputs are on, and YARN with
#                                                two node managers
#
# SPARK_HOME is a whole distribution, such as site-packages/pyspark of PyPI's pyspark. Needs the jar (mvn -B package) and
# Python, and for YARN Maven and curl.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
kind=${1:-standalone}
work=$here/target/$kind
limit=${TOMMER_LIMIT:-600}

fail() {
  echo "lines/cluster.sh: $1" >&2
  exit 1
}

[[ "$kind" =~ ^(standalone|yarn)$ ]] || fail "there is no cluster $kind, but standalone and yarn"
version=$(sed -n 's:^  <version>\(.*\)</version>.*:\1:p' "$root/pom.xml" | head -n 1)
jar=${TOMMER_SPARK_JAR:-$root/jobs/target/tommer-spark-$version.jar}
[[ -f "$jar" ]] || fail "there is no $jar: build it with mvn -B package, or name another in TOMMER_SPARK_JAR"
[[ -x "${SPARK_HOME:-}/bin/spark-class" ]] || fail "SPARK_HOME must be a whole distribution of Spark"
export MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_ARENA_MAX=1
export SPARK_LOCAL_IP=127.0.0.1
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

rm -rf "$work"
mkdir -p "$work/in"
echo "# Nothing of this machine." > "$work/empty.conf"
head -n 200 "$root/data/open-entities/dev.jsonl" | split -l 25 --additional-suffix=.jsonl - "$work/in/"

# --- the cluster ----------------------------------------------------------------------------------
daemons=()
stop() {
  ((${#daemons[@]} == 0)) || kill "${daemons[@]}" 2> /dev/null || true
}
trap stop EXIT

# Waits until a file says something, and prints what it says.
said() {
  local file=$1 pattern=$2 found
  for ((i = 0; i < 600; i++)); do
    found=$(grep -oE -m 1 "$pattern" "$file" 2> /dev/null) && echo "$found" && return
    sleep 0.2
  done
  tail -n 20 "$file" >&2
  fail "$file does not say $pattern"
}

options=()
# Where input and outputs are, and whether tasks have begun to write files of an output.
case "$kind" in
  standalone)
    place=$work
    "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.master.Master --host 127.0.0.1 --port 0 \
      --webui-port 0 > "$work/master.log" 2>&1 &
    daemons+=($!)
    master=$(said "$work/master.log" 'spark://127\.0\.0\.1:[1-9][0-9]*')
    for worker in 1 2; do
      "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --webui-port 0 \
        --cores 1 --memory 2g --work-dir "$work/worker$worker" "$master" > "$work/worker$worker.log" 2>&1 &
      daemons+=($!)
      said "$work/worker$worker.log" 'Successfully registered with master' > /dev/null
    done
    writing() {
      [[ -n "$(find "$work/$1" -path '*_temporary*part-*' -print -quit 2> /dev/null)" ]]
    }
    ;;
  yarn)
    command -v curl > /dev/null || fail "curl is needed to look into HDFS"
    hadoop=$(basename "$SPARK_HOME"/jars/hadoop-client-api-*.jar .jar | sed 's:^hadoop-client-api-::')
    mini=$here/target/minicluster-$hadoop
    [[ -d "$mini" ]] || (cd "$root" && mvn -B -q -Dstyle.color=never -Dspark.line=4.1 -pl lines "-Dminicluster.version=$hadoop" \
      "-Dminicluster.jars=$mini" dependency:copy@minicluster)
    (
      cd "$work"
      exec "$java" -Xmx1g -cp "$mini/*:$SPARK_HOME/jars/*" "-Djava.net.preferIPv4Stack=true" \
        $(sed -n 's:.*<spark.add-opens>\(.*\)</spark.add-opens>.*:\1:p' "$root/pom.xml") \
        "$here/MiniCluster.java" "$work/core-site.xml"
    ) > "$work/minicluster.log" 2>&1 &
    daemons+=($!)
    for ((i = 0; i < 600 && !$([[ -s "$work/core-site.xml" ]] && echo 1 || echo 0); i++)); do
      kill -0 "${daemons[0]}" 2> /dev/null || break
      sleep 0.2
    done
    [[ -s "$work/core-site.xml" ]] || {
      tail -n 20 "$work/minicluster.log" >&2
      fail "the mini-cluster did not start; see $work/minicluster.log"
    }
    cp "$work/core-site.xml" "$work/yarn-site.xml"
    cp "$work/core-site.xml" "$work/hdfs-site.xml"
    export HADOOP_CONF_DIR=$work
    setting() {
      python3 - "$work/core-site.xml" "$1" << 'PY'
import sys
import xml.etree.ElementTree as xml

for entry in xml.parse(sys.argv[1]).getroot().iter("property"):
    if entry.findtext("name") == sys.argv[2]:
        print(entry.findtext("value"))
PY
    }
    place=$(setting fs.defaultFS)/try
    web=http://$(setting dfs.namenode.http-address)/webhdfs/v1/try
    "$java" -cp "$work:$SPARK_HOME/jars/*" org.apache.hadoop.fs.FsShell -mkdir -p "$place" 2> "$work/put.log"
    "$java" -cp "$work:$SPARK_HOME/jars/*" org.apache.hadoop.fs.FsShell -put "$work/in" "$place/in" 2>> "$work/put.log"
    master=yarn
    # Every container finds them where they are.
    options=(--num-executors 2 --conf "spark.yarn.jars=local:$SPARK_HOME/jars/*" --conf spark.yarn.am.memory=512m)
    # What an incremental run adds is in directories of its runs.
    writing() {
      curl -s "$web/$1/_temporary?op=GETCONTENTSUMMARY" | grep -q '"fileCount":[1-9]' ||
        curl -s "$web/$1?op=LISTSTATUS" | grep -q '"pathSuffix":"run='
    }
    ;;
esac

# --- what runs on it ------------------------------------------------------------------------------
submit() {
  local name=$1
  shift
  timeout "$limit" "$SPARK_HOME/bin/spark-submit" --driver-memory 1g --executor-memory 1g --executor-cores 1 \
    --conf spark.ui.enabled=false --conf spark.log.level=WARN --conf spark.locality.wait=0 \
    --conf spark.scheduler.minRegisteredResourcesRatio=1.0 --conf spark.sql.shuffle.partitions=2 \
    --properties-file "$work/empty.conf" "$@" > "$work/$name.log" 2>&1 || {
    local code=$?
    tail -n 40 "$work/$name.log" >&2
    fail "$name ended with $code; what it printed is in $work/$name.log"
  }
}

tommer() {
  local name=$1
  shift
  submit "$name" "$@" --class io.github.tommerspark.jobs.TommerSpark "$jar" \
    annotate --model nano-llama --dtype fp32 --input "$place/in" --output "$place/$name"
}

query() {
  submit query --master "$master" ${options[@]+"${options[@]}"} --jars "$jar" --driver-class-path "$jar" \
    --conf spark.sql.extensions=io.github.tommerspark.sql.TommerExtensions \
    "$here/cluster.py" query "$place/in" "$place/query"
}

# The executors that live below the daemons.
executors() {
  local parents=("${daemons[@]}") children
  while ((${#parents[@]} > 0)); do
    mapfile -t children < <(ps -o pid= --ppid "$(IFS=,; echo "${parents[*]}")" | tr -d ' ')
    ((${#children[@]} == 0)) || ps -o pid=,args= -p "$(IFS=,; echo "${children[*]}")" |
      grep -E '^ *[0-9]+ [^ ]*java .*CoarseGrainedExecutorBackend' | awk '{ print $1 }'
    parents=(${children[@]+"${children[@]}"})
  done
}

# Runs something on the cluster and kills one executor as soon as a task has begun to write a file of its output.
killing() {
  local output=$1 executor=
  shift
  "$@" &
  local job=$!
  while kill -0 "$job" 2> /dev/null; do
    if writing "$output"; then
      executor=$(executors | head -n 1) || true
      [[ -z "$executor" ]] || ! kill -KILL "$executor" 2> /dev/null || break
      executor=
    fi
    sleep 0.02
  done
  wait "$job" || exit 1
  [[ -n "$executor" ]] || fail "$output ended before an executor could be killed"
  echo "$output: executor $executor was killed while it ran"
}

on_cluster=(--master "$master" ${options[@]+"${options[@]}"})
incremental() {
  submit incremental "${on_cluster[@]}" --class io.github.tommerspark.jobs.TommerSpark "$jar" \
    annotate --incremental --max-files-per-batch 3 --model nano-llama --dtype fp32 \
    --input "$place/in" --output "$place/incremental"
}
tommer undisturbed --master 'local[2]'
killing annotated tommer annotated "${on_cluster[@]}"
killing incremental incremental
killing query query
submit compare --master 'local[2]' "$here/cluster.py" compare "$place/undisturbed" \
  "$place/annotated" "$place/incremental" "$place/query"
echo "$kind: two executors, one of them killed, find what one process finds: annotate, incremental and SQL on Spark $("$SPARK_HOME/bin/spark-submit" --version 2>&1 |
  sed -n 's/.*version \([0-9.]*[0-9]\).*/\1/p' | head -n 1)"
