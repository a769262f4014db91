"""Notices: what waits, what was sent, the dead letters and what to do about them, each with its attempts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import notices
from server.auth import me, needs
from server.db import notices as rows
from server.db import search
from server.db.customers import Customer
from server.db.notices import Endpoint, Notice, Try
from server.db.people import Person, names_of
from server.db.tickets import Ticket
from server.domain import notices as rules
from server.domain.people import may
from server.house import house
from server.notices import catalogue
from server.office import answers, forms, lists, told, wording
from server.office.labels import label
from server.office.today import LINES, PANELS, Line, Panel
from server.schemas import Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("notices", __name__)

AT_ONCE = 200  # dead letters that are sent again by one press
MOST_SEARCHED = 200  # tickets that words may mean
OF_TICKET = 60


class Settling(Shape):
    how = Text(20, required=True, validate=one_of("arrived", "dropped"))


@dataclass(frozen=True, slots=True)
class Told:
    """One notice as people read it."""

    row: Notice
    tries: Sequence[Try]
    customer: str
    endpoint: str
    by: str

    @property
    def name(self) -> str:
        return name_of(self.row.kind)

    @property
    def is_dead(self) -> bool:
        return self.row.state in rules.DEAD

    @property
    def sentence(self) -> str:
        return label(self.row.reason, "notice_reason") if self.row.reason else ""


def name_of(kind: str) -> str:
    """Notices have names; events of other systems are called as their receivers call them."""
    return kind if kind in catalogue.KINDS else label(kind, "notice")


@blp.get("/notices")
@reads
@needs("notice.read")
def find(session: Session) -> str:
    """The dead letters first: they wait for somebody. Then what is under way, and all there ever was."""
    seen = _filtered(session, rows.visible_to(me()))
    shows = {"dead": rows.dead(seen), "queue": rows.queued(seen), "all": seen}
    page = lists.of(session, shows, (Notice.made_at, Notice.id), newest_first=("dead", "all"))
    return render_template(
        "office/notices.html",
        notices=told_of(session, page.rows),
        next=page.next,
        show=page.show,
        words=forms.words_in(request.args),
        channel=request.args.get("channel", ""),
        channels=[*rules.CHANNELS, *([rules.WEBHOOK] if may(me().role, "webhook.write") else [])],
        is_silent=house().config.smtp is None,
    )


def _filtered(session: Session, found: Select[Notice]) -> Select[Notice]:
    channel, words = request.args.get("channel"), forms.words_in(request.args)
    if channel in (*rules.CHANNELS, rules.WEBHOOK):
        found = found.where(Notice.channel == channel)
    if endpoint := request.args.get("to", "").replace("\x00", "")[:40]:
        found = found.where(Notice.endpoint_id == endpoint)
    if not words:
        return found
    tickets = search.tickets_like(session, me(), select(Ticket), words)
    ids = list(session.scalars(tickets.with_only_columns(Ticket.id).limit(MOST_SEARCHED)))
    return found.where(or_(Notice.ticket_id.in_([*ids, words]), Notice.job_id == words))


def told_of(session: Session, found: Sequence[Notice]) -> list[Told]:
    """With one question for each kind of thing, however many there are."""
    tries = rows.tries_of(session, [each.id for each in found])
    customers = _customers(session, {each.ticket_id for each in found if each.ticket_id})
    endpoints = _endpoints(session, {each.endpoint_id for each in found if each.endpoint_id})
    names = names_of(session, {each.decided_by for each in found if each.decided_by})
    return [
        Told(
            each,
            tries[each.id],
            customers.get(each.ticket_id or "", ""),
            endpoints.get(each.endpoint_id or "", ""),
            names.get(each.decided_by, ""),
        )
        for each in found
    ]


def _customers(session: Session, ticket_ids: Iterable[str]) -> dict[str, str]:
    about = select(Ticket.id, Customer.name).join(Customer, Customer.id == Ticket.customer_id)
    return dict(session.execute(about.where(Ticket.id.in_(set(ticket_ids)))).all())


def _endpoints(session: Session, ids: Iterable[str]) -> dict[str, str]:
    found = select(Endpoint.id, Endpoint.label, Endpoint.url).where(Endpoint.id.in_(set(ids)))
    return {its_id: name or url for its_id, name, url in session.execute(found)}


@blp.get("/notices/<notice_id>")
@reads
@needs("notice.read")
def show(session: Session, notice_id: str) -> str:
    notice = rows.get_for(session, me(), notice_id)
    [about] = told_of(session, [notice])
    return render_template("office/notice.html", told=about, notice=notice)


@blp.post("/notices/<notice_id>/replay")
@writes
@needs("notice.write")
def replay(session: Session, notice_id: str) -> AnyResponse:
    """Once more, under the same id."""
    notice = rows.get_for(session, me(), notice_id, to_change=True)
    notices.replay(session, me(), notice, house().clock())
    told.tell("notice_replayed", name_of(notice.kind))
    return answers.go_to("office.notices.find")


@blp.post("/notices/<notice_id>/settle")
@writes
@needs("notice.write")
def settle(session: Session, notice_id: str) -> AnyResponse:
    """It did arrive, or nobody needs it any more."""
    notice = rows.get_for(session, me(), notice_id, to_change=True)
    how = forms.read(Settling)["how"]
    notices.settle(session, me(), notice, arrived=how == "arrived", now=house().clock())
    told.tell("notice_settled", name_of(notice.kind))
    return answers.go_to("office.notices.find")


@blp.post("/notices/replay")
@writes
@needs("notice.write")
def replay_many(session: Session) -> AnyResponse:
    """Those that are ticked; without any, all dead letters that one sees and that surely did not arrive."""
    chosen = forms.chosen("notice", most=AT_ONCE)
    seen = rows.dead(rows.visible_to(me()))
    if chosen:
        seen = seen.where(Notice.id.in_(chosen))
    else:
        seen = seen.where(Notice.state == rules.FAILED)
    found = session.scalars(
        seen.order_by(Notice.made_at, Notice.id).limit(AT_ONCE).with_for_update()
    )
    count = 0
    for notice in found:
        notices.replay(session, me(), notice, house().clock())
        count += 1
    told.tell("notices_replayed", str(count))
    return answers.go_to("office.notices.find")


# On Today, and with the ticket.


def dead_letters(session: Session, person: Person, now: datetime) -> Panel:
    """What did not reach anybody, and endpoints that were switched off because of it."""
    seen = rows.dead(rows.visible_to(person)).order_by(Notice.made_at.desc(), Notice.id.desc())
    found = list(session.scalars(seen.limit(LINES + 1)))
    off = _switched_off(session) if may(person.role, "webhook.write") else []
    return Panel(
        "dead_letters",
        _("Notices that did not arrive"),
        _address("find"),
        len(found) + len(off),
        _("Everything that was to be told was told."),
        [*off, *(_line(each) for each in found)][:LINES],
    )


def _switched_off(session: Session) -> list[Line]:
    return [
        Line(
            _address("show_all", "webhooks"),
            each.label or each.url.partition("?")[0],
            _("switched off: it failed for days"),
            "lost",
        )
        for each in rows.endpoints(session)
        if each.disabled_why in ("failing", "gone")
    ]


def _line(notice: Notice) -> Line:
    words = [notice.ticket_id, label(notice.channel, "notice_channel")]
    about = wording.listed([*words, label(notice.state, "notice_state")])
    return Line(_address("show", notice_id=notice.id), name_of(notice.kind), about, "lost")


def _address(endpoint: str, page: str = "notices", **values: Any) -> str:
    return url_for(f"office.{page}.{endpoint}", **values)


def of_ticket(session: Session, ticket: Ticket) -> list[Told]:
    """What its customer was told, or was not, the newest first."""
    if not may(me().role, "notice.read"):
        return []
    return told_of(session, rows.of_ticket(session, ticket.id, OF_TICKET))


PANELS["dead_letters"] = ("notice.read", dead_letters)
