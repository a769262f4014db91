"""The dispatch board: installers by time, with what waits for a plan beside them.

The page is a readable table; `static/board.js` draws it as lanes, and moves things by the same forms that
planning and jobs have. It asks for news by itself, and is answered 304 while there is none.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import absences, calendars
from server.auth import me, needs
from server.db import customer_acts, lanes
from server.db.lanes import Bar, Member, Taken
from server.db.people import Organisation
from server.domain import jobs as rules
from server.domain import tickets as ticket_rules
from server.domain.people import Role, may
from server.house import house
from server.office import answers, forms, labels, pool, wording
from server.transactions import reads

blp = Blueprint("board", __name__)

MANY_MOVES = 99
VIEWS = {"day": 1, "week": 7}
# The tone of a standing, and the mark that goes with its word.
MARKS: dict[str, tuple[str, str]] = {
    "issued": ("", "○"),
    "accepted": ("", "◔"),
    "travelling": ("accent", "→"),
    "on_site": ("accent", "●"),
    "late": ("lost", "!"),
    "overtime": ("risk", "+"),
    "waiting_for_proof": ("risk", "◌"),
    "waiting_for_verdict": ("accent", "?"),
    "incomplete": ("risk", "½"),
    "verified": ("proven", "✓"),
    "rework": ("risk", "↻"),
    "declined": ("lost", "×"),
}
# What the hand may drag: whoever has set out is not called back by a slip of the mouse.
DRAGGED = frozenset({rules.State.ISSUED, rules.State.ACCEPTED, rules.State.DECLINED})


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says: which days, whose lanes, and what the pool is narrowed down to."""

    view: str
    day: date
    zone: str
    branch_id: str
    group: str
    pool: pool.Filters

    @property
    def first(self) -> date:
        return self.day if self.view == "day" else self.day - timedelta(days=self.day.weekday())

    @property
    def days(self) -> int:
        return VIEWS[self.view]

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.days - 1)

    def edge(self, behind: int) -> datetime:
        """The midnight so many days behind the first one; daylight saving makes some days longer."""
        return datetime.combine(self.first + timedelta(days=behind), time(), ZoneInfo(self.zone))

    @property
    def noon(self) -> datetime:
        """A moment of the day that is that day for whoever looks from another zone, too."""
        return self.edge(0) + timedelta(hours=12)

    def query(self, **other: Any) -> dict[str, Any]:
        """The address of the same board with something else of it."""
        said = {
            "view": self.view,
            "day": self.day.isoformat(),
            "branch": self.branch_id if self.branch_id != me().organisation_id else "",
            "group": self.group,
            "kind": self.pool.kind,
            "class": self.pool.ticket_class,
            "place": self.pool.place,
            "skill": self.pool.skill,
            "q": self.pool.words,
            **other,
        }
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class Shown:
    """A bar in words; `start` and `end` are what the clocks of the board's zone say."""

    bar: Bar
    start: str
    end: str
    hours: str
    hours_there: str
    standing: str
    is_movable: bool


@dataclass(frozen=True, slots=True)
class Away:
    """Days on which somebody does not work, as far as the board shows them; from midnight to midnight."""

    start: str
    end: str
    reason: str


@dataclass(slots=True)
class Lane:
    member: Member
    is_sendable: bool
    bars: list[Shown] = field(default_factory=list)
    taken: list[tuple[str, str, str | None]] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """A team of the branch, or a contractor."""

    key: str
    name: str
    is_contractor: bool
    lanes: list[Lane] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Board:
    groups: Sequence[Group]
    choices: Sequence[tuple[str, str]]
    skills: Sequence[str]
    pool: pool.Pool | None
    is_cut: bool


@blp.get("/board")
@reads
@needs("job.read")
def show(session: Session) -> Response:
    """A day or a week. The page's script asks again with the mark of what it has."""
    asked, now = _asked(session), house().clock()
    board = _board(session, asked, now)
    mark = _mark(board)
    if answers.is_fragment() and request.if_none_match.contains(mark):
        return make_response("", 304)
    page = "office/board_day.html" if answers.is_fragment() else "office/board.html"
    answer = make_response(render_template(page, **_words(session, asked, board)))
    answer.set_etag(mark)
    return answer


def _asked(session: Session) -> Asked:
    said = request.args
    branch = _branch(session, said.get("branch", ""))
    today = wording.today(branch.time_zone)
    kind, ticket_class = said.get("kind", ""), said.get("class", "")
    return Asked(
        view="week" if said.get("view") == "week" else "day",
        day=forms.day_in(said.get("day", ""), today),
        zone=branch.time_zone,
        branch_id=branch.id,
        group=forms.words_in(said, "group"),
        pool=pool.Filters(
            kind=kind if kind in ticket_rules.KINDS else "",
            ticket_class=ticket_class if ticket_class in ticket_rules.CLASSES else "",
            place=forms.words_in(said, "place"),
            skill=forms.words_in(said, "skill"),
            words=forms.words_in(said),
            after=said.get("after"),
        ),
    )


def _branch(session: Session, wanted: str) -> Organisation:
    """One's own; a supervisor may look at another one."""
    if me().role == Role.SUPERVISOR and wanted and "\x00" not in wanted:
        found = session.get(Organisation, wanted)
        if found is not None and found.kind == "branch":
            return found
    return me().organisation


# What stands on it.


def _board(session: Session, asked: Asked, now: datetime) -> Board:
    members = lanes.members(session, me(), asked.branch_id, now)
    wanted = [each for each in members if _is_of(each, asked.group)]
    shown = wanted[: lanes.MOST_LANES]
    ids = {each.id for each in shown}
    begin, end = asked.edge(0), asked.edge(asked.days)
    found = lanes.bars(session, me(), ids, begin, end, now)
    hired = {each.id for each in shown if each.is_contractor}
    other = lanes.taken(session, me(), ids, hired, begin, end, {each.job_id for each in found})
    groups = _groups(_lanes(shown, found, other, _away(session, ids, asked), asked, now))
    waits = pool.waiting(session, asked.pool, now) if may(me().role, "job.issue") else None
    return Board(
        groups=groups,
        choices=list({_key(each): _group_name(each) for each in members}.items()),
        skills=sorted({skill for each in members if each.is_active for skill in each.skills}),
        pool=waits,
        is_cut=len(wanted) > len(shown),
    )


def _key(member: Member) -> str:
    return member.organisation_id if member.is_contractor else f"team/{member.team or ''}"


def _group_name(member: Member) -> str:
    if member.is_contractor:
        return member.organisation
    return member.team or _("Without a team")


def _is_of(member: Member, group: str) -> bool:
    return not group or _key(member) == group


def _lanes(
    members: Iterable[Member],
    bars: Iterable[Bar],
    taken: Iterable[Taken],
    away: dict[str, list[Away]],
    asked: Asked,
    now: datetime,
) -> Iterator[Lane]:
    """Of everybody who can be sent, and of whoever still has something to do."""
    zone = ZoneInfo(asked.zone)
    by_person: dict[str, list[Shown]] = defaultdict(list)
    for bar in bars:
        by_person[bar.person_id].append(_shown(bar, zone, now))
    other: dict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
    for each in taken:
        edges = (_wall(each.start, zone), _wall(each.end, zone))
        other[each.person_id].append((*edges, each.job_id))
    for member in members:
        lane = Lane(
            member,
            member.is_active and member.is_granted,
            by_person[member.id],
            other[member.id],
            away.get(member.id, []),
        )
        if lane.is_sendable or lane.bars:
            yield lane


def _away(session: Session, ids: Collection[str], asked: Asked) -> dict[str, list[Away]]:
    first, last = asked.first, asked.last
    found = absences.between(session, ids, first, last)
    return {
        person_id: [
            Away(
                f"{max(each.begins_on, first)}T00:00",
                f"{min(each.ends_on, last) + timedelta(days=1)}T00:00",
                each.reason,
            )
            for each in some
        ]
        for person_id, some in found.items()
    }


def _groups(found: Iterable[Lane]) -> list[Group]:
    groups: dict[str, Group] = {}
    for lane in found:
        key = _key(lane.member)
        known = groups.setdefault(
            key, Group(key, _group_name(lane.member), lane.member.is_contractor)
        )
        known.lanes.append(lane)
    return list(groups.values())


def _shown(bar: Bar, zone: ZoneInfo, now: datetime) -> Shown:
    start, end = bar.start.astimezone(zone), bar.end.astimezone(zone)
    window = rules.Window(bar.start, bar.end)
    there = bar.start.astimezone(ZoneInfo(bar.time_zone))
    is_elsewhere = there.utcoffset() != start.utcoffset()
    return Shown(
        bar,
        start=f"{start:%Y-%m-%dT%H:%M}",
        end=f"{end:%Y-%m-%dT%H:%M}",
        hours=_hours(start, end),
        hours_there=_hours(there, bar.end.astimezone(there.tzinfo)) if is_elsewhere else "",
        standing=rules.standing(bar.state, bar.outcome, bar.received, window, now),
        is_movable=bar.state in DRAGGED,
    )


def _hours(start: datetime, end: datetime) -> str:
    """ "09:00–11:00"; with its day where the end is on another one."""
    until = f"{end:%H:%M}"
    if end.date() != start.date():
        until = f"{wording.date_words(end.date())} {until}"
    return f"{start:%H:%M}–{until}"


def _wall(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"


def _mark(board: Board) -> str:
    """Of all that somebody would see; another one as soon as anything of it is another."""
    told = repr((wording.language(), me().id, me().role, _seen(board)))
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def _seen(board: Board) -> list[Any]:
    waits = board.pool.entries if board.pool else ()
    return [
        [
            (lane.member.id, lane.member.name, lane.member.skills, lane.bars, lane.taken, lane.away)
            for group in board.groups
            for lane in group.lanes
        ],
        [
            (each.key, each.ticket.rev, each.edition, each.cause, each.earliest, each.prefers)
            + ((each.clock.state, each.clock.left_minutes // 10) if each.clock else ())
            for each in waits
        ],
    ]


def _words(session: Session, asked: Asked, board: Board) -> dict[str, Any]:
    return {
        "asked": asked,
        "board": board,
        "last": asked.last,
        "closed": _closed(session, asked),
        "asks_to_move": _asks_to_move(session),
        "before": asked.first - timedelta(days=asked.days),
        "after": asked.last + timedelta(days=1),
        "today": wording.today(asked.zone),
        "offset": _offset(asked),
        "branches": _branches(session),
        "places": _places(session, board),
        "standings": {name: labels.label(name, "standing") for name in MARKS},
        "marks": MARKS,
        "names": {
            lane.member.id: lane.member.name for group in board.groups for lane in group.lanes
        },
        "kinds": labels.choices("kind"),
        "classes": labels.choices("class"),
    }


def _asks_to_move(session: Session) -> int:
    """How many customers ask for another time; `MANY_MOVES` stands for all above."""
    if not may(me().role, "job.issue"):
        return 0
    waiting = customer_acts.open_moves(customer_acts.moves_visible_to(me()))
    return len(list(session.scalars(waiting.limit(MANY_MOVES))))


def _closed(session: Session, asked: Asked) -> list[tuple[date, str]]:
    """The holidays of the branch on these days."""
    days = [asked.first + timedelta(days=behind) for behind in range(asked.days)]
    named = [(day, calendars.closed_on(session, asked.branch_id, day)) for day in days]
    return [(day, name) for day, name in named if name]


def _offset(asked: Asked) -> str:
    """ "+08:00": where the line of the present hour stands, whatever the browser's own zone is."""
    told = house().clock().astimezone(ZoneInfo(asked.zone)).strftime("%z")
    return f"{told[:3]}:{told[3:]}"


def _places(session: Session, board: Board) -> list[str]:
    if board.pool is None or answers.is_fragment():
        return []
    return pool.places(session)


def _branches(session: Session) -> list[tuple[str, str]]:
    """Those between which a supervisor may choose."""
    if me().role != Role.SUPERVISOR or answers.is_fragment():
        return []
    found = select(Organisation.id, Organisation.name).where(Organisation.kind == "branch")
    return [(its_id, name) for its_id, name in session.execute(found.order_by(Organisation.name))]
