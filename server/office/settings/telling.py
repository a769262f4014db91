"""Settings in words: what they are called, where in them something stands, and what is wrong with it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db.people import Person
from server.db.settings import Head, Setting, SettingDraft
from server.domain import errors, tickets
from server.domain import settings as rules
from server.domain.settings.differences import Difference
from server.office import prices
from server.office.labels import LABELS, label
from server.office.settings.places import Place

NAMES = {
    rules.PROMISES: _l("Promises"),
    rules.REVISITS: _l("Rules for revisits"),
    rules.AUTO_ACCEPT: _l("Automatic acceptance"),
    rules.GOODWILL: _l("Goodwill"),
    rules.TEXTS: _l("Texts"),
    rules.NOTICES: _l("Notices to customers"),
    rules.RETENTION: _l("Retention"),
}
ABOUT = {
    rules.PROMISES: _l("How long a customer waits at most, by kind and class; hours of business."),
    rules.REVISITS: _l(
        "What makes somebody go again, at once or after a decision, and whose it is."
    ),
    rules.AUTO_ACCEPT: _l("Which finished visits need no eyes."),
    rules.GOODWILL: _l("Up to how much each role may give by itself."),
    rules.TEXTS: _l("Reasons to choose from, and care advice, in both languages."),
    rules.NOTICES: _l("What customers are told, in which words, by which channel and when."),
    rules.RETENTION: _l("For how long what is kept."),
}

PROBLEMS = {
    "missing": _l("Please fill this in."),
    "not_valid": _l("This cannot be used here. Please check it."),
    "too_small": _l("This is too little."),
    "too_large": _l("This is too much."),
    "too_many": _l("These are too many."),
    "duplicate": _l("There is one with this name already."),
    "not_in_order": _l("This comes before what stands to the left of it, or overlaps with it."),
    "reversed_limits": _l("The least is more than the most."),
    "unknown_step": _l("It depends on a step that does not stand before it."),
    "unknown_answer": _l("It depends on an answer that nobody can give."),
    "unknown_slot": _l("It names a photo slot that is not in the list."),
    "unknown_field": _l("This does not belong here."),
    "unknown_placeholder": _l("It names a placeholder that nobody can fill in."),
    "too_long": _l("This is too long."),
    "in_quiet_hours": _l("This lies in the quiet hours."),
    "not_a_list": _l("This cannot be used here. Please check it."),
    "not_an_object": _l("This cannot be used here. Please check it."),
}

_PARTS = {
    "policies": _l("Minutes"),
    "vip_percent": _l("Share of the time for VIP customers"),
    "hours": _l("Hours of business"),
    "rules": _l("Rules for revisits"),
    "fewest_stars": _l("Stars that call for a call"),
    "repeat_days": _l("Days in which the same fault is a repeat"),
    "mode": _l("Begins"),
    "decides": _l("Who decides"),
    "cause": _l("Cause"),
    "carries_parts": _l("Takes parts along"),
    "kinds": _l("Kinds"),
    "is_on": _l("Visits without a doubt are accepted by themselves"),
    "sample": _l("Share that somebody looks at all the same"),
    "advisor": _l("Advisor"),
    "dispatcher": _l("Dispatcher"),
    "supervisor": _l("Supervisor"),
    "retake": _l("Reasons for a retake"),
    "rework": _l("Reasons for rework"),
    "call_off": _l("Reasons to call a job off"),
    "nobody_goes": _l("Reasons why nobody goes"),
    "care_advice": _l("Care advice"),
    "customers_years": _l("Customers without a ticket"),
    "tickets_years": _l("Tickets"),
    "photos_years": _l("Photos"),
    "audit_months": _l("Audit"),
    "answers_days": _l("Answers for repeated requests"),
    "tasks_days": _l("Work that the worker has done"),
    "slots": _l("Photos"),
    "steps": _l("Steps"),
    "place": _l("Place"),
    "en": "English",
    "zh": "中文",
    "label": "English",
    "label_zh": "中文",
    "hint": _l("Hint, English"),
    "hint_zh": _l("Hint, Chinese"),
    "minimum": _l("at least"),
    "maximum": _l("at most"),
    "unit": _l("Unit"),
    "required": _l("Required"),
    "only_if": _l("Only if"),
    "answer": _l("Answer"),
    "choices": _l("Choices"),
    "from": _l("From"),
    "to": _l("To"),
    "name": _l("Name"),
    "step_id": _l("Step"),
    "slot": _l("Photo"),
    "kind": _l("Kind"),
    "free": _l("without a limit"),
    "quiet": _l("Quiet hours"),
    "reminder_at": _l("Reminder, the evening before at"),
    "follow_up": _l("Question after the visit"),
    "days": _l("Days later"),
    "at": _l("At"),
    "texts": _l("Texts"),
    "subject": _l("Subject"),
    "body": _l("Text"),
}
_WEEK = (
    _l("Monday"),
    _l("Tuesday"),
    _l("Wednesday"),
    _l("Thursday"),
    _l("Friday"),
    _l("Saturday"),
    _l("Sunday"),
)
_NOUNS = (
    "notice",
    "notice_channel",
    "kind",
    "class",
    "clock",
    "trigger",
    "revisit_mode",
    "role",
    "cause",
    "step_kind",
)


@dataclass(frozen=True, slots=True)
class Told:
    """A version, for people: who made it, when, and from when it holds."""

    version: int
    by: str
    at: datetime
    valid_from: datetime
    note: str
    branch_id: str | None
    follows_house: bool


def setting_name(name: str) -> str:
    """What a setting is called."""
    found = rules.of_template(name)
    if found is None:
        return str(NAMES[name])
    kind, category = found
    words = label(kind, "kind")
    return f"{words} · {category}" if category else words


def about(name: str) -> str:
    return str(ABOUT[name])


def week() -> list[str]:
    return [str(day) for day in _WEEK]


def made(session: Session, ids: Collection[str]) -> dict[str, Told]:
    """Versions by the id of their rows."""
    found = select(Setting, Person.name).join(Person, Person.id == Setting.made_by)
    return {
        row.id: Told(
            row.version,
            name,
            row.made_at,
            row.valid_from,
            row.note,
            row.branch_id,
            row.value is None,
        )
        for row, name in session.execute(found.where(Setting.id.in_(ids)))
    }


def told(session: Session, head: Head | None) -> Told | None:
    return None if head is None else made(session, [head.id]).get(head.id)


def name_of(session: Session, head: Head | None) -> str:
    found = told(session, head)
    return found.by if found else ""


def template_names(session: Session, where: Place) -> list[str]:
    """The checklists of every kind, and those of the categories that somebody has written or begun."""
    of_place = [None] if where.branch_id is None else [None, where.branch_id]
    written: set[str] = set()
    for table in (Setting, SettingDraft):
        for branch_id in of_place:
            is_there = (
                table.branch_id.is_(None) if branch_id is None else table.branch_id == branch_id
            )
            prefix = f"{rules.TEMPLATE}."
            found = select(table.name).where(table.name.startswith(prefix), is_there).distinct()
            written.update(session.scalars(found))
    usual = [rules.template_name(kind) for kind in tickets.KINDS]
    return sorted({*usual, *written}, key=lambda name: (usual.index(_of_kind(name)), name))


def _of_kind(name: str) -> str:
    found = rules.of_template(name)
    return rules.template_name(found[0] if found else tickets.KINDS[0])


def problems(failure: errors.DoorstepError) -> dict[str, str]:
    """A sentence for each place that a failure names."""
    told_of = failure.details.get("errors", {})
    if isinstance(told_of.get("json"), dict):
        told_of = told_of["json"]
    return {where: problem(codes[0]) for where, codes in told_of.items() if codes}


def problem(code: str) -> str:
    return str(PROBLEMS.get(code, code))


# Where something stands.


def path_words(name: str, path: str, known: dict[str, str] | None = None) -> str:
    """ "policies.repair.urgent.close" as people say it; `known` are the names of steps and slots."""
    if path.startswith(("policies.", "rules.", "kinds.")):
        path = path.partition(".")[2]
    return " · ".join(_part(each, known or {}) for each in path.split(".") if each)


def _part(code: str, known: dict[str, str]) -> str:
    if code in known:
        return known[code]
    if code in _PARTS:
        return str(_PARTS[code])
    for noun in _NOUNS:
        if code in LABELS[noun]:
            return label(code, noun)
    if code.isdigit():
        return str(int(code) + 1)
    return code


def value_words(value: Any, known: dict[str, str] | None = None) -> str:
    """A value of a document, short enough for a line."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return " → ".join(value_words(each, known) for each in value) or "–"
    if isinstance(value, dict):
        named = value.get("label") or value.get("en") or value.get("step_id")
        if named:
            chinese = value.get("label_zh") or value.get("zh") or ""
            return f"{named} / {chinese}" if chinese else str(named)
        return ", ".join(
            f"{_part(str(k), known or {})}: {value_words(v, known)}" for k, v in value.items()
        )
    return _part(str(value), known or {}) if isinstance(value, str) else str(value)


def names_in(*documents: Any) -> dict[str, str]:
    """What steps, slots, choices and reasons of these documents are called, by their codes."""
    from server.office.wording import in_language, language

    found: dict[str, str] = {}

    def look(value: Any) -> None:
        if isinstance(value, dict):
            for key in ("step_id", "slot", "value", "code"):
                if isinstance(value.get(key), str) and ("label" in value or "en" in value):
                    words = in_language(value) or value.get(language()) or value[key]
                    found.setdefault(value[key], f"“{words}”")
            for part in value.values():
                look(part)
        elif isinstance(value, list):
            for part in value:
                look(part)

    for each in documents:
        look(each)
    return found


def lines(
    name: str, differences: Iterable[Difference], *documents: Any
) -> list[tuple[str, str, str]]:
    """Where, what it was, what it is: a line for each difference."""
    known = names_in(*documents)
    words = _money if name == rules.GOODWILL else value_words
    return [
        (path_words(name, each.path, known), words(each.was, known), words(each.now, known))
        for each in differences
    ]


def _money(cents: Any, _known: dict[str, str]) -> str:
    return _("without a limit") if cents is None else prices.money(cents)
