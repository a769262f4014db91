"""The parts catalogue and the ledger of stock: movements only, balances are sums."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Index,
    Select,
    String,
    Subquery,
    bindparam,
    false,
    func,
    literal,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import jobs, sights, tickets
from server.db.customers import Customer, Site
from server.db.lookups import Question
from server.db.people import Organisation, Person
from server.db.tables import Code, Id, Key, Table, Time, Words, refers
from server.domain.parts import PLACES, STOCK_PLACES, Task, parse_place, what_to_do
from server.domain.people import FIELD_ROLES, Role, may


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
        # With the quantity, so that a balance is summed from the index alone.
        Index("ix_movements_from", "from_place", "sku", "quantity"),
        Index("ix_movements_to", "to_place", "sku", "quantity"),
        # The ledger of a place and of a part, in its order.
        Index("ix_movements_from_order", "from_place", "id"),
        Index("ix_movements_to_order", "to_place", "id"),
        Index("ix_movements_sku", "sku", "id"),
    )

    id: Mapped[Key]
    at: Mapped[Time]
    kind: Mapped[Code]
    sku: Mapped[str] = mapped_column(String(200), comment="as the field wrote it, known or not")
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


OPEN_REQUEST = "state IN ('requested', 'reserved', 'shipped')"  # as the index says it


class PartRequest(Table):
    """A part that a visit lacked: from the tablet's wish to the part being there."""

    __tablename__ = "part_requests"
    __table_args__ = (
        Index("ix_part_requests_asked", "requested_at", "id"),
        Index(
            "ix_part_requests_open",
            "requested_at",
            "id",
            sqlite_where=text(OPEN_REQUEST),
            postgresql_where=text(OPEN_REQUEST),
        ),
    )

    id: Mapped[Key]
    ticket_id: Mapped[Id] = mapped_column(refers("tickets.id"), index=True)
    job_id: Mapped[Id] = mapped_column(refers("jobs.id"), index=True)
    sku: Mapped[str | None] = mapped_column(String(200))
    words: Mapped[Words] = mapped_column(default="")
    quantity: Mapped[int]
    reason: Mapped[Code]
    state: Mapped[Code] = mapped_column(default="requested", index=True)
    requested_at: Mapped[Time]
    expected_at: Mapped[Time | None]
    tracking: Mapped[str] = mapped_column(
        String(200), default="", comment="carrier and number of the parcel"
    )
    rev: Mapped[int] = mapped_column(default=1)

    @property
    def next_step(self) -> Task | None:
        """What somebody does next about it."""
        return what_to_do({"state": self.state, "sku": self.sku})


class SerialSwap(Table):
    """Faulty out and new in, as one pair; the old part is awaited until it comes back."""

    __tablename__ = "serial_swaps"

    id: Mapped[Key] = mapped_column(comment="the field event that told it")
    job_id: Mapped[Id] = mapped_column(refers("jobs.id"), index=True)
    asset_id: Mapped[Id | None] = mapped_column(refers("assets.id"))
    line_id: Mapped[Id | None]
    old_serial: Mapped[str] = mapped_column(String(200), index=True)
    new_serial: Mapped[str] = mapped_column(String(200), index=True)
    swapped_at: Mapped[Time]
    returned_at: Mapped[Time | None]


def _sums() -> Subquery:
    into = select(Movement.to_place.label("place"), Movement.sku, Movement.quantity)
    out = select(Movement.from_place.label("place"), Movement.sku, -Movement.quantity)
    lines = union_all(into, out).subquery("lines")
    total = func.sum(lines.c.quantity)
    sums = select(lines.c.place, lines.c.sku, total.label("quantity"))
    return sums.group_by(lines.c.place, lines.c.sku).having(total != 0).subquery("balances")


class Balance(Table):
    """What lies at a place, in less out: summed up at every look and stored nowhere."""

    __table__ = _sums()
    __mapper_args__ = {"primary_key": [__table__.c.place, __table__.c.sku]}  # noqa: RUF012

    if TYPE_CHECKING:
        place: Mapped[str]
        sku: Mapped[str]
        quantity: Mapped[int]

    @property
    def is_variance(self) -> bool:
        """Below zero where things really lie: the ledger is wrong there."""
        return self.quantity < 0 and parse_place(self.place).is_stock


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


_MOVED = Movement.__table__.c
_QUANTITY = Question(
    select(
        select(func.coalesce(func.sum(_MOVED.quantity), 0))
        .where(_MOVED.to_place == bindparam("place"), _MOVED.sku == bindparam("sku"))
        .scalar_subquery()
        - select(func.coalesce(func.sum(_MOVED.quantity), 0))
        .where(_MOVED.from_place == bindparam("place"), _MOVED.sku == bindparam("sku"))
        .scalar_subquery()
    )
)


def quantity_at(session: Session, place: str, sku: str) -> int:
    """How many of one part lie at one place."""
    ((quantity,),) = _QUANTITY.within(session, place=place, sku=sku)
    return int(quantity)


def movements(place: str | None = None, sku: str | None = None) -> Select[Movement]:
    found = select(Movement)
    if place is not None:
        found = found.where((Movement.from_place == place) | (Movement.to_place == place))
    if sku is not None:
        found = found.where(Movement.sku == sku)
    return found


def is_at(column: ColumnElement[str], kind: str) -> ColumnElement[bool]:
    """Whether a column names a place of this kind."""
    return column == kind if PLACES[kind] is None else column.startswith(f"{kind}:")


def is_variance() -> ColumnElement[bool]:
    """As `Balance.is_variance`, for a query."""
    sums = Balance.__table__.c
    return (sums.quantity < 0) & or_(*(is_at(sums.place, kind) for kind in sorted(STOCK_PLACES)))


def vans_seen_by(person: Person) -> Select[str]:
    """The vans of somebody in the field: the own one, a lead's whole team."""
    vans = select(literal("van:") + Person.id)
    if person.role == Role.LEAD_INSTALLER and person.team:
        return vans.where(
            Person.organisation_id == person.organisation_id, Person.team == person.team
        )
    return vans.where(Person.id == person.id)


def sees_every_place(person: Person) -> bool:
    return person.role == Role.SUPERVISOR


def houses_of(person: Person) -> Select[Organisation]:
    """Whose warehouse and vans somebody of the shop looks after: those of the own branch, and those of
    contractors, which carry what every branch gives them. A supervisor looks after all.
    """
    found = select(Organisation)
    if sees_every_place(person):
        return found
    own = Organisation.id == person.organisation_id
    return found.where(own | (Organisation.kind == "contractor"))


def _own_places(person: Person) -> Any:
    houses = houses_of(person).with_only_columns(Organisation.id)
    vans = select(literal("van:") + Person.id).where(Person.organisation_id.in_(houses))
    return houses.with_only_columns(literal("warehouse:") + Organisation.id).union_all(vans)


def movements_visible_to(person: Person) -> Select[Movement]:
    """The shop sees what touched an own place or was moved for an own job, the field what touched its van."""
    found = select(Movement)
    if not may(person.role, "movement.read"):
        return found.where(false())
    if sees_every_place(person):
        return found
    if person.role in FIELD_ROLES:
        places = vans_seen_by(person)
        return found.where(or_(Movement.from_place.in_(places), Movement.to_place.in_(places)))
    places = _own_places(person)
    of_branch = select(jobs.Job.id).where(
        jobs.Job.id == Movement.job_id, jobs.Job.branch_id == person.organisation_id
    )
    return found.where(
        or_(Movement.from_place.in_(places), Movement.to_place.in_(places), of_branch.exists())
    )


def get_movement(session: Session, person: Person, movement_id: str) -> Movement:
    return sights.one(session, movements_visible_to(person).where(Movement.id == movement_id))


def balances_visible_to(person: Person) -> Select[Balance]:
    """As of movements; how much ever came from a supplier or was scrapped is no secret inside the house."""
    found = select(Balance)
    if not may(person.role, "movement.read"):
        return found.where(false())
    if sees_every_place(person):
        return found
    if person.role in FIELD_ROLES:
        return found.where(Balance.place.in_(vans_seen_by(person)))
    place = Balance.__table__.c.place
    single = [kind for kind, subject in PLACES.items() if subject is None]
    return found.where(
        or_(
            place.in_(single),
            place.in_(_own_places(person)),
            _is_of_branch(place, "reserved", jobs.Job, person),
            _is_of_branch(place, "transit", tickets.Ticket, person),
            _is_of_branch(place, "customer", Site, person),
        )
    )


def _is_of_branch(place: ColumnElement[str], kind: str, row: Any, person: Person) -> Any:
    """Whether a place of this kind belongs to something of the person's branch."""
    its = select(row.id).where(row.id == func.substr(place, len(kind) + 2))
    if row is Site:
        its = its.join(Customer, Customer.id == Site.customer_id)
        its = its.where(Customer.branch_id == person.organisation_id)
    else:
        its = its.where(row.branch_id == person.organisation_id)
    return is_at(place, kind) & its.exists()


def parts_visible_to(_person: Person) -> Select[Part]:
    """The catalogue is no secret inside the house."""
    return select(Part)


def get_part(session: Session, person: Person, sku: str) -> Part:
    return sights.one(session, parts_visible_to(person).where(Part.sku == sku))


def requests_visible_to(person: Person) -> Select[PartRequest]:
    """Whoever sees the ticket sees what its visits lacked."""
    return select(PartRequest).where(tickets.is_seen_by(person, PartRequest.ticket_id))


def open_requests(found: Select[PartRequest]) -> Select[PartRequest]:
    """Those that somebody still waits for."""
    return found.where(text(f"part_requests.{OPEN_REQUEST}"))


def get_request(session: Session, person: Person, request_id: str) -> PartRequest:
    return sights.one(session, requests_visible_to(person).where(PartRequest.id == request_id))


def swaps_visible_to(person: Person) -> Select[SerialSwap]:
    """Whoever sees the ticket sees which serials were exchanged for it."""
    its_job = select(jobs.Job.id).where(jobs.Job.id == SerialSwap.job_id)
    is_seen = tickets.is_seen_by(person, jobs.Job.ticket_id)
    return select(SerialSwap).where(its_job.where(is_seen).exists())


def get_swap(session: Session, person: Person, swap_id: str) -> SerialSwap:
    return sights.one(session, swaps_visible_to(person).where(SerialSwap.id == swap_id))
