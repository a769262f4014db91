"""What is captured is kept in order, once, unchanged, and for its own person only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from field_client import Companion, errors, plan
from tests.field_client import device

LIMITS = plan.Limits()


@pytest.fixture
def tablet(tmp_path: Path) -> Companion:
    return device.tablet(tmp_path / "home", jobs=2)


def test_it_works(tablet: Companion) -> None:
    tablet.accept("J-1001")
    tablet.arrive("J-1001")
    first, second = tablet.outbox.next_batch(LIMITS)
    assert (first["kind"], first["after"], first["base_rev"]) == ("job.accepted", None, 17)
    assert (second["kind"], second["after"]) == ("visit.arrived", first["event_id"])
    assert second["captured_at"] == "2026-11-21T12:00:00.000+08:00"
    assert second["clock"] == {"boot": "b7e1", "mono_ms": 8_120_344}
    assert second["seq"] > first["seq"]


def test_each_job_has_its_own_lane(tablet: Companion) -> None:
    tablet.accept("J-1001")
    tablet.accept("J-1002")
    assert [event["after"] for event in tablet.outbox.next_batch(LIMITS)] == [None, None]


def test_the_lane_goes_on_after_acknowledgement(tablet: Companion) -> None:
    event = tablet.accept("J-1001")
    assert event is not None
    tablet.outbox.settle([{"event_id": event["event_id"], "status": "applied", "custody": True}])
    arrival = tablet.arrive("J-1001")
    assert arrival is not None
    assert arrival["after"] == event["event_id"]
    assert arrival["seq"] == event["seq"] + 1


def test_what_was_said_is_not_said_twice(tablet: Companion) -> None:
    assert tablet.accept("J-1001") is not None
    assert tablet.accept("J-1001") is None
    assert device.waiting(tablet) == ["job.accepted"]


def test_it_refuses_what_no_server_could_read(tablet: Companion) -> None:
    with pytest.raises(errors.NotValid):
        tablet.assess("J-1001", "terrible", [])
    assert device.waiting(tablet) == []


def test_text_that_no_database_holds_is_cleaned(tablet: Companion) -> None:
    tablet.note("J-1001", "one\x00two\udcff")
    assert tablet.outbox.next_batch(LIMITS)[0]["data"]["text"] == "one\ufffdtwo\ufffd"


def test_an_event_is_immutable(tablet: Companion) -> None:
    tablet.accept("J-1001")
    with pytest.raises(sqlite3.IntegrityError), tablet.store.writing():
        tablet.store.execute("UPDATE event SET body = '{}'")
    with pytest.raises(sqlite3.IntegrityError), tablet.store.writing():
        tablet.store.execute("DELETE FROM event")
    assert device.waiting(tablet) == ["job.accepted"]


def test_only_custody_takes_an_event_from_the_queue(tablet: Companion) -> None:
    event = tablet.accept("J-1001")
    assert event is not None
    event_id = event["event_id"]
    for result in (
        {"event_id": event_id, "status": "retry", "custody": False, "retry_after_s": 5},
        {"event_id": event_id, "status": "applied", "custody": False},
        {"event_id": event_id},
        {"event_id": "another", "status": "applied", "custody": True},
    ):
        tablet.outbox.settle([result])
        assert tablet.outbox.waiting_ids() == [event_id]
    tablet.outbox.settle([{"event_id": event_id, "status": "in_a_later_release", "custody": True}])
    assert tablet.outbox.waiting_ids() == []


def test_a_resting_event_keeps_its_lane_back_and_no_other(tablet: Companion) -> None:
    resting = tablet.accept("J-1001")
    assert resting is not None
    tablet.arrive("J-1001")
    tablet.accept("J-1002")
    batch = tablet.outbox.next_batch(LIMITS, resting=[resting["event_id"]])
    assert [event["job_id"] for event in batch] == ["J-1002"]


def test_a_batch_keeps_to_the_limits(tablet: Companion) -> None:
    for _ in range(30):
        tablet.note("J-1001", "x" * 400)
    assert len(tablet.outbox.next_batch(plan.Limits(max_events=7))) == 7
    small = tablet.outbox.next_batch(plan.Limits(max_push_bytes=5_000))
    assert 1 < len(small) < 10
    assert len(json.dumps(small)) < 5_000
    assert len(tablet.outbox.next_batch(plan.Limits(max_push_bytes=1))) == 1


def test_a_new_identity_numbers_what_waits_anew(tablet: Companion) -> None:
    events = [tablet.note("J-1001", str(n)) for n in range(3)]
    tablet.outbox.settle([{"event_id": events[1]["event_id"], "status": "held", "custody": True}])
    tablet.outbox.renumber()
    again = tablet.outbox.next_batch(LIMITS)
    assert [event["event_id"] for event in again] == [events[0]["event_id"], events[2]["event_id"]]
    assert [event["seq"] for event in again] == [4, 5]
    assert [event["after"] for event in again] == [None, events[1]["event_id"]]
    assert [event["event_id"] for event in tablet.outbox.lane("J-1001")] == [
        event["event_id"] for event in events
    ]


def test_another_person_neither_sees_nor_loses_it(tablet: Companion) -> None:
    tablet.accept("J-1001")
    device.sign_in(tablet, "bob")
    assert tablet.jobs() == []
    assert device.waiting(tablet) == []
    device.pull(tablet, device.upsert(device.sheet()))
    theirs = tablet.accept("J-1001")
    assert theirs is not None
    assert theirs["after"] is None
    assert theirs["actor"] == "p-bob"
    device.sign_in(tablet, "alice")
    assert device.waiting(tablet) == ["job.accepted"]
    assert [event["actor"] for event in tablet.outbox.lane("J-1001")] == ["p-alice"]
