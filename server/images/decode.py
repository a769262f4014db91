"""Pictures of the four formats, opened without decoding and then given strip by strip.

What each decoder wants in memory, as measured with Pillow 13 and pillow-heif 1.8, in bytes a pixel:

    JPEG   little: it is shrunk while decoding; a progressive one keeps all coefficients, 2 bytes
           for each sample
    PNG    little, in strips; when its layout forces it to be decoded whole 4, or 2 without colour
    WebP   16: canvas, previous canvas, a copy, and the picture
    HEIC   6: the planes and the pixels; 8 with more than 8 bits a sample or with transparency

Who needs more than the limit is refused before anything is decoded.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pillow_heif
from PIL import Image, ImageFile, JpegImagePlugin

from server.domain import errors, photos
from server.images import Limits

STRIP_PIXELS = 2_000_000
WEBP_BYTES_PER_PIXEL = 16
HEIC_BYTES_PER_PIXEL = 6
DEEP_HEIC_BYTES_PER_PIXEL = 8
WHOLE_PNG_BYTES_PER_PIXEL = 4
WHOLE_GREY_PNG_BYTES_PER_PIXEL = 2

# Sizes are checked here, before anything is decoded, against the limits of the examiner.
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = False
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False


@dataclass
class Picture:
    """An opened picture. `exif` and `icc` are complete once the strips have been read.

    `size` is of the original, `decoded_size` of what the strips add up to (a JPEG may come
    smaller). `strips(rows)` gives the first frame from the top, so many rows at a time.
    """

    size: tuple[int, int]
    decoded_size: tuple[int, int]
    strips: Callable[[int], Iterator[Image.Image]]
    is_upright: bool = False
    exif: bytes | None = None
    icc: bytes | None = None


def open_picture(file: BinaryIO, format_: photos.Format, limits: Limits) -> Picture:
    """Open a picture of a known format and check its size and its cost.

    Raises ImageTooLarge, ImageTooCostly, and whatever a decoder raises.
    """
    file.seek(0)
    opener = {
        "image/jpeg": _open_jpeg,
        "image/png": _open_png,
        "image/webp": _open_webp,
        "image/heic": _open_heic,
    }[format_]
    return opener(file, limits)


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width <= 0 or height <= 0:
        raise errors.NotAnImage()
    if width * height > limits.max_pixels:
        raise errors.ImageTooLarge(megapixels=round(width * height / 1e6))


def _check_cost(size: tuple[int, int], bytes_per_pixel: float, limits: Limits) -> None:
    if size[0] * size[1] * bytes_per_pixel > limits.decode_bytes:
        raise errors.ImageTooCostly(megapixels=round(size[0] * size[1] / 1e6))


def _whole(opened: ImageFile.ImageFile) -> Picture:
    """A picture that its decoder gives in one piece, cut into strips afterwards."""
    picture = Picture(opened.size, opened.size, lambda rows: iter(()))

    def strips(rows: int) -> Iterator[Image.Image]:
        opened.load()
        picture.exif = opened.info.get("exif")
        picture.icc = opened.info.get("icc_profile")
        width, height = opened.size
        for top in range(0, height, rows):
            yield opened.crop((0, top, width, min(height, top + rows)))

    picture.strips = strips
    return picture


# JPEG.


def _open_jpeg(file: BinaryIO, limits: Limits) -> Picture:
    opened = Image.open(file, formats=["JPEG"])
    assert isinstance(opened, JpegImagePlugin.JpegImageFile)
    size = opened.size
    _check_size(size, limits)
    if opened.info.get("progressive"):
        _check_cost(size, 2 * _samples_per_pixel(opened), limits)
    opened.draft(None, photos.fitted(*size, limits.long_edge))
    picture = _whole(opened)
    picture.size = size
    return picture


def _samples_per_pixel(opened: JpegImagePlugin.JpegImageFile) -> float:
    """3 for full colour, 1.5 for 4:2:0: the sampling factors of ITU-T T.81, A.1.1."""
    factors = [across * down for _, across, down, _ in opened.layer]
    return sum(factors) / max(factors)


# WebP.


def _open_webp(file: BinaryIO, limits: Limits) -> Picture:
    # Its decoder takes the memory for the whole canvas on opening: the header is read first.
    size = _webp_size(file.read(30))
    _check_size(size, limits)
    _check_cost(size, WEBP_BYTES_PER_PIXEL, limits)
    file.seek(0)
    opened = Image.open(file, formats=["WEBP"])
    _check_size(opened.size, limits)
    _check_cost(opened.size, WEBP_BYTES_PER_PIXEL, limits)
    return _whole(opened)


def _webp_size(head: bytes) -> tuple[int, int]:
    """Width and height from the first chunk: VP8X, VP8L or VP8 (RFC 9649, 2.5 to 2.7)."""
    if head[12:16] == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if head[12:16] == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise errors.NotAnImage()


# HEIC.


def _open_heic(file: BinaryIO, limits: Limits) -> Picture:
    """The primary image. It comes already turned; its Exif orientation is history."""
    heif = pillow_heif.open_heif(file)
    image = heif[heif.primary_index]
    _check_size(image.size, limits)
    is_deep = image.has_alpha or image.info["bit_depth"] != 8
    per_pixel = DEEP_HEIC_BYTES_PER_PIXEL if is_deep else HEIC_BYTES_PER_PIXEL
    _check_cost(image.size, per_pixel, limits)

    def strips(rows: int) -> Iterator[Image.Image]:
        data = memoryview(image.data)
        width, height = image.size
        for top in range(0, height, rows):
            part = data[top * image.stride : (top + rows) * image.stride]
            size = width, min(rows, height - top)
            yield Image.frombytes(image.mode, size, part, "raw", image.mode, image.stride)

    return Picture(
        image.size,
        image.size,
        strips,
        is_upright=True,
        exif=_bytes(image.info.get("exif")),
        icc=_bytes(image.info.get("icc_profile")),
    )


def _bytes(value: object) -> bytes | None:
    return value if isinstance(value, bytes) else None


# PNG.


def _open_png(file: BinaryIO, limits: Limits) -> Picture:
    header = _PngHeader.read(file)
    _check_size(header.size, limits)
    file.seek(0)
    opened = Image.open(file, formats=["PNG"])
    if header.size != opened.size:
        raise errors.NotAnImage()
    if not header.comes_in_strips:
        _check_cost(header.size, header.whole_bytes_per_pixel, limits)
        _check_complete(file, header)
        return _whole(opened)

    def strips(rows: int) -> Iterator[Image.Image]:
        chunks = _PngChunks(file)
        yield from _png_strips(chunks, header, rows)
        picture.exif = picture.exif or chunks.exif

    picture = Picture(
        header.size,
        header.size,
        strips,
        exif=opened.info.get("exif"),
        icc=opened.info.get("icc_profile"),
    )
    return picture


def _check_complete(file: BinaryIO, header: "_PngHeader") -> None:
    """Read all rows once: Pillow leaves those black that a shorter stream does not have."""
    at = file.tell()
    chunks = _PngChunks(file)
    left = header.stored_bytes
    while left:
        left -= len(chunks.take(min(left, _PIECE)))
    chunks.finish()
    file.seek(at)


_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIECE = 1 << 20
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# The seven passes of Adam7: first column and row, step across and down (PNG, third edition, 8.2).
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
class _PngHeader:
    """The fields of IHDR (PNG, third edition, 11.2.1)."""

    size: tuple[int, int]
    depth: int
    colour: int
    interlace: int

    @classmethod
    def read(cls, file: BinaryIO) -> "_PngHeader":
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
    def whole_bytes_per_pixel(self) -> int:
        """What Pillow keeps of each pixel when it decodes the picture in one piece."""
        is_flat = self.colour in (0, 3)
        return WHOLE_GREY_PNG_BYTES_PER_PIXEL if is_flat else WHOLE_PNG_BYTES_PER_PIXEL

    @property
    def comes_in_strips(self) -> bool:
        """Whether rows follow each other, and Pillow gives them back as exactly as they were."""
        return self.interlace == 0 and self.depth == 8


def _png_strips(chunks: "_PngChunks", header: _PngHeader, rows: int) -> Iterator[Image.Image]:
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


def _small_png(header: _PngHeader, stored: bytes, palette: bytes) -> Image.Image:
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


class _PngChunks:
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
            more = self._inflate.decompress(waiting, _PIECE)
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
            piece = self._exactly(min(size, _PIECE))
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
