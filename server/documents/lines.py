"""Text into lines: at spaces in English, between any two characters in Chinese, and never so that a line
begins with a closing mark or ends with an opening one.
"""

import re
from collections.abc import Callable, Iterator

Measure = Callable[[str], float]
"""How wide a text is, in the unit of the page."""

_PIECE = re.compile(r"\s+|[!-~\u00a1-\u024f]+|.", re.DOTALL)
_CLOSING = frozenset("，。、；：？！）》」』】〕’”％…·,.;:!?)]}%")
_OPENING = frozenset("（《「『【〔‘“([{¥")


def broken(text: str, width: float, measure: Measure) -> list[str]:
    """The lines of a text, none wider than `width` unless a single character is."""
    return [line for paragraph in text.splitlines() for line in _lines(paragraph, width, measure)]


def _lines(paragraph: str, width: float, measure: Measure) -> Iterator[str]:
    line, length = "", 0.0
    for unit in _units(paragraph):
        its_length = measure(unit)
        if length + its_length <= width or (unit.isspace() and line):
            line, length = line + unit, length + its_length
            continue
        if line.strip():
            yield line.rstrip()
        *whole, line = _cut(unit.lstrip(), width, measure)
        yield from whole
        length = measure(line)
    yield line.rstrip()


def _units(paragraph: str) -> Iterator[str]:
    """What is never torn apart: words, and characters with the marks that belong to them."""
    unit = ""
    for piece in _PIECE.findall(paragraph):
        if unit and not (piece[0] in _CLOSING or unit[-1] in _OPENING):
            yield unit
            unit = ""
        unit += piece
    if unit:
        yield unit


def _cut(unit: str, width: float, measure: Measure) -> list[str]:
    """A unit that is wider than a line, in pieces that are not."""
    pieces, piece = [], ""
    for letter in unit:
        if piece and measure(piece + letter) > width:
            pieces.append(piece)
            piece = ""
        piece += letter
    return [*pieces, piece]
