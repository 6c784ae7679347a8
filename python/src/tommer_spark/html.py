"""Texts with their mentions underlined, for notebooks."""

from html import escape
from typing import Any, Iterable, List, Sequence, Tuple

_STYLE = (
    "<style>.tommer p{line-height:2.1;max-width:60em;white-space:pre-wrap;margin:0 0 .8em}"
    ".tommer mark{background:none;color:inherit;border-bottom:2px solid #2563a8;padding:0 1px 1px}"
    ".tommer mark mark{border-color:#b4540a;padding-bottom:4px}"
    ".tommer mark mark mark{border-color:#2c7a3f;padding-bottom:7px}"
    ".tommer small{color:#777;padding-left:.2em}"
    ".tommer .error{color:#a40000}</style>"
)


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
    """Texts with underlined mentions; a notebook shows it, and ``str`` gives brackets.

    Mentions nest. One that crosses the end of another is drawn in two parts.
    """

    def __init__(self, texts: Sequence[Tuple[str, Iterable[Any]]], more: bool = False):
        self._texts = [(text, spans(mentions)) for text, mentions in texts]
        self._more = more

    def _repr_html_(self) -> str:
        paragraphs = "".join("<p>{}</p>".format(_marked(*text)) for text in self._texts)
        rest = "<p><small>… and more rows</small></p>" if self._more else ""
        return '{}<div class="tommer">{}{}</div>'.format(_STYLE, paragraphs, rest)

    def __str__(self) -> str:
        lines = [_marked(text, found, plain=True) for text, found in self._texts]
        return "\n".join(lines + (["…"] if self._more else []))

    __repr__ = __str__


def _marked(text: str, found: List[Tuple[int, int, Any, Any]], plain: bool = False) -> str:
    if text is None:
        return "" if plain else "<small>null</small>"
    cuts = sorted({0, len(text), *[s[0] for s in found], *[s[1] for s in found]})
    pieces: List[str] = []
    stack: List[Tuple[int, int, Any, Any]] = []

    def opened(span: Tuple[int, int, Any, Any]) -> str:
        if plain:
            return "["
        title = " ".join(
            part
            for part in (
                str(span[2]) if span[2] is not None else "",
                "{:.3f}".format(span[3]) if span[3] is not None else "",
            )
            if part
        )
        return '<mark title="{}">'.format(escape(title))

    def closed(span: Tuple[int, int, Any, Any], last: bool) -> str:
        if plain:
            return "]"
        label = "<small>{}</small>".format(escape(str(span[2]))) if last and span[2] else ""
        return label + "</mark>"

    for at, position in enumerate(cuts):
        ended = [span for span in stack if span[1] <= position]
        if ended:
            # Those that go on are closed with what they are in, and opened again.
            deepest = min(stack.index(span) for span in ended)
            for span in reversed(stack[deepest:]):
                pieces.append(closed(span, span[1] <= position))
            on = [span for span in stack[deepest:] if span[1] > position]
            del stack[deepest:]
            for span in on:
                pieces.append(opened(span))
                stack.append(span)
        for span in found:
            if span[0] == position and span[1] > position:
                pieces.append(opened(span))
                stack.append(span)
        if at + 1 < len(cuts):
            piece = text[position : cuts[at + 1]]
            pieces.append(piece if plain else escape(piece))
    return "".join(pieces)


def display(
    df: Any, n: int = 20, text: str = "text", mentions: str = "mentions"
) -> MarkedTexts:
    """Shows the texts of a DataFrame with their mentions underlined.

    In a notebook they are shown, and returned either way: ``print(display(df))`` shows brackets.

    Args:
        df: of Spark, classic or Connect, or of pandas
        n: rows at most
        text: name of the column of texts
        mentions: name of the column of mentions
    """
    if hasattr(df, "collect"):
        rows = df.select(text, mentions).limit(n + 1).collect()
        pairs = [(row[0], row[1]) for row in rows]
    else:
        head = df.head(n + 1)
        pairs = list(zip(head[text], head[mentions]))
    return MarkedTexts(pairs[:n], more=len(pairs) > n)
