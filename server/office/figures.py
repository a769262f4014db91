"""Figures: how well the shop keeps its word, and each number opens into the tickets that it counts.

Everything that a page shows hangs on its address, which can be sent to a colleague: the period, the branch,
the figure, and by what it is told.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.auth import me, needs
from server.db import figures as rows
from server.db.customers import Product
from server.db.figures import Fact
from server.db.jobs import Job
from server.db.people import Organisation, Person
from server.db.photos import Photo
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.domain import errors, periods
from server.domain.figures import FIGURES, REJECTED, Figure, Subject, Unit
from server.domain.periods import Name, Period
from server.office import figure_words, forms, lists, wording
from server.office.labels import label
from server.office.wording import in_language
from server.reports import counting
from server.reports import figures as reports
from server.transactions import reads

blp = Blueprint("figures", __name__)

MOST_PAGES = 1_000
IN_THE_CHART = 12
USUAL = Name.THIS_MONTH
# What can be looked at of each kind of figure.
SHOWS = {
    "closed_on_promise": ("all", "hits", "misses"),
    "first_time_fix": ("all", "hits", "misses", "left_out"),
    "on_time_arrival": ("all", "hits", "misses"),
    "photo_rejection": ("all", "hits"),
    "stars": ("all",),
    "revisits": ("all",),
}


@dataclass(frozen=True)
class Asked:
    """What a page is asked for. `wrong` says what could not be read of it."""

    name: Name
    period: Period
    before: Period
    branch: Organisation | None
    branches: list[Organisation]
    figure: Figure
    by: str
    is_worst_first: bool
    page: int
    wrong: str = ""

    @property
    def branch_id(self) -> str | None:
        return self.branch.id if self.branch else None

    @property
    def bys(self) -> list[str]:
        """What the figure can be told by."""
        only = {"branch": self.branch is None, "cause": self.figure.code == "revisits"}
        return [each for each in reports.BY if only.get(each, True)]

    def address(self, **changes: Any) -> str:
        """This page with something else chosen."""
        return url_for("office.figures.show", **self.query(**changes))

    def query(self, **changes: Any) -> dict[str, Any]:
        chosen = self.name == Name.CHOSEN
        said: dict[str, Any] = {
            "period": self.name.value,
            "from": self.period.first.isoformat() if chosen else None,
            "until": self.period.last.isoformat() if chosen else None,
            "branch": self.branch_id if len(self.branches) > 1 else None,
            "figure": self.figure.code,
            "by": self.by,
            "sort": "worst" if self.is_worst_first else None,
            **changes,
        }
        return {name: value for name, value in said.items() if value is not None}

    def opened(self, show: str, of: str | None = None, period: Period | None = None) -> str:
        """The tickets behind a number: the same ones, whenever the address is opened."""
        days = period or self.period
        said: dict[str, Any] = {
            "show": show,
            "from": days.first.isoformat(),
            "until": days.last.isoformat(),
            **self._of_branch,
            **({} if of is None else {"by": self.by, "of": of}),
        }
        return f"{self._opened}?{urlencode(said)}"

    @cached_property
    def _opened(self) -> str:
        """Asked for once: to build an address anew for every number of the page is a quarter of its work."""
        return url_for("office.figures.opened", figure=self.figure.code)

    @cached_property
    def _of_branch(self) -> dict[str, str]:
        return {"branch": self.branch.id} if self.branch and len(self.branches) > 1 else {}


def asked(session: Session, code: str | None = None) -> Asked:
    """Raises `NotFound` for a branch whose figures one may not see."""
    said = request.args
    branches = _branches(session)
    branch = _branch(branches, said.get("branch", ""))
    today = wording.today(_zone(branch))
    name, period, wrong = _period(said, today)
    figure = FIGURES.get(code or said.get("figure", "")) or FIGURES["closed_on_promise"]
    found = Asked(
        name=name,
        period=period,
        before=periods.before(name, period),
        branch=branch,
        branches=branches,
        figure=figure,
        by="installer",
        is_worst_first=said.get("sort") == "worst",
        page=_page(said.get("page", "")),
        wrong=wrong,
    )
    by = said.get("by", "")
    usual = "cause" if figure.code == "revisits" and "figure" in said and not by else "installer"
    return replace(found, by=by if by in found.bys else usual)


def _branches(session: Session) -> list[Organisation]:
    only = rows.branch_seen_by(me())
    found = select(Organisation).where(Organisation.kind == "branch")
    if only is not None:
        found = found.where(Organisation.id == only)
    return list(session.scalars(found.order_by(Organisation.name, Organisation.id)))


def _branch(branches: list[Organisation], wanted: str) -> Organisation | None:
    """The one that is asked for; the only one that there is; None for all of them."""
    if not wanted:
        return branches[0] if len(branches) == 1 else None
    found = next((each for each in branches if each.id == wanted), None)
    if found is None:
        raise errors.NotFound()
    return found


def _zone(branch: Organisation | None) -> str:
    return branch.time_zone if branch else me().organisation.time_zone


def _period(said: Any, today: date) -> tuple[Name, Period, str]:
    """The period, and a sentence where the days that somebody chose are none."""
    wanted = said.get("period", "")
    has_days = "from" in said or "until" in said
    if has_days and wanted in ("", Name.CHOSEN):
        first = forms.day_in(said.get("from", ""), date.min)
        last = forms.day_in(said.get("until", ""), date.min)
        if date.min not in (first, last) and first <= last:
            return Name.CHOSEN, Period(first, last), ""
        told = _("Choose a first day and a last day that does not come before it.")
        return USUAL, periods.named(USUAL, today), told
    name = Name(wanted) if wanted in set(Name) - {Name.CHOSEN} else USUAL
    return name, periods.named(name, today), ""


def _page(said: str) -> int:
    is_number = said.isascii() and said.isdigit() and len(said) < 6
    return min(max(int(said), 1), MOST_PAGES) if is_number else 1


# The figures.


@blp.get("/figures")
@reads
@needs("figure.read")
def show(session: Session) -> str:
    """All figures of a period beside the one before; one of them step by step, and by whom."""
    what = asked(session)
    skip = (what.page - 1) * reports.LINES
    lines, has_more = reports.lines(
        session,
        what.figure,
        what.by,
        what.period,
        what.before,
        what.branch_id,
        worst_first=what.is_worst_first,
        skip=skip,
    )
    readings = reports.readings(session, what.period, what.before, what.branch_id)
    return render_template(
        "office/figures.html",
        asked=what,
        readings=readings,
        reading=readings[what.figure.code],
        steps=reports.steps(session, what.figure, what.period, what.branch_id),
        step=periods.step_for(what.period),
        lines=lines,
        names=names(session, what.by, [line.of for line in lines]),
        has_more=has_more,
        left_out=reports.left_out(session, what.figure, what.period, what.branch_id),
        shows=SHOWS[what.figure.code],
        is_waiting=counting.is_waiting(session),
        period_names=[each for each in Name if each != Name.CHOSEN],
        in_the_chart=IN_THE_CHART,
        words=figure_words,
    )


def names(session: Session, by: str, ids: Iterable[str]) -> dict[str, str]:
    """What those are called that a figure is told by."""
    wanted = [each for each in ids if each]
    nobody = {reports.NOBODY: figure_words.nobody(by)}
    if by == "cause":
        return {**nobody, **{each: label(each, "cause") for each in wanted}}
    kind: Any = {"installer": Person, "product": Product}.get(by, Organisation)
    found = session.scalars(select(kind).where(kind.id.in_(wanted)))
    called = {each.id: in_language(each, "name") for each in found}
    return {**{each: each for each in wanted}, **called, **nobody}


# What a figure is made of.


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a figure counts, with where it leads."""

    fact: Fact
    ticket: Ticket
    job_id: str | None
    installer: str
    photos: list[Photo]


@blp.get("/figures/<figure>")
@reads
@needs("figure.read")
def opened(session: Session, figure: str) -> str:
    """The tickets, visits or revisits behind a number, the newest first."""
    if figure not in FIGURES:
        raise errors.NotFound()
    what = asked(session, figure)
    which, by, of = which_of(figure)
    page = lists.page(
        session,
        facts_of(what, which, by, of),
        (Fact.day, Fact.subject_id),
        newest_first=True,
    )
    return render_template(
        "office/figure.html",
        asked=what,
        which=which,
        of=names(session, by, [of]).get(of) if by is not None and of is not None else None,
        number=number(session, what, which, by, of),
        sum=reports.sum_of(session, what.figure, what.period, what.branch_id, by, of),
        entries=entries(session, page.rows, what.figure),
        next=page.next,
        query={**request.args.to_dict(), "figure": figure},
        shows=SHOWS[figure],
        words=figure_words,
    )


def which_of(code: str) -> tuple[str, str | None, str | None]:
    """What is looked at, and of which installer, product …"""
    said = request.args
    which = said.get("show", "all")
    by, of = said.get("by"), said.get("of")
    if by not in reports.BY or of is None or "\x00" in of:
        by = of = None
    return which if which in SHOWS[code] else "all", by, of


def facts_of(what: Asked, which: str, by: str | None, of: str | None) -> Any:
    found = rows.facts_visible_to(me())
    if what.branch_id is not None:
        found = found.where(Fact.branch_id == what.branch_id)
    return reports.facts(found, what.figure, what.period, which, by, of)


def number(
    session: Session, what: Asked, which: str, by: str | None = None, of: str | None = None
) -> int:
    """How many there are: what the figure itself says."""
    if which == "left_out":
        told = reports.left_out(session, what.figure, what.period, what.branch_id)
        return sum(count for cause, count in told if by is None or cause == of)
    counted = reports.sum_of(session, what.figure, what.period, what.branch_id, by, of)
    if what.figure.unit == Unit.MEAN or which == "all":
        return counted.counted
    return counted.hits if which == "hits" else counted.counted - counted.hits


def entries(session: Session, facts: Iterable[Fact], figure: Figure) -> list[Entry]:
    """With one question for each kind of thing, however many there are."""
    facts = list(facts)
    tickets = {
        each.id: each
        for each in session.scalars(
            select(Ticket).where(Ticket.id.in_({fact.ticket_id for fact in facts}))
        )
    }
    jobs = _jobs(session, facts, figure)
    people = names(session, "installer", {fact.installer_id or "" for fact in facts})
    photos = _rejected(session, jobs.values()) if figure.code == "photo_rejection" else {}
    return [
        Entry(
            fact,
            tickets[fact.ticket_id],
            jobs.get(fact.subject_id),
            people[fact.installer_id or ""],
            photos.get(jobs.get(fact.subject_id), []),
        )
        for fact in facts
    ]


def _jobs(session: Session, facts: list[Fact], figure: Figure) -> dict[str, str]:
    """The visit that each of them is about, by subject; of a ticket its last one that was finished."""
    subjects = [fact.subject_id for fact in facts]
    if figure.subject == Subject.VISIT:
        return dict(zip(subjects, subjects, strict=True))
    if figure.subject == Subject.REVISIT:
        wanted = select(Revisit.id, Revisit.job_id).where(Revisit.id.in_(subjects))
        return dict(session.execute(wanted).all())
    finished = select(Job.ticket_id, Job.id).where(
        Job.ticket_id.in_(subjects), Job.finished_at.is_not(None)
    )
    return dict(session.execute(finished.order_by(Job.issued_at, Job.id)).all())


def _rejected(session: Session, job_ids: Iterable[str]) -> dict[str | None, list[Photo]]:
    found: dict[str | None, list[Photo]] = {}
    wanted = select(Photo).where(Photo.job_id.in_(list(job_ids)), Photo.verdict.in_(REJECTED))
    for photo in session.scalars(wanted.order_by(Photo.taken_at, Photo.id)):
        found.setdefault(photo.job_id, []).append(photo)
    return found
