#!/usr/bin/env bash
# Fuzzes: fuzz/fuzz.sh [SECONDS [TARGET...]], for so long each (default 600), a target being the name of a class or of
# one of its methods; all without one. Needs what is compiled: mvn -B test-compile.
#
# What it has found out about the code stays in fuzz/target/corpus, and the next run begins with it. An input that breaks
# a limit is kept as fuzz/src/test/resources/…Inputs/METHOD/crash-…, where mvn verify runs it: mend what it shows, give it
# a name, and commit it. Executions and findings are in fuzz/target/fuzz.tsv.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-600}
shift || true
mkdir -p target/corpus target/logs
if [ ! -s target/classpath ]; then
  (cd .. && mvn -B -q -Dspotless.check.skip test-compile dependency:build-classpath -Dmdep.includeScope=test \
    -Dmdep.outputFile="$PWD/fuzz/target/classpath" -pl core,models,jobs,fuzz) >&2
fi
failed=0
while IFS=: read -r file method; do
  class=${file#src/test/java/} && class=${class%.java} && class=${class//\//.} && simple=${class##*.}
  if [ $# -gt 0 ] && [[ ! " $* " =~ " $simple " ]] && [[ ! " $* " =~ " $method " ]]; then continue; fi
  inputs=src/test/resources/${class//.//}Inputs/$method
  corpus=target/corpus/$simple.$method log=target/logs/$simple.$method
  mkdir -p "$corpus" "$inputs"
  # -Xss: as threads of Spark have it.
  if java -Xmx1g -Xss1m -XX:+UseSerialGC -Dfuzz.timed=true -Dai.djl.offline=true \
    -cp "target/test-classes:$(cat target/classpath)" com.code_intelligence.jazzer.Jazzer \
    --target_class="$class" --target_method="$method" \
    --instrumentation_includes='io.github.tommerspark.**' --custom_hook_includes='io.github.tommerspark.**' \
    "$corpus" "$inputs" -artifact_prefix="$inputs/" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=4096 \
    -print_final_stats=1 > "$log" 2>&1; then
    finding=
  else
    finding=$(grep -a -m 1 -E '^(== Java Exception|==[0-9]+== ERROR|SUMMARY)' "$log" || echo "see fuzz/$log")
    failed=1
  fi
  runs=$(grep -a -oE 'stat::number_of_executed_units: [0-9]+' "$log" | grep -oE '[0-9]+$' || echo 0)
  printf '%s\t%s\t%s\t%s\n' "$(date -u +%FT%TZ)" "$simple.$method" "$runs" "$finding" | tee -a target/fuzz.tsv
done < <(grep -A 1 -rE '^  @FuzzTest' src/test/java --include='*FuzzTest.java' |
  sed -nE 's/^([^ ]+\.java)-  void (\w+)\(.*/\1:\2/p' | sort)
exit $failed
