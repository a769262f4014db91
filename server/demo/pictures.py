"""Sample photos, drawn by us: what an installer would shoot, without anybody's home.

Every scene is drawn on a field 1000 units wide and 750 high, scaled to the size asked for, and
finished like a camera would: grain on every surface and corners a little darker. The same scene,
size and seed give the same pixels.
"""

import io
import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

Colour = tuple[int, int, int]
Size = tuple[int, int]
Box = tuple[float, float, float, float]
Scene = Literal[
    "kitchen_before",
    "kitchen_after",
    "hinge_detail",
    "serial_label",
    "washing_machine",
    "clean_floor",
    "damaged_panel",
]

FIELD_WIDTH, FIELD_HEIGHT = 1000, 750

WALL: Colour = (214, 208, 196)
OAK: Colour = (176, 133, 88)
OAK_DARK: Colour = (138, 99, 62)
WHITE: Colour = (222, 222, 218)
STEEL: Colour = (158, 163, 168)
SHADOW: Colour = (70, 64, 58)
INK: Colour = (28, 28, 32)


class _Sheet:
    """A drawing in field units, whatever the pixels are."""

    def __init__(self, size: Size, ground: Colour, seed: int) -> None:
        self.image = Image.new("RGB", size, ground)
        self.random = random.Random(seed)
        self._draw = ImageDraw.Draw(self.image)
        self._x = size[0] / FIELD_WIDTH
        self._y = size[1] / FIELD_HEIGHT

    def _pixels(self, box: Box) -> tuple[int, int, int, int]:
        left, top, right, bottom = box
        x, y = self._x, self._y
        return round(left * x), round(top * y), round(right * x), round(bottom * y)

    def box(self, box: Box, fill: Colour, edge: Colour | None = None) -> None:
        width = max(1, round(2 * self._x))
        self._draw.rectangle(self._pixels(box), fill=fill, outline=edge, width=width if edge else 0)

    def disc(self, x: float, y: float, radius: float, fill: Colour) -> None:
        self._draw.ellipse(
            self._pixels((x - radius, y - radius, x + radius, y + radius)), fill=fill
        )

    def line(self, box: Box, colour: Colour, width: float = 2.0) -> None:
        self._draw.line(self._pixels(box), fill=colour, width=max(1, round(width * self._x)))

    def text(self, x: float, y: float, words: str, height: float, colour: Colour = INK) -> None:
        font = ImageFont.load_default(size=max(6.0, height * self._y))
        self._draw.text((x * self._x, y * self._y), words, fill=colour, font=font)

    def wood(self, box: Box, colour: Colour) -> None:
        """A board with its veins along the longer side."""
        self.box(box, colour, SHADOW)
        left, top, right, bottom = box
        upright = bottom - top > right - left
        for _ in range(round((right - left if upright else bottom - top) / 4)):
            shade = self.random.uniform(0.84, 1.1)
            vein = _shaded(colour, shade)
            if upright:
                x = self.random.uniform(left + 3, right - 3)
                bent = min(right - 3, max(left + 3, x + self.random.uniform(-4, 4)))
                self.line((x, top + 3, bent, bottom - 3), vein, 1.2)
            else:
                y = self.random.uniform(top + 3, bottom - 3)
                bent = min(bottom - 3, max(top + 3, y + self.random.uniform(-4, 4)))
                self.line((left + 3, y, right - 3, bent), vein, 1.2)

    def tiles(self, box: Box, colour: Colour, across: int, down: int) -> None:
        """A tiled surface: every tile a shade of its own, with joints."""
        left, top, right, bottom = box
        wide, high = (right - left) / across, (bottom - top) / down
        for row in range(down):
            for column in range(across):
                x, y = left + column * wide, top + row * high
                shade = self.random.uniform(0.93, 1.04)
                self.box((x, y, x + wide, y + high), _shaded(colour, shade), (150, 146, 140))


def _shaded(colour: Colour, shade: float) -> Colour:
    red, green, blue = (max(0, min(255, round(part * shade))) for part in colour)
    return red, green, blue


def _wall_and_floor(sheet: _Sheet) -> None:
    sheet.tiles((0, 0, 1000, 560), WALL, 14, 8)
    sheet.box((0, 560, 1000, 580), OAK_DARK, SHADOW)
    for top in range(580, 760, 34):
        sheet.wood((0, top, 1000, top + 34), (168, 140, 108))


def _kitchen_before(sheet: _Sheet) -> None:
    """Open carcasses, a hanging door, screws and cartons on the floor."""
    _wall_and_floor(sheet)
    for left in (80, 330, 580):
        sheet.wood((left, 60, left + 240, 330), OAK_DARK)
        sheet.box((left + 16, 76, left + 224, 314), (96, 78, 60), SHADOW)
        sheet.line((left + 16, 190, left + 224, 196), OAK, 6)
    sheet.wood((596, 120, 690, 372), OAK)
    for left, top in ((120, 600), (420, 560), (700, 610)):
        sheet.wood((left, top, left + 190, top + 110), (186, 150, 104))
        sheet.line((left, top + 54, left + 190, top + 56), (222, 206, 170), 14)
        sheet.text(left + 16, top + 70, "FRAGILE  L600", 22)
    for _ in range(24):
        x, y = sheet.random.uniform(40, 960), sheet.random.uniform(640, 740)
        sheet.line((x, y, x + 12, y + 5), STEEL, 3)


def _kitchen_after(sheet: _Sheet) -> None:
    """Doors hung in line, a worktop with a sink, the floor clear."""
    _wall_and_floor(sheet)
    for left in (80, 330, 580):
        sheet.wood((left, 60, left + 122, 330), OAK)
        sheet.wood((left + 126, 60, left + 248, 330), OAK)
        for handle in (left + 108, left + 134):
            sheet.line((handle, 250, handle, 310), STEEL, 6)
    sheet.box((60, 430, 940, 456), (92, 92, 96), SHADOW)
    sheet.box((600, 420, 760, 434), STEEL, SHADOW)
    sheet.line((680, 420, 680, 370), STEEL, 9)
    sheet.line((680, 372, 730, 372), STEEL, 9)
    for left in range(70, 930, 172):
        sheet.wood((left, 458, left + 168, 640), OAK)
        sheet.line((left + 60, 480, left + 108, 480), STEEL, 6)


def _hinge_detail(sheet: _Sheet) -> None:
    """A cup hinge close by, with its screws."""
    sheet.wood((0, 0, 470, 750), OAK)
    sheet.wood((480, 0, 1000, 750), OAK_DARK)
    sheet.disc(330, 370, 128, SHADOW)
    sheet.disc(330, 370, 116, STEEL)
    sheet.box((330, 310, 760, 430), (172, 176, 180), SHADOW)
    for x in (560, 700):
        sheet.disc(x, 370, 30, (120, 124, 128))
        sheet.line((x - 18, 352, x + 18, 388), INK, 6)
        sheet.line((x + 18, 352, x - 18, 388), INK, 6)
    sheet.text(600, 318, "110\u00b0", 24)


def _serial_label(sheet: _Sheet) -> None:
    """The type plate of an appliance, with bars to scan."""
    sheet.box((0, 0, 1000, 750), (188, 190, 192))
    for top in range(0, 750, 18):
        sheet.line((0, top, 1000, top), (178, 180, 183), 3)
    sheet.box((110, 110, 890, 640), (232, 232, 226), SHADOW)
    number = "".join(str(sheet.random.randrange(10)) for _ in range(10))
    sheet.text(150, 140, "DOORSTEP  WM-8 PRO", 56)
    for row, words in enumerate(("Type WM8P-2140", "220-240 V ~ 50 Hz 2100 W", "IPX4   8 kg")):
        sheet.text(150, 230 + 52 * row, words, 36)
    sheet.text(150, 400, f"S/N {number}", 52)
    x = 150.0
    while x < 840:
        wide = sheet.random.choice((3, 3, 6, 9))
        sheet.box((x, 490, x + wide, 610), INK)
        x += wide + sheet.random.choice((3, 6, 9))


def _washing_machine(sheet: _Sheet) -> None:
    """A front loader in its niche, with hoses and the panel lit."""
    _wall_and_floor(sheet)
    sheet.box((260, 110, 760, 690), WHITE, SHADOW)
    sheet.box((260, 110, 760, 200), (202, 204, 206), SHADOW)
    sheet.box((280, 126, 430, 184), (236, 236, 232), SHADOW)
    sheet.box((560, 132, 740, 180), INK, SHADOW)
    sheet.text(580, 138, "1:45", 34, (120, 220, 240))
    sheet.disc(500, 155, 32, STEEL)
    sheet.disc(510, 430, 178, STEEL)
    sheet.disc(510, 430, 150, (60, 66, 76))
    sheet.disc(470, 390, 60, (96, 106, 120))
    for _ in range(60):
        x, y = sheet.random.uniform(400, 620), sheet.random.uniform(470, 550)
        sheet.disc(x, y, sheet.random.uniform(3, 9), (138, 150, 166))
    sheet.line((760, 240, 840, 120), (196, 70, 60), 12)
    sheet.line((760, 270, 880, 120), (64, 96, 180), 12)


def _clean_floor(sheet: _Sheet) -> None:
    """The area left clean: boards, a skirting, one ray of light."""
    sheet.tiles((0, 0, 1000, 190), WALL, 12, 3)
    sheet.box((0, 190, 1000, 226), (226, 222, 214), SHADOW)
    for row, top in enumerate(range(226, 760, 58)):
        for left in range(-140 - 160 * (row % 2), 1000, 330):
            shade = sheet.random.uniform(0.9, 1.08)
            sheet.wood((left, top, left + 330, top + 58), _shaded((178, 142, 102), shade))


def _damaged_panel(sheet: _Sheet) -> None:
    """A front with a burst corner and a scratch, and a rule laid beside it."""
    sheet.wood((0, 0, 1000, 750), OAK)
    for _ in range(90):
        x, y = sheet.random.gauss(850, 70), sheet.random.gauss(620, 60)
        shade = sheet.random.uniform(0.7, 1.2)
        sheet.disc(x, y, sheet.random.uniform(5, 26), _shaded((206, 184, 146), shade))
    sheet.line((120, 180, 560, 330), (92, 60, 34), 5)
    sheet.line((132, 178, 566, 326), (224, 196, 154), 2)
    sheet.box((60, 640, 640, 700), (222, 206, 96), SHADOW)
    for mark in range(58):
        long = 30 if mark % 5 == 0 else 16
        sheet.line((66 + mark * 10, 640, 66 + mark * 10, 640 + long), INK, 2)


_SCENES: Mapping[Scene, tuple[Colour, Callable[[_Sheet], None]]] = {
    "kitchen_before": (WALL, _kitchen_before),
    "kitchen_after": (WALL, _kitchen_after),
    "hinge_detail": (OAK, _hinge_detail),
    "serial_label": (STEEL, _serial_label),
    "washing_machine": (WALL, _washing_machine),
    "clean_floor": (WALL, _clean_floor),
    "damaged_panel": (OAK, _damaged_panel),
}
SCENES: tuple[Scene, ...] = tuple(_SCENES)


def draw(scene: Scene, size: Size = (1600, 1200), seed: int = 0) -> Image.Image:
    """The scene in colour, upright, `size` pixels; another seed is another home."""
    ground, paint = _SCENES[scene]
    sheet = _Sheet(size, ground, seed)
    paint(sheet)
    return _as_by_a_camera(sheet.image, sheet.random)


def _as_by_a_camera(picture: Image.Image, chance: random.Random) -> Image.Image:
    width, height = picture.size
    soft = picture.filter(ImageFilter.GaussianBlur(width / 3200))
    grain = Image.frombytes("L", picture.size, chance.randbytes(width * height))
    grain = grain.point([128 + (level - 128) // 16 for level in range(256)])
    grained = ImageChops.add(soft, Image.merge("RGB", (grain, grain, grain)), 1, -128)
    fall_off = Image.radial_gradient("L").point([255 - level // 4 for level in range(256)])
    shade = fall_off.resize(picture.size, Image.Resampling.BILINEAR)
    return ImageChops.multiply(grained, Image.merge("RGB", (shade, shade, shade)))


def photo(
    scene: Scene,
    *,
    seed: int = 0,
    size: Size = (1600, 1200),
    taken_at: datetime | None = None,
    position: tuple[float, float] | None = None,
    quality: int = 85,
) -> bytes:
    """The scene as a JPEG from a camera, with its time and (latitude, longitude) when given."""
    out = io.BytesIO()
    exif = camera_exif(taken_at=taken_at, position=position)
    draw(scene, size, seed).save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()


def camera_exif(
    *,
    orientation: int = 1,
    taken_at: datetime | None = None,
    position: tuple[float, float] | None = None,
) -> Image.Exif:
    """What a phone writes into a photo: maker, orientation, and the time and position when known.

    The tags are those of Exif 2.32 (CIPA DC-008).
    """
    exif = Image.Exif()
    exif[0x010F] = "Doorstep"
    exif[0x0110] = "Demo camera"
    exif[0x0112] = orientation
    if taken_at is not None:
        written = taken_at.strftime("%Y:%m:%d %H:%M:%S")
        exif[0x0132] = written
        inner = exif.get_ifd(0x8769)
        inner[0x9003] = written
        if taken_at.tzinfo is not None:
            inner[0x9011] = taken_at.isoformat()[-6:]
    if position is not None:
        latitude, longitude = position
        gps = exif.get_ifd(0x8825)
        gps[1], gps[2] = ("N" if latitude >= 0 else "S"), _sexagesimal(latitude)
        gps[3], gps[4] = ("E" if longitude >= 0 else "W"), _sexagesimal(longitude)
    return exif


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    whole, rest = divmod(abs(degrees), 1)
    minutes, rest = divmod(rest * 60, 1)
    return whole, minutes, round(rest * 60, 4)
