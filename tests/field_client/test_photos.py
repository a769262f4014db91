"""Any real phone picture becomes proof: upright, 2048 pixels, JPEG, and nothing told about its owner."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from field_client import Companion, blobs, errors, photos, signatures
from server.domain import errors as domain_errors
from tests import pictures
from tests.field_client import device

TELLTALES = (*pictures.TELLTALES, b"Exif\0", b"http://ns.adobe.com")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures in grey levels, looked at small."""
    small = [each.convert("L").resize((64, 48)) for each in (one, other)]
    return ImageStat.Stat(ImageChops.difference(*small)).mean[0]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("make", [pictures.jpeg, pictures.heic])
def test_it_stands_upright(make: object, orientation: int) -> None:
    content = make(size=(800, 600), orientation=orientation)  # type: ignore[operator]
    shot = photos.from_bytes(content)
    assert (shot.width, shot.height) == (800, 600)
    assert difference(Image.open(io.BytesIO(shot.content)), pictures.scene(size=(800, 600))) < 4


@pytest.mark.parametrize("make", [pictures.jpeg, pictures.heic])
def test_it_says_nothing_about_its_owner(make: object) -> None:
    shot = photos.from_bytes(make())  # type: ignore[operator]
    assert not [telltale for telltale in TELLTALES if telltale in shot.content]
    assert not Image.open(io.BytesIO(shot.content)).getexif()
    assert shot.position == {"lat": 30.6598, "lon": 104.0633}


@pytest.mark.parametrize(
    "content",
    [
        pictures.png(),
        pictures.webp(),
        pictures.cmyk_jpeg(),
        pictures.grey_jpeg(),
        pictures.grey_16_bit_png(),
        pictures.palette_png(),
        pictures.palette_png(transparent=True),
        pictures.half_transparent_png(),
        pictures.interlaced_png(),
        pictures.animated("PNG"),
        pictures.animated("WEBP"),
        pictures.multi_picture_jpeg(),
        pictures.swapped_primaries_jpeg(),
        pictures.png_with_exif_behind(6),
    ],
)
def test_every_kind_of_picture_becomes_a_plain_jpeg(content: bytes) -> None:
    shot = photos.from_bytes(content)
    stored = Image.open(io.BytesIO(shot.content))
    assert (stored.format, stored.mode) == ("JPEG", "RGB")
    assert shot.width > shot.height
    assert not [telltale for telltale in TELLTALES if telltale in shot.content]
    assert 40 < shot.look.brightness < 250


def test_it_is_shrunk_but_never_enlarged() -> None:
    large, small = pictures.jpeg(size=(3000, 4000)), pictures.jpeg(size=(500, 500))
    assert photos.from_bytes(large).width == 1536
    assert photos.from_bytes(large).height == 2048
    assert photos.from_bytes(small).width == 500


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + bytes(100),
        b"%PDF-1.7",
        b"\xff\xd8\xff" + bytes(1000),
        pictures.truncated(pictures.jpeg()),
        pictures.truncated(pictures.heic()),
        pictures.truncated(pictures.png()),
        pictures.not_a_picture(),
        pictures.page_in_jpeg_clothes(),
        pictures.avif_head(),
        pictures.bomb_png(),
    ],
)
def test_it_refuses_what_cannot_be_shown(content: bytes) -> None:
    with pytest.raises((domain_errors.NotAnImage, domain_errors.ImageTooLarge)):
        photos.from_bytes(content)


def test_it_refuses_too_many_pixels_before_decoding() -> None:
    with pytest.raises(domain_errors.ImageTooLarge):
        photos.from_bytes(pictures.jpeg(size=(2000, 1500)), max_pixels=2_000_000)


PEAK = """
import re, sys
from pathlib import Path
from field_client import photos
photos.prepare(Path(sys.argv[1]))
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere peaks are told otherwise")
@pytest.mark.parametrize(("kind", "most_mib"), [("progressive", 350), ("heic", 500)])
def test_fifty_megapixels_fit_a_small_machine(tmp_path: Path, kind: str, most_mib: int) -> None:
    file = tmp_path / "large"
    size = pictures.MEGAPIXELS_50
    content = (
        pictures.flat_heic(size) if kind == "heic" else pictures.jpeg(size=size, progressive=True)
    )
    file.write_bytes(content)
    told = subprocess.run(
        [sys.executable, "-c", PEAK, str(file)], capture_output=True, check=True, text=True
    )
    assert int(told.stdout) < most_mib


@pytest.fixture
def tablet(tmp_path: Path) -> Companion:
    return device.tablet(tmp_path / "home", jobs=2)


def save(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "shot"
    file.write_bytes(content)
    return file


def test_what_is_stored_is_what_was_hashed(tablet: Companion, tmp_path: Path) -> None:
    event, shot = tablet.photo("J-1001", "after", save(tmp_path, pictures.jpeg()))
    stored = blobs.path(tablet.store, shot.sha256).read_bytes()
    assert blobs.digest(stored) == event["data"]["sha256"]
    assert event["data"]["size"] == len(stored)
    assert event["data"]["source"] == "camera"
    assert event["position"] == {"lat": 30.6598, "lon": 104.0633}


def test_a_doubt_is_said_on_the_spot_and_the_photo_kept(tablet: Companion, tmp_path: Path) -> None:
    black = Image.new("RGB", (1000, 800), "black")
    out = io.BytesIO()
    black.save(out, "JPEG")
    _, shot = tablet.photo("J-1001", "after", save(tmp_path, out.getvalue()))
    assert shot.doubts == ["too_dark"]
    assert device.waiting(tablet) == ["photo.taken"]


def test_the_same_picture_again_is_noticed(tablet: Companion, tmp_path: Path) -> None:
    first = save(tmp_path, pictures.jpeg(size=(1600, 1200)))
    _, shot = tablet.photo("J-1001", "after", first)
    assert shot.doubts == []
    _, same = tablet.photo("J-1002", "after", first)
    assert same.doubts == ["seen_before"]
    smaller = save(tmp_path, pictures.jpeg(size=(1200, 900), quality=60))
    _, alike = tablet.photo("J-1002", "after", smaller)
    assert alike.doubts == ["seen_before"]
    _, other = tablet.photo("J-1002", "after", save(tmp_path, pictures.jpeg("clean_floor")))
    assert "seen_before" not in other.doubts
    assert tablet.store.value("SELECT count(*) FROM blob") == 3


def test_the_gallery_needs_a_reason(tablet: Companion, tmp_path: Path) -> None:
    event, _ = tablet.photo(
        "J-1001", "after", save(tmp_path, pictures.jpeg()), reason="the camera was broken"
    )
    assert event["data"]["source"] == "gallery"
    assert event["data"]["reason"] == "the camera was broken"


def test_a_missing_file_is_said_so(tablet: Companion, tmp_path: Path) -> None:
    for file in (tmp_path / "nowhere.jpg", tmp_path):
        with pytest.raises(errors.FileUnreadable):
            tablet.photo("J-1001", "after", file)
    assert device.waiting(tablet) == []


def test_a_signature_from_a_name_is_always_the_same() -> None:
    assert signatures.drawn("王小明") == signatures.drawn("王小明")
    assert signatures.drawn("王小明") != signatures.drawn("王小红")
    assert Image.open(io.BytesIO(signatures.drawn(""))).format == "PNG"


def test_a_drawn_signature_loses_its_metadata(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (3000, 1500), (0, 0, 0, 0)).save(out, "PNG", comment="OWNER")
    content = signatures.from_file(save(tmp_path, out.getvalue()))
    assert b"OWNER" not in content
    assert max(Image.open(io.BytesIO(content)).size) <= 1200
    with pytest.raises(domain_errors.NotAnImage):
        signatures.from_file(save(tmp_path, b"<svg/>"))
