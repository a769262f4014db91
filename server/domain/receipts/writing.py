"""The canonical bytes of a receipt, their digest, and the short code that people compare."""

import hashlib
import json
from typing import Any

from server.domain.receipts.plain import LARGEST_INTEGER

# Crockford's base 32: no I, L, O or U, so that a code survives being read out on the telephone.
CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def canonical(receipt: Any) -> bytes:
    """The bytes of RFC 8785 (JSON Canonicalization Scheme), for integers, text, lists and objects.

    A surrogate without its partner becomes U+FFFD, since UTF-8 has no bytes for it; NUL and the
    other control characters are escaped. Raises TypeError on a float or anything that is not
    JSON, ValueError on an integer beyond 2^53 - 1 or on two keys that become the same.
    """
    # Python escapes exactly what section 3.2.2.2 wants escaped, and in the same way.
    text = json.dumps(_in_order(receipt), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8")


def _in_order(value: Any) -> Any:
    """The same value with whole characters only and the members of every object in their order."""
    if isinstance(value, str):
        return value if value.isascii() else _well_formed(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, list | tuple):
        return [_in_order(each) for each in value]
    if isinstance(value, dict):
        return _object_in_order(value)
    raise TypeError(f"A receipt cannot carry a {type(value).__name__}.")


def _object_in_order(members: dict[Any, Any]) -> dict[str, Any]:
    """Members by the UTF-16 code units of their names (RFC 8785, section 3.2.3)."""
    named = {_key(name): value for name, value in members.items()}
    if len(named) != len(members):
        raise ValueError("Two keys of one object are the same once they are written.")
    is_ascii = all(map(str.isascii, named))
    order = sorted(named) if is_ascii else sorted(named, key=utf16)
    return {name: _in_order(named[name]) for name in order}


def _key(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"A key must be text, not a {type(name).__name__}.")
    return name if name.isascii() else _well_formed(name)


def _whole(value: int) -> int:
    if abs(value) > LARGEST_INTEGER:
        raise ValueError("An integer beyond 2^53 - 1 is not the same number everywhere.")
    return int(value)


def _well_formed(text: str) -> str:
    """ECMAScript's `toWellFormed`: pairs of surrogates joined, lone ones U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def utf16(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def digest(receipt: Any) -> str:
    """SHA-256 of the canonical bytes, 64 lower-case hexadecimal digits. Raises as `canonical`."""
    return hashlib.sha256(canonical(receipt)).hexdigest()


def short_code(digest: str) -> str:
    """The first 40 bits of a digest as two groups of four letters: "7ZK4-0QWD".

    For people who compare a paper with a screen; it proves nothing. Raises ValueError when
    `digest` does not begin with ten hexadecimal digits.
    """
    if len(digest) < 10:
        raise ValueError("A digest has at least ten hexadecimal digits.")
    bits = int(digest[:10], 16)
    letters = "".join(CODE_LETTERS[bits >> shift & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"
