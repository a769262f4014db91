"""The audit: who did what, when, with what changed; and the proof that no line of it was touched since."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import audit_seals
from server.auth import me, needs
from server.db import audit_seals as seals
from server.db import audit_search
from server.db.audit import AuditLine
from server.db.audit_search import Wanted
from server.db.exceptions import FieldException
from server.db.jobs import Job, Visit
from server.db.parts import PartRequest
from server.db.people import Person, names_of
from server.db.photos import Photo
from server.db.revisits import Revisit
from server.domain import errors
from server.domain.audit_chain import EMPTIED
from server.house import house
from server.office import answers, downloads, forms
from server.office.labels import LABELS, label
from server.office.wording import listed, short_id, zone_of_office
from server.transactions import reads, writes

blp = Blueprint("audit", __name__)

A_PAGE = 50
MOST = 10_000  # lines of a file
HIDDEN = frozenset({"changes", "changed", "before", "after", EMPTIED})


@dataclass(frozen=True, slots=True)
class Moved:
    """A field with what stood in it and what stands there now; None where nobody wrote it down."""

    name: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """One line in words."""

    line: AuditLine
    who: str
    noun: str
    href: str | None
    moved: list[Moved]
    rest: list[tuple[str, str]]

    @property
    def is_emptied(self) -> bool:
        """A person was erased from it."""
        return EMPTIED in self.line.details


@blp.get("/audit")
@reads
@needs("audit.read")
def find(session: Session) -> str:
    """The newest lines first; every filter stands in the address."""
    wanted, problems = _wanted()
    found = audit_search.find(session, wanted, A_PAGE, request.args.get("after"))
    lines = told(session, found.lines)
    return render_template(
        "office/audit.html",
        lines=lines,
        next=found.next,
        looked_until=found.looked_until,
        asked=request.args,
        problems=problems,
        acts=sorted(((code, str(words)) for code, words in LABELS["act"].items()), key=_by_words),
        nouns=sorted(((code, label(code, "noun")) for code in LABELS["noun"]), key=_by_words),
        people=_people(session, lines),
        proof=seals.newest_proof(session, is_done=True),
        under_way=audit_seals.proof_under_way(session),
        open_lines=seals.open_lines(session),
        query=request.args.to_dict(),
    )


def _people(session: Session, lines: list[Told]) -> list[tuple[str, str]]:
    """Whom the list of people offers: those of the lines that are shown, and whoever is asked for. Anybody
    else is a click away: a name leads to their lines.
    """
    found = {each.line.person_id: each.who for each in lines if each.line.person_id}
    asked = forms.words_in(request.args, "person")
    if asked and asked not in found:
        name = session.scalar(select(Person.name).where(Person.id == asked))
        found |= {asked: name} if name else {}
    return sorted(((its_id, name) for its_id, name in found.items()), key=_by_words)


def _by_words(choice: tuple[str, str]) -> str:
    return choice[1].casefold()


@blp.get("/audit.<spreadsheet>")
@reads
@needs("audit.read")
def table(session: Session, spreadsheet: str) -> Response:
    """The lines that the filters find, as a file; of very many the newest."""
    if spreadsheet not in downloads.FORMATS:
        raise errors.NotFound()
    wanted, _problems = _wanted()
    titles = [
        _("Line"), _("When"), _("Who"), _("Act"), _("Thing"), _("Number"), _("Details"),
        _("Request"),
    ]  # fmt: skip
    return downloads.table("doorstep-audit", spreadsheet, titles, _rows(session, wanted))


def _rows(session: Session, wanted: Wanted) -> Iterator[tuple[Any, ...]]:
    """A page after the other, until there are no more or enough of them."""
    after, count = None, 0
    while count < MOST:
        found = audit_search.find(session, wanted, 1_000, after)
        for each in told(session, found.lines):
            line = each.line
            count += 1
            words = json.dumps(line.details, ensure_ascii=False)
            yield (line.id, line.at, each.who, label(line.act, "act"), each.noun, line.noun_id,
                words, line.request_id)  # fmt: skip
        if found.next is None:
            return
        after = found.next


@blp.post("/audit/prove")
@writes
@needs("audit.prove")
def prove(session: Session) -> AnyResponse:
    """Asks the worker to walk along the whole chain now."""
    audit_seals.ask_for_proof(session, me(), house().clock())
    return answers.go_to("office.audit.find")


# What is looked for.


def _wanted() -> tuple[Wanted, list[str]]:
    """And a sentence for each filter that cannot be read, which then is not asked."""
    said, problems = request.args, []
    zone = ZoneInfo(zone_of_office())
    first, last = (_day(said.get(name, "")) for name in ("from", "until"))
    if (said.get("from") and first is None) or (said.get("until") and last is None):
        problems.append(_("These days cannot be read. Please check them."))
    act, noun = said.get("act", ""), said.get("noun", "")
    acts: tuple[str, ...] = (act,) if act in LABELS["act"] else ()
    if not acts and noun in LABELS["noun"]:
        acts = tuple(each for each in LABELS["act"] if each.partition(".")[0] == noun)
    words = forms.words_in(said)
    return Wanted(
        acts=acts,
        noun=noun if noun in LABELS["noun"] else None,
        noun_id=forms.words_in(said, "id") or None,
        person_id=forms.words_in(said, "person") or None,
        since=_midnight(first, zone) if first else None,
        until=_midnight(last + timedelta(days=1), zone) if last else None,
        words=words,
    ), problems


def _day(text: str) -> date | None:
    found = forms.day_in(text, date.min)
    return None if found == date.min else found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


# Lines in words.


def told(session: Session, lines: Iterable[AuditLine]) -> list[Told]:
    """With one question for each kind of thing, however many lines there are."""
    lines = list(lines)
    ids = {one for line in lines for one in (line.person_id, *_ids_in(line.details))}
    people = names_of(session, ids)
    tickets = _tickets(session, lines)
    return [
        Told(
            line=line,
            who=people.get(line.person_id, _("by itself")),
            noun=label(line.noun, "noun"),
            href=_address(line, tickets.get((line.noun, line.noun_id))),
            moved=list(_moved(line.details, people)),
            rest=[
                (
                    _field(name),
                    _said(f"{line.noun}.state" if name == "state" else name, value, people),
                )
                for name, value in line.details.items()
                if name not in HIDDEN and value not in (None, "", [], {})
            ],
        )
        for line in lines
    ]


# noun -> the table and the column that lead to its ticket.
_OF_TICKETS: dict[str, tuple[Any, Any]] = {
    "job": (Job.id, Job.ticket_id),
    "revisit": (Revisit.id, Revisit.ticket_id),
    "part_request": (PartRequest.id, PartRequest.ticket_id),
    "exception": (FieldException.id, FieldException.ticket_id),
}
_OF_JOBS: dict[str, tuple[Any, Any]] = {
    "visit": (Visit.id, Visit.job_id),
    "photo": (Photo.id, Photo.job_id),
}
# noun -> the page of it, and what the page calls its number.
_PAGES = {
    "ticket": ("office.tickets.show", "ticket_id"),
    "customer": ("office.customers.show", "customer_id"),
    "site": ("office.sites.show", "site_id"),
    "asset": ("office.assets.show", "asset_id"),
    "part": ("office.parts.show", "sku"),
    "product": ("office.products.show", "product_id"),
    "person": ("office.people.show", "person_id"),
    "organisation": ("office.organisations.show", "organisation_id"),
    "device": ("office.devices.show", "device_id"),
    "setting": ("office.settings.history", "setting"),
    "count": ("office.counts.show", "count_id"),
    "import": ("office.imports.show", "import_id"),
    "invitation": ("office.invitations.show", "invitation_id"),
}


def _tickets(session: Session, lines: list[AuditLine]) -> dict[tuple[str, str], str]:
    """The ticket behind what a line is about: (noun, id) -> its number."""
    found: dict[tuple[str, str], str] = {}
    for noun, (its_id, ticket_id) in _OF_TICKETS.items():
        ids = {line.noun_id for line in lines if line.noun == noun}
        if ids:
            rows = session.execute(select(its_id, ticket_id).where(its_id.in_(ids)))
            found |= {(noun, one): ticket for one, ticket in rows if ticket}
    for noun, (its_id, job_id) in _OF_JOBS.items():
        ids = {line.noun_id for line in lines if line.noun == noun}
        if ids:
            through = select(its_id, Job.ticket_id).join(Job, Job.id == job_id)
            found |= {(noun, one): t for one, t in session.execute(through.where(its_id.in_(ids)))}
    return found


def _address(line: AuditLine, ticket_id: str | None) -> str | None:
    """The page of the thing, or of its ticket; none where there is no such page."""
    if ticket_id is not None:
        return url_for("office.tickets.show", ticket_id=ticket_id)
    page, name = _PAGES.get(line.noun, ("", ""))
    known = page in current_app.view_functions and line.noun_id and "/" not in line.noun_id
    values: dict[str, Any] = {name: line.noun_id}
    return url_for(page, **values) if known else None


Names = dict[str | None, str]  # of people, by their ids
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _ids_in(details: dict[str, Any]) -> Iterator[str]:
    """What may be the id of a person, at the top and among the changes."""
    changes = details.get("changes")
    pairs = changes.values() if isinstance(changes, dict) else ()
    inner = [one for pair in pairs if isinstance(pair, list) for one in pair]
    return (each for each in (*details.values(), *inner) if _is_id(each))


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def _moved(details: dict[str, Any], people: Names) -> Iterator[Moved]:
    """What changed, with what was there before where the act wrote it down."""
    changes = details.get("changes")
    changes = changes if isinstance(changes, dict) else {}
    for name, pair in changes.items():
        was, now = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
        yield Moved(_field(name), _said(name, was, people), _said(name, now, people))
    changed = details.get("changed")
    for name in changed if isinstance(changed, list) else ():
        if str(name) not in changes:
            yield Moved(_field(str(name)), None, None)


def _field(name: str) -> str:
    return label(name, "audit_field")


# Which codes a field holds.
_CODES = {
    "cause": "cause", "outcome": "outcome", "role": "role", "kind": "kind", "category": "category",
    "ticket_class": "class", "channel": "channel", "trigger": "trigger", "verdict": "verdict",
    "overridden": "overridden", "skills": "trade", "ticket.state": "ticket_state",
    "job.state": "job_state", "revisit.state": "revisit_state",
    "part_request.state": "request_state",
}  # fmt: skip


def _said(name: str, value: Any, people: Names) -> str:
    """A list piece by piece; the name of a person, the word for a code, the end of any other id."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return listed(_said(name, each, people) for each in value) or "–"
    if _is_id(value):
        return people.get(value) or short_id(value)
    codes = _CODES.get(name)
    is_known = codes is not None and isinstance(value, str) and value in LABELS[codes]
    return label(value, codes) if is_known and codes else _short(value)


def _short(value: Any) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:199] + "…"
