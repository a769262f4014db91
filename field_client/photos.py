"""From any picture a phone makes to the bytes that are proof: upright, 2048 pixels, JPEG, nothing else.

What is stored carries no metadata: position and time travel in the event. A JPEG is decoded at a fraction
of its size (draft mode), so that 50 megapixels fit a machine with 1 GiB of memory.
"""

import io
import json
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pillow_heif
from PIL import ExifTags, Image, ImageCms, ImageOps

from field_client import blobs, errors
from field_client.store import Store
from server.domain import errors as domain_errors
from server.domain import photos as rules

QUALITY = 85
MIME = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture ready to be captured, and what was seen on it."""

    content: bytes
    sha256: str
    width: int
    height: int
    look: rules.Look
    doubts: list[str] = field(default_factory=list)
    position: dict[str, Any] | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """What the event says of the bytes."""
        return {
            "sha256": self.sha256,
            "size": len(self.content),
            "mime": MIME,
            "width": self.width,
            "height": self.height,
        }


def prepare(file: Path, *, max_pixels: int = rules.MAX_PIXELS) -> Shot:
    """Reads a picture and makes the copy that will be kept; nothing is written.

    Raises FileUnreadable, NotAnImage, ImageTooLarge, ImageTooCostly.
    """
    try:
        size = file.stat().st_size
        if size > rules.MAX_BYTES:
            raise errors.FileUnreadable(file=file.name, why=f"{size >> 20} MiB")
        original = file.read_bytes()
    except OSError as problem:
        raise errors.FileUnreadable(file=str(file), why=problem.strerror or "") from problem
    return from_bytes(original, max_pixels=max_pixels)


def from_bytes(original: bytes, *, max_pixels: int = rules.MAX_PIXELS) -> Shot:
    """As `prepare`, from the bytes of a file. Raises NotAnImage, ImageTooLarge, ImageTooCostly."""
    kind = rules.sniff(original[: rules.HEAD_BYTES])
    if kind is None:
        raise domain_errors.NotAnImage()
    try:
        picture, exif = _decoded(original, kind, max_pixels)
        upright = _plain(picture, exif)
        shot = _shot(upright, exif)
    except domain_errors.DoorstepError:
        raise
    except MemoryError as problem:
        raise domain_errors.ImageTooCostly() from problem
    except Exception as problem:
        # Decoders raise many types besides OSError on files that are broken or hostile.
        raise domain_errors.NotAnImage() from problem
    return shot


def _decoded(original: bytes, kind: str, max_pixels: int) -> tuple[Image.Image, Image.Exif]:
    """The picture, at least as large as it will be kept, and its EXIF."""
    if kind == "image/heic":
        heif = pillow_heif.open_heif(io.BytesIO(original), convert_hdr_to_8bit=True)
        _must_be_small(heif.size, max_pixels)
        picture = heif.to_pillow()
        exif = picture.getexif()
        # The decoder has turned it already; whatever EXIF still says must not turn it twice.
        exif.pop(ExifTags.Base.Orientation, None)
        return picture, exif
    with warnings.catch_warnings():
        # Pillow warns of bombs from 89 megapixels on; phones make 108, and ours is the limit here.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        picture = Image.open(io.BytesIO(original), formats=("JPEG", "PNG", "WEBP"))
    _must_be_small(picture.size, max_pixels)
    exif = picture.getexif()
    picture.draft("RGB", (rules.LONG_EDGE, rules.LONG_EDGE))
    return picture, exif


def _must_be_small(size: tuple[int, int], max_pixels: int) -> None:
    pixels = size[0] * size[1]
    if pixels > max_pixels:
        raise domain_errors.ImageTooLarge(megapixels=round(pixels / 1e6))


def _plain(picture: Image.Image, exif: Image.Exif) -> Image.Image:
    """Shrunk, upright, sRGB, opaque, and without a word of metadata."""
    profile = picture.info.get("icc_profile")
    width, height = rules.fitted(*picture.size, rules.LONG_EDGE)
    if picture.mode not in ("RGB", "RGBA", "L", "CMYK"):
        deep = picture.mode.startswith(("I", "F"))
        picture = _eight_bit(picture) if deep else picture.convert("RGBA")
    if (width, height) != picture.size:
        picture = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if picture.mode == "RGBA":
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=picture.getchannel("A"))
        picture = paper
    picture = _in_srgb(picture, profile)
    if exif.get(ExifTags.Base.Orientation, 1) != 1:
        picture = _turned(picture, exif.get(ExifTags.Base.Orientation))
    picture.info = {}
    return picture


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Pillow's own conversion clips 16-bit grey; this one scales it."""
    return picture.convert("I").point(lambda level: level * (1 / 256)).convert("L")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(
                picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if turned is not None:
                return turned
    return picture.convert("RGB")


def _turned(picture: Image.Image, orientation: Any) -> Image.Image:
    said = Image.Exif()
    said[ExifTags.Base.Orientation] = orientation
    picture.info = {"exif": said.tobytes()}
    return ImageOps.exif_transpose(picture)


def _shot(upright: Image.Image, exif: Image.Exif) -> Shot:
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=QUALITY, optimize=True)
    content = out.getvalue()
    size = rules.raster_size(*upright.size)
    grey = upright.convert("L").resize(size, Image.Resampling.BOX)
    look = rules.measure_grey(grey.tobytes(), *size)
    measured = rules.Measured(
        **asdict(look), format="image/jpeg", width=upright.width, height=upright.height
    )
    return Shot(
        content=content,
        sha256=blobs.digest(content),
        width=upright.width,
        height=upright.height,
        look=look,
        doubts=[str(doubt) for doubt in rules.doubts(measured)],
        position=_position(exif),
    )


def _position(exif: Image.Exif) -> dict[str, Any] | None:
    """Where the camera says it was taken, in degrees; None when it does not say, or says nonsense."""
    with suppress(Exception):
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef])
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef])
        if abs(lat) <= 90 and abs(lon) <= 180 and (lat, lon) != (0, 0):
            return {"lat": lat, "lon": lon}
    return None


def _degrees(value: Any, reference: Any) -> float:
    degrees, minutes, seconds = (float(each) for each in value)
    total = degrees + minutes / 60 + seconds / 3600
    return round(-total if reference in ("S", "W", b"S", b"W") else total, 6)


def seen_before(store: Store, person_id: str, shot: Shot) -> list[Mapping[str, Any]]:
    """Photos of this person on this device that show the same: `{job_id, sha256}` each.

    The very same bytes, or a hash that differs in no more bits than saving again would change.
    """
    rows = store.rows(
        "SELECT DISTINCT job_id, blob.sha256, look FROM blob JOIN blob_use USING (sha256) "
        "WHERE purpose = 'photo' AND person_id = ?",
        [person_id],
    )
    return [
        {"job_id": row["job_id"], "sha256": row["sha256"]}
        for row in rows
        if row["sha256"] == shot.sha256
        or (row["look"] and rules.looks_like(json.loads(row["look"])["hash"], shot.look.hash))
    ]


def look_text(shot: Shot) -> str:
    """What was measured, as it stands beside the bytes in the store."""
    return json.dumps(asdict(shot.look), separators=(",", ":"))
