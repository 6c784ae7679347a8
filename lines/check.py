"""Compares what a version of Spark found with what another did.

    check.py RESULTS FIRST VERSION FILES

FILES is the number of files that the incremental output must hold the rows of.

Licensed under the Apache License, Version 2.0.
"""

import collections
import json
import pathlib
import sys

import pyarrow.dataset


def rows(output):
    return pyarrow.dataset.dataset(output, format="parquet", partitioning="hive").to_table().to_pylist()


def mentions(output, column):
    """Mentions by id; scores are floats, and compared as such."""
    found = {}
    for row in rows(output):
        assert row.get("error") is None, f"{row['id']}: {row['error']}"
        assert row["id"] not in found, f"{row['id']} is there twice"
        found[row["id"]] = [(m["start"], m["end"], m["text"], m["score"]) for m in row[column]]
    return found


def same(what, mine, theirs):
    ids = sorted(set(mine) | set(theirs))
    different = [i for i in ids if mine.get(i) != theirs.get(i)]
    if different:
        i = different[0]
        sys.exit(f"{what}: {len(different)} of {len(ids)} differ, such as {i}: {mine.get(i)} and {theirs.get(i)}")


def numbers(value):
    """All numbers of a file of results, but for those that say when and how long."""
    if isinstance(value, dict):
        return {
            key: numbers(part)
            for key, part in value.items()
            if not any(word in key.lower() for word in ("time", "second", "began", "ended", "spark", "java", "run", "path"))
        }
    if isinstance(value, list):
        return [numbers(part) for part in value]
    return value if isinstance(value, (int, float)) else None


def figures(folder, name):
    (file,) = folder.rglob(name)
    return {name: numbers(json.loads(file.read_text(encoding="utf-8")))}


def main(results, first, version, files):
    results = pathlib.Path(results)
    here, there = results / version, results / first
    for column in ("mentions_bge_small", "mentions_nano_neox"):
        found = mentions(here / "mentions", column)
        assert sum(map(len, found.values())) > 100, f"{column} holds hardly anything"
        same(column, found, mentions(there / "mentions", column))
    same("stage", mentions(here / "stage", "mentions_nano_neox"), mentions(here / "mentions", "mentions_nano_neox"))
    same("agreement", figures(here / "agreement", "agreement.json"), figures(there / "agreement", "agreement.json"))
    same("evaluation", figures(here / "evaluation", "evaluation.json"), figures(there / "evaluation", "evaluation.json"))

    # One output, continued by every version: each row once, with the mentions that the job finds.
    whole = mentions(here / "mentions", "mentions_nano_neox")
    expected = collections.Counter()
    for file in sorted((results / "growing").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            expected[json.loads(line)["id"]] += 1
    added = mentions(results / "incremental", "mentions")
    assert len(list((results / "growing").glob("*.jsonl"))) == int(files)
    assert expected == collections.Counter(added.keys()), "the incremental output lacks rows, or has others"
    for name, found in added.items():
        same("incremental", {name: found}, {name: whole[name.split("-", 1)[1]]})
    assert (here / "report.html").stat().st_size > 50_000, "the report is hardly a page"


if __name__ == "__main__":
    main(*sys.argv[1:])
