"""Tables in files, as the programs of the world write them, and as somebody does who means harm."""

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import xlsxwriter

from server import spreadsheets
from server.domain import errors
from tests import pictures

TITLES, LINE = ("编号", "Name"), ("00123", "铰链 110°\nleft; “soft”, close")


def rows_of(content: bytes, **limits: int) -> list[tuple[str, ...]]:
    return [row.cells for row in spreadsheets.read(content, spreadsheets.Limits(**limits)).rows]


def packed(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packing:
        for name, part in parts.items():
            packing.writestr(name, part)
    return file.getvalue()


def workbook(rows: list[list[object]], **options: object) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, **options}) as book:
        page = book.add_worksheet()
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_csv_of_every_program(encoding: str, delimiter: str) -> None:
    text = "\r\n".join(
        delimiter.join(f'"{cell}"' for cell in cells) for cells in (TITLES, ("", ""), LINE)
    )
    sheet = spreadsheets.read(text.encode(encoding))
    assert sheet.titles == TITLES
    assert [(row.number, row.cells) for row in sheet.rows] == [(3, LINE)]


def test_a_cell_may_hold_what_no_database_takes() -> None:
    """It is for whoever knows the column to say that this row is bad."""
    assert rows_of(b"sku,name\n1,a\x00b\n") == [("1", "a\x00b")]


def test_a_first_line_may_name_the_delimiter() -> None:
    sheet = spreadsheets.read(b"sep=;\nsku;name, short\n1;x\n")
    assert sheet.titles == ("sku", "name, short")
    assert sheet.rows[0].number == 3


@pytest.mark.parametrize("write", [spreadsheets.write_csv, spreadsheets.write_xlsx])
def test_what_we_write_is_read_as_it_was(write: Callable[..., bytes]) -> None:
    cells = ["=1+1", "+86 138", "-5", "@x", "＝1", "00123", '"quoted", twice', "a\nb", "", "'x"]
    rows = rows_of(write(["t"] * len(cells), [cells]))
    assert rows == [tuple(cells)]


def test_no_program_takes_our_texts_for_formulas() -> None:
    assert b"'=cmd" in spreadsheets.write_csv(["n"], [["=cmd()"]])
    parts = zipfile.ZipFile(io.BytesIO(spreadsheets.write_xlsx(["n"], [["=cmd()"]])))
    assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_numbers_and_moments_are_written_as_such() -> None:
    noon = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
    row: list[spreadsheets.Cell] = [
        1250,
        -3,
        Decimal("12.50"),
        date(2026, 11, 26),
        noon,
        True,
        None,
        10**18,
    ]
    titles = list("abcdefgh")
    expected = ("1250", "-3", "12.50", "2026-11-26", "2026-11-26 12:00:00", "true", "", str(10**18))
    assert rows_of(spreadsheets.write_csv(titles, [row], "Asia/Shanghai")) == [expected]
    said = rows_of(spreadsheets.write_xlsx(titles, [row], "Asia/Shanghai"))[0]
    moment = "2026-11-26T12:00:00"
    assert said == ("1250", "-3", "12.5", "2026-11-26", moment, "true", "", str(10**18))


def test_a_workbook_says_which_texts_were_numbers() -> None:
    told = spreadsheets.read(workbook([["sku", "n"], [123, "00123"], [6901234567890.0, 0.1 + 0.2]]))
    (first, text), (long, sum_) = (row.cells for row in told.rows)
    assert (first, text, long, sum_) == ("123", "00123", "6901234567890", "0.3")
    assert isinstance(first, spreadsheets.NumberText)
    assert not isinstance(text, spreadsheets.NumberText)


def test_rows_keep_the_numbers_that_the_program_shows() -> None:
    sheet = spreadsheets.read(workbook([[], ["", "sku"], [], ["", "x"], [], ["", "y"]]))
    assert (sheet.number, sheet.titles) == (2, ("", "sku"))
    assert [row.number for row in sheet.rows] == [4, 6]


NO_TABLES = {
    "a picture": pictures.png(),
    "nothing": b"",
    "blanks": b"\n \n\t\n",
    "half a quote": b'sku,name\n1,"never ends\n2,x\n',
    "a password": b"\xd0\xcf\x11\xe0" + b"x" * 100,
    "a zip": packed({"a.txt": b"x"}),
    "a cut workbook": workbook([["sku"], ["1"]])[:-200],
    "a workbook without sheets": packed({"xl/workbook.xml": b"<workbook/>"}),
    "not even XML": packed({"xl/workbook.xml": b"\x00\xff"}),
    "half characters": b"\xff\xfe\x00\xd8\x00",
}


@pytest.mark.parametrize("content", NO_TABLES.values(), ids=NO_TABLES.keys())
def test_what_is_no_table_is_said(content: bytes) -> None:
    with pytest.raises(errors.SpreadsheetUnreadable):
        spreadsheets.read(content)


def with_sheet(xml: bytes) -> bytes:
    """A workbook with this sheet."""
    ordinary = zipfile.ZipFile(io.BytesIO(workbook([["sku"]])))
    parts = {name: ordinary.read(name) for name in ordinary.namelist()}
    return packed({**parts, "xl/worksheets/sheet1.xml": xml})


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
FAR = (
    b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
)


def lying_bomb() -> bytes:
    """A hundred megabytes that call themselves ten bytes."""
    content = bytearray(with_sheet(b" " * 100_000_000))
    at = content.rindex(b"xl/worksheets/sheet1.xml") - 46
    struct.pack_into("<I", content, at + 24, 10)
    return bytes(content)


TOO_LARGE = {
    "a bomb": with_sheet(b" " * 100_000_000),
    "a bomb that lies": lying_bomb(),
    "two cells far apart": with_sheet(SHEET % FAR),
    "many rows": b"sku\n" + b"x\n" * 100_000,
    "many columns": b"," * 200 + b"x\n",
    "a cell without end": b"sku\n" + b"x" * 200_000,
    "many bytes": b"x" * (spreadsheets.MOST_BYTES + 1),
}


@pytest.mark.parametrize("content", TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_what_is_too_large_is_said(content: bytes) -> None:
    with pytest.raises(errors.SpreadsheetTooLarge):
        spreadsheets.read(content)
