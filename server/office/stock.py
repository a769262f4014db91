"""Stock by place: warehouses and vans with what lies there, and the way to everything that changes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.auth import me, needs
from server.db import stock
from server.db.parts import Part
from server.db.people import Organisation, Person
from server.db.stock import StockCount
from server.domain import parts as rules
from server.office import downloads, forms, ledgers, lists, places
from server.office.wording import in_language
from server.transactions import reads

blp = Blueprint("stock", __name__)

LAST_MOVES = 15
MOST_SHOWN = 400  # parts of one place; the file has them all


@dataclass(frozen=True, slots=True)
class Holding:
    """A place at a glance."""

    place: places.Named
    parts: int
    pieces: int
    below_zero: int
    too_few: int
    last_count: StockCount | None


@dataclass(frozen=True, slots=True)
class Held:
    """One part at a place."""

    sku: str
    name: str
    quantity: int
    minimum: int

    @property
    def is_low(self) -> bool:
        return 0 <= self.quantity < self.minimum


@blp.get("/stock")
@reads
@needs("movement.read")
def find(session: Session) -> str:
    """The warehouses, and the vans in the order of their drivers' names."""
    words = forms.words_in(request.args)
    drivers = stock.vans_of(me())
    if words:
        drivers = drivers.where(Person.name.icontains(words, autoescape=True))
    page = lists.page(session, drivers, (Person.name, Person.id))
    houses = [] if request.args.get("after") else _houses(session, words)
    return render_template(
        "office/stock_places.html",
        warehouses=_holdings(session, [f"warehouse:{each}" for each in houses]),
        vans=_vans(session, page.rows),
        next=page.next,
        words=words,
    )


def _vans(session: Session, drivers: Sequence[Person]) -> list[Holding]:
    """Whoever has left is shown as long as something lies in the van."""
    working = {f"van:{each.id}" for each in drivers if each.is_active}
    held = _holdings(session, [f"van:{each.id}" for each in drivers])
    return [each for each in held if each.parts or each.place.place in working]


def _houses(session: Session, words: str) -> list[str]:
    found = stock.warehouses_of(me()).order_by(
        Organisation.id != me().organisation_id, Organisation.kind, Organisation.name
    )
    if words:
        found = found.where(Organisation.name.icontains(words, autoescape=True))
    return list(session.scalars(found.with_only_columns(Organisation.id)))


def _holdings(session: Session, names: list[str]) -> list[Holding]:
    held = stock.at_places(session, names)
    minimums = stock.minimums_at(session, names)
    counts = stock.last_counts(session, names)
    told = places.named(session, names)
    found = []
    for name in names:
        here = [quantity for (place, _sku), quantity in held.items() if place == name]
        too_few = [
            key for key, least in minimums.items() if key[0] == name and held.get(key, 0) < least
        ]
        found.append(
            Holding(
                told[name],
                len(here),
                sum(quantity for quantity in here if quantity > 0),
                sum(quantity < 0 for quantity in here),
                len(too_few),
                counts.get(name),
            )
        )
    return found


@blp.get("/stock/<place>")
@reads
@needs("movement.read")
def show(session: Session, place: str) -> AnyResponse | str:
    """What lies at one place, what is short first; below it the last lines of its ledger."""
    stock.must_be_own(session, me(), place)
    held = _held(session, place)
    words = forms.words_in(request.args).casefold()
    if words:
        held = [each for each in held if words in f"{each.sku} {each.name}".casefold()]
    if (form := request.args.get("as")) in downloads.FORMATS:
        titles = [_("Part number"), _("Part name"), _("Quantity"), _("Minimum")]
        rows: list[list[Any]] = [
            [each.sku, each.name, each.quantity, each.minimum or None] for each in held
        ]
        return downloads.table(f"stock-{rules.parse_place(place).kind}", form, titles, rows)
    return render_template(
        "office/stock_place.html",
        place=places.one(session, place),
        kind=rules.parse_place(place).kind,
        held=held[:MOST_SHOWN],
        more=len(held) - MOST_SHOWN,
        words=words,
        last_count=stock.last_counts(session, [place]).get(place),
        ledger_rows=ledgers.told(session, stock.ledger(session, place, None, LAST_MOVES).rows),
    )


def _held(session: Session, place: str) -> list[Held]:
    """What lies there or should, below zero and too few first."""
    quantities = {sku: n for (_place, sku), n in stock.at_places(session, [place]).items()}
    minimums = {sku: n for (_place, sku), n in stock.minimums_at(session, [place]).items()}
    skus = sorted({*quantities, *minimums})
    names = {
        each.sku: in_language(each, "name")
        for each in session.scalars(select(Part).where(Part.sku.in_(skus)))
    }
    held = [
        Held(sku, names.get(sku, ""), quantities.get(sku, 0), minimums.get(sku, 0)) for sku in skus
    ]
    return sorted(held, key=lambda each: (each.quantity >= 0, not each.is_low, each.sku))
