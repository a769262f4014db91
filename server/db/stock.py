"""Stock as the storekeeper looks at it: whose places there are, counts of them, and what should lie there."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import (
    Index,
    Select,
    String,
    false,
    func,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import keysets
from server.db.jobs import Job
from server.db.parts import Movement, houses_of, sees_every_place
from server.db.people import Organisation, Person
from server.db.tables import Code, Document, Id, Key, Table, Time, Words, refers
from server.db.tickets import Ticket
from server.domain import errors
from server.domain import parts as rules
from server.domain.people import FIELD_ROLES, may


class StockCount(Table):
    """What somebody found at a place, beside what the ledger said at that moment."""

    __tablename__ = "stock_counts"
    __table_args__ = (Index("ix_stock_counts_place", "place", "id"),)

    id: Mapped[Key]
    place: Mapped[str] = mapped_column(String(100))
    branch_id: Mapped[Id | None] = mapped_column(refers("organisations.id"))
    state: Mapped[Code] = mapped_column(
        default="open", index=True, comment="open, settled, dropped"
    )
    is_full: Mapped[bool] = mapped_column(comment="what is not in it was not there")
    lines: Mapped[Document] = mapped_column(comment="[{sku, counted, expected}]")
    note: Mapped[Words] = mapped_column(default="")
    counted_at: Mapped[Time]
    counted_by: Mapped[Id] = mapped_column(refers("people.id"))
    owner_id: Mapped[Id | None] = mapped_column(refers("people.id"), comment="who explains it")
    reason: Mapped[Words] = mapped_column(
        default="", comment="the explanation, or why it was dropped"
    )
    closed_at: Mapped[Time | None]
    closed_by: Mapped[Id | None] = mapped_column(refers("people.id"))
    rev: Mapped[int] = mapped_column(default=1)

    @property
    def differences(self) -> list[dict[str, Any]]:
        """The lines in which the ledger and what was found are not the same."""
        return [each for each in self.lines if each["counted"] != each["expected"]]


class Minimum(Table):
    """How many of a part should lie at a place; fewer are told."""

    __tablename__ = "stock_minimums"

    place: Mapped[str] = mapped_column(String(100), primary_key=True)
    sku: Mapped[str] = mapped_column(refers("parts.sku"), primary_key=True, index=True)
    quantity: Mapped[int]


# Places.


def warehouses_of(person: Person) -> Select[Organisation]:
    """The organisations whose warehouse this person looks after."""
    return houses_of(person) if _is_of_the_shop(person) else select(Organisation).where(false())


def vans_of(person: Person) -> Select[Person]:
    """The people whose vans this person looks after."""
    if not _is_of_the_shop(person):
        return select(Person).where(false())
    houses = houses_of(person).with_only_columns(Organisation.id)
    return select(Person).where(Person.role.in_(FIELD_ROLES), Person.organisation_id.in_(houses))


def _is_of_the_shop(person: Person) -> bool:
    return may(person.role, "movement.read") and person.role not in FIELD_ROLES


def must_be_own(session: Session, person: Person, name: str) -> rules.Place:
    """The place of this name, where `person` looks after it. Raises `NotFound`."""
    place = rules.parse_place(name) if rules.is_place(name) else None
    if place is None or not place.is_stock or not _is_own(session, person, place):
        raise errors.NotFound()
    return place


def _is_own(session: Session, person: Person, place: rules.Place) -> bool:
    found: Select[Any]
    if place.kind == "warehouse":
        found = warehouses_of(person).where(Organisation.id == place.subject)
    elif place.kind == "van":  # somebody who is not in the field any more may still have parts
        houses = houses_of(person).with_only_columns(Organisation.id)
        found = select(Person).where(Person.id == place.subject, Person.organisation_id.in_(houses))
    else:
        kind: Any = Job if place.kind == "reserved" else Ticket
        found = select(kind.id).where(kind.id == place.subject)
        if not sees_every_place(person):
            found = found.where(kind.branch_id == person.organisation_id)
    return _is_of_the_shop(person) and session.scalar(found.limit(1)) is not None


# What lies there.


def _legs(condition_in: Any, condition_out: Any) -> Any:
    into = select(Movement.to_place.label("place"), Movement.sku, Movement.quantity)
    out = select(Movement.from_place.label("place"), Movement.sku, (-Movement.quantity))
    return union_all(into.where(condition_in), out.where(condition_out)).subquery("legs")


def at_places(
    session: Session, places: Collection[str], skus: Collection[str] | None = None
) -> dict[tuple[str, str], int]:
    """(place, sku) -> quantity, without zeros, at these places; of some parts, or of all."""
    wanted = Movement.sku.in_(skus) if skus is not None else true()
    legs = _legs(Movement.to_place.in_(places) & wanted, Movement.from_place.in_(places) & wanted)
    total = func.sum(legs.c.quantity)
    sums = select(legs.c.place, legs.c.sku, total).group_by(legs.c.place, legs.c.sku)
    return {(at, sku): int(n) for at, sku, n in session.execute(sums.having(total != 0))}


def of_sku(session: Session, sku: str) -> dict[str, int]:
    """place -> quantity of one part, without zeros."""
    legs = _legs(Movement.sku == sku, Movement.sku == sku)
    total = func.sum(legs.c.quantity)
    sums = select(legs.c.place, total).group_by(legs.c.place).having(total != 0)
    return {place: int(n) for place, n in session.execute(sums)}


def ledger(
    session: Session, place: str, after: str | None, limit: int, *where: Any
) -> keysets.Page[Movement]:
    """What left or reached a place, the newest first: one page from each side, put together. Whether
    somebody may see the place, `must_be_own` says.

    Each side is read from its own index, so a page costs the same however long the ledger is.
    """
    found: list[Movement] = []
    for side in (Movement.from_place, Movement.to_place):
        rows = select(Movement).where(side == place, *where)
        found += keysets.page(
            session, rows, (Movement.id,), limit + 1, after, newest_first=True
        ).rows
    found.sort(key=lambda each: each.id, reverse=True)
    more = keysets.token([found[limit - 1].id]) if len(found) > limit else None
    return keysets.Page(found[:limit], more)


def own_of(session: Session, person: Person, names: Collection[str]) -> set[str]:
    """Those of these places that `person` looks after, with one question for each kind."""
    if not _is_of_the_shop(person):
        return set()
    if sees_every_place(person):
        return set(names)
    own: set[str] = set()
    houses = houses_of(person).with_only_columns(Organisation.id)
    here = person.organisation_id
    for kind, row, is_own in (
        ("warehouse", Organisation, Organisation.id.in_(houses)),
        ("van", Person, Person.organisation_id.in_(houses)),
        ("reserved", Job, Job.branch_id == here),
        ("transit", Ticket, Ticket.branch_id == here),
    ):
        ids = [name.partition(":")[2] for name in names if name.startswith(f"{kind}:")]
        if ids:
            found = session.scalars(select(row.id).where(row.id.in_(ids), is_own))
            own |= {f"{kind}:{its_id}" for its_id in found}
    return own


def minimums_of(session: Session, sku: str) -> dict[str, int]:
    """place -> how many of this part should lie there."""
    found = select(Minimum).where(Minimum.sku == sku)
    return {each.place: each.quantity for each in session.scalars(found)}


def minimums_at(session: Session, places: Collection[str]) -> dict[tuple[str, str], int]:
    found = select(Minimum).where(Minimum.place.in_(places))
    return {(each.place, each.sku): each.quantity for each in session.scalars(found)}


# Counts.


def counts_visible_to(person: Person) -> Select[StockCount]:
    found = select(StockCount)
    if not _is_of_the_shop(person):
        return found.where(false())
    if sees_every_place(person):
        return found
    return found.where(StockCount.branch_id == person.organisation_id)


def get_count(
    session: Session, person: Person, count_id: str, *, to_change: bool = False
) -> StockCount:
    """Raises `NotFound` for what `person` may not see; `to_change` locks it until the commit."""
    found = session.scalar(counts_visible_to(person).where(StockCount.id == count_id))
    if found is None:
        raise errors.NotFound()
    if to_change:
        session.refresh(found, with_for_update=True)
    return found


def last_counts(session: Session, places: Iterable[str]) -> dict[str, StockCount]:
    """place -> its newest count that was not dropped."""
    newest = (
        select(func.max(StockCount.id))
        .where(StockCount.place.in_(list(places)), StockCount.state != "dropped")
        .group_by(StockCount.place)
    )
    found = session.scalars(select(StockCount).where(StockCount.id.in_(newest)))
    return {each.place: each for each in found}
