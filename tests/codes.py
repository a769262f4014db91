"""Bar codes as pictures, and a film of one for a camera that needs no hardware."""

from io import BytesIO
from pathlib import Path

import segno
from PIL import Image

MODULE = 4  # pixels of the thinnest bar
FRAME = (1280, 720)


def _cut(length: int, text: str) -> list[str]:
    return [text[at : at + length] for at in range(0, len(text), length)]


# EAN-13 (GS1 General Specifications, 5.2): seven modules a digit; a right digit is the mirror of an even one.
_ODD = _cut(7, "0001101001100100100110111101010001101100010101111011101101101110001011")
_RIGHT = ["".join("10"[int(bit)] for bit in odd) for odd in _ODD]
_EVEN = [right[::-1] for right in _RIGHT]
_FIRST = _cut(6, "OOOOOOOOEOEEOOEEOEOOEEEOOEOOEEOEEOOEOEEEOOOEOEOEOEOEEOOEEOEO")

# Code 128 (ISO/IEC 15417): widths of bars and gaps, by value; code set B only.
_WIDTHS = _cut(
    6,
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231"
    "113222123122123221223211221132221231213212223112312131311222321122321221312212322112322211"
    "212123212321232121111323131123131321112313132113132311211313231113231311112133112331132131"
    "113123113321133121313121211331231131213113213311213131311123311321331121312113312311332111"
    "314111221411431111111224111422121124121421141122141221112214112412122114122411142112142211"
    "241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141"
    "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214"
    "211232",
)
_START_B, _STOP_WIDTHS = 104, "2331112"


def ean_13(digits: str) -> Image.Image:
    """Twelve digits and their check digit as bars."""
    first, left, right = digits[0], digits[1:7], digits[7:]
    kinds = {"O": _ODD, "E": _EVEN}
    left_bits = [
        kinds[kind][int(digit)] for kind, digit in zip(_FIRST[int(first)], left, strict=True)
    ]
    right_bits = [_RIGHT[int(digit)] for digit in right]
    return _bars("101" + "".join(left_bits) + "01010" + "".join(right_bits) + "101")


def code_128(text: str) -> Image.Image:
    values = [ord(letter) - 32 for letter in text]
    check = (_START_B + sum(at * value for at, value in enumerate(values, start=1))) % 103
    widths = "".join(_WIDTHS[value] for value in [_START_B, *values, check]) + _STOP_WIDTHS
    return _bars("".join("10"[at % 2] * int(width) for at, width in enumerate(widths)))


def qr(text: str) -> Image.Image:
    file = BytesIO()
    segno.make(text, micro=False).save(file, kind="png", scale=2 * MODULE)
    return Image.open(file).convert("L")


def _bars(bits: str) -> Image.Image:
    line = Image.new("L", (len(bits), 1))
    line.putdata([0 if bit == "1" else 255 for bit in bits])
    return line.resize((len(bits) * MODULE, 50 * MODULE), Image.Resampling.NEAREST)


def film(code: Image.Image, file: Path) -> None:
    """What a camera sees that is held before a label: Motion JPEG, as Chromium takes it."""
    frame = Image.new("RGB", FRAME, (168, 164, 158))
    label = Image.new("RGB", (code.width + 20 * MODULE, code.height + 20 * MODULE), "white")
    label.paste(code, (10 * MODULE, 10 * MODULE))
    frame.paste(label, ((FRAME[0] - label.width) // 2, (FRAME[1] - label.height) // 2))
    shot = BytesIO()
    frame.save(shot, "JPEG", quality=85)
    file.write_bytes(shot.getvalue() * 4)
