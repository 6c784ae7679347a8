"""Texts with their mentions underlined, for notebooks."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from tommer_spark.markup import Mark, cut, escape, ratio

#: Templates and style sheet of the pages that the commands write.
_PAGE = Path(__file__).parent / "page"

#: Mentions drawn at most: about 8 MB of HTML.
_MAX_MENTIONS = 10_000

#: Mentions that the table under a text lists.
_LISTED = 300

#: The legend's name of mentions that have no label, where others have one.
_NO_LABEL = "other"


def _field(mention: Any, name: str) -> Any:
    """A field of a row, a dict (as pandas has them) or a tuple's namesake; None if it has none."""
    if isinstance(mention, dict):
        return mention.get(name)
    try:
        return mention[name]
    except (KeyError, ValueError, TypeError, IndexError):
        return getattr(mention, name, None)


def spans(mentions: Iterable[Any]) -> List[Tuple[int, int, Any, Any]]:
    """Mentions as (start, end, label, score), sorted, longer ones first."""
    found = [
        (
            int(_field(m, "start")),
            int(_field(m, "end")),
            # Gold data call it type.
            _field(m, "label") or _field(m, "type"),
            _field(m, "score"),
        )
        for m in (mentions if mentions is not None else ())
    ]
    return sorted(found, key=lambda span: (span[0], -span[1]))


class MarkedTexts:
    """Texts with underlined mentions; a notebook shows them, and ``str`` gives brackets.

    Mentions nest and cross. A label has a colour; with mentions of several columns, a column has one.

    Args:
        texts: pairs of a text and its mentions, or a dict of mentions by the name of their column
        ids: as many, or none
        more: whether there were more texts
    """

    def __init__(
        self,
        texts: Sequence[Tuple[Optional[str], Union[Iterable[Any], Mapping[str, Iterable[Any]], None]]],
        ids: Optional[Sequence[Any]] = None,
        more: bool = False,
    ):
        self._texts = [
            (
                text,
                {
                    name: spans(found)
                    for name, found in (
                        mentions if isinstance(mentions, Mapping) else {"mentions": mentions}
                    ).items()
                },
            )
            for text, mentions in texts
        ]
        self._ids = list(range(1, len(self._texts) + 1)) if ids is None else list(ids)
        self._more = more

    def _repr_html_(self) -> str:
        return "<style>{}</style><div class='tommer'>{}{}</div>".format(
            _style(),
            _renderer().render_name("documents", self._view()),
            "<p class='note'>… and more rows</p>" if self._more else "",
        )

    def _view(self) -> Dict[str, Any]:
        names = list({name: None for _, found in self._texts for name in found})
        labels = sorted(
            {str(label) for _, found in self._texts for s in found.values() for _, _, label, _ in s if label}
        )
        # Mentions of one column have the colours of their labels, those of several their column's.
        by_label = len(names) == 1 and bool(labels)
        legend = labels + [_NO_LABEL] if by_label else names
        left = _MAX_MENTIONS
        documents = []
        for id, (text, found) in zip(self._ids, self._texts):
            if text is None:
                documents.append({"id": str(id), "error": "null", "passages": []})
                continue
            marks = [
                Mark(
                    start,
                    end,
                    legend.index(str(label or _NO_LABEL)) if by_label else names.index(name),
                    name,
                    score,
                    str(label) if label else None,
                )
                for name, own in found.items()
                for start, end, label, score in own
                if start < end
            ]
            drawn = marks[:left]
            left -= len(drawn)
            documents.append({"id": str(id), "passages": [_passage(text, marks, drawn)]})
        return {
            "legend": [
                {"css": "c{}".format(colour % 8), "name": name} for colour, name in enumerate(legend)
            ],
            "documents": documents,
        }

    def __str__(self) -> str:
        lines = []
        for text, found in self._texts:
            for name, own in found.items():
                prefix = name + ": " if len(found) > 1 else ""
                lines.append(prefix + ("" if text is None else _bracketed(text, own)))
        return "\n".join(lines + (["…"] if self._more else []))

    __repr__ = __str__


def _passage(text: str, marks: List[Mark], drawn: List[Mark]) -> Dict[str, Any]:
    pieces, lanes, hidden = cut(text, drawn)
    notes = []
    if len(drawn) < len(marks):
        notes.append("{:,} of {:,} mentions are drawn.".format(len(drawn), len(marks)))
    if hidden:
        notes.append("{:,} lie under so many others that no line is drawn for them.".format(hidden))
    return {
        "pieces": pieces,
        "lanes": str(lanes),
        "note": " ".join(notes),
        "count": str(len(marks)),
        "table": _table(text, marks[:_LISTED], len(marks) - _LISTED),
    }


def _table(text: str, marks: Sequence[Mark], omitted: int) -> Dict[str, Any]:
    columns = [("Mention", False), ("By", False), ("Type", False), ("Start", True), ("End", True), ("Score", True)]
    rows = [
        (
            text[mark.start : mark.end],
            mark.by,
            mark.label or "–",
            str(mark.start),
            str(mark.end),
            "–" if mark.score is None else ratio(mark.score),
        )
        for mark in marks
    ]
    kept = [at for at, column in enumerate(columns) if column[0] != "Type" or any(m.label for m in marks)]
    return {
        "columns": [{"name": columns[at][0], "numeric": columns[at][1]} for at in kept],
        "rows": [[{"value": row[at], "numeric": columns[at][1]} for at in kept] for row in rows],
        "cut": omitted > 0,
        "omitted": str(omitted),
    }


@lru_cache(maxsize=None)
def _renderer() -> Any:
    import pystache

    return pystache.Renderer(
        search_dirs=str(_PAGE), file_extension="html", file_encoding="utf-8", escape=escape
    )


@lru_cache(maxsize=None)
def _style() -> str:
    """The style sheet of the pages, for what is inside of an element of class tommer."""
    css = (_PAGE / "page.css").read_text(encoding="utf-8")
    return re.sub(r"([^{};]+)\{([^{}]*)\}", _scoped, css)


def _scoped(rule: "re.Match[str]") -> str:
    selectors = [selector.strip() for selector in rule.group(1).split(",")]
    return "{}{{{}}}\n".format(
        ",".join(".tommer" if s in (":root", "body") else ".tommer " + s for s in selectors), rule.group(2)
    )


def _bracketed(text: str, found: List[Tuple[int, int, Any, Any]]) -> str:
    """Brackets nest; a mention that crosses the end of another is in two parts."""
    cuts = sorted({0, len(text), *[s[0] for s in found], *[s[1] for s in found]})
    pieces: List[str] = []
    stack: List[Tuple[int, int, Any, Any]] = []
    for at, position in enumerate(cuts):
        ended = [span for span in stack if span[1] <= position]
        if ended:
            # Those that go on are closed with what they are in, and opened again.
            deepest = min(stack.index(span) for span in ended)
            on = [span for span in stack[deepest:] if span[1] > position]
            pieces.append("]" * len(stack[deepest:]) + "[" * len(on))
            stack[deepest:] = on
        begun = [span for span in found if span[0] == position and span[1] > position]
        pieces.append("[" * len(begun))
        stack += begun
        if at + 1 < len(cuts):
            pieces.append(text[position : cuts[at + 1]])
    return "".join(pieces)


def display(
    df: Any, n: int = 20, text: str = "text", mentions: Union[str, Sequence[str]] = "mentions"
) -> MarkedTexts:
    """Shows the texts of a DataFrame with their mentions underlined.

    In a notebook they are shown, as the pages of ``show`` and ``report`` do it; ``print(display(df))``
    shows brackets. A column ``id`` names the texts, else they are counted.

    Args:
        df: of Spark, classic or Connect, or of pandas
        n: rows at most
        text: name of the column of texts
        mentions: name of the column of mentions, or names of several
    """
    names = [mentions] if isinstance(mentions, str) else list(mentions)
    identified = "id" in df.columns
    columns = (["id"] if identified else []) + [text, *names]
    if hasattr(df, "collect"):
        rows = [tuple(row) for row in df.select(*columns).limit(n + 1).collect()]
    else:
        head = df.head(n + 1)
        rows = list(zip(*(head[column] for column in columns)))
    shown = rows[:n]
    first = 1 if identified else 0
    return MarkedTexts(
        [(row[first], dict(zip(names, row[first + 1 :]))) for row in shown],
        ids=[row[0] for row in shown] if identified else None,
        more=len(rows) > n,
    )
