"""What each setting may hold: every problem with a stable code and where it is ("policies.repair.urgent").

Codes: missing, not_valid, unknown_field, not_an_object, not_a_list, too_small, too_large, too_many,
duplicate, not_in_order, and those of `checklists` and `notice_texts`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from server.domain import checklists, notice_texts, revisits, tickets
from server.domain.checklists import Problem
from server.domain.promises import CLOCKS
from server.domain.reasons import DEFAULTS as LISTS_OF_REASONS

Document = Mapping[str, Any]

LONGEST_PROMISE = 525_600  # minutes: a year
LONGEST_SENTENCE = 200  # characters of a reason
LONGEST_ADVICE = 4_000
MOST_REASONS = 20
MOST_GOODWILL = 10_000_000  # cents
GOODWILL_ROLES = ("advisor", "dispatcher", "supervisor")
KEPT_AT_MOST = {
    "customers_years": (1, 30),
    "tickets_years": (2, 30),
    "photos_years": (1, 30),
    "audit_months": (12, 360),
    "answers_days": (1, 365),
    "tasks_days": (1, 365),
}


def template(value: Document) -> list[Problem]:
    """Slots and steps; a checklist that nobody could finish is refused by its own rules."""
    checklist = {"version": 1, **{each: value[each] for each in ("name", "steps") if each in value}}
    return [
        *_unknown(value, {"name", "slots", "steps"}, ""),
        *checklists.problems_of_checklist(checklist),
        *(
            Problem(each.code, f"slots.{each.where}" if each.where else "slots")
            for each in checklists.problems_of_slots(value.get("slots"))
        ),
        *_too_few_photos(value),
    ]


def _too_few_photos(value: Document) -> Iterator[Problem]:
    """A step asks for more photos than its slot: both are told the larger number on site, one is wrong."""
    slots, steps = value.get("slots"), value.get("steps")
    if not isinstance(slots, list) or not isinstance(steps, list):
        return
    known = {each["slot"] for each in slots if isinstance(each, dict) and "slot" in each}
    for position, step in enumerate(steps):
        if isinstance(step, dict) and step.get("kind") == "photo":
            named = step.get("slot")
            if named and named != step.get("step_id") and named not in known:
                yield Problem("unknown_slot", f"steps.{position}.slot")


def _promises(value: Document) -> Iterator[Problem]:
    yield from _unknown(value, {"policies", "vip_percent", "hours"}, "")
    yield from _whole(value, "vip_percent", "", 10, 100)
    policies = value.get("policies")
    if not isinstance(policies, Mapping):
        yield Problem("not_an_object", "policies")
    else:
        yield from _unknown(policies, set(tickets.KINDS), "policies")
        for kind in tickets.KINDS:
            yield from _policies_of(policies.get(kind), f"policies.{kind}")
    if value.get("hours") is not None:
        yield from _hours(value["hours"])


def _policies_of(of_kind: Any, at: str) -> Iterator[Problem]:
    if not isinstance(of_kind, Mapping):
        yield Problem("missing" if of_kind is None else "not_an_object", at)
        return
    yield from _unknown(of_kind, set(tickets.CLASSES), at)
    for ticket_class in tickets.CLASSES:
        yield from _policy(of_kind.get(ticket_class), f"{at}.{ticket_class}")


def _policy(minutes: Any, at: str) -> Iterator[Problem]:
    if not isinstance(minutes, Mapping):
        yield Problem("missing" if minutes is None else "not_an_object", at)
        return
    yield from _unknown(minutes, set(CLOCKS), at)
    found = [each for name in CLOCKS for each in _whole(minutes, name, at, 1, LONGEST_PROMISE)]
    yield from found
    if not found:
        for earlier, later in pairwise(CLOCKS):
            if minutes[earlier] > minutes[later]:
                yield Problem("not_in_order", f"{at}.{later}")


def _hours(hours: Any) -> Iterator[Problem]:
    """`{"0": [[540, 1080]]}`: minutes after midnight by weekday, Monday is 0; an hour at least a week."""
    if not isinstance(hours, Mapping):
        yield Problem("not_an_object", "hours")
        return
    yield from _unknown(hours, {str(day) for day in range(7)}, "hours")
    total = 0
    for day, spans in hours.items():
        edges = [0, *_edges(spans), 1_440]
        if edges != sorted(edges) or any(one == other for one, other in pairwise(edges[1:-1])):
            yield Problem("not_in_order", f"hours.{day}")
        elif not _edges(spans) and spans != []:
            yield Problem("not_valid", f"hours.{day}")
        else:
            inner = edges[1:-1]
            total += sum(end - start for start, end in zip(inner[::2], inner[1::2], strict=True))
    if total < 60:
        yield Problem("too_small", "hours")


def _edges(spans: Any) -> list[int]:
    """The times of a day one after the other; none for what is no list of pairs of minutes."""
    if not isinstance(spans, list) or len(spans) > 4:
        return []
    pairs = [each for each in spans if isinstance(each, list | tuple) and len(each) == 2]
    edges = [edge for pair in pairs for edge in pair]
    is_plain = all(isinstance(edge, int) and not isinstance(edge, bool) for edge in edges)
    return edges if is_plain and len(pairs) == len(spans) else []


def _revisits(value: Document) -> Iterator[Problem]:
    yield from _unknown(value, {"rules", "fewest_stars", "repeat_days"}, "")
    yield from _whole(value, "fewest_stars", "", 0, 4)
    yield from _whole(value, "repeat_days", "", 1, 365)
    rules = value.get("rules")
    if not isinstance(rules, Mapping):
        yield Problem("not_an_object", "rules")
        return
    yield from _unknown(rules, {str(each) for each in revisits.Trigger}, "rules")
    for trigger in revisits.Trigger:
        yield from _rule(trigger, rules.get(trigger), f"rules.{trigger}")


def _rule(trigger: revisits.Trigger, rule: Any, at: str) -> Iterator[Problem]:
    if not isinstance(rule, Mapping):
        yield Problem("missing" if rule is None else "not_an_object", at)
        return
    yield from _unknown(rule, {"cause", "mode", "decides", "carries_parts"}, at)
    if rule.get("mode") not in revisits.modes_of(trigger):
        yield Problem("not_valid", f"{at}.mode")
    if rule.get("decides") not in revisits.DECIDERS:
        yield Problem("not_valid", f"{at}.decides")
    if not isinstance(rule.get("carries_parts"), bool):
        yield Problem("not_valid", f"{at}.carries_parts")
    if rule.get("cause") not in revisits.causes_of(trigger):
        yield Problem("not_valid", f"{at}.cause")


def _auto_accept(value: Document) -> Iterator[Problem]:
    """`sample` is the percentage of clean visits that somebody looks at all the same."""
    yield from _unknown(value, {"is_on", "sample", "kinds"}, "")
    if not isinstance(value.get("is_on"), bool):
        yield Problem("not_valid", "is_on")
    yield from _whole(value, "sample", "", 0, 100)
    kinds = value.get("kinds")
    if not isinstance(kinds, list):
        yield Problem("not_a_list", "kinds")
    elif any(each not in tickets.KINDS for each in kinds) or len(set(kinds)) < len(kinds):
        yield Problem("not_valid", "kinds")


def _goodwill(value: Document) -> Iterator[Problem]:
    """Cents for each role; null is without a limit."""
    yield from _unknown(value, set(GOODWILL_ROLES), "")
    for role in GOODWILL_ROLES:
        if value.get(role, 0) is not None:
            yield from _whole(value, role, "", 0, MOST_GOODWILL)


def _texts(value: Document) -> Iterator[Problem]:
    yield from _unknown(value, {*LISTS_OF_REASONS, "care_advice"}, "")
    for name in LISTS_OF_REASONS:
        yield from _reasons(value.get(name), name)
    advice = value.get("care_advice")
    if not isinstance(advice, Mapping):
        yield Problem("not_an_object", "care_advice")
        return
    yield from _unknown(advice, {"en", "zh"}, "care_advice")
    said = {language: advice.get(language) for language in ("en", "zh")}
    for language, text in said.items():
        if not isinstance(text, str) or len(text) > LONGEST_ADVICE:
            yield Problem("not_valid", f"care_advice.{language}")
        elif not text.strip() and any(said.values()):
            yield Problem("missing", f"care_advice.{language}")  # both languages, or none


def _reasons(listed: Any, at: str) -> Iterator[Problem]:
    if not isinstance(listed, list):
        yield Problem("not_a_list", at)
        return
    if len(listed) > MOST_REASONS:
        yield Problem("too_many", at)
    if not listed:
        yield Problem("missing", at)
    seen: set[str] = set()
    for position, each in enumerate(listed):
        where = f"{at}.{position}"
        if not isinstance(each, Mapping):
            yield Problem("not_an_object", where)
            continue
        yield from _unknown(each, {"code", "en", "zh"}, where)
        for name in ("code", "en", "zh"):
            yield from _sentence(each, name, where)
        if each.get("code") in seen:
            yield Problem("duplicate", f"{where}.code")
        seen.add(str(each.get("code")))


def _retention(value: Document) -> Iterator[Problem]:
    yield from _unknown(value, set(KEPT_AT_MOST), "")
    for name, (least, most) in KEPT_AT_MOST.items():
        yield from _whole(value, name, "", least, most)


OF: dict[str, Callable[[Document], Iterable[Problem]]] = {
    "promises": _promises,
    "revisits": _revisits,
    "auto_accept": _auto_accept,
    "goodwill": _goodwill,
    "texts": _texts,
    "notices": notice_texts.problems,
    "retention": _retention,
}


def _unknown(doc: Document, known: set[str], at: str) -> Iterator[Problem]:
    return (Problem("unknown_field", _path(at, name)) for name in doc if name not in known)


def _whole(doc: Document, name: str, at: str, least: int, most: int) -> Iterator[Problem]:
    number = doc.get(name)
    if number is None:
        yield Problem("missing", _path(at, name))
    elif not isinstance(number, int) or isinstance(number, bool):
        yield Problem("not_valid", _path(at, name))
    elif not least <= number <= most:
        yield Problem("too_small" if number < least else "too_large", _path(at, name))


def _sentence(doc: Document, name: str, at: str) -> Iterator[Problem]:
    said = doc.get(name)
    if said is None or (isinstance(said, str) and not said.strip()):
        yield Problem("missing", _path(at, name))
    elif not isinstance(said, str) or len(said) > LONGEST_SENTENCE:
        yield Problem("not_valid", _path(at, name))


def _path(at: str, name: object) -> str:
    return f"{at}.{name}" if at else str(name)
