"""Mentions and gold data as other tools have them."""

from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from tommer_spark.html import spans

#: The label of a mention without one.
MENTION = "MENTION"


def to_displacy(text: str, mentions: Iterable[Any], label: str = MENTION) -> Dict[str, Any]:
    """Returns what displaCy draws as ``spacy.displacy.render(…, style="ent", manual=True)``.

    displaCy draws no nested entities: of mentions that overlap, the longer ones are kept.

    Args:
        text: of a row
        mentions: of that row
        label: of mentions that have none
    """
    return {
        "text": text,
        "ents": [
            {"start": start, "end": end, "label": own or label}
            for start, end, own, _ in _flat(spans(mentions))
        ],
        "title": None,
    }


def to_spacy(
    text: str, mentions: Iterable[Any], nlp: Any = None, key: str = "mentions", label: str = MENTION
) -> Any:
    """Returns a spaCy ``Doc`` whose ``doc.spans[key]`` holds the mentions, nested ones too.

    A mention that begins or ends inside a token of spaCy's takes that token in.

    Args:
        text: of a row
        mentions: of that row
        nlp: tokenises; ``spacy.blank("en")`` by default
        key: of the group of spans
        label: of mentions that have none
    """
    import spacy
    from spacy.tokens import SpanGroup

    doc = (nlp or spacy.blank("en")).make_doc(text)
    found = []
    for start, end, own, _ in spans(mentions):
        span = doc.char_span(start, end, label=own or label, alignment_mode="expand")
        if span is not None:
            found.append(span)
    doc.spans[key] = SpanGroup(doc, name=key, spans=found)
    return doc


def _flat(found: Sequence[Tuple[int, int, Any, Any]]) -> List[Tuple[int, int, Any, Any]]:
    kept: List[Tuple[int, int, Any, Any]] = []
    for span in sorted(found, key=lambda s: (s[0] - s[1], s[0])):
        if all(span[1] <= other[0] or other[1] <= span[0] for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span[:2])


def from_tokens_and_tags(
    tokens: Sequence[str], tags: Sequence[Any], names: Optional[Sequence[str]] = None
) -> Dict[str, Any]:
    """Returns a gold document of a row of Hugging Face's ``tokens`` and ``ner_tags``.

    Tokens are joined by blanks. What it returns is a line of gold data for ``evaluate`` and
    ``train``: ``{"text": …, "entities": [{"start": …, "end": …, "type": …}]}``, offsets in code points,
    half open.

    Args:
        tokens: words of a sentence
        tags: as many, BIO or IOB1 or BIOES, such as ``B-PER``; or numbers
        names: of the numbers, ``dataset.features["ner_tags"].feature.names``

    Raises:
        ValueError: if there are not as many tags as tokens, or one cannot be understood.
    """
    if len(tokens) != len(tags):
        raise ValueError(
            "There are {} tokens but {} tags: {}".format(len(tokens), len(tags), list(tokens)[:8])
        )
    mentions: List[Dict[str, Any]] = []
    current: Optional[Dict[str, Any]] = None
    at = 0
    for token, given in zip(tokens, tags):
        tag = _name(given, names)
        prefix, _, label = tag.partition("-")
        if prefix not in ("O", "B", "I", "E", "S") or (prefix != "O" and not label):
            raise ValueError("Cannot understand the tag {!r}: expected O, B-TYPE or I-TYPE".format(tag))
        if prefix == "O":
            current = None
        elif prefix in ("B", "S") or current is None or current["type"] != label:
            current = {"start": at, "end": at + len(token), "type": label}
            mentions.append(current)
        else:
            current["end"] = at + len(token)
        if prefix in ("E", "S"):
            current = None
        at += len(token) + 1
    return {"text": " ".join(tokens), "entities": mentions}


def _name(tag: Any, names: Optional[Sequence[str]]) -> str:
    if isinstance(tag, str):
        return tag
    if names is None:
        raise ValueError(
            "The tag {!r} is a number: give names, as dataset.features[\"ner_tags\"].feature.names".format(tag)
        )
    return names[int(tag)]


def to_tokens_and_tags(
    text: str, mentions: Iterable[Any], label: str = MENTION
) -> Dict[str, List[str]]:
    """Returns ``tokens`` and ``ner_tags`` (BIO) of a text, as Hugging Face datasets have them.

    Tokens are what stands between blanks, cut where a mention begins or ends. BIO cannot say that
    mentions nest: of those that overlap, the longer ones are kept.
    """
    kept = _flat(spans(mentions))
    cuts = {start for start, *_ in kept} | {end for _, end, *_ in kept}
    tokens: List[str] = []
    tags: List[str] = []
    start = 0
    for at in range(len(text) + 1):
        if at == len(text) or text[at].isspace() or at in cuts:
            if text[start:at].strip():
                tokens.append(text[start:at])
                tags.append(_tag(start, at, kept, label))
            start = at + 1 if at < len(text) and text[at].isspace() else at
    return {"tokens": tokens, "ner_tags": tags}


def _tag(start: int, end: int, kept: Sequence[Tuple[int, int, Any, Any]], label: str) -> str:
    for first, last, own, _ in kept:
        if first <= start and end <= last:
            return ("B-" if start == first else "I-") + str(own or label)
    return "O"
