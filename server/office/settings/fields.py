"""A settings document as the fields of a form, and back. A field is named by where its value stands.

What cannot be read stays text, so that the rules of the document say what is wrong with it, and where.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from server.domain import errors, notices, revisits, tickets
from server.domain import settings as rules
from server.domain.promises import CLOCKS
from server.domain.reasons import DEFAULTS as LISTS_OF_REASONS
from server.domain.settings.shapes import GOODWILL_ROLES, KEPT_AT_MOST, MOST_REASONS
from server.ids import new_id

Document = dict[str, Any]
Fields = dict[str, str]
Said = Mapping[str, str]

WEEK = tuple(str(day) for day in range(7))
FREE_ROWS = 2  # empty rows at the end of a list, to write more


class Form(NamedTuple):
    """How one setting is shown and read."""

    fields: Callable[[Document], Fields]
    document: Callable[[Said], Document]


def must_be_text(said: Said) -> None:
    """Raises `Invalid` for what no database holds."""
    wrong = {
        name: ["not_valid"]
        for name, text in said.items()
        if "\x00" in text or any("\ud800" <= each <= "\udfff" for each in text)
    }
    if wrong:
        raise errors.Invalid(errors=wrong)


def _number(said: Said, name: str) -> Any:
    text = said.get(name, "").strip()
    if not text:
        return None
    return int(text) if re.fullmatch(r"-?[0-9]{1,12}", text, re.ASCII) else text


def _text(said: Said, name: str) -> str:
    return said.get(name, "").replace("\r\n", "\n").strip()


# Promises.


def _promise_fields(document: Document) -> Fields:
    found = {"vip_percent": str(document["vip_percent"])}
    for kind, classes in document["policies"].items():
        for ticket_class, minutes in classes.items():
            for name, value in minutes.items():
                found[f"policies.{kind}.{ticket_class}.{name}"] = str(value)
    hours = document["hours"]
    found["hours"] = "always" if hours is None else "business"
    for day in WEEK:
        spans = (hours or {}).get(day) or []
        for half in range(2):
            start, end = spans[half] if half < len(spans) else (None, None)
            found[f"hours.{day}.{half}.from"] = _clock(start)
            found[f"hours.{day}.{half}.to"] = _clock(end)
    return found


def _clock(minute: int | None) -> str:
    """Midnight at the end of a day is written 24:00."""
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"


def _minute(text: str) -> Any:
    found = re.fullmatch(r"([0-2]?[0-9]):([0-5][0-9])", text.strip(), re.ASCII)
    return int(found[1]) * 60 + int(found[2]) if found else text


def _promise_document(said: Said) -> Document:
    policies = {
        kind: {
            ticket_class: {
                name: _number(said, f"policies.{kind}.{ticket_class}.{name}") for name in CLOCKS
            }
            for ticket_class in tickets.CLASSES
        }
        for kind in tickets.KINDS
    }
    hours = {day: _spans(said, day) for day in WEEK} if said.get("hours") == "business" else None
    return {"policies": policies, "vip_percent": _number(said, "vip_percent"), "hours": hours}


def _spans(said: Said, day: str) -> list[list[Any]]:
    pairs = [
        [said.get(f"hours.{day}.{half}.{name}", "").strip() for name in ("from", "to")]
        for half in range(2)
    ]
    return [[_minute(start), _minute(end)] for start, end in pairs if start or end]


# Rules for revisits.


def _revisit_fields(document: Document) -> Fields:
    found = {name: str(document[name]) for name in ("fewest_stars", "repeat_days")}
    for trigger, rule in document["rules"].items():
        for name in ("mode", "decides", "cause"):
            found[f"rules.{trigger}.{name}"] = rule[name] or ""
        found[f"rules.{trigger}.carries_parts"] = "on" if rule["carries_parts"] else ""
    return found


def _revisit_document(said: Said) -> Document:
    rules_said = {
        str(trigger): {
            "cause": said.get(f"rules.{trigger}.cause") or None,
            "mode": said.get(f"rules.{trigger}.mode", ""),
            "decides": said.get(f"rules.{trigger}.decides", ""),
            "carries_parts": said.get(f"rules.{trigger}.carries_parts") == "on",
        }
        for trigger in revisits.Trigger
    }
    counts = {name: _number(said, name) for name in ("fewest_stars", "repeat_days")}
    return {"rules": rules_said, **counts}


# Automatic acceptance.


def _auto_accept_fields(document: Document) -> Fields:
    kinds = {f"kinds.{kind}": "on" if kind in document["kinds"] else "" for kind in tickets.KINDS}
    return {"is_on": "on" if document["is_on"] else "", "sample": str(document["sample"]), **kinds}


def _auto_accept_document(said: Said) -> Document:
    return {
        "is_on": said.get("is_on") == "on",
        "sample": _number(said, "sample"),
        "kinds": sorted(kind for kind in tickets.KINDS if said.get(f"kinds.{kind}") == "on"),
    }


# Goodwill: written in the currency, kept in cents.


def _goodwill_fields(document: Document) -> Fields:
    found: Fields = {}
    for role in GOODWILL_ROLES:
        cents = document.get(role, 0)
        found[role] = "" if cents is None else f"{cents / 100:.2f}".removesuffix(".00")
        found[f"{role}.free"] = "on" if cents is None else ""
    return found


def _goodwill_document(said: Said) -> Document:
    return {
        role: None if said.get(f"{role}.free") == "on" else _cents(_text(said, role) or "0")
        for role in GOODWILL_ROLES
    }


def _cents(text: str) -> Any:
    try:
        cents = Decimal(text.replace(",", "").removeprefix("¥")) * 100
        is_whole = cents.is_finite() and abs(cents) < 10**12 and cents == cents.to_integral_value()
    except InvalidOperation:
        return text
    return int(cents) if is_whole else text


# Texts.


def _text_fields(document: Document) -> Fields:
    found: Fields = {}
    for name in LISTS_OF_REASONS:
        for row, each in enumerate(document[name]):
            found |= {f"{name}.{row}.{part}": each[part] for part in ("code", "en", "zh")}
    advice = document["care_advice"]
    return found | {f"care_advice.{each}": advice[each] for each in ("en", "zh")}


def _text_document(said: Said) -> Document:
    lists = {name: _reasons(said, name) for name in LISTS_OF_REASONS}
    return {
        **lists,
        "care_advice": {each: _text(said, f"care_advice.{each}") for each in ("en", "zh")},
    }


def _reasons(said: Said, name: str) -> list[Document]:
    """Rows that are empty in both languages are gone; a new one gets a code of its own."""
    found = []
    for row in range(MOST_REASONS + FREE_ROWS + 1):
        sentences = {part: _text(said, f"{name}.{row}.{part}") for part in ("en", "zh")}
        if any(sentences.values()):
            code = _text(said, f"{name}.{row}.code") or f"own-{new_id()[-12:]}"
            found.append({"code": code, **sentences})
    return found


def rows_of(fields: Said, name: str) -> list[int]:
    """The rows of a list to show: what is there, and some to write more."""
    written = [row for row in range(MOST_REASONS + FREE_ROWS) if f"{name}.{row}.en" in fields]
    least = max(written, default=-1) + 1
    return list(range(min(least + FREE_ROWS, MOST_REASONS)))


# Notices to customers.


def _notice_fields(document: Document) -> Fields:
    found = {
        "quiet.from": _clock(document["quiet"]["from"]),
        "quiet.to": _clock(document["quiet"]["to"]),
        "reminder_at": _clock(document["reminder_at"]),
        "follow_up.days": str(document["follow_up"]["days"]),
        "follow_up.at": _clock(document["follow_up"]["at"]),
    }
    for kind in notices.KINDS:
        for channel in notices.CHANNELS:
            found[f"kinds.{kind}.{channel}"] = "on" if document["kinds"][kind][channel] else ""
        for path, text in _texts_of(document["texts"][kind], f"texts.{kind}"):
            found[path] = text
    return found


def _texts_of(said: Any, at: str) -> list[tuple[str, str]]:
    """The texts of a tree, each with its path."""
    if isinstance(said, str):
        return [(at, said)]
    return [line for name, part in said.items() for line in _texts_of(part, f"{at}.{name}")]


def _notice_document(said: Said) -> Document:
    return {
        "quiet": {each: _minute(said.get(f"quiet.{each}", "")) for each in ("from", "to")},
        "reminder_at": _minute(said.get("reminder_at", "")),
        "follow_up": {
            "days": _number(said, "follow_up.days"),
            "at": _minute(said.get("follow_up.at", "")),
        },
        "kinds": {
            kind: {each: said.get(f"kinds.{kind}.{each}") == "on" for each in notices.CHANNELS}
            for kind in notices.KINDS
        },
        "texts": {kind: _notice_texts(said, f"texts.{kind}") for kind in notices.KINDS},
    }


def _notice_texts(said: Said, at: str) -> Document:
    letters = {
        each: {part: _text(said, f"{at}.email.{each}.{part}") for part in ("subject", "body")}
        for each in ("en", "zh")
    }
    short = {
        channel: {each: _text(said, f"{at}.{channel}.{each}") for each in ("en", "zh")}
        for channel in (notices.SMS, notices.CHAT)
    }
    return {notices.EMAIL: letters, **short}


# Retention.


def _retention_fields(document: Document) -> Fields:
    return {name: str(document[name]) for name in KEPT_AT_MOST}


def _retention_document(said: Said) -> Document:
    return {name: _number(said, name) for name in KEPT_AT_MOST}


FORMS = {
    rules.PROMISES: Form(_promise_fields, _promise_document),
    rules.REVISITS: Form(_revisit_fields, _revisit_document),
    rules.AUTO_ACCEPT: Form(_auto_accept_fields, _auto_accept_document),
    rules.GOODWILL: Form(_goodwill_fields, _goodwill_document),
    rules.TEXTS: Form(_text_fields, _text_document),
    rules.NOTICES: Form(_notice_fields, _notice_document),
    rules.RETENTION: Form(_retention_fields, _retention_document),
}
