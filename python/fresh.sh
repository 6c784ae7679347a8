#!/usr/bin/env bash
# What the README of the package says, to the letter, in environments made for it: pip install, three lines of Python,
# mentions; in a classic session and on a Connect server; and what is said where there is no jar.
#
#   python/fresh.sh VERSION…          of PySpark on PyPI, such as 3.5.7 4.1.4
#
# The jar must have been built: mvn -B -q package -DskipTests
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$(dirname "$PWD")
version=$(sed -n 's:^  <version>\(.*\)</version>.*:\1:p' "$root/pom.xml" | head -n 1)
jar=${TOMMER_SPARK_JAR:-$root/jobs/target/tommer-spark-$version.jar}
unset TOMMER_SPARK_JAR SPARK_HOME SPARK_REMOTE
work=$(mktemp -d)
server=
finish() {
  [[ -z "$server" ]] || kill "$server" 2> /dev/null || true
  rm -rf "$work"
}
trap finish EXIT

fail() {
  echo "python/fresh.sh: $1" >&2
  exit 1
}
[[ -f "$jar" ]] || fail "there is no $jar: build it with mvn -B -q package -DskipTests"

# Away from the checkout, where the jar would be found.
cat > "$work/three.py" << 'PYTHON'
from tommer_spark import display, mentions, spark_session
texts = spark_session().createDataFrame([("Marie Curie was born in Warsaw.",)], ["text"])
print(display(texts.withColumn("mentions", mentions("text"))))
PYTHON
shown='[Marie Curie] was born in [Warsaw].'

# Runs the three lines and compares what they print last.
three() {
  local what=$1
  shift
  (cd "$work" && env "$@" "$env/bin/python" three.py > out.txt 2> err.txt) || {
    tail -n 20 "$work/err.txt" >&2
    fail "$what failed"
  }
  [[ "$(tail -n 1 "$work/out.txt")" == "$shown" ]] || fail "$what printed $(cat "$work/out.txt")"
  echo "$what: $shown"
}

for spark in "$@"; do
  env=$work/classic
  python3 -m venv "$env"
  "$env/bin/pip" install -q "pyspark==$spark" .
  if (cd "$work" && "$env/bin/python" three.py > out.txt 2> err.txt); then
    fail "PySpark $spark did without a jar"
  fi
  grep -q 'Cannot find the tommer-spark jar: build it .*mvn -B -q package -DskipTests, and set TOMMER_SPARK_JAR=' \
    "$work/err.txt" || fail "PySpark $spark without a jar says: $(cat "$work/err.txt")"
  echo "PySpark $spark without a jar: $(tail -n 1 "$work/err.txt")"
  three "PySpark $spark, classic" "TOMMER_SPARK_JAR=$jar"
  rm -rf "$env"

  # The server has the jar, as docs/python.md says, and the client nothing but its address.
  env=$work/connect
  python3 -m venv "$env"
  of_its_time=()
  [[ "$spark" != 3.* ]] || of_its_time=("pyarrow<18" "pandas<3")
  "$env/bin/pip" install -q "pyspark[connect]==$spark" ${of_its_time[@]+"${of_its_time[@]}"} .
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  packages=()
  # PyPI's PySpark has no server before 4.0.
  [[ "$spark" != 3.* ]] || packages=(--packages "org.apache.spark:spark-connect_2.12:$spark")
  home=$("$env/bin/python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')
  SPARK_HOME=$home "$home/bin/spark-submit" --class org.apache.spark.sql.connect.service.SparkConnectServer \
    --master 'local[2]' --jars "$jar" --driver-class-path "$jar" ${packages[@]+"${packages[@]}"} \
    --conf spark.sql.extensions=io.github.tommerspark.sql.TommerExtensions \
    --conf spark.connect.grpc.binding.port="$port" --conf spark.ui.enabled=false \
    spark-internal > "$work/server.txt" 2>&1 &
  server=$!
  for ((i = 0; i < 600; i++)); do
    ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || break
    kill -0 "$server" 2> /dev/null || {
      tail -n 20 "$work/server.txt" >&2
      fail "the Connect server of Spark $spark did not start"
    }
    sleep 0.2
  done
  three "PySpark $spark, Connect" "SPARK_REMOTE=sc://127.0.0.1:$port"
  kill "$server"
  wait "$server" 2> /dev/null || true
  server=
  rm -rf "$env"
done
