"""Exports, read by the tools that they are for: each test skips where its tool is not installed.

``python/test.sh --tools`` installs them all.
"""

import json
import os
import subprocess

import pytest

TEXTS = {
    "curie": "\U0001f469\u200d\U0001f52c Marie Curie was born in Warsaw.",
    "york": "Ada Lovelace met\nBob in New York.",
    "none": "It rained all day.",
}

#: By id: start, end, score, label and its score.
MENTIONS = {
    "curie": [(4, 15, 0.9, "person", 0.75), (28, 34, 0.8, None, None)],
    "york": [
        (0, 12, 0.9, "person", 0.5),
        (4, 20, 0.25, "a pair", 0.5),
        (24, 32, 0.9, "big city", 0.5),
        (28, 32, 0.5, "city", 0.5),
    ],
    "none": [],
}

NO_LABEL = "MENTION"


def spans(id, label=lambda name: name or NO_LABEL, flat=False):
    """The mentions of a document as (start, end, label), without the overlapping ones if flat."""
    left_out = {(4, 20), (28, 32)} if flat and id == "york" else set()
    return sorted(
        (start, end, label(name))
        for start, end, _, name, _ in MENTIONS[id]
        if (start, end) not in left_out
    )


def words(id, flat=True, label=lambda name: name or NO_LABEL):
    return [
        ("".join(TEXTS[id][start:end].split()), name) for start, end, name in spans(id, label, flat)
    ]


@pytest.fixture(scope="module")
def export(jar, tmp_path_factory):
    home = os.environ.get("SPARK_HOME") or os.path.dirname(
        pytest.importorskip("pyspark").__file__
    )
    folder = tmp_path_factory.mktemp("exports")
    with open(folder / "mentions.jsonl", "w", encoding="utf-8") as out:
        for id, text in TEXTS.items():
            mentions = [
                dict(
                    start=start, end=end, text=text[start:end], score=score,
                    label=label, label_score=label_score,
                )
                for start, end, score, label, label_score in MENTIONS[id]
            ]
            out.write(json.dumps({"id": id, "text": text, "mentions": mentions}) + "\n")

    def run(form):
        output = folder / form
        if not output.exists():
            subprocess.run(
                [
                    os.path.join(home, "bin", "spark-submit"),
                    "--master", "local[1]", "--conf", "spark.ui.enabled=false",
                    jar, "export", "--input", str(folder / "mentions.jsonl"),
                    "--format", form, "--output", str(output),
                ],
                check=True,
            )
        return output

    return run


def objects(folder):
    return [
        entry for part in sorted(folder.glob("part-*.json")) for entry in json.loads(part.read_text("utf-8"))
    ]


def test_displacy_draws_entities_and_spans(export):
    spacy = pytest.importorskip("spacy")
    documents = {entry["title"]: entry for entry in objects(export("displacy"))}
    assert {id: entry["text"] for id, entry in documents.items()} == TEXTS
    for id, entry in documents.items():
        doc = spacy.blank("en").make_doc(entry["text"])
        found = [
            doc.char_span(ent["start"], ent["end"], label=ent["label"], alignment_mode="expand")
            for ent in entry["ents"]
        ]
        assert [(span.text, span.label_) for span in found] == [
            (TEXTS[id][start:end], label) for start, end, label in spans(id, flat=True)
        ]
        tokens = entry["tokens"]
        marked = [
            ("".join(tokens[span["start_token"] : span["end_token"]]), span["label"])
            for span in entry["spans"]
        ]
        assert sorted(marked) == sorted(words(id, flat=False))
    page = spacy.displacy.render(
        list(documents.values()), style="ent", manual=True, page=True, jupyter=False
    )
    assert "Marie Curie" in page and "big city" in page
    several = {**documents["york"]}
    assert "a pair" in spacy.displacy.render([several], style="span", manual=True, jupyter=False)


def test_spacy_reads_conll(export):
    pytest.importorskip("spacy")
    from spacy.training.converters import conll_ner_to_docs

    text = "".join(
        part.read_text("utf-8") for part in sorted(export("conll").glob("part-*.conll"))
    )
    docs = list(conll_ner_to_docs(text, no_print=True))
    found = [[(ent.text.replace(" ", ""), ent.label_) for ent in doc.ents] for doc in docs]
    assert found == [
        words(id, label=lambda name: (name or NO_LABEL).replace(" ", "_")) for id in TEXTS
    ]


def test_datasets_load_tags_and_spans(export, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    from tommer_spark import from_tokens_and_tags

    data = datasets.load_dataset(
        str(export("datasets")), split="train", cache_dir=str(tmp_path / "cache")
    )
    names = data.features["ner_tags"].feature.names
    assert names == ["O"] + [
        prefix + label
        for label in sorted({NO_LABEL, "person", "a pair", "big city", "city"})
        for prefix in ("B-", "I-")
    ]
    assert {row["id"]: row["text"] for row in data} == TEXTS
    for row in data:
        assert [
            (span["start"], span["end"], span["label"], span["label_score"])
            for span in row["spans"]
        ] == [(start, end, label, score) for start, end, _, label, score in MENTIONS[row["id"]]]
        for span in row["spans"]:
            assert row["text"][span["start"] : span["end"]] == span["text"]
        gold = from_tokens_and_tags(row["tokens"], row["ner_tags"], names)
        found = [
            (gold["text"][entity["start"] : entity["end"]].replace(" ", ""), entity["type"])
            for entity in gold["entities"]
        ]
        assert found == words(row["id"])


def test_label_studio_takes_tasks_and_converts_corrected_ones(export, tmp_path):
    pytest.importorskip("label_studio_sdk")
    from label_studio_sdk.converter import Converter
    from label_studio_sdk.label_interface import LabelInterface

    folder = export("label-studio")
    config = (folder / "label_config.xml").read_text("utf-8")
    interface = LabelInterface(config)
    tasks = objects(folder)
    assert {task["data"]["id"]: task["data"]["text"] for task in tasks} == TEXTS
    for number, task in enumerate(tasks):
        for prediction in task["predictions"]:
            assert interface.validate_prediction(prediction, return_errors=True) == []
            values = [region["value"] for region in prediction["result"]]
            assert sorted(
                (value["start"], value["end"], value["labels"][0]) for value in values
            ) == spans(task["data"]["id"])
            for value in values:
                assert task["data"]["text"][value["start"] : value["end"]] == value["text"]
        # An annotator accepts what the model found.
        task["id"] = number
        task["annotations"] = task.pop("predictions")
    (tmp_path / "tasks.json").write_text(json.dumps(tasks), "utf-8")
    converter = Converter(config, str(tmp_path), download_resources=False)
    converter.convert_to_json_min(str(tmp_path / "tasks.json"), str(tmp_path / "min"), is_dir=False)
    converted = json.loads((tmp_path / "min" / "result.json").read_text("utf-8"))
    assert {
        entry["text"]: sorted((r["start"], r["end"], r["labels"][0]) for r in entry.get("label", []))
        for entry in converted
    } == {TEXTS[id]: spans(id) for id in TEXTS}


def test_pybrat_reads_standoff(export):
    pytest.importorskip("pybrat")
    from pybrat.parser import BratParser

    folder = export("brat")
    examples = BratParser(error="raise").parse(str(folder / "documents"))
    found = {example.text: example.entities for example in examples}
    assert set(found) == set(TEXTS.values())
    for id, text in TEXTS.items():
        assert sorted(
            (entity.spans[0].start, entity.spans[-1].end, entity.type)
            for entity in found[text]
        ) == spans(id, lambda name: (name or NO_LABEL).replace(" ", "_"))
