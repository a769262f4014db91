"""The audit: who did what, when, with what changed; and the proof that no line of it was touched since."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
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
from server.db.people import Person
from server.domain import errors
from server.domain import tickets as rules
from server.domain.audit_chain import EMPTIED
from server.house import house
from server.office import answers, audit_things, downloads, forms, misfits
from server.office.audit_things import Things
from server.office.labels import LABELS, label
from server.office.wording import date_words, language, listed, short_id, zone_of_office
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
    called: str
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
        _("Line"), _("When"), _("Who"), _("Act"), _("Thing"), _("Its number"), _("Details"),
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
    things = audit_things.of(session, lines)
    return [
        Told(
            line=line,
            who=things.names.get(line.person_id, _("by itself")),
            noun=label(line.noun, "noun"),
            called=things.called(line),
            href=things.address(line),
            moved=list(_moved(line, things)),
            rest=[
                (_field(name), _said(line.noun, name, value, things))
                for name, value in line.details.items()
                if name not in HIDDEN and value not in (None, "", [], {})
            ],
        )
        for line in lines
    ]


def _moved(line: AuditLine, things: Things) -> Iterator[Moved]:
    """What changed, with what was there before where the act wrote it down."""
    changes = line.details.get("changes")
    changes = changes if isinstance(changes, dict) else {}
    for name, pair in changes.items():
        was, now = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
        then = _said(line.noun, name, was, things)
        yield Moved(_field(name), then, _said(line.noun, name, now, things))
    changed = line.details.get("changed")
    for name in changed if isinstance(changed, list) else ():
        if str(name) not in changes:
            yield Moved(_field(str(name)), None, None)


def _field(name: str) -> str:
    return label(name, "audit_field")


# Which codes a field holds: that of one noun, or of any.
_CODES = {
    "cause": "cause", "outcome": "outcome", "role": "role", "kind": "kind", "category": "category",
    "ticket_class": "class", "channel": "channel", "trigger": "trigger", "verdict": "verdict",
    "overridden": "overridden", "skills": "trade", "asked_of": "asked_of", "purpose": "purpose",
    "mode": "revoke_mode", "holidays_of": "country", "language": "language",
    "ticket.state": "ticket_state", "job.state": "job_state", "revisit.state": "revisit_state",
    "revisit.outcome": "call", "part_request.state": "request_state", "absence.reason": "absence",
    "certificate.kind": "trade", "movement.kind": "movement", "customer.channel": "consent_channel",
    "import.kind": "import",
}  # fmt: skip
DAYS = frozenset({"begins_on", "ends_on"})


def _said(noun: str, name: str, value: Any, things: Things) -> str:
    """A list piece by piece; a name, the word for a code, the end of any other id."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return listed(_said(noun, name, each, things) for each in value) or "–"
    if audit_things.is_id(value):
        return things.names.get(value) or short_id(value)
    known = _in_words(noun, name, value, things) if isinstance(value, str) else None
    return known or _short(value)


def _in_words(noun: str, name: str, value: str, things: Things) -> str | None:
    if value in things.places:
        return things.places[value]
    if name == "subject":  # a job, and whose visit
        return listed(things.names.get(each) or short_id(each) for each in value.split(":"))
    if name == "still_waited_for":
        code, _colon, about = value.partition(":")
        called = things.names.get(about) or (short_id(about) if about else "–")
        return rules.sentence(rules.Wait(code, called), language()) if code in rules.WAITS else None
    if noun == "exception" and name == "kind" and value in misfits.KINDS:
        return misfits.sentence(value)
    if noun == "exception" and name == "decision" and value in misfits.DOES:
        return str(misfits.DOES[value][0])
    if name in DAYS:
        return date_words(date.fromisoformat(value))
    codes = _CODES.get(f"{noun}.{name}") or _CODES.get(name)
    return label(value, codes) if codes and value in LABELS[codes] else None


def _short(value: Any) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:199] + "…"
