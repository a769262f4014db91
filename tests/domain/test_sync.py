"""The rules of the sync protocol that need no server: verdicts, sameness, true time, what has arrived."""

import json
from collections.abc import Callable
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain import exceptions, sync

FILE = Path(__file__).parents[1] / "vectors" / "sync_verdicts.json"
VECTORS = json.loads(FILE.read_text("utf-8"))
Given = dict[str, Any]


def verdict(given: Given) -> Any:
    decision = sync.decide(
        sync.unreadable_code(given["event"]), sync.Circumstances(**given["facts"])
    )
    return {
        "status": decision.status,
        "code": decision.code,
        "exception": decision.exception,
    }


def same(given: Given) -> Any:
    return {"is_same": sync.fingerprint(given["one"]) == sync.fingerprint(given["other"])}


def true_time(given: Given) -> Any:
    moments = {
        name: datetime.fromisoformat(given[name]) if given[name] else None
        for name in ("captured_at", "received_at", "sent_at")
    }
    found = sync.true_time(**{**given, **moments})
    return {
        "estimated_at": found.estimated_at.isoformat(),
        "uncertainty_s": found.uncertainty_s,
        "is_suspect": found.is_suspect,
    }


def received(given: Given) -> Any:
    state, missing = sync.received(**given)
    return {"state": state, "missing": missing}


READ: dict[str, Callable[[Given], Any]] = {
    "verdict": verdict,
    "same fact": same,
    "true time": true_time,
    "received": received,
}


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: str(case["name"]))
def test_it_decides_as_the_vectors_say(case: dict[str, Any]) -> None:
    subject = case["name"].split(":")[0]
    assert READ[subject](case["given"]) == case["expect"]


def test_under_all_circumstances_there_is_a_verdict_and_it_is_kept() -> None:
    """S8: whatever is so, an event that can be read is in custody, and nothing is refused."""
    event = {"kind": "note.added", "v": 1, "data": {"text": "x", "audience": "office"}}
    truths = (True, False)
    for status, facts in product(("active", "draining", "revoked"), product(truths, repeat=6)):
        is_own, *others = facts
        decision = sync.decide(
            sync.unreadable_code(event), sync.Circumstances(is_own, status, *others)
        )
        assert decision.status != sync.Status.RETRY, facts
        assert (decision.code is None) == (decision.status == sync.Status.APPLIED), facts
        assert decision.exception is None or decision.exception in exceptions.KINDS, facts


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(ANYTHING)
def test_what_was_cleaned_is_text_that_every_database_holds(value: Any) -> None:
    text = json.dumps(sync.clean(value), ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode("utf-8")


@given(ANYTHING)
def test_what_is_clean_stays_as_it_is(value: Any) -> None:
    once = sync.clean(value)
    assert json.dumps(sync.clean(once)) == json.dumps(once)


def test_depth_is_counted_without_a_limit() -> None:
    deep: Any = 0
    for _ in range(50_000):
        deep = [deep]
    assert sync.depth(deep) == 50_000
    assert (sync.depth("bare"), sync.depth([]), sync.depth({"a": [1]})) == (0, 0, 2)


@given(st.lists(st.text("0123456789abcdef-", min_size=1), unique=True))
def test_a_manifest_digest_does_not_depend_on_order(names: list[str]) -> None:
    half = len(names) // 2
    one = sync.manifest_digest(names[:half], names[half:])
    assert one == sync.manifest_digest(names[half:][::-1], names[:half][::-1])
