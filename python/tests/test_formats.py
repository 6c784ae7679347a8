import re

import pytest

from tommer_spark import (
    MarkedTexts,
    from_tokens_and_tags,
    to_displacy,
    to_spacy,
    to_tokens_and_tags,
)

TEXT = "The Bank of \U0001f642 England raised rates."
MENTIONS = [
    {"start": 0, "end": 21, "text": "The Bank of \U0001f642 England", "score": 0.9},
    {"start": 14, "end": 21, "text": "England", "score": 0.8, "label": "country"},
]


def test_offsets_are_those_of_python():
    assert [TEXT[m["start"] : m["end"]] for m in MENTIONS] == [m["text"] for m in MENTIONS]


def test_displacy_has_the_longer_of_those_that_overlap():
    assert to_displacy(TEXT, MENTIONS) == {
        "text": TEXT,
        "ents": [{"start": 0, "end": 21, "label": "MENTION"}],
        "title": None,
    }


def test_spacy_has_nested_ones():
    pytest.importorskip("spacy")
    spans = to_spacy(TEXT, MENTIONS).spans["mentions"]
    assert [(span.text, span.label_) for span in spans] == [
        ("The Bank of \U0001f642 England", "MENTION"),
        ("England", "country"),
    ]


def lines(html):
    """The pieces of the first text: what is underlined, with the classes of its lines."""
    text = re.search(r'<p class="text[^>]*>(.*?)</p>', html, re.DOTALL).group(1)
    pieces = re.findall(r'<span(?: title="[^"]*")?>((?:<span class="[^"]*">)*)([^<]*)(?:</span>)+', text)
    return [(shown, re.findall('"m ([^"]*)"', marks)) for marks, shown in pieces]


def test_marks_nest_and_text_is_escaped():
    texts = MarkedTexts([("a <b> c", [{"start": 0, "end": 5}, {"start": 2, "end": 5}])])
    assert lines(texts._repr_html_()) == [
        ("a ", ["l1 c0"]),
        ("&lt;b&gt;", ["l0 c0", "l1 c0"]),
        (" c", []),
    ]
    assert str(texts) == "[a [<b>]] c"


def test_marks_cross():
    texts = MarkedTexts([("abcd", [{"start": 0, "end": 3}, {"start": 1, "end": 4}])])
    assert lines(texts._repr_html_()) == [
        ("a", ["l0 c0"]),
        ("bc", ["l0 c0", "l1 c0"]),
        ("d", ["l1 c0"]),
    ]
    assert str(texts) == "[a[bc]][d]"


def test_labels_have_colours_and_so_have_columns():
    labels = [{"start": 0, "end": 1, "label": "b"}, {"start": 2, "end": 3, "label": "a", "score": 0.5}]
    html = MarkedTexts([("x y", [*labels, {"start": 1, "end": 2}])])._repr_html_()
    assert lines(html) == [("x", ["l0 c1"]), (" ", ["l1 c2"]), ("y", ["l0 c0"])]
    assert 'title="mentions 0.500 (a): y"' in html
    both = MarkedTexts([("x y", {"one": labels, "two": labels[:1]})], ids=["d1"])
    assert lines(both._repr_html_()) == [("x", ["l0 c0", "l1 c1"]), (" ", []), ("y", ["l0 c0"])]
    assert "<bdi>d1</bdi>" in both._repr_html_()
    assert str(both) == "one: [x] [y]\ntwo: [x] y"


def test_nothing_can_break_out_of_the_page():
    html = MarkedTexts(
        [("<script>\x1b", {"<script>": [{"start": 0, "end": 9, "label": '"><script>'}]})], ids=["<script>"]
    )._repr_html_()
    assert "<script>" not in html
    assert "\u241b" in html


def test_the_style_is_that_of_the_page_and_stays_in_its_place():
    style = MarkedTexts([])._repr_html_().split("</style>")[0]
    assert ".tommer .m{" in style
    for selector in re.findall(r"([^{}]+)\{[^{}]*\}", style.replace("<style>", "")):
        assert all(part.strip().startswith(".tommer") for part in selector.split(",")), selector


def test_null_texts_are_shown_as_such():
    assert "null" in MarkedTexts([(None, None)])._repr_html_()


@pytest.mark.parametrize(
    "tags, expected",
    [
        (["B-PER", "I-PER", "O", "B-LOC"], [(0, 11, "PER"), (17, 23, "LOC")]),
        (["I-PER", "I-PER", "O", "I-LOC"], [(0, 11, "PER"), (17, 23, "LOC")]),
        (["B-PER", "E-PER", "O", "S-LOC"], [(0, 11, "PER"), (17, 23, "LOC")]),
        (["B-PER", "B-PER", "O", "O"], [(0, 5, "PER"), (6, 11, "PER")]),
        ([1, 2, 0, 3], [(0, 11, "PER"), (17, 23, "LOC")]),
    ],
)
def test_gold_of_tokens_and_tags(tags, expected):
    document = from_tokens_and_tags(
        ["Marie", "Curie", "left", "Warsaw"], tags, ["O", "B-PER", "I-PER", "B-LOC"]
    )
    assert document["text"] == "Marie Curie left Warsaw"
    assert [(m["start"], m["end"], m["type"]) for m in document["entities"]] == expected


def test_tokens_and_tags_come_back():
    document = from_tokens_and_tags(["Marie", "Curie", "left"], ["B-PER", "I-PER", "O"])
    back = to_tokens_and_tags(document["text"], document["entities"])
    assert back == {"tokens": ["Marie", "Curie", "left"], "ner_tags": ["B-PER", "I-PER", "O"]}
    assert from_tokens_and_tags(back["tokens"], back["ner_tags"]) == document


@pytest.mark.parametrize(
    "tokens, tags, message",
    [
        (["a"], [], "1 tokens but 0 tags"),
        (["a"], ["PER"], "Cannot understand the tag 'PER'"),
        (["a"], [3], "give names"),
    ],
)
def test_what_makes_no_sense_is_refused(tokens, tags, message):
    with pytest.raises(ValueError, match=message):
        from_tokens_and_tags(tokens, tags)
