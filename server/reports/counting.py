"""Counting: what touched tickets count for is worked out anew, and the sums move by the difference.

One at a time counts, whichever worker it is. What a ticket counts for is a pure function of its rows
(`server/domain/figures.py`), so it can be counted at any time and twice; the sums are those of the facts
that stand, never more and never less, because both are written in one transaction.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from server.actions import promises
from server.db.customer_acts import CustomerAct
from server.db.customers import Asset
from server.db.events import FieldEvent
from server.db.figures import Fact, Mark, Total
from server.db.jobs import Job, Visit
from server.db.people import Organisation, Person
from server.db.photos import Photo
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.domain import figures as rules
from server.domain import periods
from server.domain.promises import State as Promise
from server.domain.tickets import State

AT_ONCE = 20  # tickets of one transaction: on SQLite pushes wait for it
MARKS_AT_ONCE = 500
ONE_AT_A_TIME = 0x0D002580  # the number of our advisory lock; any will do
ALL, LEFT_OUT = "all", "left_out"
NOBODY = ""
NO_PHOTO = ("discarded", "lost")
EVER = datetime(
    2200, 1, 1, tzinfo=UTC
)  # a close that has come is judged the same at any later time


def count_some(session: Session) -> int:
    """Counts the tickets that were touched longest ago; how many marks are gone for it.

    0 also while somebody else counts.
    """
    if not _is_alone(session):
        return 0
    oldest = select(Mark.id, Mark.ticket_id).order_by(Mark.id).limit(MARKS_AT_ONCE)
    marks = session.execute(oldest).all()
    tickets = set(list(dict.fromkeys(ticket_id for _, ticket_id in marks))[:AT_ONCE])
    done = [its_id for its_id, ticket_id in marks if ticket_id in tickets]
    if done:
        count(session, tickets)
        session.execute(delete(Mark).where(Mark.id.in_(done)))
    return len(done)


def is_waiting(session: Session) -> bool:
    """Whether anything has been touched that is not counted yet."""
    return session.scalar(select(Mark.id).limit(1)) is not None


def _is_alone(session: Session) -> bool:
    if session.get_bind().dialect.name != "postgresql":
        return True  # SQLite has one writer
    lock = text(f"SELECT pg_try_advisory_xact_lock({ONE_AT_A_TIME})")
    return bool(session.scalar(lock))


def count(session: Session, ticket_ids: Collection[str]) -> None:
    """Replaces what these tickets count for, and moves the sums by the difference."""
    before = {_key(row): row for row in _standing(session, ticket_ids)}
    after = {_key(row): row for row in rows_of(session, ticket_ids)}
    gone = [row for key, row in before.items() if after.get(key) != row]
    come = [row for key, row in after.items() if before.get(key) != row]
    for row in gone:
        session.execute(
            delete(Fact).where(
                Fact.ticket_id == row.ticket_id,
                Fact.figure == row.figure,
                Fact.subject_id == row.subject_id,
            )
        )
    if come:
        session.execute(insert(Fact), [row._asdict() for row in come])
    _move(session, differences(come, gone))


class Row(NamedTuple):
    """A fact as its table has it."""

    ticket_id: str
    figure: str
    subject_id: str
    day: date
    branch_id: str
    installer_id: str | None
    organisation_id: str | None
    product_id: str | None
    cause: str | None
    counted: int
    hits: int


_COLUMNS = [getattr(Fact, name) for name in Row._fields]


def _key(row: Row) -> tuple[str, str, str]:
    return row.ticket_id, row.figure, row.subject_id


def _standing(session: Session, ticket_ids: Collection[str]) -> Iterator[Row]:
    found = select(*_COLUMNS).where(Fact.ticket_id.in_(ticket_ids))
    return (Row(*row) for row in session.execute(found))


# The sums.

Place = tuple[str, str, str, date, str, str]
"""Where a sum stands: kind, figure, level, first day, branch, and of what."""

PLACE = ("kind", "figure", "level", "day", "branch_id", "of")


def differences(come: Iterable[Row], gone: Iterable[Row] = ()) -> dict[Place, rules.Sum]:
    """By how much each sum moves."""
    counts: Counter[Place] = Counter()
    hits: Counter[Place] = Counter()
    for sign, moved in ((1, come), (-1, gone)):
        for row in moved:
            for place, count_, hit in _parts(row):
                counts[place] += sign * count_
                hits[place] += sign * hit
    return {
        place: rules.Sum(counts[place], hits[place])
        for place in counts
        if counts[place] or hits[place]
    }


def _parts(row: Row) -> Iterator[tuple[Place, int, int]]:
    """Every sum that a fact is a part of."""
    if row.counted == 0:
        of: list[tuple[str, str, int, int]] = [(LEFT_OUT, row.cause or NOBODY, 1, 0)]
    else:
        of = [
            (ALL, NOBODY, row.counted, row.hits),
            ("installer", row.installer_id or NOBODY, row.counted, row.hits),
            ("organisation", row.organisation_id or NOBODY, row.counted, row.hits),
            ("product", row.product_id or NOBODY, row.counted, row.hits),
        ]
        if row.cause is not None:
            of.append(("cause", row.cause, row.counted, row.hits))
    for level in periods.Level:
        day = periods.beginning(level, row.day)
        for kind, what, counted, hits in of:
            yield (kind, row.figure, level.value, day, row.branch_id, what), counted, hits


def _move(session: Session, by: dict[Place, rules.Sum]) -> None:
    if not by:
        return
    made = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    new = made(Total)
    moved = new.on_conflict_do_update(
        index_elements=PLACE,
        set_={
            "counted": Total.counted + new.excluded.counted,
            "hits": Total.hits + new.excluded.hits,
        },
    )
    session.execute(
        moved,
        [
            dict(zip(PLACE, place, strict=True)) | {"counted": each.counted, "hits": each.hits}
            for place, each in sorted(by.items())
        ],
    )


# What a ticket counts for, read from the rest of the database.


def rows_of(session: Session, ticket_ids: Collection[str]) -> list[Row]:
    """The slow definition: the facts of these tickets, from everything that is known of them."""
    found = select(Ticket).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id)
    tickets = list(session.scalars(found.execution_options(populate_existing=True)))
    known = histories(session, tickets)
    products = _products(session, tickets)
    facts = [(ticket, each) for ticket in tickets for each in rules.facts(known[ticket.id])]
    houses = _houses(session, {each.installer_id for _, each in facts})
    return [
        Row(
            ticket_id=ticket.id,
            figure=each.figure,
            subject_id=each.subject_id,
            day=each.day,
            branch_id=ticket.branch_id,
            installer_id=each.installer_id,
            organisation_id=houses.get(each.installer_id),
            product_id=products.get(ticket.asset_id),
            cause=each.cause,
            counted=each.counted,
            hits=each.hits,
        )
        for ticket, each in facts
    ]


def histories(session: Session, tickets: list[Ticket]) -> dict[str, rules.History]:
    """By ticket id, with as many questions for many as for one."""
    ids = [ticket.id for ticket in tickets]
    kept = _kept_promises(session, tickets)
    trips, revisits = _trips(session, ids), _revisits(session, ids)
    repeated = set(
        session.scalars(
            select(Ticket.repeats).where(
                Ticket.repeats.in_(ids), Ticket.state != State.CANCELLED.value
            )
        )
    )
    zones: dict[str, str] = dict(
        session.execute(
            select(Organisation.id, Organisation.time_zone).where(
                Organisation.id.in_({ticket.branch_id for ticket in tickets})
            )
        ).all()
    )
    return {
        ticket.id: rules.History(
            ticket_id=ticket.id,
            zone=zones[ticket.branch_id],
            closed_at=ticket.closed_at if ticket.state == State.CLOSED else None,
            is_on_promise=ticket.id in kept,
            trips=tuple(trips[ticket.id]),
            revisits=tuple(revisits[ticket.id]),
            is_repeated=ticket.id in repeated,
        )
        for ticket in tickets
    }


def _kept_promises(session: Session, tickets: list[Ticket]) -> set[str]:
    """Which of them are closed, and in time: the calendar is that of the year of the close, whenever it is
    asked.
    """
    years: dict[int, list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        if ticket.closed_at is not None and ticket.state == State.CLOSED:
            years[ticket.closed_at.year].append(ticket)
    return {
        its_id
        for year, closed in years.items()
        for its_id, clocks in promises.clocks_of(
            session, closed, datetime(year + 1, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)
        ).items()
        if clocks["close"].state != Promise.BROKEN
    }


def _trips(session: Session, ticket_ids: list[str]) -> dict[str, list[rules.Trip]]:
    jobs = list(
        session.execute(
            select(
                Job.id, Job.ticket_id, Job.assignee_id, Job.visit_id, Job.cancelled_at,
                Job.window_end, Job.finished_at, Job.outcome, Job.outcome_cause, Job.verdict,
            )
            .where(Job.ticket_id.in_(ticket_ids))
            .order_by(Job.issued_at, Job.id)
        )
    )  # fmt: skip
    of_jobs = select(Visit.id, Visit.content).where(Visit.id.in_([job.visit_id for job in jobs]))
    content: dict[str | None, Any] = dict(session.execute(of_jobs).all())
    came = _arrivals(session, jobs)
    photos = _photos(session, jobs)
    by_link = _stars_by_link(session, ticket_ids)
    found: dict[str, list[rules.Trip]] = defaultdict(list)
    for job in jobs:
        receipt = content[job.visit_id]["receipt"] or {}
        judged, rejected = photos[job.id]
        found[job.ticket_id].append(
            rules.Trip(
                job_id=job.id,
                installer_id=job.assignee_id,
                is_cancelled=job.cancelled_at is not None,
                window_end=job.window_end,
                arrived_at=came.get(job.visit_id),
                finished_at=job.finished_at,
                outcome=job.outcome,
                outcome_cause=job.outcome_cause,
                stars=by_link.get(job.id, receipt.get("stars")),
                judged=judged,
                rejected=rejected,
            )
        )
    return found


def _arrivals(session: Session, jobs: list[Any]) -> dict[str | None, datetime]:
    """When somebody came, by visit; the tablet's clock set right."""
    of_jobs = select(FieldEvent.visit_id, func.min(FieldEvent.captured_est)).where(
        FieldEvent.job_id.in_([job.id for job in jobs]),
        FieldEvent.kind == "visit.arrived",
        FieldEvent.visit_id.in_([job.visit_id for job in jobs]),
    )
    return dict(session.execute(of_jobs.group_by(FieldEvent.visit_id)).all())


def _stars_by_link(session: Session, ticket_ids: list[str]) -> dict[str | None, int]:
    """What customers said on their page after the visit, by job: their last word counts."""
    rated = select(CustomerAct.job_id, CustomerAct.details).where(
        CustomerAct.ticket_id.in_(ticket_ids), CustomerAct.kind == "rated"
    )
    in_order = rated.order_by(CustomerAct.at, CustomerAct.id)
    return {job_id: details["stars"] for job_id, details in session.execute(in_order)}


def _photos(session: Session, jobs: list[Any]) -> dict[str, tuple[int, int]]:
    """How many were judged and how many of those were rejected, by job."""
    verdicts = {job.id: job.verdict for job in jobs}
    visits = [job.visit_id for job in jobs]
    shown = select(Photo.job_id, Photo.verdict).where(
        Photo.job_id.in_(list(verdicts)),
        Photo.visit_id.in_(visits),
        Photo.is_apart.is_(False),
        Photo.state.not_in(NO_PHOTO),
    )
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for job_id, verdict in session.execute(shown):
        counted[job_id][0] += bool(verdict or verdicts[job_id])
        counted[job_id][1] += verdict in rules.REJECTED
    return defaultdict(lambda: (0, 0), {key: (a, b) for key, (a, b) in counted.items()})


def _revisits(session: Session, ticket_ids: list[str]) -> dict[str, list[rules.Again]]:
    found: dict[str, list[rules.Again]] = defaultdict(list)
    for each in session.scalars(select(Revisit).where(Revisit.ticket_id.in_(ticket_ids))):
        again = rules.Again(each.id, each.job_id, each.cause, each.state, each.opened_at)
        found[each.ticket_id].append(again)
    return found


def _products(session: Session, tickets: list[Ticket]) -> dict[str | None, str]:
    ids = {ticket.asset_id for ticket in tickets} - {None}
    return dict(session.execute(select(Asset.id, Asset.product_id).where(Asset.id.in_(ids))).all())


def _houses(session: Session, people: set[str | None]) -> dict[str | None, str]:
    wanted = select(Person.id, Person.organisation_id).where(Person.id.in_(people - {None}))
    return dict(session.execute(wanted).all())


# From the beginning.


def begin_anew(session: Session) -> None:
    """Forgets everything that was counted, and asks for every ticket to be counted again."""
    for table in (Total, Fact, Mark):
        session.execute(delete(table))
    session.execute(insert(Mark).from_select(["ticket_id"], select(Ticket.id)))


def disagreements(session: Session) -> list[str]:
    """Where facts or sums differ from what the tickets say now, as (what, of, counted, true) in words.

    Reads everything, a few tickets at a time; what waits to be counted is left alone.
    """
    found: list[str] = []
    waiting = select(Mark.ticket_id)
    sums: Counter[Place] = Counter()
    hits: Counter[Place] = Counter()
    last = ""
    while True:
        some = select(Ticket.id).where(Ticket.id > last).order_by(Ticket.id).limit(200)
        ids = list(session.scalars(some))
        if not ids:
            break
        last = ids[-1]
        resting = set(ids) - set(session.scalars(waiting.where(Mark.ticket_id.in_(ids))))
        standing = list(_standing(session, ids))
        true = {_key(row): row for row in rows_of(session, resting)}
        there = {_key(row): row for row in standing if row.ticket_id in resting}
        for key in sorted(true.keys() | there.keys()):
            if true.get(key) != there.get(key):
                found.append(f"{key[0]} {key[1]} {key[2]}")
        for place, each in differences(standing).items():
            sums[place] += each.counted
            hits[place] += each.hits
    for row in session.scalars(select(Total)):
        place = (row.kind, row.figure, row.level, row.day, row.branch_id, row.of)
        if (row.counted, row.hits) != (sums.pop(place, 0), hits.pop(place, 0)):
            found.append(" ".join(map(str, place)))
    left = {place for place in sums.keys() | hits.keys() if sums[place] or hits[place]}
    return found + [" ".join(map(str, place)) for place in sorted(left)]
