#!/usr/bin/env bash
# Executes the notebooks on fresh output of the demo and leaves them, with their pictures, as HTML in
# notebooks/target. Fails if a cell does.
#
#   notebooks/run.sh
#
# Needs jupyter-nbconvert; where there is none, root on Debian or Ubuntu gets it from apt.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
target=$here/target
data=$target/data

if ! command -v jupyter-nbconvert > /dev/null && [[ $(id -u) == 0 ]] &&
  command -v apt-get > /dev/null; then
  packages=(jupyter-nbconvert jupyter-client)
  apt-get install -y -q --no-install-recommends "${packages[@]}" ||
    { apt-get update -q && apt-get install -y -q --no-install-recommends "${packages[@]}"; } || true
fi
if ! command -v jupyter-nbconvert > /dev/null; then
  echo "**********************************************************************" >&2
  echo "notebooks/run.sh: NOT RUN: there is no jupyter-nbconvert; install it" >&2
  echo "(apt-get install jupyter-nbconvert jupyter-client, or pip install nbconvert)" >&2
  echo "**********************************************************************" >&2
  # Skipped on somebody's laptop, never by continuous integration.
  [[ -z "${CI:-}" ]] || exit 1
  exit 0
fi

"$here/setup.sh"

rm -rf "$data"
mkdir -p "$data"
"$root/submit.sh" demo --output "$data" --documents 0
"$root/submit.sh" evaluate --gold "sentences=$here/gold.jsonl" --model nano-llama --model nano-neox \
  --output "$data/evaluation"

# The kernel now and then comes up deaf to its first request and stays so, or dies before it
# (rapaio-jupyter-kernel 3.0.1). Only that is tried again: a notebook that has begun runs once.
execute() {
  local notebook=$1 log=$target/$1.log attempt
  for attempt in 1 2 3 4 5; do
    if TOMMER_DATA=$data/$notebook JUPYTER_PATH=$target/jupyter jupyter-nbconvert \
      --to html --execute --ExecutePreprocessor.timeout=300 \
      --ExecutePreprocessor.startup_timeout=40 \
      --output-dir "$target" "$here/$notebook.ipynb" > "$log" 2>&1; then
      return
    fi
    grep -qE "Kernel didn.t respond|Kernel died before replying to kernel_info" "$log" || break
    echo "notebooks/run.sh: the kernel did not start for $notebook, attempt $attempt" >&2
  done
  cat "$log" >&2
  return 1
}

for notebook in agreement evaluation; do
  execute "$notebook"
done
ran="$target/agreement.html $target/evaluation.html"

# The one in Python runs on PySpark and a kernel from PyPI.
code=0
environment=$("$root/python/environment.sh" "${PYSPARK_VERSION:-4.1.4}" ipykernel) || code=$?
if ((code == 3)); then
  echo "notebooks/run.sh: NOT RUN: python.ipynb; see above" >&2
  [[ -z "${CI:-}" ]] || exit 1
else
  ((code == 0)) || exit "$code"
  mkdir -p "$target/jupyter/kernels/tommer-python"
  cat > "$target/jupyter/kernels/tommer-python/kernel.json" <<JSON
{
  "argv": ["$environment/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
  "display_name": "Python (tommer-spark)",
  "language": "python"
}
JSON
  execute python
  ran+=" $target/python.html"
fi
echo "Notebooks ran: $ran"
