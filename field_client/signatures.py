"""The customer's signature as a picture: one that was drawn, or one written out from the name.

No font for Chinese can be counted on, so a name becomes strokes that depend on nothing but its letters:
the same name gives the same bytes. It is a mark, not handwriting; what binds is the digest it stands for.
"""

import hashlib
import io
import math
from pathlib import Path

from PIL import Image, ImageDraw

from field_client import errors
from server.domain import errors as domain_errors
from server.domain import photos as rules

SIZE = (600, 200)
MIME = "image/png"


def from_file(file: Path) -> bytes:
    """A drawn signature as a small PNG without metadata. Raises FileUnreadable, NotAnImage."""
    try:
        original = file.read_bytes()
    except OSError as problem:
        raise errors.FileUnreadable(file=str(file), why=problem.strerror or "") from problem
    if rules.sniff(original[: rules.HEAD_BYTES]) not in ("image/png", "image/jpeg", "image/webp"):
        raise domain_errors.NotAnImage()
    try:
        picture = Image.open(io.BytesIO(original), formats=("PNG", "JPEG", "WEBP"))
        if picture.width * picture.height > rules.MAX_PIXELS // 4:
            raise domain_errors.ImageTooLarge(
                megapixels=round(picture.width * picture.height / 1e6)
            )
        ink = picture.convert("RGBA")
    except domain_errors.DoorstepError:
        raise
    except Exception as problem:
        raise domain_errors.NotAnImage() from problem
    ink.thumbnail((1200, 600))
    paper = Image.new("L", ink.size, 255)
    paper.paste(ink.convert("L"), mask=ink.getchannel("A"))
    return _png(paper)


def drawn(name: str) -> bytes:
    """Strokes for a name, one loop for each of its letters."""
    paper = Image.new("L", SIZE, 255)
    pen = ImageDraw.Draw(paper)
    letters = [letter for letter in name if not letter.isspace()][:24] or ["·"]
    step = (SIZE[0] - 80) / len(letters)
    path: list[tuple[float, float]] = []
    for position, letter in enumerate(letters):
        path += _loop(letter, 40 + position * step, step)
    pen.line(path, fill=20, width=4, joint="curve")
    return _png(paper)


def _loop(letter: str, left: float, width: float) -> list[tuple[float, float]]:
    seed = hashlib.sha256(letter.encode("utf-8", "replace")).digest()
    height, turns, lean = 20 + seed[0] % 50, 1 + seed[1] % 3, seed[2] / 255 * math.pi
    return [
        (
            left + width * at / 24 + width / 4 * math.sin(turns * math.tau * at / 24),
            100 - height * math.sin(turns * math.tau * at / 24 + lean),
        )
        for at in range(25)
    ]


def _png(paper: Image.Image) -> bytes:
    paper.info = {}
    out = io.BytesIO()
    paper.convert("1").save(out, "PNG", optimize=True)
    return out.getvalue()
