"""What to do next, from facts and answers alone: the tables of the sync protocol."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from random import Random
from typing import Any

import pytest

from field_client import plan
from tests.golden import vectors

VECTORS = vectors("plan")
Given = dict[str, Any]


class Drawn(Random):
    """Chance that has been drawn already: a share from 0 to 1."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def random(self) -> float:
        return self.share


def event(given: Given) -> Any:
    step = plan.event_step(given["result"])
    return {"state": step.state, "status": step.status}


def upload(given: Given) -> Any:
    step = plan.upload_step(**given)
    return {"step": step.name, "offset": step.offset}


def change(given: Given) -> Any:
    return plan.change_step(given["own_version"], given["change"], has_unsent=given["has_unsent"])


def drop(given: Given) -> Any:
    def moment(text: str | None) -> datetime | None:
        return datetime.fromisoformat(text) if text else None

    uses = [{**use, "complete_since": moment(use["complete_since"])} for use in given["uses"]]
    now = datetime.fromisoformat(given["now"])
    return plan.may_drop(given["state"], uses, now, given["keep_days"])


def batch(given: Given) -> Any:
    limits, resting = plan.Limits(**given["limits"]), frozenset(given["resting"])
    chosen = plan.batch(given["waiting"], limits, at_most=given["at_most"], resting=resting)
    return [each["event_id"] for each in chosen]


def lost(given: Given) -> Any:
    events, blobs = plan.lost_by_server(**given)
    return {"events": events, "blobs": blobs}


READ: dict[str, Callable[[Given], Any]] = {
    "push": lambda given: plan.push_step(**given),
    "event": event,
    "upload": upload,
    "backoff": lambda given: plan.backoff_s(given["attempt"], Drawn(given["share"])),
    "pause": lambda given: plan.pause_s(given["asked_s"], given["attempt"], Drawn(given["share"])),
    "change": change,
    "drop": drop,
    "batch": batch,
    "limits": lambda given: asdict(plan.Limits.of(given["hello"])),
    "order": lambda given: [blob["sha256"] for blob in plan.sending_order(given["blobs"])],
    "goes": lambda given: plan.goes_now(
        given["blob"], given["media"], on_cellular=given["on_cellular"]
    ),
    "lost": lost,
    "epoch": lambda given: plan.is_new_epoch(**given),
    "overlay": lambda given: plan.overlay([given["row"]], given["base_version"]) != [],
    "manifest": lambda given: plan.manifest(given["lane"]),
}


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: str(case["name"]))
def test_it_plans_as_the_vectors_say(case: dict[str, Any]) -> None:
    subject = case["name"].split(":")[0]
    assert READ[subject](case["given"]) == case["expect"]


def test_a_batch_carries_the_envelope_as_it_was_captured() -> None:
    body = {"kind": "note.added", "v": 1, "data": {"text": "长"}}
    row = {"event_id": "e-1", "seq": 7, "job_id": "J-1", "body": json.dumps(body)}
    assert plan.batch([row], plan.Limits()) == [{**body, "event_id": "e-1", "seq": 7}]


@pytest.mark.parametrize("attempt", [0, 1, 5, 9, 200])
def test_a_pause_is_drawn_from_all_that_it_may_be(attempt: int) -> None:
    """Full jitter: a thousand devices that failed together do not come back together."""
    most = min(900, 2 * 2**attempt)
    chance = Random(attempt)
    pauses = [plan.backoff_s(attempt, chance) for _ in range(400)]
    assert all(0 <= pause <= most for pause in pauses)
    assert min(pauses) < most / 20
    assert max(pauses) > most * 19 / 20


def _event(kind: str, **data: Any) -> dict[str, Any]:
    return {"event_id": kind, "kind": kind, "v": 1, "captured_at": "2026-11-21T12:00:00+08:00",
            "data": data}  # fmt: skip


def test_a_note_whose_answer_was_lost_is_shown_once() -> None:
    note = _event("note.added", text="Door sticks", audience="office")
    base = plan.shown_visit(None, [note])
    assert plan.shown_visit(base, [note])["notes"] == base["notes"]
    other = {**note, "captured_at": "2026-11-21T12:05:00+08:00"}
    assert len(plan.shown_visit(base, [other])["notes"]) == 2


def test_an_event_that_cannot_be_read_changes_nothing_on_the_screen() -> None:
    """The job is shown all the same, with everything else that waits."""
    broken = _event("note.added", text=7)
    later = {**_event("note.added"), "v": 99, "data": None}
    assert plan.shown_visit(None, [broken, later]) == plan.shown_visit(None, [])
    assert plan.manifest([broken, later])["events"] == ["note.added", "note.added"]
