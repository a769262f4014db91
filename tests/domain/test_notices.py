"""When somebody is told what, and when not any more; the texts and what may stand in them."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.domain import notice_texts as texts
from server.domain import notices as rules
from server.domain import settings
from server.domain.notices import Truth

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # nine o'clock in Shanghai
QUIET = {"from": 21 * 60, "to": 8 * 60}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-23T20:59+08:00", None),
        ("2026-11-23T21:00+08:00", "2026-11-24T08:00+08:00"),
        ("2026-11-24T07:59+08:00", "2026-11-24T08:00+08:00"),
        ("2026-11-24T08:00+08:00", None),
    ],
)
def test_quiet_hours_go_over_midnight(moment: str, until: str | None) -> None:
    found = rules.quiet_until(at(moment), 21 * 60, 8 * 60, "Asia/Shanghai")
    assert found == (at(until) if until else None)


def test_quiet_hours_are_those_of_the_branch_also_where_clocks_change() -> None:
    """In Berlin the night of 25 October 2026 has an hour more."""
    late = at("2026-10-24T22:00+02:00")
    assert rules.quiet_until(late, 21 * 60, 8 * 60, "Europe/Berlin") == at("2026-10-25T08:00+01:00")
    assert rules.quiet_until(late, 0, 0, "Europe/Berlin") is None
    assert rules.quiet_until(at("2026-11-23T23:00+08:00"), 1_320, 1_440, "Asia/Shanghai") == at(
        "2026-11-24T00:00+08:00"
    )


def test_what_would_come_too_late_for_the_quiet_hours_goes_at_once() -> None:
    night, zone = at("2026-11-23T23:00+08:00"), "Asia/Shanghai"
    early, noon = at("2026-11-24T08:30+08:00"), at("2026-11-24T12:00+08:00")
    assert rules.waits_until("moved", night, QUIET, zone, early) is None
    assert rules.waits_until("moved", night, QUIET, zone, noon) == at("2026-11-24T08:00+08:00")
    assert rules.waits_until("on_the_way", night, QUIET, zone, None) is None
    assert rules.waits_until("done", night, QUIET, zone, None) is not None


def test_a_reminder_is_due_the_evening_before_at_the_site() -> None:
    start = at("2026-11-25T00:30+08:00")
    assert rules.reminder_at(start, "Asia/Shanghai", 18 * 60) == at("2026-11-24T18:00+08:00")


def test_of_appointments() -> None:
    first, other = NOW, NOW + timedelta(days=1)
    assert rules.of_appointment(None, first) == "made"
    assert rules.of_appointment(None, first, is_revisit=True) == "revisit"
    assert rules.of_appointment(first, other) == "moved"
    assert rules.of_appointment(first, None) == "cancelled"
    assert rules.of_appointment(first, first) is None
    assert rules.of_appointment(None, None) is None


COMING = NOW + timedelta(hours=20)


@pytest.mark.parametrize(
    ("kind", "truth", "now", "why"),
    [
        ("made", Truth(start=COMING), NOW, None),
        ("made", Truth(start=COMING, is_called_off=True), NOW, "superseded"),
        ("reminder", Truth(start=COMING + timedelta(hours=1)), NOW, "superseded"),
        ("reminder", Truth(start=COMING), COMING, "too_late"),
        ("reminder", Truth(start=COMING, is_arrived=True), NOW, "too_late"),
        ("cancelled", Truth(start=COMING), NOW, "superseded"),
        ("cancelled", Truth(start=COMING, is_called_off=True), NOW, None),
        ("on_the_way", Truth(), NOW + timedelta(minutes=29), None),
        ("on_the_way", Truth(), NOW + timedelta(minutes=31), "too_late"),
        ("on_the_way", Truth(is_arrived=True), NOW, "too_late"),
        ("on_the_way", Truth(is_current=False), NOW, "superseded"),
        ("done", Truth(is_over=True), NOW + timedelta(days=13), None),
        ("done", Truth(is_over=True), NOW + timedelta(days=15), "too_late"),
        ("retake", Truth(is_asked=False), NOW, "superseded"),
        ("follow_up", Truth(is_closed=False), NOW, "superseded"),
    ],
)
def test_what_does_not_hold_any_more_is_not_told(
    kind: str, truth: Truth, now: datetime, why: str | None
) -> None:
    assert rules.why_not(kind, COMING, NOW, truth, now) == why


def test_what_is_told_late_says_so() -> None:
    assert rules.is_late("done", NOW, NOW + timedelta(hours=4))
    assert not rules.is_late("done", NOW, NOW + timedelta(hours=1))


class Said:
    def __init__(self, channel: str, is_given: bool, purpose: str = rules.CONSENT) -> None:
        self.channel, self.is_given, self.purpose = channel, is_given, purpose


def test_the_newest_word_about_a_channel_counts() -> None:
    assert rules.is_consented([], "sms")
    assert not rules.is_consented([Said("sms", False), Said("any", True)], "sms")
    assert rules.is_consented([Said("any", True), Said("sms", False)], "sms")
    assert rules.is_consented([Said("sms", False)], "email")
    assert rules.is_consented([Said("any", False, "marketing")], "email")


def test_what_failed_together_does_not_come_back_together() -> None:
    early = rules.again_at("webhook", 1, NOW, 0.0)
    late = rules.again_at("webhook", 1, NOW, 1.0)
    assert early is not None
    assert late is not None
    assert early < late
    assert rules.again_at("webhook", 10, NOW, 0.0) is None
    assert rules.again_at("email", 6, NOW, 0.0) is None
    assert rules.again_at("email", 1, NOW, 0.0, wish_s=10**9) == NOW + rules.LONGEST_WISH


@pytest.mark.parametrize(
    ("text", "length", "parts"),
    [
        ("", 0, 1), ("a" * 160, 160, 1), ("a" * 161, 161, 2), ("€" * 80, 160, 1), ("中" * 70, 70, 1),
        ("中" * 71, 71, 2), ("🌸" * 35, 70, 1), ("🌸" * 36, 72, 2), ("é" * 307, 307, 3),
    ],
)  # fmt: skip
def test_text_messages_are_counted_as_they_are_paid(text: str, length: int, parts: int) -> None:
    assert rules.sms_parts(text) == (length, parts)


# The texts.


def test_the_texts_as_delivered_are_sound() -> None:
    assert settings.problems("notices", texts.document()) == []


def changed(path: str, value: Any) -> dict[str, Any]:
    document = deepcopy(texts.document())
    *way, last = path.split(".")
    place = document
    for each in way:
        place = place[each]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("texts.made.sms.en", "{nmae}", "unknown_placeholder"),
        ("texts.made.sms.en", "{name", "unknown_placeholder"),
        ("texts.made.sms.en", "{{name}}", "unknown_placeholder"),
        ("texts.made.email.zh.body", "x" * 4_001, "too_long"),
        ("texts.made.email.zh.subject", "", "missing"),
        ("texts.made.email.zh", None, "missing"),
        ("texts.made.chat.zh", 7, "not_valid"),
        ("texts.made", [], "not_an_object"),
        ("texts.party", {}, "unknown_field"),
        ("kinds.made.sms", "yes", "not_valid"),
        ("kinds.made.fax", True, "unknown_field"),
        ("kinds.made", None, "missing"),
        ("quiet.from", -1, "too_small"),
        ("quiet.to", 1_441, "too_large"),
        ("quiet.from", True, "not_valid"),
        ("quiet", [], "not_an_object"),
        ("reminder_at", 1_380, "in_quiet_hours"),
        ("follow_up.days", 31, "too_large"),
        ("follow_up.at", None, "missing"),
        ("more", 1, "unknown_field"),
    ],
)
def test_what_cannot_be_sent_is_refused(path: str, value: Any, code: str) -> None:
    found = settings.problems("notices", changed(path, value))
    assert [(each.where.startswith(path.rpartition(".")[0]), each.code) for each in found] == [
        (True, code)
    ]


def test_a_line_of_which_nothing_is_known_goes() -> None:
    facts = {"name": "Li Na", "day": "", "link": ""}
    assert texts.fill("Hello {name},\n\nOn {day}\n{link}\n\nBye", facts) == "Hello Li Na,\n\nBye"
    assert texts.fill("{name} {name}", {"name": "{day}"}) == "{day} {day}", "facts stay facts"
