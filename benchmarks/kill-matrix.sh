#!/usr/bin/env bash
# Runs annotate again and again and lets it die, on the local disk, on HDFS and on S3; lets runs race; and
# prints the tables in docs/outputs.md. Any row that is lost, there twice or seen too early ends it with an
# error. Takes about an hour on two cores. With names of test classes, only these; see README.md.
#
#   benchmarks/kill-matrix.sh [TEST...]
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p benchmarks/target
log=benchmarks/target/kill-matrix.log
tests=("$@")
((${#tests[@]} > 0)) || tests=(KillMatrixTest RacesTest KillMatrixIT DriverKillIT IncrementalKillIT ExecutorKillIT)
names=$(IFS=,; echo "${tests[*]}")

mvn -B verify -Psoak -pl core,models,jobs -Dtest="$names" -Dit.test="$names" \
  -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false > "$log" 2>&1 || {
  grep -E '^\[ERROR\]|^\| ' "$log" | head -60 >&2
  echo "kill-matrix.sh: it failed; all that was printed is in $log" >&2
  exit 1
}

echo '| Dies | Mode | Format | Store | Deaths | Points | Seen after them | Files left by them | Polls meanwhile | Rows lost, doubled, half visible |'
echo '|---|---|---|---|---|---|---|---|---|---|'
grep -E '^(\|[^|]*){10}\|$' "$log"
echo
echo '| Two runs at once | Store | Races | One won | Both landed | None | Rows lost, doubled, half visible |'
echo '|---|---|---|---|---|---|---|'
grep -E '^(\|[^|]*){7}\|$' "$log"
