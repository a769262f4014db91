"""Tables for the programs of the office: CSV that Excel opens in the right letters, and XLSX.

A text never becomes a formula: in CSV an apostrophe stands before what could be read as one, in XLSX it is
written as the text that it is. Moments are written in the zone that the caller names.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import xlsxwriter

Cell = str | int | float | Decimal | date | datetime | bool | None

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOM = "\ufeff"
COULD_BE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
MOST_OF_A_CELL = 32_767  # characters
MOST_EXACT = 10**15  # a larger number would lose digits
WIDEST, NARROWEST = 60, 8  # characters


def write_csv(titles: Sequence[str], rows: Iterable[Sequence[Cell]], zone: str = "UTC") -> bytes:
    """UTF-8 with a mark at its beginning, commas, quotes where needed, lines that end as RFC 4180 says."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_guarded(title) for title in titles])
    writer.writerows([_as_text(cell, zone) for cell in row] for row in rows)
    return (BOM + text.getvalue()).encode("utf-8", "replace")


def _as_text(cell: Cell, zone: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return _local(cell, zone).isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return _guarded(cell) if isinstance(cell, str) else str(cell)


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(COULD_BE_A_FORMULA) else text


def _local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if moment.tzinfo else moment


def write_xlsx(
    titles: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    zone: str = "UTC",
    *,
    sheet: str = "Doorstep",
) -> bytes:
    """A workbook with one sheet: titles bold and standing still, numbers as numbers, texts as texts."""
    return write_workbook({sheet: (titles, rows)}, zone)


def write_workbook(
    sheets: dict[str, tuple[Sequence[str], Iterable[Sequence[Cell]]]], zone: str = "UTC"
) -> bytes:
    """The same with several sheets, by their names (at most 31 characters, without []:*?/\\)."""
    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(file, options) as workbook:
        bold = workbook.add_format({"bold": True})
        moments = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, (titles, rows) in sheets.items():
            page = workbook.add_worksheet(name)
            page.freeze_panes(1, 0)
            page.write_row(0, 0, [_short(title) for title in titles], bold)
            widths = [len(title) for title in titles]
            for number, row in enumerate(rows, start=1):
                for column, cell in enumerate(_as_cells(row, zone)):
                    is_moment = isinstance(cell, datetime)
                    page.write(number, column, cell, *([moments] if is_moment else []))
                    if column < len(widths):
                        widths[column] = max(widths[column], _width(cell))
            for column, width in enumerate(widths):
                page.set_column(column, column, min(max(width + 2, NARROWEST), WIDEST))
    return file.getvalue()


def _as_cells(row: Sequence[Cell], zone: str) -> Iterator[Cell]:
    """As Excel can hold them: a number that would lose digits is written as a text."""
    for cell in row:
        if isinstance(cell, datetime):
            yield _local(cell, zone)
        elif isinstance(cell, str):
            yield _short(cell)
        elif isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) >= MOST_EXACT:
            yield str(cell)
        else:
            yield cell


def _short(text: str) -> str:
    whole = text.encode("utf-8", "replace").decode()
    return whole if len(whole) <= MOST_OF_A_CELL else whole[: MOST_OF_A_CELL - 1] + "…"


def _width(cell: Cell) -> int:
    """In characters; Chinese ones are twice as wide."""
    if isinstance(cell, datetime):
        return 16
    text = str(cell if cell is not None else "")[:WIDEST]
    return len(text) + sum(each > "\u2e7f" for each in text)
