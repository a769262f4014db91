"""XLSX, which strangers may have packed: unpacked here under limits, read in a process of its own.

Calamine is handed nothing but the parts of the workbook that were unpacked and measured here, packed anew.
It makes a whole rectangle of a sheet, however far apart its cells stand; that it may not take more memory
and time than it should is seen to in the child (`server.spreadsheets.child`).
"""

import contextlib
import io
import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from server.domain import errors
from server.spreadsheets.sheets import NumberText, Sheet, sheet_of

ROOT = Path(__file__).resolve().parents[2]
PACKED, OLD_OFFICE = (
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
)  # the second: .xls, or a workbook with a password
MOST_PARTS = 1_000
MOST_UNPACKED = 64 * 1024 * 1024  # bytes
LOCAL_HEADER = struct.Struct("<26xHH")
STORED, DEFLATED = 0, 8
WALL_S = 30


def is_packed(content: bytes) -> bool:
    return content.startswith((PACKED, OLD_OFFICE))


def read_workbook(content: bytes, most_bytes: int, most_rows: int, most_columns: int) -> Sheet:
    if len(content) > most_bytes:
        raise errors.SpreadsheetTooLarge(most=most_bytes, what="bytes")
    if content.startswith(OLD_OFFICE):
        raise errors.SpreadsheetUnreadable(why="old_office")
    asked = {"most_rows": most_rows + 100, "most_columns": most_columns}
    answer = _ask_the_child(_packed_anew(content), asked)
    if "refused" in answer:
        raise errors.SpreadsheetUnreadable(why=answer["refused"])
    lines = ((number, map(_cell, cells)) for number, cells in answer["lines"])
    return sheet_of(lines, most_rows, most_columns)


def _cell(told: Any) -> str:
    return NumberText(told[0]) if isinstance(told, list) else str(told)


# Unpacking.


def _packed_anew(content: bytes) -> bytes:
    """A workbook of the same parts, stored: what was measured here is what calamine will see."""
    anew = io.BytesIO()
    try:
        with zipfile.ZipFile(anew, "w", zipfile.ZIP_STORED) as packing:
            for name, part in _parts(content):
                packing.writestr(name, part)
    except (zipfile.BadZipFile, zlib.error, struct.error, ValueError, NotImplementedError) as bad:
        raise errors.SpreadsheetUnreadable(why="damaged") from bad
    return anew.getvalue()


def _parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The parts in which cells and their meaning stand; pictures and the like are left out."""
    with zipfile.ZipFile(io.BytesIO(content)) as workbook:
        infos = {info.filename: info for info in workbook.infolist()}
        if len(infos) > MOST_PARTS:
            raise errors.SpreadsheetTooLarge(most=MOST_PARTS, what="parts")
        if "xl/workbook.xml" not in infos:
            raise errors.SpreadsheetUnreadable(why="not_a_workbook")
    left = MOST_UNPACKED
    for name, info in infos.items():
        if name.endswith((".xml", ".rels")):
            part = _unpacked(content, info, left)
            left -= len(part)
            yield name, part


def _unpacked(content: bytes, info: zipfile.ZipInfo, most: int) -> bytes:
    """What really comes out of a part, whatever its header says that it is; at most `most` bytes."""
    name_length, extra_length = LOCAL_HEADER.unpack_from(content, info.header_offset)
    start = info.header_offset + LOCAL_HEADER.size + name_length + extra_length
    packed = content[start : start + info.compress_size]
    if info.flag_bits & 1:
        raise errors.SpreadsheetUnreadable(why="old_office")
    if info.compress_type == STORED:
        part, is_whole = packed[: most + 1], True
    elif info.compress_type == DEFLATED:
        unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
        part = unpacking.decompress(packed, most + 1)
        is_whole = unpacking.eof
    else:
        raise errors.SpreadsheetUnreadable(why="damaged")
    if len(part) > most:
        raise errors.SpreadsheetTooLarge(most=MOST_UNPACKED, what="bytes")
    if not is_whole or zlib.crc32(part) != info.CRC:
        raise errors.SpreadsheetUnreadable(why="damaged")
    return part


# The child.


def _ask_the_child(workbook: bytes, asked: dict[str, int]) -> dict[str, Any]:
    """Its answer; raises `SpreadsheetTooLarge` where it needed more memory or time than it may."""
    command = [sys.executable, "-m", "server.spreadsheets.child", json.dumps(asked)]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            input=workbook,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WALL_S,
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired as slow:
        raise errors.SpreadsheetTooLarge(most=MOST_UNPACKED, what="bytes") from slow
    with contextlib.suppress(ValueError):
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer
    raise errors.SpreadsheetTooLarge(most=MOST_UNPACKED, what="bytes")
