"""What the shop decides for itself: documents by name, their versions, and which one holds when.

A setting is a JSON document. The house has one for all branches, a branch may have its own, and where
nobody has written one the defaults of the rules hold. A version never changes: a change is the next one.
What was promised under a version stays under it, so every question names its moment.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from server.domain import errors, tickets
from server.domain.checklists import Problem
from server.domain.settings import defaults, shapes

PROMISES = "promises"
REVISITS = "revisits"
AUTO_ACCEPT = "auto_accept"
GOODWILL = "goodwill"
TEXTS = "texts"
RETENTION = "retention"
NOTICES = "notices"
SIMPLE = (PROMISES, REVISITS, AUTO_ACCEPT, GOODWILL, TEXTS, NOTICES, RETENTION)
TEMPLATE = "checklist"  # checklist.<kind>, or checklist.<kind>.<category of the product>
CATEGORY = re.compile(r"[A-Za-z0-9_.-]{0,64}")  # as products have it
OF_THE_HOUSE_ONLY = frozenset({RETENTION})
OF_BRANCHES_ONLY = frozenset({AUTO_ACCEPT})

FIRST = 1
"""The version of the rules' own defaults; what people write begins with the next."""

Document = dict[str, Any]


def template_name(kind: str, category: str = "") -> str:
    """The setting with the slots and the checklist of a kind of ticket, or of one category in it."""
    return f"{TEMPLATE}.{kind}.{category}" if category else f"{TEMPLATE}.{kind}"


def of_template(name: str) -> tuple[str, str] | None:
    """The kind and the category that a template is for; None for other settings."""
    word, _, rest = name.partition(".")
    kind, _, category = rest.partition(".")
    is_one = word == TEMPLATE and kind in tickets.KINDS and CATEGORY.fullmatch(category)
    return (kind, category) if is_one else None


def must_be_known(name: str) -> None:
    """Raises `NotFound` for a name that no setting has."""
    if name not in SIMPLE and of_template(name) is None:
        raise errors.NotFound()


def default(name: str) -> Document:
    """What holds where nobody has decided; shared, so copy before changing."""
    found = of_template(name)
    return defaults.template(found[0]) if found else defaults.DOCUMENTS[name]


def problems(name: str, value: Any) -> list[Problem]:
    """What keeps this document from being that setting; nothing for one that can hold."""
    if not isinstance(value, dict):
        return [Problem("not_an_object", "")]
    if of_template(name):
        return shapes.template(value)
    return list(shapes.OF[name](value))


def must_be_sound(name: str, value: Any) -> None:
    """Raises `Invalid` with the codes of what is wrong, by where."""
    found: dict[str, list[str]] = {}
    for each in problems(name, value):
        found.setdefault(each.where or "value", []).append(each.code)
    if found:
        raise errors.Invalid(errors=found)


class Version(Protocol):
    """One version as it is kept. `branch_id` is None for the house's own."""

    @property
    def branch_id(self) -> str | None: ...
    @property
    def version(self) -> int: ...
    @property
    def valid_from(self) -> datetime: ...
    @property
    def follows_house(self) -> bool: ...


Kept = TypeVar("Kept", bound=Version)


def in_force(versions: Iterable[Kept], branch_id: str | None, at: datetime) -> Kept | None:
    """The version that held for a branch at that moment; None where the default did.

    The newest that had begun by then counts: a branch's own, unless it says that it follows the house.
    """
    begun = [each for each in versions if each.valid_from <= at]
    own = _newest(each for each in begun if each.branch_id == branch_id)
    if branch_id is None or (own is not None and not own.follows_house):
        return own
    return _newest(each for each in begun if each.branch_id is None)


def _newest(versions: Iterable[Kept]) -> Kept | None:
    return max(versions, key=lambda each: each.version, default=None)
