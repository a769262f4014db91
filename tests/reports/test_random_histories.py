"""Whatever happens to tickets, in whatever order it comes to be known: figures of any period, by whatever they
are told, are what a look at every ticket would say, and each opens into just as many facts.
"""

import random
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import audit, figures
from server.db.events import FieldEvent
from server.db.figures import Fact
from server.db.jobs import Job
from server.db.people import Organisation
from server.db.photos import Photo
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.domain.figures import FIGURES, Sum
from server.domain.periods import Period
from server.ids import new_id
from server.reports import counting
from server.reports import figures as reports_of
from tests import make
from tests.people import ALICE, CAROL, LENA, NORTH, SOUTH

FIRST = datetime(2016, 12, 20, tzinfo=UTC)
CAUSES = ("part_missing", "customer_absent", "workmanship", "site_not_ready")


class Town:
    """Rows that change at random; each change touches its ticket, as the acts do."""

    def __init__(self, session: Session, chance: random.Random) -> None:
        self.session, self.chance = session, chance
        self.tickets: list[Ticket] = []
        self.jobs: list[Job] = []
        session.get_one(Organisation, SOUTH).time_zone = "America/New_York"
        self.assets = [self._asset(branch) for branch in (NORTH, SOUTH) for _ in range(2)]

    def _asset(self, branch: str) -> Any:
        customer = make.make_customer(branch_id=branch)
        site, product = make.make_site(customer), make.make_product()
        asset = make.make_asset(site, product)
        for row in (customer, site, product, asset):
            self.session.add(row)
            self.session.flush()
        return customer, site, asset

    def when(self) -> datetime:
        """Some moment of ten years, often at the turn of a year or a month."""
        day = FIRST + timedelta(days=self.chance.choice([*range(24), *range(0, 3_640, 91)]))
        return day + timedelta(minutes=self.chance.randrange(1_440))

    def happens(self) -> None:
        act = self.chance.choice(
            [self.opens, self.issues, self.issues, self.finishes, self.closes, self.closes]
            + [self.reopens, self.wants_again, self.judges, self.repeats]
        )
        act(self.chance.choice(self.tickets) if self.tickets else None)
        self.session.flush()

    def touch(self, ticket: Ticket) -> None:
        figures.touch(self.session, ticket.id, ticket.repeats)
        figures.mark(self.session)

    def opens(self, _before: Ticket | None) -> None:
        customer, site, asset = self.chance.choice(self.assets)
        self.session.add(
            made := make.make_ticket(customer, site, asset_id=asset.id, opened_at=self.when())
        )
        self.session.flush()
        self.tickets.append(made)
        self.touch(made)

    def issues(self, ticket: Ticket | None) -> None:
        if ticket is None or ticket.site_id is None:
            return
        site = next(site for _, site, _ in self.assets if site.id == ticket.site_id)
        who = self.chance.choice([ALICE, LENA, CAROL])
        at = self.when()
        job, visit = make.make_job(ticket, site, who, issued_at=at, window_end=at)
        self.session.add(job)
        self.session.flush()
        self.session.add(visit)
        self.jobs.append(job)
        self.session.add(_arrival(job, len(self.jobs), at + self.chance.choice([-1, 1]) * _HOUR))
        self.touch(ticket)

    def _job(self, ticket: Ticket | None) -> Job | None:
        if ticket is None:
            return None
        jobs = [job for job in self.jobs if job.ticket_id == ticket.id]
        return self.chance.choice(jobs) if jobs else None

    def finishes(self, ticket: Ticket | None) -> None:
        job = self._job(ticket)
        if job is None or ticket is None:
            return
        job.finished_at = self.when()
        job.outcome = self.chance.choice(["completed", "completed", "incomplete"])
        job.outcome_cause = self.chance.choice(CAUSES) if job.outcome == "incomplete" else None
        self.touch(ticket)

    def closes(self, ticket: Ticket | None) -> None:
        if ticket is None:
            return
        ticket.state, ticket.closed_at = (
            "closed",
            ticket.opened_at + self.chance.randrange(60) * _HOUR,
        )
        audit.record(self.session, None, "ticket.closed", ticket.id, ticket.closed_at)
        self.touch(ticket)

    def reopens(self, ticket: Ticket | None) -> None:
        if ticket is not None and ticket.state == "closed":
            ticket.state = "reopened"
            self.touch(ticket)

    def wants_again(self, ticket: Ticket | None) -> None:
        job = self._job(ticket)
        if job is None or ticket is None:
            return
        self.session.add(
            Revisit(
                id=new_id(), ticket_id=ticket.id, job_id=job.id, trigger="verdict_rework",
                cause=self.chance.choice(CAUSES), mode="at_once", opened_at=self.when(),
                state=self.chance.choice(["due", "planned", "dismissed"]),
            )
        )  # fmt: skip
        self.touch(ticket)

    def judges(self, ticket: Ticket | None) -> None:
        job = self._job(ticket)
        if job is None or ticket is None:
            return
        self.session.add(
            Photo(
                id=new_id(), job_id=job.id, visit_id=str(job.visit_id), slot="after",
                sha256="0" * 64, size=1, mime="image/jpeg", width=1, height=1, source="camera",
                taken_at=self.when(), taken_by=job.assignee_id, state="checked",
                verdict=self.chance.choice(["accept", "retake", "rework", None]),
            )
        )  # fmt: skip
        self.touch(ticket)

    def repeats(self, ticket: Ticket | None) -> None:
        if ticket is not None and ticket is not self.tickets[0]:
            ticket.repeats = self.tickets[0].id
            self.touch(ticket)


_HOUR = timedelta(hours=1)


def _arrival(job: Job, number: int, at: datetime) -> FieldEvent:
    return FieldEvent(
        id=new_id(), device_id="d", seq=number, kind="visit.arrived", v=1, job_id=job.id,
        visit_id=job.visit_id, actor_id=job.assignee_id, person_id=job.assignee_id,
        captured_at=at.isoformat(), captured_est=at, uncertainty_s=0, is_clock_suspect=False,
        received_at=at, raw="{}", fingerprint="0" * 64, status="applied",
    )  # fmt: skip


def told(rows: Iterable[counting.Row], column: str) -> dict[str, Sum]:
    """The slow way: by whatever they are told, every fact added up."""
    found: dict[str, Sum] = {}
    for row in rows:
        of = getattr(row, column) or ""
        found[of] = found.get(of, Sum()) + Sum(row.counted, row.hits)
    return {of: each for of, each in found.items() if each.counted}


def test_figures_are_what_every_ticket_says(
    write: Callable[..., Any], read: Callable[..., Any]
) -> None:
    chance = random.Random(1)

    def live(session: Session) -> None:
        town = Town(session, chance)
        for _ in range(120):
            town.happens()
            if chance.random() < 0.1:
                counting.count_some(session)

    write(live)
    while write(counting.count_some):
        pass
    assert read(counting.disagreements) == []
    everything = read(lambda s: counting.rows_of(s, list(s.scalars(select(Ticket.id)))))
    assert {row.figure for row in everything} >= set(FIGURES) - {"stars"}
    read(lambda session: _compare_some(session, everything, chance))


def _compare_some(session: Session, everything: list[counting.Row], chance: random.Random) -> None:
    for branch in (None, NORTH, SOUTH):
        days = sorted(FIRST.date() + timedelta(days=chance.randrange(3_700)) for _ in range(2))
        compare(session, everything, Period(*days), branch)
    compare(session, everything, Period(FIRST.date(), FIRST.date() + timedelta(days=20)), None)
    # Until the day before something counts: what is taken away of its month or year is not nothing.
    for day in sorted({row.day for row in everything}):
        compare(session, everything, Period(date(2016, 1, 1), day - timedelta(days=1)), None)


def compare(
    session: Session, everything: list[counting.Row], period: Period, branch: str | None
) -> None:
    columns = {"installer": "installer_id", "contractor": "organisation_id"}
    columns |= {"product": "product_id", "branch": "branch_id", "cause": "cause"}
    for code, figure in FIGURES.items():
        rows = [
            row
            for row in everything
            if row.figure == code
            and period.first <= row.day <= period.last
            and branch in (None, row.branch_id)
        ]
        for by, column in columns.items():
            lines, more = reports_of.lines(session, figure, by, period, period, branch)
            of_cause = [row for row in rows if by != "cause" or row.cause]
            found = {each.of: each.reading.sum for each in lines}
            assert (found, more) == (told(of_cause, column), False), (code, by, period)
        sum_ = reports_of.sum_of(session, figure, period, branch)
        assert sum_ == told(rows, "figure").get(code, Sum())
        steps = reports_of.steps(session, figure, period, branch)
        assert sum((each for _, each in steps), Sum()) == sum_
        for show, number in (("all", sum_.counted), ("hits", sum_.hits)):
            facts = reports_of.facts(select(Fact), figure, period, show)
            facts = facts if branch is None else facts.where(Fact.branch_id == branch)
            listed = list(session.scalars(facts))
            assert sum(f.counted if show == "all" else f.hits for f in listed) == number
        left = reports_of.left_out(session, figure, period, branch)
        assert sum(count for _, count in left) == sum(row.counted == 0 for row in rows)
