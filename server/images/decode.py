"""Pictures of the four formats, opened without decoding and then given strip by strip.

What each decoder wants in memory, as measured with Pillow 13 and pillow-heif 1.8, in bytes a pixel:

    JPEG   little: it is shrunk while decoding; a progressive one keeps all coefficients, 2 bytes
           for each sample
    PNG    little, in strips; when its layout forces it to be decoded whole 4, or 2 without colour
    WebP   16: canvas, previous canvas, a copy, and the picture
    HEIC   6: the planes and the pixels; 8 with more than 8 bits a sample or with transparency

Who needs more than the limit is refused before anything is decoded.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pillow_heif
from PIL import Image, ImageFile, JpegImagePlugin

from server.domain import errors, photos
from server.images import Limits, png

STRIP_PIXELS = 2048 * 2048  # what a tablet stores comes in one piece
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
        if rows >= height:
            yield opened
            return
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
    header = png.Header.read(file)
    _check_size(header.size, limits)
    file.seek(0)
    opened = Image.open(file, formats=["PNG"])
    if header.size != opened.size:
        raise errors.NotAnImage()
    if not header.comes_in_strips:
        _check_cost(header.size, _png_bytes_per_pixel(header), limits)
        _check_complete(file, header)
        return _whole(opened)

    def strips(rows: int) -> Iterator[Image.Image]:
        chunks = png.Chunks(file)
        yield from png.strips(chunks, header, rows)
        picture.exif = picture.exif or chunks.exif

    picture = Picture(
        header.size,
        header.size,
        strips,
        exif=opened.info.get("exif"),
        icc=opened.info.get("icc_profile"),
    )
    return picture


def _check_complete(file: BinaryIO, header: png.Header) -> None:
    """Read all rows once: Pillow leaves those black that a shorter stream does not have."""
    at = file.tell()
    chunks = png.Chunks(file)
    left = header.stored_bytes
    while left:
        left -= len(chunks.take(min(left, png.PIECE)))
    chunks.finish()
    file.seek(at)


def _png_bytes_per_pixel(header: png.Header) -> int:
    """What Pillow keeps of each pixel when it decodes the picture in one piece."""
    is_flat = header.colour in (png.GREY, png.PALETTE)
    return WHOLE_GREY_PNG_BYTES_PER_PIXEL if is_flat else WHOLE_PNG_BYTES_PER_PIXEL
