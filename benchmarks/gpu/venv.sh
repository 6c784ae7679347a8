#!/usr/bin/env bash
# Makes a virtual environment with PyTorch from PyPI: 3 GB to fetch, 6 GB on disk.
#
#   benchmarks/gpu/venv.sh DIR [PACKAGE…]
#
# PACKAGE defaults to the PyTorch of GPU machines; name transformers, too, to measure the peer.
set -euo pipefail

(($# > 0)) || {
  echo "usage: benchmarks/gpu/venv.sh DIR [PACKAGE…]" >&2
  exit 2
}
directory=$1
shift
(($# > 0)) || set -- 'torch==2.11.*'

python3 -m venv "$directory"
"$directory/bin/pip" install --quiet --disable-pip-version-check "$@"
"$directory/bin/python" -c 'import torch; print("PyTorch", torch.__version__)'
