#!/usr/bin/env bash
# Shows that two versions of the source give the same: runs a fixed list of commands with each, one after
# the other, and compares what they wrote, scores and weights bit by bit. For changes that must not change
# any result; see README.md.
#
#   benchmarks/identity.sh [--models A,B] [--documents N] [--work DIRECTORY] BEFORE AFTER
#
# BEFORE and AFTER are checkouts; each runs by its own submit.sh, which builds what is missing. A command
# whose output is in the work directory already is not run again.
set -euo pipefail

fail() {
  echo "identity.sh: $1" >&2
  exit 1
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
models=nano-llama,nano-neox,bge-small,minilm
documents=200
work=$here/target/identity
while (($# > 0)) && [[ "$1" == --* ]]; do
  (($# > 1)) || fail "$1 needs a value"
  case "$1" in
    --models) models=$2 ;;
    --documents) documents=$2 ;;
    --work) work=$2 ;;
    *) fail "there is no option $1" ;;
  esac
  shift 2
done
(($# == 2)) || fail "two checkouts are needed: benchmarks/identity.sh BEFORE AFTER"
for checkout in "$@"; do
  [[ -x "$checkout/submit.sh" ]] || fail "$checkout is not a checkout: there is no submit.sh in it"
done
command -v python3 > /dev/null || fail "python3 is needed to compare"

mkdir -p "$work"
work=$(cd "$work" && pwd)
demo=$root/jobs/src/main/resources/io/github/tommerspark/demo/corpus.jsonl
gold=$work/gold.jsonl
head -n "$documents" "$root/data/open-entities/dev.jsonl" > "$gold"
first=${models%%,*}
named=()
for model in ${models//,/ }; do
  named+=(--model "$model")
done

# Runs a command of a checkout, unless its output is there.
#   tommer SIDE CHECKOUT NAME COMMAND…
tommer() {
  local side=$1 checkout=$2 name=$3
  shift 3
  [[ ! -e "$work/$side/$name.done" ]] || return 0
  echo "$side: $name" >&2
  # One task at a time: the order of sums in training depends on the threads.
  "$checkout/submit.sh" --master 'local[1]' "$@" > "$work/$side/$name.out" 2> "$work/$side/$name.err" ||
    fail "$name failed in $checkout; what it printed is in $work/$side/$name.err"
  touch "$work/$side/$name.done"
}

# The list. Inputs and outputs have the same names on both sides.
run() {
  local side=$1 checkout=$2
  mkdir -p "$work/$side"
  ln -sfn "$side" "$work/now"
  local out=$work/now
  tommer "$side" "$checkout" demo annotate --input "$demo" --output "$out/demo" "${named[@]}" \
    --dtype fp32 --output-format json
  tommer "$side" "$checkout" articles annotate --input "$gold" --output "$out/articles" "${named[@]}" \
    --dtype fp32 --decoder flat --max-tokens 128 --output-format json
  tommer "$side" "$checkout" agree agree --input "$out/demo" --output "$out/agree" --replicates 50
  tommer "$side" "$checkout" evaluate evaluate --gold "gold=$gold" "${named[@]}" --dtype fp32 \
    --output "$out/evaluate"
  tommer "$side" "$checkout" train train --train "gold=$gold" --dev "gold=$gold" --backbone "$first" \
    --layers 1,2 --ranks 8 --epochs 2 --distillation-phases 0 --output "$out/train"
}

run before "$(cd "$1" && pwd)"
run after "$(cd "$2" && pwd)"
python3 "$here/identity.py" "$work/before" "$work/after"
