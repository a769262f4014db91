"""Figures of a period, read from the sums that the worker keeps: as many rows as there are answers.

A period is put together from whole years, quarters, months and single days (`server/domain/periods.py`), so
ten years are read as fast as a week. `branch_id` is the one branch that is asked for; None means all of them.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    Subquery,
    cast,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from server.db.figures import Fact, Total
from server.db.lookups import joined_with_these
from server.domain import figures as rules
from server.domain import periods
from server.domain.figures import FIGURES, Figure, Reading, Sum
from server.domain.periods import Period

ALL, LEFT_OUT = "all", "left_out"
# What figures are told by -> the kind of sums, and the column of the facts.
BY: dict[str, tuple[str, Any]] = {
    "installer": ("installer", Fact.installer_id),
    "contractor": ("organisation", Fact.organisation_id),
    "product": ("product", Fact.product_id),
    "branch": (ALL, Fact.branch_id),
    "cause": ("cause", Fact.cause),
}
LINES = 50
NOBODY = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One of those that a figure is told by; `of` is empty where nobody is named."""

    of: str
    reading: Reading


def readings(
    session: Session, period: Period, before: Period, branch_id: str | None
) -> dict[str, Reading]:
    """Every figure, with the period before."""
    now = _by_figure(session, period, branch_id)
    then = _by_figure(session, before, branch_id)
    nothing = Sum()
    return {
        code: Reading(figure, now.get(code, nothing), then.get(code, nothing))
        for code, figure in FIGURES.items()
    }


def _by_figure(session: Session, period: Period, branch_id: str | None) -> dict[str, Sum]:
    parts = _parts(FIGURES, ALL, period, branch_id)
    found = select(parts.c.figure, func.sum(parts.c.counted), func.sum(parts.c.hits))
    rows = session.execute(found.group_by(parts.c.figure))
    return {code: Sum(int(counted), int(hits)) for code, counted, hits in rows}


def steps(
    session: Session, figure: Figure, period: Period, branch_id: str | None
) -> list[tuple[Period, Sum]]:
    """The figure step by step: days, weeks, months or years, as the period is long."""
    step = periods.step_for(period)
    found: dict[date, Sum] = defaultdict(Sum)
    parts = _parts([figure.code], ALL, period, branch_id, longest=periods.LEVEL_OF[step])
    sums = select(parts.c.day, func.sum(parts.c.counted), func.sum(parts.c.hits))
    for day, counted, hits in session.execute(sums.group_by(parts.c.day)):
        found[periods.step_start(step, day)] += Sum(int(counted), int(hits))
    return [
        (each, found.get(periods.step_start(step, each.first), Sum()))
        for each in periods.steps(step, period)
    ]


def lines(
    session: Session,
    figure: Figure,
    by: str,
    period: Period,
    before: Period,
    branch_id: str | None,
    *,
    worst_first: bool = False,
    skip: int = 0,
    limit: int = LINES,
) -> tuple[list[Line], bool]:
    """One for each installer, product … that has anything, the busiest first or the worst first; and
    whether there are more.
    """
    kind, _ = BY[by]
    parts = _parts([figure.code], kind, period, branch_id)
    of = parts.c.branch_id if by == "branch" else parts.c.of
    counted, hits = func.sum(parts.c.counted), func.sum(parts.c.hits)
    sums = select(of, counted, hits).group_by(of).having(counted > 0)
    order = [counted.desc(), of]
    if worst_first and figure.unit != rules.Unit.COUNT:
        share: ColumnElement[Any] = cast(hits, Float) / cast(counted, Float)
        order.insert(0, share.asc() if figure.is_good_high else share.desc())
    rows = session.execute(sums.order_by(*order).offset(skip).limit(limit + 1)).all()
    now = {each: Sum(int(counted), int(hits)) for each, counted, hits in rows[:limit]}
    then = _of_these(session, figure, by, before, branch_id, list(now))
    found = [Line(each, Reading(figure, now[each], then.get(each, Sum()))) for each in now]
    return found, len(rows) > limit


def _of_these(
    session: Session,
    figure: Figure,
    by: str,
    period: Period,
    branch_id: str | None,
    wanted: Collection[str],
) -> dict[str, Sum]:
    kind, _ = BY[by]
    parts = _parts([figure.code], kind, period, branch_id)
    of = parts.c.branch_id if by == "branch" else parts.c.of
    # As an expression: PostgreSQL would search its index for each of them in each branch on each day.
    is_wanted = joined_with_these(of + literal(""), wanted)
    sums = select(of, func.sum(parts.c.counted), func.sum(parts.c.hits)).where(is_wanted)
    rows = session.execute(sums.group_by(of))
    return {each: Sum(int(counted), int(hits)) for each, counted, hits in rows}


def left_out(
    session: Session, figure: Figure, period: Period, branch_id: str | None
) -> list[tuple[str, int]]:
    """(cause, how many) of what a figure leaves out, the most frequent first."""
    parts = _parts([figure.code], LEFT_OUT, period, branch_id)
    counted = func.sum(parts.c.counted)
    sums = select(parts.c.of, counted).group_by(parts.c.of).having(counted > 0)
    rows = session.execute(sums.order_by(counted.desc(), parts.c.of))
    return [(cause, int(count)) for cause, count in rows]


def sum_of(
    session: Session,
    figure: Figure,
    period: Period,
    branch_id: str | None,
    by: str | None = None,
    of: str | None = None,
) -> Sum:
    """One sum: of everything, or of one installer, product …"""
    if by is None or of is None:
        return _by_figure(session, period, branch_id).get(figure.code, Sum())
    return _of_these(session, figure, by, period, branch_id, [of]).get(of, Sum())


def _parts(
    codes: Collection[str],
    kind: str,
    period: Period,
    branch_id: str | None,
    *,
    longest: periods.Level = periods.Level.YEAR,
) -> Subquery:
    """The sums that make up a period, not added yet."""
    of_branch = true() if branch_id is None else Total.branch_id == branch_id
    pieces: dict[tuple[periods.Level, int], list[date]] = defaultdict(list)
    for level, sign, first in periods.cover(period, longest):
        pieces[level, sign].append(first)
    parts: list[Any] = [
        select(
            Total.figure,
            Total.branch_id,
            Total.day,
            Total.of,
            (Total.counted * sign).label("counted"),
            (Total.hits * sign).label("hits"),
        ).where(
            Total.kind == kind,
            Total.figure.in_(list(codes)),
            Total.level == level.value,
            Total.day.in_(firsts),  # one by one: so the branch after it is searched, too
            of_branch,
        )
        for (level, sign), firsts in pieces.items()
    ]
    return union_all(*parts).subquery("parts")


# What a figure is made of.

SHOWS = ("all", "hits", "misses", "left_out")


def facts(
    found: Select[Fact],
    figure: Figure,
    period: Period,
    show: str,
    by: str | None = None,
    of: str | None = None,
) -> Select[Fact]:
    """Those of the facts that the figure counts in this period: all, those that hit, those that missed,
    or those that are left out.
    """
    found = found.where(Fact.figure == figure.code, Fact.day.between(period.first, period.last))
    if by is not None and of is not None:
        column = BY[by][1]
        found = found.where(column.is_(None) if of == NOBODY else column == of)
    if show == "left_out":
        return found.where(Fact.counted == 0)
    found = found.where(Fact.counted > 0)
    if show == "hits":
        return found.where(Fact.hits > 0)
    return found.where(Fact.hits < Fact.counted) if show == "misses" else found
