"""What the guarded process does with one picture: decode it small, turn it, measure it, copy it.

Memory is the concern. A picture of 100 megapixels is never whole in memory where its format
allows: `decode` gives it in strips, and each strip shrinks before the next one is read.
"""

import io
import math
from collections.abc import Iterator
from datetime import datetime
from itertools import product
from pathlib import Path

from PIL import Image, ImageChops, ImageCms

from server.domain import errors, photos
from server.images import Limits, decode

JPEG_QUALITY = 85
ICC_BYTES = 4 * 1024 * 1024
SAME_COLOUR = 1  # of 255: what rounding changes

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset({5, 6, 7, 8})


def examine(path: Path, limits: Limits) -> tuple[photos.Measured, bytes, bytes]:
    """The measure of the picture, the large copy and the thumbnail (both JPEG, sRGB, bare).

    Raises NotAnImage, ImageTooLarge, ImageTooCostly, and whatever a decoder raises.
    """
    with path.open("rb") as file:
        format_ = photos.sniff(file.read(photos.HEAD_BYTES))
        if format_ is None:
            raise errors.NotAnImage()
        picture = decode.open_picture(file, format_, limits)
        small = _fitted(_shrunk(picture, limits.long_edge), limits.long_edge)
    facts = _exif(picture.exif)
    turn = 1 if picture.is_upright else _orientation(facts)
    large = _turned(_as_srgb(small, picture.icc), turn)
    thumb = _fitted(large, limits.thumbnail_edge, gap=1.5)
    width, height = picture.size[::-1] if turn in _SIDEWAYS else picture.size
    measured = photos.Measured(
        format=format_,
        width=width,
        height=height,
        taken_at=_taken_at(facts),
        position=_position(facts),
        **vars(look(large)),
    )
    return measured, _jpeg(large), _jpeg(thumb)


def look(upright: Image.Image) -> photos.Look:
    """What the domain says about the raster of an upright picture."""
    size = photos.raster_size(*upright.size)
    raster = upright.convert("L").resize(size, Image.Resampling.BOX)
    return photos.measure_grey(raster.tobytes(), *size)


def _shrunk(picture: decode.Picture, long_edge: int) -> Image.Image:
    """The picture averaged down by a whole factor, still at least the long edge if it was."""
    width, height = picture.decoded_size
    factor = max(1, max(width, height) // long_edge)
    canvas: Image.Image | None = None
    row = 0
    for strip in _in_steps_of(picture, factor):
        small = _opaque(strip)
        if factor > 1:
            small = small.reduce(factor)
        if small.size == picture.decoded_size:  # in one piece: nothing to put together
            canvas, row = small, small.height
            continue
        if canvas is None:
            across, down = math.ceil(width / factor), math.ceil(height / factor)
            canvas = Image.new(small.mode, (across, down))
        canvas.paste(small, (0, row))
        row += small.height
    if canvas is None or row != canvas.height:
        raise errors.NotAnImage()
    return canvas


def _fitted(picture: Image.Image, long_edge: int, *, gap: float = 2.0) -> Image.Image:
    """Averaged down to `gap` times the size that is wanted, and from there with care."""
    size = photos.fitted(*picture.size, long_edge)
    if size == picture.size:
        return picture
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=gap)


def _in_steps_of(picture: decode.Picture, factor: int) -> Iterator[Image.Image]:
    rows = max(1, decode.STRIP_PIXELS // picture.decoded_size[0] // factor) * factor
    return picture.strips(rows)


def _opaque(strip: Image.Image) -> Image.Image:
    """The strip as L, RGB or CMYK; what is transparent lies on white, 16 bits become 8."""
    if strip.mode in ("L", "RGB", "CMYK") and "transparency" not in strip.info:
        return strip
    if strip.mode == "1":
        return strip.convert("L")
    if strip.mode.startswith("I"):
        return strip.convert("I").point(lambda level: level * (1 / 257)).convert("L")
    if strip.mode == "P" and "transparency" not in strip.info:
        return strip.convert("RGB")
    if strip.mode in ("YCbCr", "LAB", "HSV", "RGBX"):
        return strip.convert("RGB")
    layer = strip.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    return paper


def _as_srgb(picture: Image.Image, icc: bytes | None) -> Image.Image:
    """The colours that the profile means, in sRGB. A profile that cannot be used is left out."""
    if icc and len(icc) <= ICC_BYTES:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            if profile.profile.xcolor_space.strip() == _ICC_SPACE[picture.mode]:
                return _transformed(picture, profile)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _transformed(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    """Most profiles only say that it is sRGB: tried on a swatch first, it costs more than decoding."""
    srgb = ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(profile, srgb, picture.mode, "RGB")
    if picture.mode == "RGB" and _is_same(transform.apply(_SWATCH), _SWATCH):
        return picture
    return transform.apply(picture)


def _is_same(one: Image.Image, other: Image.Image) -> bool:
    return max(ImageChops.difference(one, other).tobytes()) <= SAME_COLOUR


def _swatch() -> Image.Image:
    """Colours from all over the cube, nine steps of each."""
    steps = [min(32 * step, 255) for step in range(9)]
    colours = bytes(part for each in product(steps, repeat=3) for part in each)
    return Image.frombytes("RGB", (27, 27), colours)


_SWATCH = _swatch()
_ICC_SPACE = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}


def _turned(picture: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _jpeg(picture: Image.Image) -> bytes:
    """The pixels alone: a saver would copy the comment and the profile that it finds beside them.

    Huffman tables of its own would save 4 % of the size and cost more time than decoding.
    """
    picture.info = {}
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def _exif(data: bytes | None) -> Image.Exif:
    """What the camera wrote, or nothing: a picture is not worse for a broken note about it."""
    exif = Image.Exif()
    try:
        exif.load(data or b"")
    except Exception:  # The reader of Exif raises nearly everything on broken data.
        return Image.Exif()
    return exif


def _orientation(exif: Image.Exif) -> int:
    try:
        return int(exif.get(0x0112, 1))
    except (TypeError, ValueError):
        return 1


def _taken_at(exif: Image.Exif) -> datetime | None:
    """DateTimeOriginal with OffsetTimeOriginal (Exif 2.31); without the latter it has no zone."""
    try:
        inner = exif.get_ifd(0x8769)
        date, _, time = str(inner[0x9003]).strip("\0 ").partition(" ")
        offset = str(inner.get(0x9011, "")).strip("\0 ")
        return datetime.fromisoformat(f"{date.replace(':', '-')}T{time}{offset}")
    except Exception:
        return None


def _position(exif: Image.Exif) -> tuple[float, float] | None:
    """(latitude, longitude) in degrees, when both are there and on Earth."""
    try:
        gps = exif.get_ifd(0x8825)
        latitude = _degrees(gps[2]) * (-1 if gps[1] == "S" else 1)
        longitude = _degrees(gps[4]) * (-1 if gps[3] == "W" else 1)
    except Exception:
        return None
    if abs(latitude) <= 90 and abs(longitude) <= 180:
        return latitude, longitude
    return None


def _degrees(parts: tuple[float, float, float]) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return round(degrees + minutes / 60 + seconds / 3600, 7)
