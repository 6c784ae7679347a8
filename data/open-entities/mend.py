#!/usr/bin/env python3
"""Mends annotations of open entities by the rules of README.md.

    mend.py train.jsonl dev.jsonl written.jsonl --types types.tsv --output DIR

Rules look at all files together, so that train and dev keep one notion of a mention, and at nothing else.
"""

import argparse
import collections
import json
import pathlib
import re

# Words that the guide leaves out in front of a mention; capitalised ones may belong to a title.
DETERMINERS = "the a an this that these those my your his her its our their".split()

# A lower-case word is an everyday noun here if it stands unmarked in most places.
LEAST_OCCURRENCES = 10
LEAST_MARKED_SHARE = 0.2

# Of these a common noun in lower case is a kind, and no example: their members have names.
PLACED = {"organisation", "location", "place", "person"}
MADE = {"product", "work", "creative work", "group", "event"}

# Common nouns are the names of these, though they are products or the like as well.
SUBSTANCES = {"drug", "food", "beverage", "chemical substance", "software", "programming language", "disease", "sport", "genre"}

# Of these types even common nouns are what they say; and posts write names in lower case.
OWN = {"person", "fictional character", "demonym", "nationality", "ethnic group", "social group", "username", "hashtag"}
POSTS = {"tweets", "written-social", "written-short"}

COMMON_NOUN = re.compile(r"[a-z][a-z'’ -]*")

WORD = re.compile(r"[^\W\d_]{3,}")


def without_determiner(text, entity):
    """Rule 1: a lower-case determiner in front is no part of a mention."""
    mention = text[entity["start"] : entity["end"]]
    first, space, rest = mention.partition(" ")
    if space and first in DETERMINERS and rest.strip() and not entity["type"] in ("time", "date"):
        return dict(entity, start=entity["end"] - len(rest.lstrip()))
    return entity


def everyday_words(documents):
    """Rule 2: lower-case single words that are marked in fewer than a fifth of their places."""
    marked, seen = collections.Counter(), collections.Counter()
    for document in documents:
        text = document["text"]
        spans = {(e["start"], e["end"]) for e in document["entities"]}
        inside = [False] * len(text)
        for start, end in spans:
            if WORD.fullmatch(text[start:end]) is None:
                inside[start:end] = [True] * (end - start)
        for match in WORD.finditer(text):
            word = match.group()
            if not word.islower():
                continue
            if match.span() in spans:
                marked[word] += 1
                seen[word] += 1
            elif not inside[match.start()]:
                # Within a longer mention a word says nothing of itself.
                seen[word] += 1
    return {
        word
        for word, count in marked.items()
        if seen[word] >= LEAST_OCCURRENCES and count < LEAST_MARKED_SHARE * seen[word]
    }


def is_kind(name):
    return name.endswith((" type", " types")) or name.startswith(("type of ", "kind of "))


def as_kind(text, entity, broader, source):
    """Rule 3: `village` is of the type "settlement type", and no location."""
    of = entity["type"]
    if source in POSTS or of in OWN or is_kind(of):
        return entity
    if not COMMON_NOUN.fullmatch(text[entity["start"] : entity["end"]]):
        return entity
    all_names = {of, *broader.get(of, [])}
    if PLACED.isdisjoint(all_names) and (MADE.isdisjoint(all_names) or all_names & SUBSTANCES):
        return entity
    return {key: value for key, value in dict(entity, type=of + " type").items() if key != "roles"}


def broader_types(lines):
    rows = (line.split("\t") for line in lines[1:])
    return {row[0]: [name for name in row[1].split(";") if name] for row in rows}


def mended(document, everyday, broader, counts):
    text = document["text"]
    entities, spans = [], set()
    for entity in document["entities"]:
        moved = without_determiner(text, entity)
        counts["determiner"] += moved != entity
        kind = as_kind(text, moved, broader, document.get("source"))
        counts["kind"] += kind != moved
        moved = kind
        if text[moved["start"] : moved["end"]] in everyday:
            counts["everyday"] += 1
        elif (moved["start"], moved["end"]) in spans:
            counts["repeated"] += 1
        else:
            spans.add((moved["start"], moved["end"]))
            entities.append(moved)
    return dict(document, entities=sorted(entities, key=lambda e: (e["start"], e["end"])))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--types", required=True, type=pathlib.Path)
    parser.add_argument("--output", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    files = {
        path: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in arguments.files
    }
    broader = broader_types(arguments.types.read_text(encoding="utf-8").splitlines())
    everyday = everyday_words([d for documents in files.values() for d in documents])
    print(f"{len(everyday)} everyday words: {', '.join(sorted(everyday))}")
    arguments.output.mkdir(parents=True, exist_ok=True)
    for path, documents in files.items():
        counts = collections.Counter()
        lines = [json.dumps(mended(d, everyday, broader, counts), ensure_ascii=False) for d in documents]
        (arguments.output / path.name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{path.name}: {dict(counts)}")


if __name__ == "__main__":
    main()
