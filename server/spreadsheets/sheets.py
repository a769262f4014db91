"""A table as it was read: titles, and numbered rows of text."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.domain import errors

MOST_BYTES = 8 * 1024 * 1024  # of a file as it is sent
MOST_ROWS = 20_000
MOST_COLUMNS = 100
MOST_OF_A_CELL = 32_767  # characters, as the programs have it


class NumberText(str):
    """What a workbook holds as a number: zeros in front of it, and digits after the 15th, are lost."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `number` is the one that the spreadsheet program shows at its side."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The titles, with the number of their row, and the rows below them that say something."""

    titles: tuple[str, ...]
    number: int
    rows: tuple[Row, ...]


def sheet_of(
    lines: Iterable[tuple[int, Iterable[str]]], most_rows: int, most_columns: int
) -> Sheet:
    """Puts numbered lines together: the first that says something names the columns, empty ones are left out.

    Every row has at least as many cells as there are titles, and more only where they say something.
    """
    titles: Row | None = None
    rows: list[Row] = []
    for number, cells in lines:
        said = _without_empty_end([_tidy(cell, number) for cell in cells])
        if not said:
            continue
        if len(said) > most_columns:
            raise errors.SpreadsheetTooLarge(most=most_columns, what="columns", row=number)
        if titles is None:
            titles = Row(number, tuple(said))
            continue
        if len(rows) == most_rows:
            raise errors.SpreadsheetTooLarge(most=most_rows, what="rows")
        missing = len(titles.cells) - len(said)
        rows.append(Row(number, (*said, *[""] * missing)))
    if titles is None:
        raise errors.SpreadsheetUnreadable(why="empty")
    return Sheet(titles.cells, titles.number, tuple(rows))


def _tidy(cell: str, number: int) -> str:
    if len(cell) > MOST_OF_A_CELL:
        raise errors.SpreadsheetTooLarge(most=MOST_OF_A_CELL, what="characters", row=number)
    trimmed = cell.replace("\r\n", "\n").strip()
    return NumberText(trimmed) if isinstance(cell, NumberText) else trimmed


def _without_empty_end(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells
