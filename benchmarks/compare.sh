#!/usr/bin/env bash
# Times another program and the annotate job in turn, and prints the ratio; see README.md.
set -euo pipefail

fail() {
  echo "compare.sh: $1" >&2
  exit 1
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
runs=5 input='' peer='' master='local[*]'
while (($# > 0)) && [[ "$1" != -- ]]; do
  (($# > 1)) || fail "$1 needs a value"
  case "$1" in
    --runs) runs=$2 ;;
    --input) input=$2 ;;
    --peer) peer=$2 ;;
    --master) master=$2 ;;
    *) fail "unknown option $1" ;;
  esac
  shift 2
done
[[ "${1:-}" == -- ]] && shift
[[ -f "$input" ]] || fail "--input must name a file"
[[ -n "$peer" ]] || fail "--peer must be a command"
command -v python3 > /dev/null || fail "python3 is needed to read the results"

# The same for both sides, as submit.sh would set them.
export MALLOC_MMAP_THRESHOLD_=${MALLOC_MMAP_THRESHOLD_:-1073741824}
export MALLOC_TRIM_THRESHOLD_=${MALLOC_TRIM_THRESHOLD_:-4294967296}
export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for ((i = 1; i <= runs; i++)); do
  echo "run $i of $runs: the peer" >&2
  bash -c "$peer" | tail -n 1 > "$work/peer-$i.json"
  echo "run $i of $runs: bench" >&2
  "$root/submit.sh" --master "$master" bench --input "$input" --repeat 1 --json "$work/ours-$i.json" "$@" \
    > "$work/ours-$i.txt"
done
cat "$work/ours-$runs.txt"
python3 - "$work" "$runs" << 'PY'
import json, statistics, sys

work, runs = sys.argv[1], int(sys.argv[2])
peer = [json.load(open(f"{work}/peer-{i}.json")) for i in range(1, runs + 1)]
ours = [json.load(open(f"{work}/ours-{i}.json"))["runs"][0] for i in range(1, runs + 1)]
peer_s = statistics.median(p["wall_s"] for p in peer)
ours_s = statistics.median(o["jobSeconds"][0] for o in ours)
print()
print(f"peer: {peer_s:.2f} s, {peer[0]['tokens'] / peer_s:,.0f} tokens/s; all: {[p['wall_s'] for p in peer]}")
print(f"ours: {ours_s:.2f} s, {ours[0]['documentTokens'] / ours_s:,.0f} tokens/s; "
      f"all: {[round(o['jobSeconds'][0], 2) for o in ours]}")
print(f"peer's wall time / ours: {peer_s / ours_s:.2f}")
PY
