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

--s3a adds the settings in conf/s3a.conf, and the jars that Spark needs for S3 (280 MB, on Spark 4.x
600 MB, once). Everything before the command goes to spark-submit. With SPARK_HOME set, that Spark is
used, from 3.5 on; without, one that Maven provides, on this machine, with conf/laptop.conf:
SPARK_LINE=4.1 says which (3.5, 4.0, 4.1 or 4.2; default 3.5).
The first run builds the jar, which needs Maven; later ones only when sources have changed. Without
SPARK_HOME it also lays out Spark's classes for the JVM (150 MB beside them), which saves later ones
a third of their start.
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

# --- the line of Spark ----------------------------------------------------------------------------
# A property of the pom; of a line of Spark, if one is named.
property() {
  sed -n "${2:+/<id>line-$2</,/<\/profile>/}s:.*<$1>\(.*\)</$1>.*:\1:p" "$root/pom.xml"
}

# The version of a jar of $SPARK_HOME; nothing if it is not there.
installed() {
  local jar
  for jar in "$SPARK_HOME/jars/$1"-[0-9]*.jar; do
    if [[ -f "$jar" ]]; then
      basename "$jar" .jar | sed "s:^$1-::"
    fi
  done
}

scala=2.13
if [[ -n "${SPARK_HOME:-}" ]]; then
  [[ -x "$SPARK_HOME/bin/spark-submit" ]] ||
    fail "SPARK_HOME is $SPARK_HOME, but there is no bin/spark-submit in it"
  spark_version=$(installed "spark-core_$scala")
  if [[ -z "$spark_version" ]]; then
    scala=2.12
    spark_version=$(installed "spark-core_$scala")
  fi
  # Of a Spark that keeps its jars elsewhere, nothing is known.
  line=$(sed -n 's:^\([0-9]*\.[0-9]*\).*:\1:p' <<< "$spark_version")
else
  line=${SPARK_LINE:-3.5}
  [[ "$line" =~ ^(3\.5|4\.[012])$ ]] ||
    fail "SPARK_LINE is $line, but Maven provides 3.5, 4.0, 4.1 and 4.2 only; set SPARK_HOME to use another Spark"
  if [[ "$line" == 3.5 ]]; then
    scala=2.12
    spark_version=$(property spark.version)
    target=$root/jobs/target
  else
    spark_version=$(property line.spark.version "$line")
    target=$root/lines/target
    ! $s3a || [[ -n $(property line.hadoop-cloud.version "$line") ]] ||
      fail "Maven Central has no spark-hadoop-cloud for Spark $spark_version, which S3 needs: take another SPARK_LINE, or set SPARK_HOME"
  fi
  # A directory per version: jars of two must never meet.
  spark=$target/spark-$spark_version
fi
major=${line%%.*} minor=${line#*.}
if [[ -n "$line" ]]; then
  if ((major < 3 || major == 3 && minor < 5)); then
    fail "SPARK_HOME is Spark $spark_version, which is too old: 3.5 or newer is needed"
  elif ((major > 4 || major == 4 && minor > 3)); then
    echo "submit.sh: SPARK_HOME is Spark $spark_version, newer than any that this version was tried on (3.5 to 4.3); trying it" >&2
  elif [[ "$line-$scala" == 3.5-2.13 ]]; then
    echo "submit.sh: SPARK_HOME is Spark $spark_version for Scala 2.13, which this version was not tried on; trying it" >&2
  fi
  # Their Hadoop asks Java for what it no longer has.
  if ((java_version >= 23 && (major < 4 || major == 4 && minor < 2))); then
    fail "Spark $line does not run on Java $java_version: set JAVA_HOME to a Java 17 or 21"
  fi
fi

# --- the jar, built again when sources are newer --------------------------------------------------
version=$(sed -n 's:^  <version>\(.*\)</version>.*:\1:p' "$root/pom.xml" | head -n 1)
jar=$root/jobs/target/tommer-spark-$version.jar

stale() {
  [[ ! -f "$jar" ]] || [[ -z "${SPARK_HOME:-}" && "$line" == 3.5 && ! -d "$spark/jars" ]] ||
    [[ -n $(find "$root/pom.xml" "$root"/core/pom.xml "$root"/models/pom.xml "$root"/jobs/pom.xml \
      "$root"/core/src/main "$root"/models/src/main "$root"/jobs/src/main -newer "$jar" -type f -print -quit) ]]
}

if stale; then
  command -v mvn > /dev/null || fail "Maven is needed to build $jar: install it, or build elsewhere"
  echo "submit.sh: building $(basename "$jar") (once; the first time Maven downloads libraries)" >&2
  (cd "$root" && mvn -B -q -Dstyle.color=never -Dmaven.test.skip -Dspotless.check.skip -pl jobs -am package) >&2 ||
    fail "the build failed; see above"
fi

# Has Maven put jars of the line into a directory: under another name until all are there.
#   fetch DIRECTORY PROPERTY GOAL WORDS
fetch() {
  local module=lines
  [[ "$line" != 3.5 ]] || module=jobs
  command -v mvn > /dev/null || fail "Maven is needed to fetch $4: install it"
  echo "submit.sh: fetching $4, once" >&2
  rm -rf "$1.part"
  (cd "$root" && mvn -B -q -Dstyle.color=never -pl "$module" "-Dspark.line=$line" "-D$2=$1.part" "$3") >&2 ||
    fail "Maven could not fetch $4; see above"
  rm -rf "$1"
  mv "$1.part" "$1"
}

if [[ -z "${SPARK_HOME:-}" && ! -d "$spark/jars" ]]; then
  fetch "$spark" spark.home dependency:copy-dependencies@spark-home "Spark $spark_version (300 MB)"
fi

# --- S3 -------------------------------------------------------------------------------------------
s3a_options=()

# --packages for what the Spark in $SPARK_HOME lacks, in the versions that fit it. Of what
# spark-hadoop-cloud brings along, the rest is there already, or for other clouds.
packages_for_s3a() {
  local hadoop packages=() IFS=,
  hadoop=$(installed hadoop-client-api)
  [[ -n "$hadoop" && -n "$spark_version" ]] ||
    fail "no Spark in $SPARK_HOME/jars: give the jars for S3 with --packages"
  [[ -n $(installed hadoop-aws) ]] || packages+=("org.apache.hadoop:hadoop-aws:$hadoop")
  [[ -n $(installed "spark-hadoop-cloud_$scala") ]] ||
    packages+=("org.apache.spark:spark-hadoop-cloud_$scala:$spark_version")
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
  else
    s3a_jars=$target/s3a-$spark_version
    if [[ ! -d "$s3a_jars" ]]; then
      megabytes=600
      [[ "$line" != 3.5 ]] || megabytes=280
      fetch "$s3a_jars" s3a.jars dependency:copy@s3a "the jars for S3 ($megabytes MB)"
    fi
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
export SPARK_HOME=$spark SPARK_SCALA_VERSION=$scala
driver=("$java" "${opens[@]}" -Dfile.encoding=UTF-8
  "-Dlog4j2.configurationFile=$root/conf/log4j2.properties")
submit=(org.apache.spark.deploy.SparkSubmit "${submit_options[@]}"
  --properties-file "$root/conf/laptop.conf")

# Spark's classes as the JVM keeps them in memory (AppCDS): with them commands start in two thirds of
# the time. Without (the directory cannot be written to), or if they do not fit this Java or these
# jars, the JVM reads the jars as always.
archive=$target/spark-$spark_version-java-$java_version.jsa
if [[ -w "$target" ]] &&
  [[ ! -f "$archive" || -n $(find "$spark/jars" -newer "$archive" -print -quit) ]]; then
  echo "submit.sh: preparing Spark's classes, so that commands start faster (once)" >&2
  part=$(mktemp -d "$target/classes.XXXXXX")
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
