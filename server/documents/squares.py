"""The QR code as filled rectangles: sharp at every size and on every printer."""

import segno

from server.documents.pages import Pages

QUIET = 4  # modules of white around it, as the standard asks


def draw(pages: Pages, content: str, x: float, y: float, edge: float) -> None:
    """The code in a square of `edge` mm, its quiet zone included."""
    rows = [list(row) for row in segno.make(content, error="m", micro=False).matrix]
    module = edge / (len(rows) + 2 * QUIET)
    for down, row in enumerate(rows):
        across = 0
        while across < len(row):
            length = _run(row, across)
            if row[across]:
                left, top = x + (across + QUIET) * module, y + (down + QUIET) * module
                pages.bar(left, top, length * module, module + 0.01, (0, 0, 0))
            across += length


def _run(row: list[int], start: int) -> int:
    end = start
    while end < len(row) and row[end] == row[start]:
        end += 1
    return end - start
