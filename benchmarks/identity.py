"""Compares the outputs of two runs of identity.sh: equal but for times, versions and names of files."""

import hashlib
import json
import sys
from pathlib import Path

# What tells when, by which version and in what time something was made.
VOLATILE = {"product", "version", "created", "started", "finished", "seconds", "run", "date"}
# Records of a run, and what commands print and log.
SKIPPED_FOLDERS = {"_tommer", "checkpoint"}
SKIPPED_SUFFIXES = {".crc", ".out", ".err", ".done"}


def stable(value):
    """A JSON value without what may differ."""
    if isinstance(value, dict):
        return {
            key: stable(child)
            for key, child in value.items()
            if key not in VOLATILE and not key.endswith("seconds")
        }
    if isinstance(value, list):
        return [stable(child) for child in value]
    return value


def contents(root):
    """What is in a directory: a digest by name; parts of a data set under the name of their folder."""
    found = {}
    parts = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if not path.is_file() or path.name.startswith((".", "_")) or path.suffix in SKIPPED_SUFFIXES:
            continue
        if SKIPPED_FOLDERS.intersection(name.parts):
            continue
        if path.name.startswith("part-") and path.suffix == ".json":
            # Numbers as they were written: two floats are the same if their texts are.
            parts.setdefault(str(name.parent), []).extend(path.read_text().splitlines())
        elif path.name.startswith("part-"):
            continue
        elif path.suffix == ".json":
            value = json.loads(path.read_text(), parse_float=str)
            found[str(name)] = digest(json.dumps(stable(value), sort_keys=True).encode())
        else:
            found[str(name)] = digest(path.read_bytes())
    for folder, rows in parts.items():
        found[f"{folder}: {len(rows)} rows"] = digest("\n".join(sorted(rows)).encode())
    return found


def digest(data):
    return hashlib.sha256(data).hexdigest()


def main(before, after):
    one, other = contents(Path(before)), contents(Path(after))
    if not one:
        sys.exit(f"identity.py: there is nothing in {before}")
    different = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    for name in sorted(one.keys() | other.keys()):
        print(f"{'DIFFERENT' if name in different else 'same':9} {name}")
    if different:
        sys.exit(f"identity.py: {len(different)} of {len(one.keys() | other.keys())} differ")
    print(f"all {len(one)} are the same")


if __name__ == "__main__":
    main(*sys.argv[1:])
