"""The whole shop as one SQLite file, for Datasette and whatever else reads SQLite.

All rows are of one moment. What tells of customers stays here: no names, numbers, addresses, notes, pictures
or positions; of the shop's own people there are names and roles. Texts are the summaries of tickets, which
can be searched. Moments are in UTC.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.db.customer_photos import CustomerPhoto
from server.db.customers import Asset, Product
from server.db.figures import Fact, Total
from server.db.jobs import Job, Visit
from server.db.parts import Movement, Part
from server.db.people import Organisation, Person
from server.db.photos import Photo
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.domain import figures as rules
from server.domain.figures import FIGURES, Sum

if TYPE_CHECKING:
    from sqlite_utils import Database

AT_ONCE = 1_000  # rows in memory
TOLD_EACH_S = 2.0

Row = dict[str, Any]
Told = Callable[[str, int, int], None]
"""Hears the table at hand, how many tables and how many rows are done."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A table of the file: its columns with their types, and what fills it."""

    name: str
    columns: dict[str, type]
    rows: Callable[[Session, str | None], Iterable[Row]]
    key: str | tuple[str, ...] = "id"
    refers: tuple[tuple[str, str, str], ...] = ()


def make(session: Session, branch_id: str | None, file: Path, told: Told) -> int:
    """Writes the file, of one branch or all of them; returns how many rows it holds.

    `session` reads on one snapshot. Whatever lies at `file` is written anew.
    """
    import sqlite_utils  # which nothing else in a serving process needs

    file.unlink(missing_ok=True)
    count, heard = 0, time.monotonic()
    with closing(sqlite_utils.Database(file)) as made:
        made.execute("PRAGMA journal_mode = OFF")  # it is nobody's yet: a half one is thrown away
        made.execute("PRAGMA synchronous = OFF")
        for number, wanted in enumerate(TABLES):
            made.table(wanted.name).create(
                wanted.columns, pk=wanted.key, foreign_keys=list(wanted.refers), strict=True
            )
            told(wanted.name, number, count)
            for some in _portions(wanted.rows(session, branch_id)):
                made.table(wanted.name).insert_all(some, batch_size=AT_ONCE)
                count += len(some)
                if time.monotonic() - heard > TOLD_EACH_S:
                    told(wanted.name, number, count)
                    heard = time.monotonic()
            for _, other, _ in wanted.refers:
                assert made.table(other).exists(), other
        _make_it_useful(made)
    return count


def _make_it_useful(made: "Database") -> None:
    """Words that are found, and indexes for what people follow and group by."""
    made.table("tickets").enable_fts(["summary"], tokenize="trigram")  # Chinese has no blanks
    for wanted in TABLES:
        for column, _, _ in wanted.refers:
            made.table(wanted.name).create_index([column], if_not_exists=True)
    made.table("tickets").create_index(["closed_at"])
    made.table("facts").create_index(["figure", "day"])
    made.execute("ANALYZE")
    made.conn.commit()


def _portions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    for row in rows:
        some.append({name: _plain(value) for name, value in row.items()})
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


# What fills the tables.


def _read(session: Session, found: Any) -> Iterator[Row]:
    rows = session.execute(found.execution_options(yield_per=AT_ONCE))
    return (dict(row) for row in rows.mappings())


def _organisations(session: Session, branch_id: str | None) -> Iterator[Row]:
    kind = Organisation
    return _read(session, select(kind.id, kind.kind, kind.name, kind.time_zone))


def _people(session: Session, branch_id: str | None) -> Iterator[Row]:
    return _read(session, select(Person.id, Person.name, Person.role, Person.organisation_id))


def _products(session: Session, branch_id: str | None) -> Iterator[Row]:
    kind = Product
    return _read(session, select(kind.id, kind.model, kind.name, kind.name_zh, kind.category))


def _parts(session: Session, branch_id: str | None) -> Iterator[Row]:
    columns = (Part.sku, Part.name, Part.name_zh, Part.unit, Part.unit_price, Part.currency)
    return _read(session, select(*columns))


def _tickets(session: Session, branch_id: str | None) -> Iterator[Row]:
    kind = Ticket
    found = select(
        kind.id, kind.branch_id, Asset.product_id, kind.kind, kind.channel, kind.category,
        kind.ticket_class.label("class"), kind.fault, kind.summary, kind.state, kind.opened_at,
        kind.responded_at, kind.planned_at, kind.closed_at,
        kind.closed_by_hand.is_not(None).label("closed_by_hand"), kind.cancelled_at,
        kind.reopened_at, kind.repeats,
    ).outerjoin(Asset, Asset.id == kind.asset_id)  # fmt: skip
    if branch_id is not None:
        found = found.where(kind.branch_id == branch_id)
    return _read(session, found)


def _jobs(session: Session, branch_id: str | None) -> Iterator[Row]:
    kind = Job
    found = select(
        kind.id, kind.ticket_id, kind.branch_id, kind.assignee_id.label("installer_id"),
        kind.priority, kind.window_start, kind.window_end, kind.time_zone, kind.issued_at,
        kind.state, kind.outcome, kind.outcome_cause, kind.finished_at, kind.received,
        kind.verdict, kind.verdict_at, kind.is_auto_accepted, kind.cancelled_at,
        kind.revisit_of, kind.cause,
    )  # fmt: skip
    return _read(session, _of_branch(found, branch_id))


def _of_branch(found: Any, branch_id: str | None) -> Any:
    return found if branch_id is None else found.where(Job.branch_id == branch_id)


def _visits(session: Session, branch_id: str | None) -> Iterator[Row]:
    found = select(Visit.id, Visit.job_id, Visit.person_id, Visit.assigned_at, Visit.content)
    found = _of_branch(found.join(Job, Job.id == Visit.job_id), branch_id)
    for row in _read(session, found):
        told = row.pop("content")
        receipt, finished = told["receipt"] or {}, told["finished"] or {}
        yield {
            "id": row["id"],
            "job_id": row["job_id"],
            "installer_id": row["person_id"],
            "assigned_at": row["assigned_at"],
            "state": told["state"],
            "arrived_at": told["arrived_at"],
            "finished_at": finished.get("at"),
            "outcome": finished.get("outcome"),
            "cause": finished.get("cause"),
            "receipt": receipt.get("state"),
            "stars": receipt.get("stars"),
            "has_reservation": bool((receipt.get("reservation") or "").strip()),
        }


def _photos(session: Session, branch_id: str | None) -> Iterator[Row]:
    kind = Photo
    found = select(
        kind.id, kind.job_id, kind.visit_id, kind.slot, kind.taken_at,
        kind.taken_by.label("installer_id"), kind.width, kind.height, kind.size, kind.source,
        kind.state, kind.is_apart, kind.verdict, kind.verdict_at, kind.replaced_by,
    ).join(Job, Job.id == kind.job_id)  # fmt: skip
    return _read(session, _of_branch(found, branch_id))


def _customer_photos(session: Session, branch_id: str | None) -> Iterator[Row]:
    """That something was sent, when and how; neither the pictures nor what is said of them."""
    kind = CustomerPhoto
    found = select(
        kind.id, kind.ticket_id, kind.given_at, kind.given_by,
        kind.link_id.is_not(None).label("by_link"), kind.size, kind.mime, kind.state,
        kind.removed_at,
    ).join(Ticket, Ticket.id == kind.ticket_id)  # fmt: skip
    if branch_id is not None:
        found = found.where(Ticket.branch_id == branch_id)
    return _read(session, found)


def _revisits(session: Session, branch_id: str | None) -> Iterator[Row]:
    kind = Revisit
    found = select(
        kind.id, kind.ticket_id, kind.job_id, kind.trigger, kind.cause, kind.mode, kind.state,
        kind.opened_at, kind.decided_at, kind.planned_job_id,
    ).join(Job, Job.id == kind.job_id)  # fmt: skip
    return _read(session, _of_branch(found, branch_id))


def _movements(session: Session, branch_id: str | None) -> Iterator[Row]:
    """Of one branch: those for its jobs, and those that touch its own shelves."""
    kind = Movement
    found = select(
        kind.id, kind.at, kind.kind, kind.sku, kind.quantity, kind.from_place, kind.to_place,
        kind.job_id,
    )  # fmt: skip
    if branch_id is not None:
        shelf = f"warehouse:{branch_id}"
        own = select(Job.id).where(Job.branch_id == branch_id)
        found = found.where(
            or_(kind.job_id.in_(own), kind.from_place == shelf, kind.to_place == shelf)
        )
    for row in _read(session, found):
        for name in ("from_place", "to_place"):
            row[name] = row[name].partition(":")[0] if row[name].startswith("site:") else row[name]
        yield row


def _facts(session: Session, branch_id: str | None) -> Iterator[Row]:
    names = ("ticket_id", "figure", "subject_id", "day", "branch_id", "installer_id")
    more = ("organisation_id", "product_id", "cause", "counted", "hits")
    found = select(*(getattr(Fact, name) for name in (*names, *more)))
    return _read(session, found if branch_id is None else found.where(Fact.branch_id == branch_id))


def _weeks(session: Session, branch_id: str | None) -> Iterator[Row]:
    """Every figure of every branch, week by week."""
    found = select(Total.branch_id, Total.figure, Total.day, Total.counted, Total.hits).where(
        Total.kind == "all", Total.level == "day"
    )
    if branch_id is not None:
        found = found.where(Total.branch_id == branch_id)
    sums: dict[tuple[str, str, str], Sum] = {}
    for row in _read(session, found):
        year, week, _ = row["day"].isocalendar()
        key = (f"{year}-W{week:02}", row["branch_id"], row["figure"])
        sums[key] = sums.get(key, Sum()) + Sum(row["counted"], row["hits"])
    for (week_name, branch, figure), each in sorted(sums.items()):
        if each.counted:
            yield {
                "week": week_name,
                "branch_id": branch,
                "figure": figure,
                "value": rules.value(FIGURES[figure], each),
                "counted": each.counted,
                "hits": each.hits,
            }


def _columns(text: str, **numbers: type) -> dict[str, type]:
    """Columns of text by their names, and others with their types behind them."""
    return {**dict.fromkeys(text.split(), str), **numbers}


_TICKET, _JOB = ("ticket_id", "tickets", "id"), ("job_id", "jobs", "id")
_BRANCH, _PRODUCT = ("branch_id", "organisations", "id"), ("product_id", "products", "id")
_INSTALLER = ("installer_id", "people", "id")

TABLES = (
    Wanted("organisations", _columns("id kind name time_zone"), _organisations),
    Wanted("people", _columns("id name role organisation_id"), _people,
        refers=(("organisation_id", "organisations", "id"),)),
    Wanted("products", _columns("id model name name_zh category"), _products),
    Wanted("parts", _columns("sku name name_zh unit currency", unit_price=int), _parts, key="sku"),
    Wanted("tickets", _columns(
        "id branch_id product_id kind channel category class fault summary state opened_at "
        "responded_at planned_at closed_at cancelled_at reopened_at repeats", closed_by_hand=int,
    ), _tickets, refers=(_BRANCH, _PRODUCT)),
    Wanted("jobs", _columns(
        "id ticket_id branch_id installer_id priority window_start window_end time_zone issued_at "
        "state outcome outcome_cause finished_at received verdict verdict_at cancelled_at "
        "revisit_of cause", is_auto_accepted=int,
    ), _jobs, refers=(_TICKET, _BRANCH, _INSTALLER)),
    Wanted("visits", _columns(
        "id job_id installer_id assigned_at state arrived_at finished_at outcome cause receipt",
        stars=int, has_reservation=int,
    ), _visits, refers=(_JOB, _INSTALLER)),
    Wanted("photos", _columns(
        "id job_id visit_id slot taken_at installer_id source state verdict verdict_at replaced_by",
        width=int, height=int, size=int, is_apart=int,
    ), _photos, refers=(_JOB, ("visit_id", "visits", "id"), _INSTALLER)),
    Wanted("customer_photos", _columns(
        "id ticket_id given_at given_by mime state removed_at", by_link=int, size=int,
    ), _customer_photos, refers=(_TICKET, ("given_by", "people", "id"))),
    Wanted("revisits", _columns(
        "id ticket_id job_id trigger cause mode state opened_at decided_at planned_job_id",
    ), _revisits, refers=(_TICKET, _JOB)),
    Wanted("movements", _columns("id at kind sku from_place to_place job_id", quantity=int),
        _movements, refers=(_JOB,)),
    Wanted("facts", _columns(
        "ticket_id figure subject_id day branch_id installer_id organisation_id product_id cause",
        counted=int, hits=int,
    ), _facts, key=("ticket_id", "figure", "subject_id"),
        refers=(_TICKET, _BRANCH, _INSTALLER, _PRODUCT)),
    Wanted("figures_per_week", _columns(
        "week branch_id figure", value=float, counted=int, hits=int,
    ), _weeks, key=("week", "branch_id", "figure"), refers=(_BRANCH,)),
)  # fmt: skip
