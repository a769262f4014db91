"""What is not solved comes back with a cause: the table of revisits, applied."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from server.domain import errors, people, revisits, visits

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "revisits.json").read_text("utf-8"))
Given = dict[str, Any]


def seen(opening: revisits.Opening) -> dict[str, Any]:
    return {**asdict(opening), "state": opening.state}


def move(given: Given) -> Any:
    try:
        return {"state": revisits.move(**given)}
    except errors.DoorstepError as refused:
        return {"error": refused.code}


def inherits(given: Given) -> Any:
    opening = revisits.decide(given["trigger"], outcome_cause=given["outcome_cause"])
    return revisits.inherits(given["sheet"], given["visit"], opening)


def repeat(given: Given) -> Any:
    closed, now = given["earlier_closed_at"], datetime.fromisoformat(given["now"])
    closed_at = datetime.fromisoformat(closed) if closed else None
    same = given["same_asset"], given["same_fault"]
    return {"is_repeat_fault": revisits.is_repeat_fault(closed_at, now, *same)}


def first_time_fix(given: Given) -> Any:
    tickets = [
        revisits.ClosedTicket(**{**t, "causes": tuple(t.get("causes", ()))})
        for t in given["tickets"]
    ]
    figure = revisits.first_time_fix(tickets)
    return {**json.loads(json.dumps(asdict(figure))), "rate": figure.rate}


READ: dict[str, Callable[[Given], Any]] = {
    "decide": lambda given: seen(revisits.decide(**given)),
    "openings": lambda given: [seen(opening) for opening in revisits.openings(given["visit"])],
    "repeat": repeat,
    "move": move,
    "inherits": inherits,
    "first-time fix": first_time_fix,
}


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: str(case["name"]))
def test_it_decides_as_the_vectors_say(case: dict[str, Any]) -> None:
    subject = case["name"].split(":")[0]
    assert READ[subject](case["given"]) == case["expect"]


def test_every_trigger_has_a_rule_and_somebody_who_decides() -> None:
    assert revisits.RULES.keys() == set(revisits.Trigger)
    for rule in revisits.RULES.values():
        assert people.Role(rule.decides) in people.PERMISSIONS["revisit.decide"]
        assert rule.cause is None or rule.cause in revisits.CAUSES


def test_only_what_comes_back_after_the_close_reopens() -> None:
    reopening = {trigger for trigger, rule in revisits.RULES.items() if rule.reopens}
    assert reopening == {"follow_up_not_fixed", "customer_still_broken"}


def test_rules_can_be_the_offices_own() -> None:
    rule = revisits.Rule("dissatisfied", revisits.Mode.AT_ONCE, "supervisor")
    opening = revisits.decide("low_rating", rules={revisits.Trigger.LOW_RATING: rule})
    assert (opening.mode, opening.decides, opening.state) == ("at_once", "supervisor", "due")


def test_an_unknown_trigger_is_refused() -> None:
    with pytest.raises(errors.Invalid):
        revisits.decide("bad_weather")


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(errors.Invalid):
        revisits.move("due", "forgotten")


def test_only_bad_work_goes_to_somebody_else() -> None:
    others = [cause for cause in revisits.CAUSES if not revisits.prefers_same_installer(cause)]
    assert others == ["workmanship"]


def test_a_visit_of_which_nothing_happened_opens_nothing() -> None:
    assert revisits.openings(visits.empty()) == []


def test_every_open_state_leads_to_a_decision() -> None:
    for state in revisits.OPEN_STATES:
        assert {"planned", "dismissed"} <= revisits.MOVES[state]


def test_the_ticket_closed_with_nothing_to_count_has_no_rate() -> None:
    assert revisits.first_time_fix([]).rate is None
