"""PNG, strip by strip: a small reader of its chunks around Pillow's decoder.

The terms are those of the PNG specification, third edition (W3C, 2025).
"""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from server.domain import errors

GREY, PALETTE = 0, 3
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PIECE = 1 << 20
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# The seven passes of Adam7: first column and row, step across and down (8.2).
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


@dataclass(frozen=True)
class Header:
    """The fields of IHDR (11.2.1)."""

    size: tuple[int, int]
    depth: int
    colour: int
    interlace: int

    @classmethod
    def read(cls, file: BinaryIO) -> "Header":
        head = file.read(33)
        if len(head) < 33 or head[12:16] != b"IHDR":
            raise errors.NotAnImage()
        width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", head[16:29])
        if colour not in _SAMPLES:
            raise errors.NotAnImage()
        return cls((width, height), depth, colour, interlace)

    @property
    def row_bytes(self) -> int:
        """One row as it is stored, its filter byte included."""
        return self._row_bytes(self.size[0])

    def _row_bytes(self, width: int) -> int:
        return 1 + (width * self.depth * _SAMPLES[self.colour] + 7) // 8

    @property
    def stored_bytes(self) -> int:
        """All rows; those of an interlaced picture come in seven smaller pictures."""
        width, height = self.size
        if not self.interlace:
            return height * self.row_bytes
        passes = (
            (-(-(width - x) // across), -(-(height - y) // down))
            for x, y, across, down in _ADAM7
            if x < width and y < height
        )
        return sum(rows * self._row_bytes(columns) for columns, rows in passes)

    @property
    def comes_in_strips(self) -> bool:
        """Whether rows follow each other, and Pillow gives them back as exactly as they were."""
        return self.interlace == 0 and self.depth == 8


def strips(chunks: "Chunks", header: Header, rows: int) -> Iterator[Image.Image]:
    """Strips of a PNG, each decoded by Pillow as a small PNG of its own.

    The filters of PNG lean on the row above. So each small PNG begins with the last row of the
    strip before, unfiltered, and that row is cut off again.
    """
    width, height = header.size
    above = b""
    for top in range(0, height, rows):
        count = min(rows, height - top)
        stored = above + chunks.take(count * header.row_bytes)
        strip = _small_png(header, stored, chunks.palette)
        whole = strip.crop((0, 1 if above else 0, width, strip.height))
        whole.info = strip.info
        above = b"\0" + strip.crop((0, strip.height - 1, width, strip.height)).tobytes()
        yield whole
    chunks.finish()


def _small_png(header: Header, stored: bytes, palette: bytes) -> Image.Image:
    rows = len(stored) // header.row_bytes
    fields = (header.size[0], rows, header.depth, header.colour, 0, 0, 0)
    body = _chunk(b"IHDR", struct.pack(">IIBBBBB", *fields)) + palette
    body += _chunk(b"IDAT", zlib.compress(stored, 0)) + _chunk(b"IEND", b"")
    picture = Image.open(io.BytesIO(_SIGNATURE + body), formats=["PNG"])
    picture.load()
    return picture


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(data, zlib.crc32(name))
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


class Chunks:
    """The chunks of a PNG, read as they are needed, every check sum compared.

    `palette` is the PLTE and tRNS chunks as they stand in the file, `exif` what eXIf says; some
    programs write it behind the picture.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._file.seek(len(_SIGNATURE))
        self._inflate = zlib.decompressobj()
        self._rows = bytearray()
        self._data = self._image_data()
        self.palette = b""
        self.exif: bytes | None = None

    def take(self, count: int) -> bytes:
        """The next so many bytes of filtered rows. Raises NotAnImage when the file ends before."""
        while len(self._rows) < count:
            waiting = self._inflate.unconsumed_tail or next(self._data, b"")
            more = self._inflate.decompress(waiting, PIECE)
            if not waiting and not more:
                raise errors.NotAnImage()
            self._rows += more
        taken = bytes(self._rows[:count])
        del self._rows[:count]
        return taken

    def finish(self) -> None:
        """Read to the end, so that a file that was cut behind its last row is noticed."""
        for _ in self._data:
            pass

    def _image_data(self) -> Iterator[bytes]:
        while True:
            size, name = struct.unpack(">I4s", self._exactly(8))
            if name == b"IDAT":
                yield from self._pieces(size, zlib.crc32(name))
            else:
                data = b"".join(self._pieces(size, zlib.crc32(name)))
                if name in (b"PLTE", b"tRNS"):
                    self.palette += _chunk(name, data)
                if name == b"eXIf":
                    self.exif = data
                if name == b"IEND":
                    return

    def _pieces(self, size: int, check: int) -> Iterator[bytes]:
        while size:
            piece = self._exactly(min(size, PIECE))
            size -= len(piece)
            check = zlib.crc32(piece, check)
            yield piece
        if self._exactly(4) != struct.pack(">I", check):
            raise errors.NotAnImage()

    def _exactly(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) != count:
            raise errors.NotAnImage()
        return data
