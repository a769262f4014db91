"""What counts as a photo, how its raster is measured, and when it raises a doubt."""

import base64
import json
import statistics
import struct
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain import photos

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "photos.json").read_text(encoding="utf-8")
)
CHENGDU = timezone(timedelta(hours=8))
ARRIVED = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
FINISHED = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
TELLING = "0f1e2d3c4b5a6978"


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + b"\0\0\0\0" + b"".join(compatible)
    return struct.pack(">I", 4 + len(body)) + body + b"\0\0\0\x08mdatheic"


def measured(**changes: object) -> photos.Measured:
    """A photo without any fault, but for the changes."""
    good: dict[str, object] = {
        "format": "image/jpeg",
        "width": 2048,
        "height": 1536,
        "brightness": 128.0,
        "dark_share": 0.02,
        "bright_share": 0.02,
        "sharpness": 600.0,
        "hash": TELLING,
    }
    return photos.Measured(**{**good, **changes})  # type: ignore[arg-type]


# Formats.


@pytest.mark.parametrize(
    ("head", "format_"),
    [
        (b"\xff\xd8\xff\xe1\x12\x34Exif", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (ftyp(b"heic", b"mif1", b"heic"), "image/heic"),
        (ftyp(b"heix", b"mif1"), "image/heic"),
        (ftyp(b"hevc", b"msf1"), "image/heic"),
        (ftyp(b"mif1", b"mif1", b"heic"), "image/heic"),
        (ftyp(b"msf1"), "image/heic"),
        (ftyp(b"avif", b"mif1"), None),
        (ftyp(b"mif1", b"mif1", b"avif"), None),
        (ftyp(b"isom", b"heic"), None),
        (b"RIFF\x10\0\0\0AVI LIST", None),
        (b"GIF89a", None),
        (b"<svg xmlns=", None),
        (b"", None),
    ],
)
def test_a_format_is_known_by_its_first_bytes(head: bytes, format_: str | None) -> None:
    assert photos.sniff(head) == format_


@given(st.binary(max_size=80))
def test_any_bytes_have_a_format_or_none(head: bytes) -> None:
    assert photos.sniff(head) in photos.FORMATS | {None}


@given(st.integers(1, 100_000), st.integers(1, 100_000))
def test_a_fitted_size_is_within_the_edge_and_never_enlarged(width: int, height: int) -> None:
    fitted = photos.fitted(width, height, 2048)

    assert min(fitted) >= 1
    assert max(fitted) == min(2048, max(width, height))


# Measuring.


def test_brightness_and_shares_are_plain_counts() -> None:
    look = photos.measure_grey(bytes([0, 31, 32, 100, 247, 248, 255, 255]), 4, 2)

    assert look.brightness == pytest.approx(146.0)
    assert look.dark_share == 2 / 8
    assert look.bright_share == 3 / 8


@given(st.integers(1, 14), st.integers(1, 14), st.data())
def test_sharpness_is_the_variance_of_the_laplacian(
    width: int, height: int, data: st.DataObject
) -> None:
    pixels = data.draw(st.binary(min_size=width * height, max_size=width * height))

    plainly = [
        4 * pixels[at] - pixels[at - 1] - pixels[at + 1] - pixels[at - width] - pixels[at + width]
        for row in range(1, height - 1)
        for at in range(row * width + 1, row * width + width - 1)
    ]
    expected = statistics.pvariance(plainly) if plainly else 0.0
    assert photos.measure_grey(pixels, width, height).sharpness == pytest.approx(expected, abs=0.01)


def test_the_hash_has_a_bit_where_the_left_cell_is_brighter() -> None:
    row = bytes([90, 10, 80, 20, 70, 30, 60, 40, 50])

    assert photos.measure_grey(row * 8, 9, 8).hash == "aa" * 8


@pytest.mark.parametrize("size", [(1, 1), (1, 600), (8, 7), (3, 3)])
def test_even_the_smallest_raster_can_be_measured(size: tuple[int, int]) -> None:
    width, height = size

    assert len(photos.measure_grey(b"\x80" * width * height, width, height).hash) == 16


@pytest.mark.parametrize(("pixels", "size"), [(b"", (0, 0)), (b"abc", (2, 2)), (b"ab", (-1, -2))])
def test_it_refuses_a_raster_that_is_not_its_size(pixels: bytes, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="pixels are not"):
        photos.measure_grey(pixels, *size)


@pytest.mark.parametrize("case", VECTORS["measures"], ids=lambda case: case["name"])
def test_every_side_measures_the_same(case: dict[str, object]) -> None:
    pixels = base64.b64decode(str(case["pixels"]))
    width, height = int(str(case["width"])), int(str(case["height"]))

    assert vars(photos.measure_grey(pixels, width, height)) == case["look"]


@pytest.mark.parametrize(("size", "raster"), VECTORS["raster_sizes"])
def test_every_side_takes_the_same_raster(size: list[int], raster: list[int]) -> None:
    assert list(photos.raster_size(size[0], size[1])) == raster


# The same picture.


@pytest.mark.parametrize(("a", "b", "alike"), VECTORS["same_picture"])
def test_every_side_recognises_the_same_pictures(a: str, b: str, alike: bool) -> None:
    assert photos.looks_like(a, b) is alike


def test_hamming_counts_bits() -> None:
    assert photos.hamming("0000000000000000", "8000000000000003") == 3


@pytest.mark.parametrize(("flipped", "alike"), [(0x0, True), (0x3F, True), (0x7F, False)])
def test_up_to_six_bits_apart_is_the_same_picture(flipped: int, alike: bool) -> None:
    other = f"{int(TELLING, 16) ^ flipped:016x}"

    assert photos.looks_like(TELLING, other) is alike


def test_two_bare_walls_are_not_the_same_picture() -> None:
    wall = photos.measure_grey(b"\xc8" * 64 * 48, 64, 48).hash

    assert not photos.looks_like(wall, wall)


def test_two_even_gradients_are_not_the_same_picture() -> None:
    gradient = photos.measure_grey(bytes(range(240, 0, -4)) * 40, 60, 40).hash

    assert not photos.looks_like(gradient, gradient)


# Doubts.


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"brightness": 20.0}, ["too_dark"]),
        ({"dark_share": 0.9}, ["too_dark"]),
        ({"brightness": 245.0}, ["too_bright"]),
        ({"bright_share": 0.8}, ["too_bright"]),
        ({"sharpness": 8.0}, ["blurred"]),
        ({"width": 400, "height": 300}, ["too_small"]),
        ({"brightness": 10.0, "sharpness": 1.0}, ["too_dark"]),
        ({"width": 400, "height": 300, "sharpness": 1.0}, ["too_small", "blurred"]),
    ],
)
def test_a_doubt_names_what_is_wrong(changes: dict[str, object], expected: list[str]) -> None:
    assert photos.doubts(measured(**changes)) == expected


def test_a_shop_may_be_stricter() -> None:
    strict = photos.Thresholds(blurred_below_sharpness=700.0)

    assert photos.doubts(measured(), strict) == ["blurred"]


def test_every_doubt_has_a_sentence_in_both_languages() -> None:
    assert all(
        doubt.en.endswith(".") and doubt.zh.endswith("。") for doubt in photos.DOUBTS.values()
    )


@pytest.mark.parametrize(
    ("taken_at", "doubt"),
    [
        (ARRIVED, None),
        (ARRIVED - timedelta(minutes=15), None),
        (ARRIVED - timedelta(minutes=16), "out_of_time"),
        (FINISHED + timedelta(minutes=16), "out_of_time"),
        (datetime(2026, 11, 21, 16, 30, tzinfo=CHENGDU), None),
        (datetime(2026, 11, 21, 8, 30, tzinfo=CHENGDU), "out_of_time"),
        (datetime(2026, 11, 21, 16, 30), None),  # noqa: DTZ001
        (None, None),
    ],
)
def test_a_photo_belongs_into_its_visit(taken_at: datetime | None, doubt: str | None) -> None:
    assert photos.outside_visit(taken_at, ARRIVED, FINISHED) == doubt


def test_a_camera_without_a_zone_is_read_in_the_zone_of_the_site() -> None:
    local = datetime(2026, 11, 21, 3, 0)  # noqa: DTZ001

    assert photos.outside_visit(local, ARRIVED, FINISHED, zone=CHENGDU) == "out_of_time"


def test_a_visit_that_goes_on_has_no_end() -> None:
    assert photos.outside_visit(FINISHED + timedelta(hours=9), ARRIVED, None) is None


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    assert photos.distance_m(30.0, 104.0, 31.0, 104.0) == pytest.approx(111_195, abs=1)


def test_antipodes_are_half_the_circumference_apart() -> None:
    assert photos.distance_m(0, 0, 0, 180) == pytest.approx(20_015_115, abs=1)


@pytest.mark.parametrize(
    ("distance", "accuracy", "doubt"),
    [(499.0, 0.0, None), (501.0, 0.0, "far_away"), (2000.0, 1600.0, None)],
)
def test_far_away_grants_the_error_of_the_position(
    distance: float, accuracy: float, doubt: str | None
) -> None:
    assert photos.far_away(distance, accuracy) == doubt
