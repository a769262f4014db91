"""The feed of changes that tablets pull: a version counter per scope, raised under its row lock.

An act only *touches* what it changed. `stamp` runs as the last statement of the transaction: it renders
the touched jobs, raises each scope's counter in ascending order of names (two transactions never wait
for each other crosswise) and writes one row per entity and scope. The lock is held to the commit, so a
reader sees the versions of a scope in order and none is ever missed.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Index, String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import parts, sheets
from server.db.jobs import Job, crew_of
from server.db.people import granted, leads_of
from server.db.tables import Code, Table, Words
from server.domain.parts import Place

CATALOGUE = "catalogue"


def person_scope(person_id: str) -> str:
    return f"person:{person_id}"


class Scope(Table):
    """A set of entities that is pulled together, with the version of its newest change."""

    __tablename__ = "feed_scopes"

    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    head: Mapped[int] = mapped_column(BigInteger)
    horizon: Mapped[int] = mapped_column(
        BigInteger, default=0, comment="the highest version that was pruned"
    )


class Change(Table):
    """The newest change of one entity in one scope; older ones are of no use to anybody."""

    __tablename__ = "feed_changes"
    __table_args__ = (Index("uq_feed_changes_version", "scope", "version", unique=True),)

    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    kind: Mapped[Code] = mapped_column(primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    change: Mapped[Code]
    reason: Mapped[str | None] = mapped_column(String(64))
    data: Mapped[Words | None] = mapped_column(comment="ready JSON; a job's stands in its own row")


class Entry(NamedTuple):
    """One change about to be stamped."""

    kind: str
    entity_id: str
    change: str
    reason: str | None = None
    data: str | None = None


@dataclass
class Touched:
    """What a transaction has changed so far."""

    jobs: set[str] = field(default_factory=set)
    sheets: set[str] = field(default_factory=set)
    reasons: dict[str, str] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)
    stock: set[tuple[str, str]] = field(default_factory=set)
    results: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


def _touched(session: Session) -> Touched:
    found: Touched = session.info.setdefault("touched", Touched())
    return found


def touch_job(session: Session, job_id: str, *, reason: str | None = None) -> None:
    """The live part of a job changed; `reason` is told to whom it is taken from."""
    _touched(session).jobs.add(job_id)
    if reason:
        _touched(session).reasons[job_id] = reason


def touch_sheet(session: Session, job_id: str, *, reason: str | None = None) -> None:
    """Something that the office writes, and that the job's sheet shows, may have changed."""
    _touched(session).sheets.add(job_id)
    touch_job(session, job_id, reason=reason)


def touch_part(session: Session, sku: str) -> None:
    _touched(session).parts.add(sku)


def touch_stock(session: Session, person_id: str, sku: str) -> None:
    _touched(session).stock.add((person_id, sku))


def tell_result(session: Session, person_id: str, event_id: str, data: dict[str, Any]) -> None:
    """A verdict on an event changed after its push: its sender hears of it by pull."""
    _touched(session).results[person_id, event_id] = data


def stamp(session: Session, now: datetime) -> dict[tuple[str, str, str], int]:
    """Stamps all that was touched; returns (scope, kind, id) -> version. Nothing touched, nothing done."""
    touched = session.info.pop("touched", None)
    if touched is None:
        return {}
    session.flush()
    by_scope = _entries(session, touched, now)
    versions = {}
    for scope in sorted(by_scope):
        versions.update(_stamp_scope(session, scope, by_scope[scope]))
    return versions


def _entries(session: Session, touched: Touched, now: datetime) -> dict[str, list[Entry]]:
    by_scope: dict[str, list[Entry]] = defaultdict(list)
    for job_id in sorted(touched.jobs):
        for scope, entry in _job_entries(session, job_id, touched, now):
            by_scope[scope].append(entry)
    for sku in sorted(touched.parts):
        by_scope[CATALOGUE].append(_part_entry(session, sku))
    for person_id, sku in sorted(touched.stock):
        by_scope[person_scope(person_id)].append(_stock_entry(session, person_id, sku))
    for (person_id, event_id), data in sorted(touched.results.items()):
        entry = Entry("event_result", event_id, "upsert", data=json.dumps(data))
        by_scope[person_scope(person_id)].append(entry)
    return by_scope


def _job_entries(
    session: Session, job_id: str, touched: Touched, now: datetime
) -> list[tuple[str, Entry]]:
    job = session.get_one(Job, job_id)
    if job_id in touched.sheets:
        sheets.revise(session, job, now)
    job.document = sheets.render(session, job)
    session.flush()
    before = set(
        session.scalars(
            select(Change.scope).where(
                Change.kind == "job", Change.entity_id == job_id, Change.change == "upsert"
            )
        )
    )
    people = [job.assignee_id, *crew_of(session, job_id)]
    served = granted(session, [*people, *leads_of(session, people)], now)
    after = {person_scope(each) for each in served}
    reason = touched.reasons.get(job_id, "reassigned")
    removed = [(scope, Entry("job", job_id, "remove", reason)) for scope in before - after]
    return removed + [(scope, Entry("job", job_id, "upsert")) for scope in after]


def _part_entry(session: Session, sku: str) -> Entry:
    part = session.get_one(parts.Part, sku)
    names = (
        "sku",
        "name",
        "name_zh",
        "unit",
        "unit_price",
        "currency",
        "is_returnable",
        "is_active",
    )
    return Entry("part", sku, "upsert", data=json.dumps({n: getattr(part, n) for n in names}))


def _stock_entry(session: Session, person_id: str, sku: str) -> Entry:
    quantity = parts.stock_at(session, str(Place("van", person_id))).get(sku, 0)
    return Entry("stock", sku, "upsert", data=json.dumps({"sku": sku, "quantity": quantity}))


def _insert(session: Session, table: type[Table]) -> Any:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return (sqlite if is_sqlite else postgresql).insert(table)


def _stamp_scope(
    session: Session, scope: str, entries: list[Entry]
) -> dict[tuple[str, str, str], int]:
    head = session.execute(
        _insert(session, Scope)
        .values(scope=scope, head=len(entries), horizon=0)
        .on_conflict_do_update(
            index_elements=[Scope.scope], set_={"head": Scope.head + len(entries)}
        )
        .returning(Scope.head)
    ).scalar_one()
    versions = {}
    for version, entry in enumerate(entries, start=head - len(entries) + 1):
        values = {**entry._asdict(), "version": version}
        session.execute(
            _insert(session, Change)
            .values(scope=scope, **values)
            .on_conflict_do_update(
                index_elements=[Change.scope, Change.kind, Change.entity_id],
                set_={name: values[name] for name in ("version", "change", "reason", "data")},
            )
        )
        versions[scope, entry.kind, entry.entity_id] = version
    return versions
