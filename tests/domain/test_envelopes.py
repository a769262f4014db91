"""Envelopes and batches as the vectors have them: what is right, and each way to be wrong."""

import json
from typing import Any

import pytest

from server.domain import envelopes, events
from tests.golden import vectors

BASE, CASES = vectors("envelopes")["base"], vectors("envelopes")["events"]


def envelope(case: dict[str, Any], **known: Any) -> dict[str, Any]:
    """The event that a case is about: the base, changed; `known` stands for its placeholders."""
    whole = {**BASE, **known, **case["change"]}
    return {name: value for name, value in whole.items() if name not in case["without"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_it_is_read_as_the_vectors_say(case: dict[str, Any]) -> None:
    event = envelope(case, event_id="01980000-0000-7000-8000-00000000e001", seq=1, job_id="J-1")
    assert envelopes.problems(event, json.dumps(event)) == case["expect"]["problems"]
    if case["expect"]["code"] == "data_invalid":
        assert events.check(event["kind"], event["v"], event.get("data"))


def test_each_entry_is_wrong_in_some_vector() -> None:
    wrong = {problem for case in CASES for problem in case["expect"]["problems"]}
    worst = {"after": 0, "base_rev": "", "clock": 0, "position": 0, "more": _nested(40)}
    assert wrong == set(envelopes.problems(worst, json.dumps(worst)))


def _nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value
