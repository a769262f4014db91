"""What to do next, from facts and answers alone: the tables of the sync protocol."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from field_client import plan
from tests.field_client.device import NOON


@pytest.mark.parametrize(
    ("status", "code", "size", "failures", "step"),
    [
        (200, None, 50, 0, "settle"),
        (400, "bad_envelope", 50, 0, "halve"),
        (400, "bad_envelope", 1, 0, "quarantine"),
        (413, None, 50, 0, "halve"),
        (413, None, 1, 0, "quarantine"),
        (401, "token_expired", 50, 0, "sign_in"),
        (403, "device_unknown", 50, 0, "enrol"),
        (403, "device_revoked", 50, 0, "wait"),
        (409, "in_progress", 50, 0, "wait"),
        (426, "client_too_old", 50, 0, "wait"),
        (429, None, 50, 0, "wait"),
        (500, None, 50, 0, "wait"),
        (500, None, 50, 3, "halve"),
        (500, None, 1, 3, "quarantine"),
        (502, None, 1, 9, "wait"),
        (503, None, 1, 9, "wait"),
        (302, None, 1, 9, "wait"),
    ],
)
def test_what_an_answer_to_a_push_means(
    status: int, code: str | None, size: int, failures: int, step: str
) -> None:
    assert plan.push_step(status, code, size, failures) == step


@pytest.mark.parametrize(
    ("result", "state"),
    [
        ({"status": "applied", "custody": True}, "acknowledged"),
        ({"status": "recorded", "custody": True, "code": "not_assignee"}, "acknowledged"),
        ({"status": "held", "custody": True}, "acknowledged"),
        ({"status": "quarantined", "custody": True}, "parked"),
        ({"status": "applied"}, "acknowledged"),
        ({"status": "retry", "custody": False}, None),
        ({"status": "unknown", "custody": False}, None),
        ({"status": "applied", "custody": False}, None),
        ({"status": "invented_later", "custody": True}, "acknowledged"),
        ({"status": "invented_later"}, None),
        ({"status": 7, "custody": True}, None),
        ({}, None),
    ],
)
def test_only_custody_counts(result: dict[str, Any], state: str | None) -> None:
    assert plan.event_step(result).state == state


@pytest.mark.parametrize(
    ("own", "change", "unsent", "step"),
    [
        (None, {"change": "upsert", "data": {}}, False, "upsert"),
        (4, {"change": "upsert", "data": {}}, False, "upsert"),
        (5, {"change": "upsert", "data": {}}, False, "ignore"),
        (9, {"change": "remove"}, False, "ignore"),
        (4, {"change": "remove"}, False, "remove"),
        (4, {"change": "remove"}, True, "leave"),
        (4, {"change": "invented_later", "data": {}}, False, "ignore"),
        (4, {"change": "upsert", "data": {}, "kind": "invented_later"}, False, "ignore"),
        (4, {"change": "upsert", "data": {}, "version": "9"}, False, "ignore"),
        (4, {"change": "upsert", "data": None}, False, "ignore"),
    ],
)
def test_what_a_change_does(own: int | None, change: Any, unsent: bool, step: str) -> None:
    told = {"kind": "job", "id": "J-1", "version": 5, **change}
    assert plan.change_step(own, told, has_unsent=unsent) == step


@pytest.mark.parametrize(
    ("status", "header", "step", "offset"),
    [
        (204, "1000", "go_on", 1000),
        (201, "0", "go_on", 0),
        (204, None, "ask_offset", 500),
        (204, "5000", "ask_offset", 500),
        (409, "900", "ask_offset", 500),
        (423, None, "wait", 500),
        (404, None, "check_again", 500),
        (410, None, "check_again", 500),
        (460, None, "check_own_copy", 500),
        (413, None, "smaller", 500),
        (507, None, "stop_media", 500),
        (500, None, "wait", 500),
        (400, None, "skip", 500),
    ],
)
def test_what_an_answer_to_an_upload_means(
    status: int, header: str | None, step: str, offset: int
) -> None:
    assert plan.upload_step(status, header, 500, 2000) == plan.UploadStep(step, offset)  # type: ignore[arg-type]


def test_signatures_go_first_and_the_finished_job_before_the_open_one() -> None:
    big, small = 400_000, 9_000
    blobs = [
        {"sha256": "photo of the open job", "size": big, "purpose": "photo", "place": 1},
        {"sha256": "photo of the done job", "size": big, "purpose": "photo", "place": 2,
         "finished_place": 9},
        {"sha256": "thumbnail", "size": small, "purpose": "photo", "place": 3},
        {"sha256": "signature", "size": small, "purpose": "signature", "place": 8},
    ]  # fmt: skip
    assert [blob["sha256"] for blob in plan.sending_order(blobs)] == [
        "signature",
        "thumbnail",
        "photo of the done job",
        "photo of the open job",
    ]


@pytest.mark.parametrize(
    ("media", "size", "cellular", "goes"),
    [
        ("any", 900_000, True, True),
        ("wifi_preferred", 900_000, True, False),
        ("wifi_preferred", 200_000, True, True),
        ("wifi_only", 200_000, True, False),
        ("wifi_only", 900_000, False, True),
    ],
)
def test_the_policy_on_a_network_that_costs_money(
    media: str, size: int, cellular: bool, goes: bool
) -> None:
    photo = {"size": size, "purpose": "photo"}
    assert plan.goes_now(photo, media, on_cellular=cellular) is goes
    assert plan.goes_now({**photo, "purpose": "signature"}, media, on_cellular=cellular)


def test_a_pause_is_never_longer_than_a_quarter_of_an_hour() -> None:
    pauses = [plan.backoff_s(attempt, Random(attempt)) for attempt in range(200)]
    assert all(0 <= pause <= 900 for pause in pauses)
    assert all(plan.backoff_s(0, Random(seed)) <= 2 for seed in range(100))
    assert max(pauses) > 600


def _use(**changes: Any) -> dict[str, Any]:
    return {"event_state": "acknowledged", "complete_since": NOON - timedelta(days=15), **changes}


@pytest.mark.parametrize(
    ("state", "uses", "may"),
    [
        ("stored", [_use()], True),
        ("waiting", [_use()], False),
        ("lost", [_use()], False),
        ("stored", [], False),
        ("stored", [_use(), _use(event_state="waiting")], False),
        ("stored", [_use(event_state="parked")], False),
        ("stored", [_use(complete_since=None)], False),
        ("stored", [_use(complete_since=NOON - timedelta(days=13))], False),
        ("stored", [_use(), _use(complete_since=None)], False),
    ],
)
def test_nothing_is_dropped_too_early(state: str, uses: list[Any], may: bool) -> None:
    assert plan.may_drop(state, uses, NOON, 14) is may


def test_the_servers_loss_is_made_good_but_its_doubts_are_not_argued_with() -> None:
    missing = {"events": ["a", "h", "q", "x"], "blobs": ["s", "w"]}
    statuses = {"a": "applied", "h": "held", "q": "quarantined"}
    states = {"s": "stored", "w": "waiting"}
    assert plan.lost_by_server(missing, statuses, states) == (["a"], ["s"])


def test_limits_come_from_the_server_and_survive_nonsense() -> None:
    told = {"limits": {"max_events": 7, "chunk_bytes": "many", "max_push_bytes": -1, "new": 4}}
    assert plan.Limits.of(told) == plan.Limits(max_events=7)
    assert plan.Limits.of({}) == plan.Limits()


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


def test_an_event_leaves_the_overlay_when_the_base_holds_it() -> None:
    def rows(**facts: Any) -> list[dict[str, Any]]:
        return [{"body": "{}", "effect_version": None, "status": None, "state": "waiting", **facts}]

    applied = {"state": "acknowledged", "status": "applied", "effect_version": 8}
    assert plan.overlay(rows(), 99) == [{}]
    assert plan.overlay(rows(**applied), 7) == [{}]
    assert plan.overlay(rows(**applied), 8) == []
    assert plan.overlay(rows(state="acknowledged", status="held"), 99) == [{}]
    assert plan.overlay(rows(state="parked", status="quarantined"), 0) == []


def test_a_manifest_announces_what_is_still_meant() -> None:
    shot = {"size": 5, "mime": "image/jpeg"}
    lane = [
        _event("photo.taken", photo_id="1", sha256="aa", **shot),
        {**_event("photo.taken", photo_id="2", sha256="bb", **shot), "event_id": "second"},
        _event("photo.discarded", photo_id="1", reason="dark"),
        _event("receipt.signed", signature={"sha256": "cc", "size": 9, "mime": "image/png"}),
    ]
    told = plan.manifest(lane)
    assert told["blobs"] == [{"sha256": "bb", "size": 5}, {"sha256": "cc", "size": 9}]
    assert told["events"] == ["photo.taken", "second", "photo.discarded", "receipt.signed"]
