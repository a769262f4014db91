"""Lines that somebody scans or types: a part number and how many, as many lines as it takes.

Enter in the field for scanning adds a line or one more piece: by the page's own script at once, without it
by a round to the server (`add`). `12*HINGE-110` are twelve.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db.parts import Part
from server.domain import errors
from server.domain.imports import MOST_PIECES
from server.office.wording import in_language

MOST_LINES = 2_000  # of one form
MANY = re.compile(r"([0-9]{1,6})\s*[*×]\s*(\S.*)")


@dataclass(slots=True)
class Line:
    """One line as it was typed, with what the part is called, and what is wrong with it."""

    sku: str
    quantity: str
    name: str = ""
    problem: str = ""


@dataclass(slots=True)
class Lines:
    """All that stands in the form; `empty` are those without a quantity."""

    rows: list[Line] = field(default_factory=list)

    @property
    def problems(self) -> list[Line]:
        return [each for each in self.rows if each.problem]

    @property
    def pieces(self) -> dict[str, int]:
        """sku -> how many, of the lines with a quantity; those of the same part together."""
        found: dict[str, int] = {}
        for each in self.rows:
            if each.quantity and not each.problem:
                found[each.sku] = found.get(each.sku, 0) + int(each.quantity)
        return found


def typed() -> Lines:
    """The lines of the form that was sent, what was just scanned added to them. None is left out: raises
    `TooLarge` for more than a form may have.
    """
    skus, quantities = request.form.getlist("sku"), request.form.getlist("quantity")
    found = Lines()
    for sku, quantity in zip(skus, quantities, strict=False):
        if sku.strip():
            found.rows.append(Line(_plain(sku), _plain(quantity)))
    if len(found.rows) > MOST_LINES:
        raise errors.TooLarge(most=MOST_LINES)
    if scanned := _plain(request.form.get("scan", "")):
        add(found, scanned)
    return found


def _plain(text: str) -> str:
    """Without what no database holds."""
    return re.sub(r"[\x00-\x1f\ud800-\udfff]", "", text).strip()[:200]


def is_only_scanning() -> bool:
    """Enter in the field for scanning: one line more, and nothing else yet."""
    return "add" in request.form


def add(lines: Lines, scanned: str) -> None:
    found = MANY.fullmatch(scanned)
    more, sku = (int(found[1]), found[2]) if found else (1, scanned)
    for each in lines.rows:
        if each.sku.casefold() == sku.casefold():
            is_number = re.fullmatch(r"[0-9]{1,9}", each.quantity)
            each.quantity = str((int(each.quantity) if is_number else 0) + more)
            return
    lines.rows.append(Line(sku, str(more)))


def check(
    session: Session, lines: Lines, least: int, words: "Words", also: Collection[str] = ()
) -> None:
    """Names the parts and what is wrong; the spelling of the catalogue replaces another case. Where nothing
    is fewer than none (`least` 0), a line may say nothing. `also` are numbers that a place knows, although
    the catalogue does not.
    """
    known = names(session, {each.sku for each in lines.rows})
    by_case = {sku.casefold(): sku for sku in [*also, *known]}
    for each in lines.rows:
        each.sku = by_case.get(each.sku.casefold(), each.sku)
        each.name = known.get(each.sku, "")
        is_number = re.fullmatch(r"[0-9]{1,9}", each.quantity)
        if each.sku not in known and each.sku not in also:
            each.problem = words.unknown
        elif (each.quantity or least) and not (
            is_number and least <= int(each.quantity) <= MOST_PIECES
        ):
            each.problem = words.quantity


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences for what can be wrong with a line."""

    unknown: str
    quantity: str


def names(session: Session, skus: Collection[str]) -> dict[str, str]:
    """sku -> name, of those that the catalogue has, in whatever case they are asked for."""
    if not skus:
        return {}
    asked = {form for sku in skus for form in (sku, sku.upper(), sku.lower())}
    found = session.scalars(select(Part).where(Part.sku.in_(asked)))
    return {each.sku: in_language(each, "name") for each in found}
