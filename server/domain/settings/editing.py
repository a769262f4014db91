"""Steps of a checklist and photo slots, put in, changed, moved and taken out of a document.

Each function hands back a new document and leaves the old one alone. `listed` is "steps" or "slots".
"""

import re
from typing import Any

from server.domain import errors

Document = dict[str, Any]

KEYS = {"steps": "step_id", "slots": "slot"}
LONGEST_CODE = 40


def find(document: Document, listed: str, code: str) -> Document:
    """Raises `NotFound` where there is none (any more)."""
    return document[listed][position(document, listed, code)]  # type: ignore[no-any-return]


def position(document: Document, listed: str, code: str) -> int:
    """Where it stands, from 0. Raises `NotFound`."""
    codes = [each[KEYS[listed]] for each in document[listed]]
    if code not in codes:
        raise errors.NotFound()
    return codes.index(code)


def put(document: Document, listed: str, thing: Document) -> Document:
    """In the place of the one with its code, or at the end."""
    codes = [each[KEYS[listed]] for each in document[listed]]
    things = list(document[listed])
    if thing[KEYS[listed]] in codes:
        things[codes.index(thing[KEYS[listed]])] = thing
    else:
        things.append(thing)
    return {**document, listed: things}


def move(document: Document, listed: str, code: str, to: int) -> Document:
    """To this position, from 0; beyond an end it stays at the end. Raises `NotFound`."""
    things = list(document[listed])
    moved = things.pop(position(document, listed, code))
    things.insert(max(0, min(to, len(things))), moved)
    return {**document, listed: things}


def take_out(document: Document, listed: str, code: str) -> Document:
    """Raises `NotFound` where it is gone already."""
    at = position(document, listed, code)
    return {**document, listed: [*document[listed][:at], *document[listed][at + 1 :]]}


def new_code(label: str, taken: set[str], otherwise: str) -> str:
    """A code for a new thing, from its English words; once given it stays, whatever the words become."""
    words = "_".join(re.findall(r"[a-z0-9]+", label.casefold(), re.ASCII))[:LONGEST_CODE].strip("_")
    code = words or otherwise
    number = 1
    while code in taken:
        number += 1
        code = f"{words or otherwise}_{number}"
    return code
