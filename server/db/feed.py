"""The feed of changes that tablets pull: a version counter per scope, raised under its row lock.

An act only *touches* what it changed. `stamp` runs as the last statement of the transaction: it renders
the touched jobs, raises each scope's counter in ascending order of names (two transactions never wait
for each other crosswise) and writes one row per entity and scope. The lock is held to the commit, so a
reader sees the versions of a scope in order and none is ever missed.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Index, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import parts, sheets
from server.db.jobs import Job
from server.db.lookups import Command, Question, among
from server.db.people import served
from server.db.tables import Code, Table, Words
from server.db.working_sets import WorkingSet
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
    __table_args__ = (
        Index("uq_feed_changes_version", "scope", "version", unique=True),
        Index("ix_feed_changes_entity", "entity_id", "kind"),
    )

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
    documents: set[str] = field(default_factory=set)
    sheets: set[str] = field(default_factory=set)
    reasons: dict[str, str] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)
    stock: set[tuple[str, str]] = field(default_factory=set)
    results: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def copy(self) -> "Touched":
        return Touched(**{name: each.copy() for name, each in vars(self).items()})


def _touched(session: Session) -> Touched:
    found: Touched = session.info.setdefault("touched", Touched())
    return found


def touch_job(session: Session, job_id: str, *, reason: str | None = None) -> None:
    """The live part of a job changed; `reason` is told to whom it is taken from."""
    _touched(session).jobs.add(job_id)
    if reason:
        _touched(session).reasons[job_id] = reason


def touch_document(session: Session, job_id: str) -> None:
    """The document of a job was written anew; who sees it is not touched."""
    _touched(session).documents.add(job_id)


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


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """A savepoint; what fails in it has touched nothing."""
    before = _touched(session).copy()
    try:
        with session.begin_nested():
            yield
    except BaseException:
        session.info["touched"] = before
        raise


Versions = dict[tuple[str, str, str], int]
"""(scope, kind, id) -> the version that was stamped."""


def stamp(session: Session, now: datetime, work: WorkingSet | None = None) -> Versions:
    """Stamps all that was touched. Nothing touched, nothing done.

    An act that has a working set of all that it touched hands it over; it is written on the way.
    """
    touched = session.info.pop("touched", None)
    if touched is None or touched == Touched():
        if work is not None:
            work.write()
        return {}
    if work is None or not touched.jobs <= work.jobs.keys():
        work = _written(session, touched, now, work)
    by_scope = _entries(work, touched)
    work.write()
    return _stamp_scopes(session, by_scope)


def _written(
    session: Session, touched: Touched, now: datetime, work: WorkingSet | None
) -> WorkingSet:
    """Writes what there is to write; a working set of all that was touched, as it stands then."""
    if work is not None:
        work.write()
    session.flush()
    found = session.scalars(_JOBS, {"ids": touched.jobs}) if touched.jobs else ()
    return WorkingSet(session, found, now)


def _entries(work: WorkingSet, touched: Touched) -> dict[str, list[Entry]]:
    by_scope: dict[str, list[Entry]] = defaultdict(list)
    for scope, entry in _job_entries(work, touched):
        by_scope[scope].append(entry)
    for scope, entry in _document_entries(work.session, touched.documents - touched.jobs):
        by_scope[scope].append(entry)
    for sku in sorted(touched.parts):
        by_scope[CATALOGUE].append(_part_entry(work.session, sku))
    for person_id, sku in sorted(touched.stock):
        by_scope[person_scope(person_id)].append(_stock_entry(work, person_id, sku))
    for (person_id, event_id), data in sorted(touched.results.items()):
        entry = Entry("event_result", event_id, "upsert", data=json.dumps(data))
        by_scope[person_scope(person_id)].append(entry)
    return by_scope


def _job_entries(work: WorkingSet, touched: Touched) -> Iterator[tuple[str, Entry]]:
    """Renders the touched jobs and tells everybody who sees them, or saw them until now."""
    if not touched.jobs:
        return
    session, found = work.session, [work.jobs[job_id] for job_id in sorted(touched.jobs)]
    if touched.sheets:
        work.write()  # a sheet tells of other jobs, too
    for job in found:
        if job.id in touched.sheets:
            sheets.revise(session, job, work.now)
    for job in found:
        job.document = sheets.render(work, job)
    before = {job.id: _shown(session, job.id) for job in found}
    going = {job.id: [job.assignee_id, *work.crew[job.id]] for job in found}
    seen = served(session, {each for people in going.values() for each in people}, work.now)
    for job in found:
        after = {person_scope(each) for member in going[job.id] for each in seen[member]}
        reason = touched.reasons.get(job.id, "reassigned")
        for scope in sorted(before[job.id] - after):
            yield scope, Entry("job", job.id, "remove", reason)
        for scope in sorted(after):
            yield scope, Entry("job", job.id, "upsert")


def _document_entries(session: Session, job_ids: set[str]) -> Iterator[tuple[str, Entry]]:
    """Tells those who see these jobs already that there is something new to read."""
    for job_id in sorted(job_ids):
        for scope in sorted(_shown(session, job_id)):
            yield scope, Entry("job", job_id, "upsert")


def _shown(session: Session, job_id: str) -> set[str]:
    """The scopes in which a job was shown until now."""
    return {scope for (scope,) in _SHOWN.within(session, job=job_id)}


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


def _stock_entry(work: WorkingSet, person_id: str, sku: str) -> Entry:
    quantity = work.stock(str(Place("van", person_id)), sku)
    return Entry("stock", sku, "upsert", data=json.dumps({"sku": sku, "quantity": quantity}))


def _stamp_scopes(session: Session, by_scope: dict[str, list[Entry]]) -> Versions:
    rows: list[dict[str, Any]] = []
    for scope in sorted(by_scope):
        entries = by_scope[scope]
        ((head,),) = _RAISE_HEAD.within(session, scope=scope, head=len(entries))
        rows += [
            {"scope": scope, "version": version, **entry._asdict()}
            for version, entry in enumerate(entries, start=head - len(entries) + 1)
        ]
    _WRITE_CHANGE.for_each(session, rows)
    return {(row["scope"], row["kind"], row["entity_id"]): row["version"] for row in rows}


def _named(*columns: str) -> dict[str, Any]:
    return {name: bindparam(name) for name in columns}


def _raise_head(insert: Any) -> Any:
    raised = insert(Scope.__table__).values(horizon=0, **_named("scope", "head"))
    return raised.on_conflict_do_update(
        index_elements=["scope"], set_={"head": Scope.__table__.c.head + raised.excluded.head}
    ).returning(Scope.__table__.c.head)


def _write_change(insert: Any) -> Any:
    written = insert(Change.__table__).values(_named(*Change.__table__.c.keys()))
    return written.on_conflict_do_update(
        index_elements=["scope", "kind", "entity_id"],
        set_={name: written.excluded[name] for name in ("version", "change", "reason", "data")},
    )


# Put together once: that took longer than running them.
_RAISE_HEAD, _WRITE_CHANGE = Question(_raise_head), Command(_write_change)
_JOBS = (
    select(Job)
    .where(among(Job.id, "ids"))
    .order_by(Job.id)
    .execution_options(populate_existing=True)  # an act may have worked on drafts
)
_CHANGE = Change.__table__.c
_SHOWN = Question(
    select(_CHANGE.scope).where(
        _CHANGE.kind == "job", _CHANGE.entity_id == bindparam("job"), _CHANGE.change == "upsert"
    )
)
