#!/usr/bin/env bash
# Tells Spark which GPUs this machine or container has: spark.{executor,worker}.resource.gpu.discoveryScript.
# Prints {"name": "gpu", "addresses": ["0", "1"]}; Spark hands these addresses out to executors.
set -euo pipefail

command -v nvidia-smi > /dev/null || {
  echo "gpu-discovery.sh: nvidia-smi is not on the PATH: install the NVIDIA driver, or run this container with a GPU" >&2
  exit 1
}

# nvidia-smi prints its errors to standard output.
listed=$(nvidia-smi --query-gpu=index --format=csv,noheader 2>&1) || {
  echo "gpu-discovery.sh: nvidia-smi failed: ${listed%%$'\n'*}" >&2
  exit 1
}

addresses=
while read -r index; do
  [[ "$index" =~ ^[0-9]+$ ]] || {
    echo "gpu-discovery.sh: nvidia-smi lists no GPU, but says: ${listed%%$'\n'*}" >&2
    exit 1
  }
  addresses+="${addresses:+, }\"$index\""
done <<< "$listed"

echo "{\"name\": \"gpu\", \"addresses\": [$addresses]}"
