"""Tables in files: what people send as CSV or XLSX becomes rows of text, and rows become such files.

    sheet = spreadsheets.read(content)        # raises SpreadsheetUnreadable, SpreadsheetTooLarge
    sheet.titles                              # ["Part number", "Name", …]: the first row that says something
    for row in sheet.rows: row.number, row.cells

    spreadsheets.write_csv(titles, rows)      # bytes; rows of text, numbers, days, moments, bools, None
    spreadsheets.write_xlsx(titles, rows)

Whoever reads decides what a cell means; here it is text, as the program shows it that made the file.
"""

from dataclasses import dataclass

from server.spreadsheets.sheets import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, NumberText, Row, Sheet
from server.spreadsheets.texts import read_text
from server.spreadsheets.workbooks import is_packed, read_workbook
from server.spreadsheets.writing import CSV, XLSX, Cell, write_csv, write_workbook, write_xlsx

__all__ = [
    "CSV",
    "MOST_BYTES",
    "MOST_COLUMNS",
    "MOST_ROWS",
    "XLSX",
    "Cell",
    "Limits",
    "NumberText",
    "Row",
    "Sheet",
    "read",
    "write_csv",
    "write_workbook",
    "write_xlsx",
]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is taken: bytes as it was sent, rows below the titles, columns."""

    most_bytes: int = MOST_BYTES
    most_rows: int = MOST_ROWS
    most_columns: int = MOST_COLUMNS


def read(content: bytes, limits: Limits | None = None) -> Sheet:
    """The table in this file, by what the file is and not by what it is called.

    CSV in UTF-8, UTF-16 or GB18030, with comma, semicolon or tab; of an XLSX workbook the first sheet
    that is not hidden. Raises `SpreadsheetUnreadable` for what is neither or is broken, and
    `SpreadsheetTooLarge` for more than the limits.
    """
    limits = limits or Limits()
    if is_packed(content):
        return read_workbook(content, limits.most_bytes, limits.most_rows, limits.most_columns)
    return read_text(content, limits.most_bytes, limits.most_rows, limits.most_columns)
