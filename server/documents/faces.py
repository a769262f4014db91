"""The typeface of all documents, and what becomes of a character that it does not have.

One typeface everywhere (Noto Sans SC), never one that happens to be on a machine: the same receipt looks the
same wherever it is made. A character that it lacks (an emoji, Arabic letters, a rare name) is shown by its
number, `[U+1F44D]`, and a note names it. Nothing ever becomes an empty box.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn

FILE = Path(pylopdf_fonts_zh_cn.__file__).with_name("NotoSansSC-Regular.otf")

# They only tell their neighbours how to join, which a typeface without those has no use for.
_JOINERS = frozenset({0x00AD, 0x200C, 0x200D, 0xFEFF, *range(0xFE00, 0xFE10)})


@cache
def is_steering(point: int) -> bool:
    """What turns the direction of text, or does something else unseen, is told and not done."""
    return unicodedata.category(chr(point)) in ("Cc", "Cf")


class Face:
    """Makes text visible, and remembers what it could not draw."""

    def __init__(self, covered: Iterable[int]) -> None:
        """`covered` are the code points that the typeface has."""
        self._covered = covered if isinstance(covered, set | frozenset | dict) else set(covered)
        self.lacking: dict[int, None] = {}

    def visible(self, text: str) -> str:
        """The text with every character that cannot be drawn replaced by its number."""
        if text.isascii() and text.isprintable():
            return text
        shown: list[str] = []
        run: list[int] = []
        for letter in unicodedata.normalize("NFC", text):
            point = ord(letter)
            if letter.isspace() or (point in self._covered and not is_steering(point)):
                shown += [self._named(run), " " if letter.isspace() else letter]
                run = []
            elif point not in _JOINERS:
                run.append(point)
        return "".join([*shown, self._named(run)])

    def _named(self, run: list[int]) -> str:
        self.lacking.update(dict.fromkeys(run))
        return f"[{' '.join(f'U+{point:04X}' for point in run)}]" if run else ""

    def names(self) -> list[str]:
        """What was lacking, as a reader may look it up: "U+1F44D thumbs up sign"."""
        return [
            f"U+{point:04X} {unicodedata.name(chr(point), '').lower()}".strip()
            for point in self.lacking
        ]
