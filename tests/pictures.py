"""Pictures for tests: the sample scenes as phones, scanners and ill-wishers would send them."""

import functools
import io
import math
import struct
import zlib
from datetime import datetime, timedelta, timezone
from typing import Literal

import pillow_heif
from PIL import Image, ImageChops, ImageCms, ImageEnhance, ImageFilter, ImageStat

from server.demo.pictures import Scene, Size, camera_exif, draw

pillow_heif.register_heif_opener()

CHENGDU = timezone(timedelta(hours=8))
TAKEN_AT = datetime(2026, 11, 21, 16, 2, 11, tzinfo=CHENGDU)
POSITION = (30.6598, 104.0633)
SERIAL = b"SN-TELLTALE-4711"
MAKER_NOTE = b"MAKER-NOTE-TELLTALE"
OWNER = b"OWNER-TELLTALE"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:creator>XMP-TELLTALE</dc:creator></x:xmpmeta>'
COMMENT = b"COMMENT-TELLTALE"
TELLTALES = (SERIAL, MAKER_NOTE, OWNER, b"XMP-TELLTALE", COMMENT, b"Demo camera", b"2026:11:21")
"""What must never be found in anything that others are shown."""

SMALL: Size = (800, 600)
MEGAPIXELS_12: Size = (4000, 3000)
MEGAPIXELS_50: Size = (8160, 6120)

# To store a scene so that turning it by the Exif orientation (its key) shows it upright again.
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@functools.lru_cache(maxsize=16)
def scene(name: Scene = "kitchen_after", size: Size = SMALL) -> Image.Image:
    """A scene at any size: large ones are drawn at 2048 pixels and enlarged.

    The same object each time: copy before you draw on it."""
    if max(size) <= 2048:
        return draw(name, size)
    return draw(name, (2048, 1536)).resize(size, Image.Resampling.BICUBIC)


def stored_turned(picture: Image.Image, orientation: int) -> Image.Image:
    """The pixels as a camera held that way would store them."""
    return picture if orientation == 1 else picture.transpose(_STORED[orientation])


def phone_exif(orientation: int = 1, *, gps: bool = True) -> Image.Exif:
    """All that a phone tells about its owner: time, place, serial numbers, a maker note."""
    exif = camera_exif(
        orientation=orientation, taken_at=TAKEN_AT, position=POSITION if gps else None
    )
    inner = exif.get_ifd(0x8769)
    inner[0xA431] = SERIAL.decode()
    inner[0xA430] = OWNER.decode()
    inner[0x927C] = MAKER_NOTE * 20
    return exif


def jpeg(
    name: Scene = "kitchen_after",
    size: Size = SMALL,
    *,
    orientation: int = 1,
    gps: bool = True,
    quality: int = 88,
    progressive: bool = False,
) -> bytes:
    """As from a phone, with everything in its metadata; `size` is of the upright scene."""
    stored = stored_turned(scene(name, size), orientation)
    return saved(
        stored,
        "JPEG",
        quality=quality,
        progressive=progressive,
        exif=phone_exif(orientation, gps=gps),
        xmp=XMP,
        comment=COMMENT,
        icc_profile=srgb_profile(),
    )


def png(name: Scene = "kitchen_after", size: Size = SMALL, *, orientation: int = 1) -> bytes:
    stored = stored_turned(scene(name, size), orientation)
    return saved(stored, "PNG", compress_level=1, exif=phone_exif(orientation))


def png_with_exif_behind(orientation: int) -> bytes:
    """As some programs write it: the pixels first, then how to turn them."""
    data = png(orientation=orientation)
    start = data.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(data[start : start + 4], "big")
    tail = data.index(b"IEND") - 4
    return data[:start] + data[end:tail] + data[start:end] + data[tail:]


def webp(name: Scene = "kitchen_after", size: Size = SMALL, *, orientation: int = 1) -> bytes:
    stored = stored_turned(scene(name, size), orientation)
    return saved(stored, "WEBP", method=0, quality=88, exif=phone_exif(orientation), xmp=XMP)


def heic(name: Scene = "kitchen_after", size: Size = SMALL, *, orientation: int = 1) -> bytes:
    """The writer turns the orientation into the file's own rotation, as an iPhone does."""
    stored = stored_turned(scene(name, size), orientation)
    return saved(stored, "HEIF", quality=70, exif=phone_exif(orientation).tobytes(), xmp=XMP)


def saved(picture: Image.Image, format_: str, **settings: object) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    picture.save(out, format_, **settings)
    return out.getvalue()


# What is wrong with a photo.


def dark() -> bytes:
    """Nobody found the switch."""
    return saved(ImageEnhance.Brightness(scene()).enhance(0.12), "JPEG", quality=88)


def bright() -> bytes:
    """Straight into the window."""
    light = Image.new("RGB", SMALL, (190, 190, 190))
    return saved(ImageChops.add(scene(), light), "JPEG", quality=88)


def blurred() -> bytes:
    """Out of focus: eight pixels of blur on a long edge of 2048."""
    blur = ImageFilter.GaussianBlur(8 * SMALL[0] / 2048)
    return saved(scene().filter(blur), "JPEG", quality=88)


def noisy(size: Size = (2048, 1536)) -> bytes:
    """Nothing but grain, another one each time: no camera makes a larger file of so many pixels."""
    return saved(Image.effect_noise(size, 90).convert("RGB"), "JPEG", quality=88)


def tiny() -> bytes:
    """A picture of a picture in a chat."""
    return saved(scene(size=(320, 240)), "JPEG", quality=88)


# Layouts that cameras do not make, and scanners and screens do.


def cmyk_jpeg() -> bytes:
    return saved(scene().convert("CMYK"), "JPEG", quality=92)


def grey_jpeg() -> bytes:
    return saved(scene().convert("L"), "JPEG", quality=88)


def grey_16_bit_png() -> bytes:
    levels = scene().convert("L").tobytes()
    wide = bytearray(2 * len(levels))
    wide[::2] = wide[1::2] = levels
    return saved(Image.frombytes("I;16", SMALL, bytes(wide)), "PNG", compress_level=1)


def rgb_16_bit_png() -> bytes:
    """Three colours of sixteen bits, as scanners write them: each byte of the scene twice."""
    wide = bytes(byte for byte in scene().tobytes() for _ in range(2))
    line = 6 * SMALL[0]
    rows = b"".join(b"\0" + wide[at : at + line] for at in range(0, len(wide), line))
    return _png(SMALL, zlib.compress(rows, 1), depth=16, colour=2)


def palette_png(*, transparent: bool = False) -> bytes:
    few = scene().quantize(64)
    settings = {"transparency": 0} if transparent else {}
    return saved(few, "PNG", compress_level=1, **settings)


def half_transparent_png() -> bytes:
    """The scene on the left, nothing at all on the right."""
    picture = scene().convert("RGBA")
    picture.paste((0, 0, 0, 0), (SMALL[0] // 2, 0, *SMALL))
    return saved(picture, "PNG", compress_level=1)


def interlaced_png() -> bytes:
    """Adam7, eight-bit grey, each pass stored unfiltered."""
    picture = scene().convert("L")
    width, height = picture.size
    rows = b""
    for x, y, across, down in _ADAM7:
        for top in range(y, height, down):
            line = picture.crop((0, top, width, top + 1)).tobytes()[x::across]
            rows += b"\0" + line
    return _png((width, height), zlib.compress(rows, 1), depth=8, colour=0, interlace=1)


_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


def animated(format_: Literal["PNG", "WEBP"]) -> bytes:
    """First the finished kitchen, then the mess it came from."""
    first, second = scene("kitchen_after"), scene("kitchen_before")
    return saved(first, format_, save_all=True, append_images=[second], duration=200)


def multi_picture_jpeg() -> bytes:
    """A phone's JPEG with a second picture behind the first (MPO)."""
    return saved(
        scene("kitchen_after"), "MPO", save_all=True, append_images=[scene("hinge_detail")]
    )


def swapped_primaries_jpeg() -> bytes:
    """Stored with red and blue exchanged, and a profile that says so."""
    red, green, blue = scene().split()
    swapped = Image.merge("RGB", (blue, green, red))
    return saved(swapped, "JPEG", quality=92, subsampling=0, icc_profile=swapped_profile())


@functools.cache  # it names the second in which it was made: two pictures would differ by it
def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """The sRGB profile with its red and blue primaries exchanged (ICC.1, tag table at 128)."""
    profile = bytearray(srgb_profile())
    for tag in range(int.from_bytes(profile[128:132], "big")):
        at = 132 + 12 * tag
        name = bytes(profile[at : at + 4])
        other = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(name)
        if other:
            profile[at : at + 4] = other
    return bytes(profile)


# Files made to hurt.


def truncated(data: bytes, share: float = 0.6) -> bytes:
    return data[: int(len(data) * share)]


def bomb_png(size: Size = (30_000, 30_000)) -> bytes:
    """Black beyond all measure in a few kilobytes."""
    row = b"\0" * (1 + (size[0] + 7) // 8)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(row) for _ in range(size[1])) + packer.flush()
    return _png(size, body, depth=1, colour=0)


def clear_png(size: Size) -> bytes:
    """Fully transparent, eight bits a sample, at any size and soon made."""
    packer = zlib.compressobj(1)
    row = b"\0" * (1 + 4 * size[0])
    body = b"".join(packer.compress(row) for _ in range(size[1])) + packer.flush()
    return _png(size, body, depth=8, colour=6)


def flat_heic(size: Size) -> bytes:
    """A bare wall: decoding it costs the memory of any other, encoding it no time."""
    return saved(
        Image.new("RGB", size, (200, 190, 180)),
        "HEIF",
        quality=30,
        enc_params={"preset": "ultrafast"},
    )


def liar_png() -> bytes:
    """Says that it is large and has two rows."""
    return _png((4000, 4000), zlib.compress(b"\0" * 8002), depth=8, colour=0)


def text_bomb_png() -> bytes:
    """Sixty-four megabytes of text in a comment of 64 KB."""
    text = b"note\0\0" + zlib.compress(b"A" * (64 << 20), 9)
    whole = saved(scene(size=(64, 48)), "PNG")
    return whole[:33] + _chunk(b"zTXt", text) + whole[33:]


def gigabyte_text_png(name: bytes = b"zTXt") -> bytes:
    """A gigabyte of text in a comment of one megabyte, which nobody had to write out to pack it."""
    megabyte = b"A" * (1 << 20)
    packer = zlib.compressobj(9)
    head = packer.compress(megabyte) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(megabyte) + packer.flush(zlib.Z_FULL_FLUSH)
    sum_ = 1
    for _ in range(1024):
        sum_ = zlib.adler32(megabyte, sum_)
    end = b"\x03\x00" + struct.pack(">I", sum_)  # an empty last block of deflate, then the sum
    packed = head + again * 1023 + end
    before = {b"zTXt": b"note\0\0", b"iTXt": b"note\0\1\0\0\0", b"iCCP": b"note\0\0"}[name]
    whole = saved(scene(size=(64, 48)), "PNG")
    return whole[:33] + _chunk(name, before + packed) + whole[33:]


def claimed_text_png() -> bytes:
    """A comment that says it has a gigabyte, in a file of a few hundred bytes."""
    whole = saved(scene(size=(64, 48)), "PNG")
    return whole[:33] + struct.pack(">I", 1 << 30) + b"tEXtnote\0A" + whole[33:]


def animated_gif() -> bytes:
    first, second = scene("kitchen_after"), scene("kitchen_before")
    return saved(first, "GIF", save_all=True, append_images=[second], duration=200)


def page_behind_a_jpeg_head() -> bytes:
    """A head that every sniffer takes for a JPEG, and a page that old browsers take for one."""
    return jpeg()[:400] + b"<!DOCTYPE html><script>alert(1)</script>" * 50


def scalable_page() -> bytes:
    """A picture for browsers, with a script in it."""
    return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def bomb_webp() -> bytes:
    """A header of 16383 x 16383 on a small picture."""
    body = b"VP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + b"\xfe\x3f\0" * 2
    rest = saved(scene(size=(64, 48)), "WEBP")[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(body) + len(rest)) + b"WEBP" + body + rest


def bomb_jpeg() -> bytes:
    """A frame header of 65500 x 65500 on a small picture."""
    data = bytearray(saved(scene(size=(64, 48)), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 65500, 65500)
    return bytes(data)


def page_in_jpeg_clothes() -> bytes:
    """Begins like a JPEG and is a web page."""
    return b"\xff\xd8\xff\xe0" + b"<html><script>alert(document.cookie)</script></html>" * 40


def polyglot() -> bytes:
    """A good JPEG with a web page in its comment and an archive behind its end."""
    page = b"<html><script>alert('COMMENT-TELLTALE')</script></html>"
    return saved(scene(), "JPEG", quality=88, comment=page) + b"PK\x03\x04" + SERIAL * 9


def avif_head() -> bytes:
    return struct.pack(">I", 32) + b"ftypmif1\0\0\0\0mif1avifmiafMA1B" + b"\0" * 64


def not_a_picture() -> bytes:
    return b"Dear customer, the picture is attached to the other letter.\n" * 40


def _png(size: Size, body: bytes, *, depth: int, colour: int, interlace: int = 0) -> bytes:
    fields = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlace)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", fields)
        + _chunk(b"IDAT", body)
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


# What tests ask about pictures.


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def difference(a: Image.Image, b: Image.Image) -> float:
    """How far two pictures are apart: root mean square over all channels, 0 to 255."""
    small = (256, 192) if a.width >= a.height else (192, 256)
    box = Image.Resampling.BOX
    apart = ImageChops.difference(
        a.convert("RGB").resize(small, box), b.convert("RGB").resize(small, box)
    )
    return math.sqrt(sum(rms * rms for rms in ImageStat.Stat(apart).rms) / 3)


def jpeg_segments(data: bytes) -> list[bytes]:
    """The markers of a JPEG up to its scan, each one byte (ITU-T T.81, B.1.1.3)."""
    found, at = [], 2
    while data[at + 1] != 0xDA:
        found.append(data[at + 1 : at + 2])
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return found
