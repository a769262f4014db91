"""Answers as JSON that every reader takes, whatever a tablet has sent.

What came from the field is shown raw: half a character has no bytes in UTF-8, and a number beyond every
float is no JSON once it is written again. Neither may hide the rest of an answer.
"""

import math
import re
from typing import Any

from flask.json.provider import DefaultJSONProvider

_HALF = re.compile("[\ud800-\udfff]")


class JsonAnswers(DefaultJSONProvider):
    """Text as it is, members in their order; half characters escaped, endless numbers as a word."""

    ensure_ascii = False
    sort_keys = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        try:
            text = super().dumps(obj, allow_nan=False, **kwargs)
        except ValueError:
            text = super().dumps(_finite(obj), **kwargs)
        return _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    return value
