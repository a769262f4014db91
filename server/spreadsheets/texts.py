"""CSV, as the programs of the world write it."""

import csv
import io
import re
from collections.abc import Iterator

from server.domain import errors
from server.spreadsheets.sheets import Sheet, sheet_of

BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
DELIMITERS = ",;\t"
BEGINNING = 4_000  # bytes or characters by which a file is known
# Before these a text that we wrote carries an apostrophe, so that no program reads it as a formula.
GUARDED = re.compile(r"'(?=[=+\-@\t\r＝＋－＠])")
# No text has these; a picture that was called .csv has many.
CONTROLS = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f]")


def read_text(content: bytes, most_bytes: int, most_rows: int, most_columns: int) -> Sheet:
    if len(content) > most_bytes:
        raise errors.SpreadsheetTooLarge(most=most_bytes, what="bytes")
    text = _decoded(content)
    return sheet_of(_lines(text), most_rows, most_columns)


def _decoded(content: bytes) -> str:
    """Text in the first encoding in which all of it is text; raises `SpreadsheetUnreadable`."""
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
        if CONTROLS.search(text[:BEGINNING]):
            break
        return text
    raise errors.SpreadsheetUnreadable(why="not_text")


def _encodings(content: bytes) -> Iterator[str]:
    """The one that the file names by its first bytes, else those that our customers' programs write."""
    for bom, encoding in BOMS:
        if content.startswith(bom):
            yield encoding
            return
    beginning = content[:BEGINNING]
    odd, even = beginning[1::2].count(0), beginning[0::2].count(0)
    if max(odd, even) * 8 > len(beginning):  # every second byte of Latin text in UTF-16
        yield "utf-16-le" if odd > even else "utf-16-be"
    yield "utf-8"
    yield "gb18030"


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    number, told = 0, _told_delimiter(text)
    if told:
        number, text = 1, text.split("\n", 1)[1] if "\n" in text else ""
    lines = io.StringIO(text, newline="")  # ends of lines within quotes stay as they are
    reader = csv.reader(lines, delimiter=told or _delimiter(text), strict=True)
    try:
        for cells in reader:
            number += 1
            yield number, [GUARDED.sub("", cell, count=1) for cell in cells]
    except csv.Error as bad:
        if "field limit" in str(bad):
            raise errors.SpreadsheetTooLarge(
                most=131_072, what="characters", row=number + 1
            ) from bad
        raise errors.SpreadsheetUnreadable(why="quotes", row=number + 1) from bad


def _told_delimiter(text: str) -> str | None:
    """Excel understands a first line `sep=;`."""
    found = re.match(r"sep=(.)\r?(\n|\Z)", text)
    return found.group(1) if found else None


def _delimiter(text: str) -> str:
    """The one that stands most often between the titles."""
    titles = re.sub(r'"[^"]*"', "", text[:BEGINNING]).lstrip("\r\n").split("\n", 1)[0]
    return max(DELIMITERS, key=titles.count)
