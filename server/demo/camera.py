"""A camera that never takes the same picture twice: sample scenes, framed and lit anew each time.

Drawing a scene is slow, so a few are drawn once; each shot is a part of one, in a light of its own. Seeded,
so that the same story has the same pictures.
"""

import io
import math
import random
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from PIL import Image, ImageChops

from server.demo import pictures
from server.demo.pictures import Scene
from server.domain import photos as rules

DRAWN = (1280, 960)
SHOT = (800, 600)
VIEWFINDER = (160, 120)
DRAWINGS_PER_SCENE = 2
PATCHES = (6, 5)  # of light, across and down
FAR_ENOUGH_BITS = rules.SAME_PICTURE_BITS + 5  # leaves room for saving again at another size
TRIES = 60

# What the photo of a slot shows, by the category of the product; "" for any other.
SCENES: dict[str, dict[str, Scene]] = {
    "before": {"kitchen": "kitchen_before", "appliance": "washing_machine", "": "kitchen_before"},
    "after": {"kitchen": "kitchen_after", "appliance": "washing_machine", "": "kitchen_after"},
    "serial_label": {"": "serial_label"},
    "area_clean": {"": "clean_floor"},
    "old_part": {"": "hinge_detail"},
    "goods": {"": "damaged_panel"},
    "damage": {"": "damaged_panel"},
    "finding": {"": "damaged_panel"},
}


class Camera:
    """One camera, with the memory of everything that it has shown."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._looks: list[str] = []

    def shoot(
        self,
        scene: Scene,
        *,
        taken_at: datetime | None = None,
        position: tuple[float, float] | None = None,
        is_dark: bool = False,
        size: tuple[int, int] = SHOT,
        quality: int = 82,
    ) -> bytes:
        """A JPEG unlike all before it; dark, where somebody forgot the light."""
        picture = self._unlike_all(scene)
        if is_dark:
            picture = picture.point([level // 9 for level in range(256)] * 3)
        if size != picture.size:
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        exif = pictures.camera_exif(taken_at=taken_at, position=position)
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, exif=exif)
        return out.getvalue()

    def _unlike_all(self, scene: Scene) -> Image.Image:
        for _ in range(TRIES):
            view = self._another_view(scene)
            look = _look(_render(view, VIEWFINDER))
            nearest = min((rules.hamming(look, each) for each in self._looks), default=64)
            if rules.is_telling(look) and nearest >= FAR_ENOUGH_BITS:
                self._looks.append(look)
                shift = self._random.randrange(SHOT[0]), self._random.randrange(SHOT[1])
                return ImageChops.add(_render(view, SHOT), _grain(shift), 1, -128)
        raise AssertionError(f"no new picture of {scene} in {TRIES} tries")

    def _another_view(self, scene: Scene) -> "_View":
        """A part of the scene, held not quite straight, in a room of its own colour and light."""
        chance = self._random
        width = chance.uniform(0.45, 0.85)
        return _View(
            scene,
            chance.randrange(DRAWINGS_PER_SCENE),
            width=width,
            left=chance.uniform(0.04, 0.96) * (1 - width),
            top=chance.uniform(0.04, 0.96) * (1 - width),
            tilt=math.radians(chance.uniform(-5, 5)),
            patches=bytes(chance.randint(96, 255) for _ in range(PATCHES[0] * PATCHES[1])),
            warmth=tuple(chance.uniform(0.8, 1.0) for _ in range(3)),
        )


@dataclass(frozen=True)
class _View:
    """What the camera sees of a scene; lengths in parts of the drawing's width and height."""

    scene: Scene
    number: int
    width: float
    left: float
    top: float
    tilt: float
    patches: bytes
    warmth: tuple[float, ...]


def _render(view: _View, size: tuple[int, int]) -> Image.Image:
    drawing = _drawing(view.scene, view.number, is_small=size == VIEWFINDER)
    corners = _corners(view, *drawing.size)
    quad = Image.Transform.QUAD
    picture = drawing.transform(size, quad, corners, Image.Resampling.BILINEAR)
    return ImageChops.multiply(picture, _light(view, size))


def _corners(view: _View, wide: int, high: int) -> tuple[float, ...]:
    """Top left, bottom left, bottom right, top right of what is seen, in pixels of the drawing."""
    half_x, half_y = view.width * wide / 2, view.width * high / 2
    middle_x, middle_y = view.left * wide + half_x, view.top * high + half_y
    cos, sin = math.cos(view.tilt), math.sin(view.tilt)
    around = ((-half_x, -half_y), (-half_x, half_y), (half_x, half_y), (half_x, -half_y))
    turned = [(middle_x + x * cos - y * sin, middle_y + x * sin + y * cos) for x, y in around]
    return tuple(
        value for x, y in turned for value in (min(max(x, 0), wide - 1), min(max(y, 0), high - 1))
    )


def _light(view: _View, size: tuple[int, int]) -> Image.Image:
    """What windows, lamps and whoever stands in front of them make of a wall."""
    light = Image.frombytes("L", PATCHES, view.patches).resize(size, Image.Resampling.BICUBIC)
    tints = [light.point([round(level * part) for level in range(256)]) for part in view.warmth]
    return Image.merge("RGB", tints)


@cache
def _drawing(scene: Scene, number: int, *, is_small: bool) -> Image.Image:
    if is_small:
        return _drawing(scene, number, is_small=False).reduce(DRAWN[0] // VIEWFINDER[0])
    return pictures.draw(scene, DRAWN, seed=40 + number)


@cache
def _one_grain() -> Image.Image:
    noise = random.Random(5).randbytes(SHOT[0] * SHOT[1])
    grain = Image.frombytes("L", SHOT, noise)
    return grain.point([128 + (level - 128) // 20 for level in range(256)])


def _grain(shift: tuple[int, int]) -> Image.Image:
    grain = ImageChops.offset(_one_grain(), *shift)
    return Image.merge("RGB", (grain, grain, grain))


def _look(picture: Image.Image) -> str:
    """The hash by which the house finds pictures that look alike, from a small raster of it."""
    columns, rows = 8 * rules.HASH_COLUMNS, 8 * rules.HASH_ROWS
    grey = picture.convert("L").resize((columns, rows), Image.Resampling.BOX)
    return rules.measure_grey(grey.tobytes(), columns, rows).hash


def scene_of(slot: str, category: str) -> Scene:
    """What a photo of this slot shows, for a product of this category."""
    known = SCENES.get(slot, {"": "hinge_detail"})
    return known.get(category, known[""])
