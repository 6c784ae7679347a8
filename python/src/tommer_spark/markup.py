"""Texts cut where marks begin and end, as the pages of ``show`` and ``report`` draw them.

Marks may nest and cross in any way; HTML elements cannot cross, but pieces between two boundaries can
carry a line for every mark over them. Lines lie in lanes below the text. Shorter marks take their lane
first, each the highest one where it meets no other, so that a mark is always below those inside it.
Marks that only touch take different lanes, too: a line without a gap would look like one mark.
"""

import re
from bisect import bisect_right
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

#: More lanes than these cannot be told apart.
MAX_LANES = 18

#: Colours that the style sheet has.
COLOURS = 8

#: Characters of a mention that its tooltip shows.
_SHOWN = 80

_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_SPACE = re.compile(r"\s+", re.ASCII)


class Mark(NamedTuple):
    """A mention to underline: code points ``start`` to ``end``, in a colour, and what its tooltip says."""

    start: int
    end: int
    colour: int
    by: str
    score: Optional[float]
    label: Optional[str]

    @property
    def title(self) -> str:
        return "".join(
            [
                self.by,
                "" if self.score is None else " " + ratio(self.score),
                "" if self.label is None else " ({})".format(self.label),
            ]
        )


def ratio(value: float) -> str:
    """Returns a score with three decimals."""
    return "{:,.3f}".format(value)


def cut(text: str, marks: Sequence[Mark]) -> Tuple[List[Dict[str, Any]], int, int]:
    """Cuts a text.

    Args:
        text: any
        marks: inside it; what reaches beyond its end is cut there

    Returns:
        The pieces in order, each with ``text``, ``title`` (a line for each mark over it) and ``lines``
        (classes of the lines under it); how many lanes there are; for how many marks no lane was left.
    """
    drawable = [mark for mark in marks if mark.start < len(text)]
    placed = _placed(drawable)
    opening: Dict[int, List[Tuple[int, Mark]]] = {}
    closing: Dict[int, List[int]] = {}
    for lane, mark in placed:
        opening.setdefault(mark.start, []).append((lane, mark))
        closing.setdefault(min(mark.end, len(text)), []).append(lane)
    pieces: List[Dict[str, Any]] = []
    under: Dict[int, Mark] = {}
    begin = 0
    for boundary in sorted({*opening, *closing, len(text)}):
        if boundary > begin:
            lines = sorted(under.items())
            pieces.append(
                {
                    "text": text[begin:boundary],
                    "title": "\n".join(_tooltip(text, mark) for _, mark in lines),
                    "lines": ["m l{} c{}".format(lane, mark.colour % COLOURS) for lane, mark in lines],
                }
            )
        for lane in closing.get(boundary, ()):
            under.pop(lane, None)
        under.update(opening.get(boundary, ()))
        begin = boundary
    lanes = max((lane + 1 for lane, _ in placed), default=0)
    return pieces, lanes, len(drawable) - len(placed)


def _tooltip(text: str, mark: Mark) -> str:
    end = min(mark.end, len(text))
    # A tooltip has no markup that could keep the order of one line's letters from the others.
    shown = _SPACE.sub(" ", _DIRECTIONS.sub("", text[mark.start : min(end, mark.start + _SHOWN)]))
    return "{}: {}{}".format(mark.title, shown, "…" if end - mark.start > _SHOWN else "")


def _placed(marks: Sequence[Mark]) -> List[Tuple[int, Mark]]:
    # Of each lane, starts and ends of the marks in it, which do not meet.
    lanes: List[Tuple[List[int], List[int]]] = []
    placed: List[Tuple[int, Mark]] = []
    for mark in sorted(marks, key=lambda m: (m.end - m.start, m.start, m.colour)):
        for lane in range(MAX_LANES):
            if lane == len(lanes):
                lanes.append(([], []))
            starts, ends = lanes[lane]
            at = bisect_right(starts, mark.end)
            if at == 0 or ends[at - 1] < mark.start:
                starts.insert(at, mark.start)
                ends.insert(at, mark.end)
                placed.append((lane, mark))
                break
    return placed


def escape(text: str) -> str:
    """Returns HTML that shows a text, control characters included, in an element or an attribute."""
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    code = ord(character)
    if character in _ENTITIES:
        return _ENTITIES[character]
    if character in "\t\n":
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0x80 <= code < 0xA0 or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF):
        return "\ufffd"
    return character


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
