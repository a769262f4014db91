"""What a photo must be to count as proof, and how it is judged on sight.

Everything here works on plain numbers and bytes, so that the server and the companion on a device
come to the same verdict. Whoever decodes the picture (the server with Pillow in a guarded process,
the companion with Pillow, a browser with a canvas) hands over one thing only, the **raster**:

    the upright picture, grey by ITU-R 601 (0.299 R + 0.587 G + 0.114 B, Pillow's mode "L"),
    averaged by area ("BOX") down to `raster_size(width, height)`, a long edge of 512 pixels,
    one byte a pixel, row by row from the top left. A smaller picture is taken as it is.

`measure_grey` turns the raster into a `Look`:

    brightness    the mean, 0 (black) to 255 (white)
    dark_share    the share of pixels below 32, 0 to 1
    bright_share  the share of pixels above 247, 0 to 1
    sharpness     the variance of the Laplacian 4c - left - right - up - down over all pixels that
                  have four neighbours (Pech-Pacheco and others, ICPR 2000); grey levels squared.
                  It only compares between rasters of the same size, hence the fixed long edge
    hash          dHash: the raster averaged into 9 x 8 cells; a bit for each neighbouring pair in a
                  row, set where the left cell is brighter by more than one grey level; the top left
                  pair is the highest bit; 16 hex digits

A doubt never refuses a photo. On site it asks for another shot while that is still cheap; in the
office it says where to look first.
"""

import itertools
import math
import sys
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal, get_args

Format = Literal["image/jpeg", "image/png", "image/webp", "image/heic"]
Doubt = Literal[
    "too_dark", "too_bright", "blurred", "too_small", "seen_before", "out_of_time", "far_away"
]

FORMATS: frozenset[str] = frozenset(get_args(Format))

MAX_PIXELS = 120_000_000
MAX_BYTES = 50 * 1024 * 1024
LONG_EDGE = 2048
THUMBNAIL_EDGE = 320
RASTER_EDGE = 512
HEAD_BYTES = 64
"""How much of a file's beginning `sniff` wants to see; more does no harm."""

HASH_COLUMNS, HASH_ROWS = 9, 8
SAME_PICTURE_BITS = 6
TELLING_BITS = range(6, 59)
EARTH_RADIUS_M = 6_371_008.8

_HEVC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_HEIF_BRANDS = _HEVC_BRANDS | {b"mif1", b"msf1"}
_AV1_BRANDS = frozenset({b"avif", b"avis"})

_NOT_DARK = bytes(range(32, 256))
_NOT_BRIGHT = bytes(range(248))
_LAPLACIAN_BIAS = 2048
_SQUARES = [value * value for value in range(2 * _LAPLACIAN_BIAS)]  # looked up faster than made


@dataclass(frozen=True)
class Thresholds:
    """Where a doubt begins: one table for server, companion and tablet."""

    too_dark_below_brightness: float = 38.0
    too_dark_above_share: float = 0.80
    too_bright_above_brightness: float = 238.0
    too_bright_above_share: float = 0.70
    blurred_below_sharpness: float = 30.0
    too_small_below_short_edge: int = 480
    far_away_above_m: float = 500.0
    leeway: timedelta = timedelta(minutes=15)


THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Sentence:
    """What happened and what to do, in both languages."""

    en: str
    zh: str


DOUBTS: Mapping[Doubt, Sentence] = {
    "too_dark": Sentence(
        "The photo is too dark to show the work. Switch on a light or the flash and take it again.",
        "照片太暗，看不清施工情况。请开灯或打开闪光灯后重拍。",
    ),
    "too_bright": Sentence(
        "The photo is too bright to show the work. Turn away from the light and take it again.",
        "照片过亮，看不清施工情况。请避开强光后重拍。",
    ),
    "blurred": Sentence(
        "The photo is blurred. Hold the device still, tap on the work to focus, and take it again.",
        "照片模糊。请拿稳设备，点击画面对焦后重拍。",
    ),
    "too_small": Sentence(
        "The photo has too few pixels to judge the work. Take it with the camera at full size.",
        "照片尺寸过小，无法判断施工质量。请用相机以完整尺寸拍摄。",
    ),
    "seen_before": Sentence(
        "This looks like a photo that was sent before. Take a new one of the work as it is now.",
        "这张照片与之前提交的照片相同。请拍摄当前施工情况的新照片。",
    ),
    "out_of_time": Sentence(
        "The photo was not taken during the visit. Take it on site, or say why it was not.",
        "照片不是在上门期间拍摄的。请在现场拍摄，或说明原因。",
    ),
    "far_away": Sentence(
        "The photo was taken away from the customer's address. Take it on site, or say why.",
        "照片拍摄位置与客户地址不符。请在现场拍摄，或说明原因。",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the raster says about a picture; units are in the module's own description."""

    brightness: float
    dark_share: float
    bright_share: float
    sharpness: float
    hash: str


@dataclass(frozen=True, kw_only=True)
class Measured(Look):
    """A picture as it was examined: facts only, no verdict.

    `width` and `height` are of the original, upright. `taken_at` is what the camera wrote; it has
    no zone when the camera wrote none. `position` is (latitude, longitude) in degrees.
    """

    format: Format
    width: int
    height: int
    taken_at: datetime | None = None
    position: tuple[float, float] | None = None


def sniff(head: bytes) -> Format | None:
    """The format by its first `HEAD_BYTES` bytes, or None; a sender's claim counts for nothing.

    HEIC is HEVC in a HEIF file (ISO/IEC 23008-12): by its major brand, and not AVIF, which
    travels under the same general brands.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and _is_heic(head):
        return "image/heic"
    return None


def _is_heic(head: bytes) -> bool:
    box_end = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    compatible = {head[at : at + 4] for at in range(16, box_end - 3, 4)}
    if major not in _HEIF_BRANDS:
        return False
    return major in _HEVC_BRANDS or bool(compatible & _HEVC_BRANDS) or not compatible & _AV1_BRANDS


def fitted(width: int, height: int, long_edge: int) -> tuple[int, int]:
    """The size within a long edge, in the same proportions; never larger, never below one pixel."""
    longest = max(width, height)
    if longest <= long_edge:
        return width, height
    return (
        max(1, (width * long_edge + longest // 2) // longest),
        max(1, (height * long_edge + longest // 2) // longest),
    )


def raster_size(width: int, height: int) -> tuple[int, int]:
    """The size of the raster that `measure_grey` wants for a picture of this size."""
    return fitted(width, height, RASTER_EDGE)


def measure_grey(pixels: bytes, width: int, height: int) -> Look:
    """What the raster says; the formulas are in the module's description.

    Raises ValueError when there are not exactly width x height pixels, at least one.
    """
    count = width * height
    if min(width, height) < 1 or len(pixels) != count:
        raise ValueError(f"{len(pixels)} pixels are not {width} x {height}")
    return Look(
        brightness=round(sum(pixels) / count, 2),
        dark_share=round(len(pixels.translate(None, _NOT_DARK)) / count, 4),
        bright_share=round(len(pixels.translate(None, _NOT_BRIGHT)) / count, 4),
        sharpness=round(_variance(_laplacian(pixels, width, height)), 2),
        hash=_difference_hash(pixels, width, height),
    )


def _laplacian(pixels: bytes, width: int, height: int) -> "array[int]":
    """The biased Laplacian of the inner pixels, all at once.

    The picture becomes one large integer with 16 bits a pixel, so that a shift is a neighbour and
    one addition adds every pixel. The bias keeps each lane positive (4 x 255 < 2048), and lanes
    that borrow lie behind the last pixel, where the mask cuts them off.
    """
    count = width * height
    lanes = bytearray(2 * count)
    lanes[::2] = pixels
    centre = int.from_bytes(lanes, "little")
    bias = int.from_bytes(_LAPLACIAN_BIAS.to_bytes(2, "little") * count, "little")
    row = 16 * width
    total = (
        bias + (centre << 2) - (centre << 16) - (centre >> 16) - (centre << row) - (centre >> row)
    )
    every = array("H", (total & ((1 << (16 * count)) - 1)).to_bytes(2 * count, "little"))
    if sys.byteorder == "big":
        every.byteswap()
    inner = array("H")
    for start in range(width, width * (height - 1), width):
        inner.extend(every[start + 1 : start + width - 1])
    return inner


def _variance(values: "array[int]") -> float:
    if not values:
        return 0.0
    total = sum(values)
    squares = sum(map(_SQUARES.__getitem__, values))
    return (squares * len(values) - total * total) / (len(values) * len(values))


def _difference_hash(pixels: bytes, width: int, height: int) -> str:
    bits = 0
    for row in range(HASH_ROWS):
        cells = _cells(pixels, width, _band(row, HASH_ROWS, height))
        for left, right in itertools.pairwise(cells):
            bits = bits << 1 | (left - right > 1.0)
    return f"{bits:016x}"


def _cells(pixels: bytes, width: int, rows: range) -> list[float]:
    """The mean of each of the nine cells in one band of rows."""
    means = []
    for column in range(HASH_COLUMNS):
        across = _band(column, HASH_COLUMNS, width)
        lines = [pixels[y * width + across.start : y * width + across.stop] for y in rows]
        total = sum(map(sum, lines))
        means.append(total / (len(rows) * len(across)))
    return means


def _band(index: int, bands: int, length: int) -> range:
    """The pixels of one of so many equal bands; at least one, so those of tiny pictures share."""
    start = index * length // bands
    return range(start, max(start + 1, (index + 1) * length // bands))


def doubts(measured: Measured, thresholds: Thresholds = THRESHOLDS) -> list[Doubt]:
    """What is wrong with the picture itself, gravest first.

    A dark or a blinded picture has no edges left: it is not called blurred as well.
    """
    found: list[Doubt] = []
    if min(measured.width, measured.height) < thresholds.too_small_below_short_edge:
        found.append("too_small")
    if (
        measured.brightness < thresholds.too_dark_below_brightness
        or measured.dark_share > thresholds.too_dark_above_share
    ):
        found.append("too_dark")
    elif (
        measured.brightness > thresholds.too_bright_above_brightness
        or measured.bright_share > thresholds.too_bright_above_share
    ):
        found.append("too_bright")
    elif measured.sharpness < thresholds.blurred_below_sharpness:
        found.append("blurred")
    return found


def hamming(a: str, b: str) -> int:
    """How many of 64 bits differ between two hashes of 16 hex digits."""
    return (int(a, 16) ^ int(b, 16)).bit_count()


def is_telling(hash_: str) -> bool:
    """Whether a hash says anything: any bare wall or even gradient gives the same bits."""
    return int(hash_, 16).bit_count() in TELLING_BITS


def looks_like(a: str, b: str) -> bool:
    """Whether two hashes are of the same picture, also after resizing or saving again."""
    return is_telling(a) and is_telling(b) and hamming(a, b) <= SAME_PICTURE_BITS


def outside_visit(
    taken_at: datetime | None,
    arrived_at: datetime,
    finished_at: datetime | None,
    leeway: timedelta = THRESHOLDS.leeway,
    *,
    zone: tzinfo | None = None,
) -> Doubt | None:
    """`out_of_time` when the picture was taken before the arrival or after the finish.

    A camera that wrote no zone is read in `zone` (the site's); without one nothing can be said.
    A visit that has not finished has no end yet.
    """
    if taken_at is not None and taken_at.tzinfo is None:
        taken_at = taken_at.replace(tzinfo=zone) if zone else None
    if taken_at is None:
        return None
    too_early = taken_at < arrived_at - leeway
    too_late = finished_at is not None and taken_at > finished_at + leeway
    return "out_of_time" if too_early or too_late else None


def distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Metres between two positions in degrees: haversine on a sphere with the mean Earth radius."""
    phi_a, phi_b = math.radians(lat_a), math.radians(lat_b)
    half_phi = (phi_b - phi_a) / 2
    half_lambda = math.radians(lon_b - lon_a) / 2
    chord = math.sin(half_phi) ** 2 + math.cos(phi_a) * math.cos(phi_b) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


def far_away(
    distance_m: float, accuracy_m: float = 0.0, limit_m: float = THRESHOLDS.far_away_above_m
) -> Doubt | None:
    """`far_away` when the picture was taken beyond the limit, the position's own error granted."""
    return "far_away" if distance_m - accuracy_m > limit_m else None
