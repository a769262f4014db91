"""Taking from sheets and events what a receipt can carry, whatever they hold."""

import math
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

LARGEST_INTEGER = 2**53 - 1  # the last that ECMAScript keeps apart from its neighbours
DEEPEST = 6


def as_object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def pick(value: Any, names: tuple[str, ...]) -> Json:
    """These fields of an object, null where it has none of the name."""
    known = as_object(value)
    return {name: plain(known.get(name)) for name in names}


def named(thing: Json, field: str, language: str) -> Any:
    """`name` or `name_zh`, whichever the reader understands, else the one that is there."""
    pair = (thing.get(field), thing.get(f"{field}_zh"))
    wanted, other = pair[::-1] if spoken(language) == "zh" else pair
    return plain(wanted or other)


def spoken(language: Any) -> str:
    return "zh" if isinstance(language, str) and language.lower().startswith("zh") else "en"


def whole(value: Any) -> int | None:
    """A safe integer, or none. 2.0 is 2: ECMAScript cannot tell them apart."""
    known = plain(value)
    return known if isinstance(known, int) and not isinstance(known, bool) else None


def plain(value: Any, depth: int = 0) -> Any:
    """The value as a receipt may carry it: no fraction, no huge integer, no bottomless nesting."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if depth == DEEPEST:
        return None
    if isinstance(value, list | tuple):
        return [plain(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {str(name): plain(one, depth + 1) for name, one in value.items()}
    return None


def _number(value: int | float) -> int | str | None:
    """Safe integers as they are, anything else as ECMAScript's `String(value)`, infinities null."""
    try:
        exact = float(value)
    except OverflowError:
        return None
    if not math.isfinite(exact):
        return None
    if exact.is_integer() and abs(value) <= LARGEST_INTEGER:
        return int(value)
    return _in_ecmascript(exact)


def _in_ecmascript(value: float) -> str:
    """Number::toString of ECMA-262: shortest digits, an exponent below 1e-6 and from 1e21."""
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    return repr(value).replace("e-0", "e-")
