#!/usr/bin/env bash
# The front door: builds what is missing and hands a command to spark-submit.
#
#   ./submit.sh [--s3a] [spark-submit options] COMMAND [options]
#
# A convenience: the jar it runs works the same with a spark-submit of your own.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
  echo "submit.sh: $1" >&2
  exit 1
}

usage() {
  cat <<'TEXT'
Usage: ./submit.sh [--s3a] [spark-submit options] COMMAND [options]

Commands:
  annotate    finds the entity mentions of a corpus and writes them beside its rows
  agree       says how far models agree on mentions
  bench       measures what annotating costs here, also for shapes without weights
  demo        annotates a small bundled corpus and shows what was found
  doctor      says whether jobs will run here, or with --executors on the executors
  evaluate    scores models, or mentions they found before, against gold data
  import      makes a snapshot of a model in another format: GGUF or ONNX
  judge       has a language model judge a sample of the mentions found
  natives     lays libtorch out for machines without internet
  pull        fetches models of the Hugging Face Hub, for --backbone ID and --head ID
  report      writes one HTML page about what the other commands wrote
  show        marks the mentions of a text given on the command line
  train       trains heads on a backbone, a whole sweep of layers and ranks at once
  train-classifier
              trains a classifier that says what mentions are
  help        explains a command: ./submit.sh help annotate

Examples:
  ./submit.sh demo
  ./submit.sh annotate --input docs.jsonl --output mentions
  ./submit.sh --master 'local[4]' --driver-memory 8g annotate --input docs.jsonl --output mentions
  ./submit.sh --master yarn --conf spark.executor.memoryOverhead=4g \
      annotate --input hdfs:///docs --output hdfs:///mentions
  ./submit.sh --s3a annotate --input s3a://bucket/docs --output s3a://bucket/mentions

--s3a adds the settings in conf/s3a.conf, and the jars that Spark needs for S3 (280 MB, once).
Everything before the command goes to spark-submit. With SPARK_HOME set, that Spark is used;
without, one that Maven provides, on this machine, with conf/laptop.conf.
The first run builds the jar, which needs Maven; later ones only when sources have changed. Without
SPARK_HOME it also lays out Spark's classes for the JVM (150 MB in jobs/target), which saves later
ones a third of their start.
TEXT
}

# --- what goes to spark-submit, and what to the job -----------------------------------------------
spark_options=()
has_master=false
has_packages=false
s3a=false
# As spark-submit ranks them: an option, --conf, a file of properties, and last what is set here.
memory_option=
memory_conf=
memory_file=

# A setting as --conf has it.
conf() {
  case "$1" in
    spark.master=*) has_master=true ;;
    spark.driver.memory=*) memory_conf=${1#*=} ;;
  esac
}

# The settings of a file of properties.
properties_file() {
  [[ -r "$1" ]] || fail "cannot read the properties file $1"
  ! grep -q '^[[:space:]]*spark\.master[[:space:]=:]' "$1" || has_master=true
  memory_file=$(sed -n 's/^[[:space:]]*spark\.driver\.memory[[:space:]=:]*//p' "$1" | tail -n 1)
}
while (($# > 0)); do
  case "$1" in
    -h | --help)
      usage
      exit 0
      ;;
    --s3a)
      s3a=true
      shift
      ;;
    --verbose | -v | --supervise)
      spark_options+=("$1")
      shift
      ;;
    -*=*)
      case "$1" in
        --master=*) has_master=true ;;
        --packages=*) has_packages=true ;;
        --driver-memory=*) memory_option=${1#*=} ;;
        --conf=*) conf "${1#*=}" ;;
        --properties-file=*) properties_file "${1#*=}" ;;
      esac
      spark_options+=("$1")
      shift
      ;;
    -*)
      (($# > 1)) || fail "$1 needs a value"
      case "$1" in
        --master) has_master=true ;;
        --packages) has_packages=true ;;
        --driver-memory) memory_option=$2 ;;
        --conf | -c) conf "$2" ;;
        --properties-file) properties_file "$2" ;;
      esac
      spark_options+=("$1" "$2")
      shift 2
      ;;
    *)
      break
      ;;
  esac
done
if (($# == 0)); then
  usage
  exit 2
fi

# --- Java -----------------------------------------------------------------------------------------
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
command -v "$java" > /dev/null || fail "no Java found: install a JDK 17 or set JAVA_HOME"
java_version=$("$java" -XshowSettings:properties -version 2>&1 |
  sed -n 's/^ *java.specification.version = //p')
[[ "$java_version" =~ ^[0-9]+$ && "$java_version" -ge 17 ]] ||
  fail "Java 17 or newer is needed, but $java is version ${java_version:-unknown}"

# --- the jar, built again when sources are newer --------------------------------------------------
version=$(sed -n 's:^  <version>\(.*\)</version>.*:\1:p' "$root/pom.xml" | head -n 1)
jar=$root/jobs/target/tommer-spark-$version.jar
spark=$root/jobs/target/spark

stale() {
  [[ ! -f "$jar" || ! -d "$spark/jars" ]] ||
    [[ -n $(find "$root/pom.xml" "$root"/core/pom.xml "$root"/models/pom.xml "$root"/jobs/pom.xml \
      "$root"/core/src/main "$root"/models/src/main "$root"/jobs/src/main -newer "$jar" -type f -print -quit) ]]
}

if stale; then
  command -v mvn > /dev/null || fail "Maven is needed to build $jar: install it, or build elsewhere"
  echo "submit.sh: building $(basename "$jar") (once; the first time Maven downloads libraries)" >&2
  (cd "$root" && mvn -B -q -Dstyle.color=never -Dmaven.test.skip -Dspotless.check.skip package) >&2 ||
    fail "the build failed; see above"
fi

# --- S3 -------------------------------------------------------------------------------------------
s3a_options=()
s3a_jars=$root/jobs/target/s3a

property() {
  sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" "$root/pom.xml"
}

# The version of a jar of $SPARK_HOME; nothing if it is not there.
installed() {
  local jar
  for jar in "$SPARK_HOME/jars/$1"-[0-9]*.jar; do
    [[ -f "$jar" ]] && basename "$jar" .jar | sed "s:^$1-::"
  done
}

# --packages for what the Spark in $SPARK_HOME lacks, in the versions that fit it. Of what
# spark-hadoop-cloud brings along, the rest is there already, or for other clouds.
packages_for_s3a() {
  local hadoop spark packages=() IFS=,
  hadoop=$(installed hadoop-client-api)
  spark=$(installed spark-core_2.12)
  [[ -n "$hadoop" && -n "$spark" ]] ||
    fail "no Spark for Scala 2.12 in $SPARK_HOME/jars: give the jars for S3 with --packages"
  [[ -n $(installed hadoop-aws) ]] || packages+=("org.apache.hadoop:hadoop-aws:$hadoop")
  [[ -n $(installed spark-hadoop-cloud_2.12) ]] ||
    packages+=("org.apache.spark:spark-hadoop-cloud_2.12:$spark")
  if ((${#packages[@]} > 0)); then
    s3a_options+=(--packages "${packages[*]}" --exclude-packages \
      "org.apache.hadoop:hadoop-client-runtime,org.apache.hadoop:hadoop-azure,org.apache.hadoop:hadoop-cloud-storage,com.google.cloud.bigdataoss:gcs-connector,org.eclipse.jetty:jetty-util,org.eclipse.jetty:jetty-util-ajax,com.fasterxml.jackson.core:jackson-databind,com.fasterxml.jackson.core:jackson-annotations,com.fasterxml.jackson.dataformat:jackson-dataformat-cbor,joda-time:joda-time,org.apache.httpcomponents:httpclient,org.apache.httpcomponents:httpcore")
  fi
}

if $s3a; then
  while read -r key value; do
    [[ -z "$key" || "$key" == \#* ]] || s3a_options+=(--conf "$key=$value")
  done < "$root/conf/s3a.conf"
  if [[ -n "${SPARK_HOME:-}" ]]; then
    $has_packages || packages_for_s3a
  elif [[ ! -f "$s3a_jars/spark-hadoop-cloud_2.12-$(property spark.version).jar" ]]; then
    command -v mvn > /dev/null || fail "Maven is needed to fetch the jars for S3: install it"
    echo "submit.sh: fetching the jars for S3 (280 MB, once)" >&2
    # Under another name until all are there.
    (cd "$root" && mvn -B -q -Dstyle.color=never -pl jobs "-Ds3a.jars=$s3a_jars.part" \
      dependency:copy@s3a) >&2 || fail "the jars for S3 could not be fetched; see above"
    rm -rf "$s3a_jars"
    mv "$s3a_jars.part" "$s3a_jars"
  fi
fi

# --- environment ----------------------------------------------------------------------------------
# Where train finds the data of the project by name.
export TOMMER_DATA=${TOMMER_DATA:-$root/data}
# libtorch's large temporary tensors: without these, glibc maps and unmaps them on every batch, and
# page faults cost more than the arithmetic. Executors of a cluster need them as spark.executorEnv.*.
export MALLOC_MMAP_THRESHOLD_=${MALLOC_MMAP_THRESHOLD_:-1073741824}
export MALLOC_TRIM_THRESHOLD_=${MALLOC_TRIM_THRESHOLD_:-4294967296}
# One arena for all threads: tasks reuse what others freed, and only the main arena keeps blocks above
# 64 MB. The engine's calls are few and large, so that its lock is hardly ever waited for; the
# tokenizer's are many, and tasks take turns at it.
export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-1}

submit_options=(--class io.github.tommerspark.jobs.TommerSpark)
if [[ -n "${SPARK_HOME:-}" ]]; then
  [[ -x "$SPARK_HOME/bin/spark-submit" ]] ||
    fail "SPARK_HOME is $SPARK_HOME, but there is no bin/spark-submit in it"
  exec "$SPARK_HOME/bin/spark-submit" "${submit_options[@]}" \
    ${s3a_options[@]+"${s3a_options[@]}"} \
    ${spark_options[@]+"${spark_options[@]}"} "$jar" "$@"
fi

# Spark from Maven. The driver is this JVM, so its memory and opens are set here.
# On s3a, a connection that breaks at a bad moment fails a task, which is then tried again; the master
# local[*] would end the job.
$has_master || submit_options+=(--master "$($s3a && echo 'local[*,4]' || echo 'local[*]')")
memory=${memory_option:-${memory_conf:-${memory_file:-${TOMMER_DRIVER_MEMORY:-2g}}}}
# As Spark writes sizes, and the JVM: 2gb is 2g, and a number alone counts MiB.
memory=${memory%[bB]}
[[ "$memory" =~ ^[0-9]+$ ]] && memory+=m
read -r -a opens <<< "$(property spark.add-opens)"
class_path=$spark/jars/*
if $s3a; then
  class_path+=:$s3a_jars/*
  s3a_options+=(--conf "spark.executor.extraClassPath=$s3a_jars/*")
fi
export SPARK_HOME=$spark SPARK_SCALA_VERSION=2.12
driver=("$java" "${opens[@]}" -Dfile.encoding=UTF-8
  "-Dlog4j2.configurationFile=$root/conf/log4j2.properties")
submit=(org.apache.spark.deploy.SparkSubmit "${submit_options[@]}"
  --properties-file "$root/conf/laptop.conf")

# Spark's classes as the JVM keeps them in memory (AppCDS): with them commands start in two thirds of
# the time. Without (the directory cannot be written to), or if they do not fit this Java or these
# jars, the JVM reads the jars as always.
archive=$root/jobs/target/spark-$java_version.jsa
if [[ -w "$root/jobs/target" ]] &&
  [[ ! -f "$archive" || -n $(find "$spark/jars" -newer "$archive" -print -quit) ]]; then
  echo "submit.sh: preparing Spark's classes, so that commands start faster (once)" >&2
  part=$(mktemp -d "$root/jobs/target/classes.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  echo '{"text": "Marie Curie moved to Paris."}' > "$part/input.jsonl"
  # Under another name until it is whole; empty if that fails, so as not to be tried again.
  touch "$part/archive"
  "${driver[@]}" -XX:ArchiveClassesAtExit="$part/archive" -cp "$spark/jars/*" "${submit[@]}" \
    "$jar" annotate --dtype fp32 --input "$part/input.jsonl" --output "$part/output" \
    > "$part/log" 2>&1 || true
  mv -f "$part/archive" "$archive"
  rm -rf "$part"
  trap - EXIT
fi

exec "${driver[@]}" "-Xmx$memory" -XX:SharedArchiveFile="$archive" '-Xlog:cds*=off' \
  -cp "$class_path" "${submit[@]}" \
  ${s3a_options[@]+"${s3a_options[@]}"} \
  ${spark_options[@]+"${spark_options[@]}"} "$jar" "$@"
