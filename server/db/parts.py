"""The parts catalogue and the ledger of stock: movements only, balances are sums."""

from sqlalchemy import CheckConstraint, Index, Select, String, func, select, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db.tables import Code, Id, Key, Table, Time, Words, refers


class Part(Table):
    __tablename__ = "parts"

    sku: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[Words]
    name_zh: Mapped[Words] = mapped_column(default="")
    unit: Mapped[Code] = mapped_column(default="piece")
    unit_price: Mapped[int] = mapped_column(default=0, comment="in cents of `currency`")
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    is_returnable: Mapped[bool] = mapped_column(default=False, comment="the old one must come back")
    is_active: Mapped[bool] = mapped_column(default=True)
    rev: Mapped[int] = mapped_column(default=1)


class Movement(Table):
    """One line of the ledger: a quantity left one place and reached another."""

    __tablename__ = "movements"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("from_place <> to_place", name="places"),
        Index("ix_movements_from", "from_place", "sku"),
        Index("ix_movements_to", "to_place", "sku"),
    )

    id: Mapped[Key]
    at: Mapped[Time]
    kind: Mapped[Code]
    sku: Mapped[str] = mapped_column(String(64))
    quantity: Mapped[int]
    from_place: Mapped[str] = mapped_column(String(100))
    to_place: Mapped[str] = mapped_column(String(100))
    job_id: Mapped[Id | None] = mapped_column(refers("jobs.id"), index=True)
    line_id: Mapped[Id | None] = mapped_column(index=True)
    request_id: Mapped[Id | None]
    event_id: Mapped[Id | None]
    serial: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[Words] = mapped_column(default="")
    person_id: Mapped[Id | None] = mapped_column(refers("people.id"))


class PartRequest(Table):
    """A part that a visit lacked: from the tablet's wish to the part being there."""

    __tablename__ = "part_requests"

    id: Mapped[Key]
    ticket_id: Mapped[Id] = mapped_column(refers("tickets.id"), index=True)
    job_id: Mapped[Id] = mapped_column(refers("jobs.id"), index=True)
    sku: Mapped[str | None] = mapped_column(String(200))
    words: Mapped[Words] = mapped_column(default="")
    quantity: Mapped[int]
    reason: Mapped[Code]
    state: Mapped[Code] = mapped_column(default="requested", index=True)
    requested_at: Mapped[Time]
    expected_on: Mapped[Time | None]
    rev: Mapped[int] = mapped_column(default=1)


class SerialSwap(Table):
    """Faulty out and new in, as one pair; the old part is awaited until it comes back."""

    __tablename__ = "serial_swaps"

    event_id: Mapped[Key]
    job_id: Mapped[Id] = mapped_column(refers("jobs.id"), index=True)
    asset_id: Mapped[Id | None] = mapped_column(refers("assets.id"))
    line_id: Mapped[Id | None]
    old_serial: Mapped[str] = mapped_column(String(200), index=True)
    new_serial: Mapped[str] = mapped_column(String(200), index=True)
    swapped_at: Mapped[Time]
    returned_at: Mapped[Time | None]


def balances(session: Session, place: str | None = None) -> dict[tuple[str, str], int]:
    """(place, sku) -> quantity; below zero is a variance. One place, or all of them."""
    into = select(Movement.to_place.label("place"), Movement.sku, Movement.quantity)
    out = select(Movement.from_place.label("place"), Movement.sku, (-Movement.quantity))
    if place is not None:
        into = into.where(Movement.to_place == place)
        out = out.where(Movement.from_place == place)
    lines = union_all(into, out).subquery()
    sums = select(lines.c.place, lines.c.sku, func.sum(lines.c.quantity)).group_by(
        lines.c.place, lines.c.sku
    )
    return {(at, sku): int(total) for at, sku, total in session.execute(sums)}


def stock_at(session: Session, place: str) -> dict[str, int]:
    """sku -> quantity at one place."""
    return {sku: total for (_, sku), total in balances(session, place).items()}


def movements(place: str | None = None, sku: str | None = None) -> Select[Movement]:
    found = select(Movement)
    if place is not None:
        found = found.where((Movement.from_place == place) | (Movement.to_place == place))
    if sku is not None:
        found = found.where(Movement.sku == sku)
    return found
