"""Quarantine: whatever could not be read as a batch is kept as it came, once."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from server.db.events import Quarantine
from server.ids import new_id
from tests import people
from tests.office import Office
from tests.wire import Wire

MakeWire = Callable[..., Wire]
Load = Callable[..., Any]


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(people.ALICE)


def hand_over(tablet: Wire, body: bytes, **headers: str) -> Any:
    return tablet.client.post("/sync/v1/quarantine", data=body, headers=headers)


def kept(load: Load) -> list[Any]:
    rows = load(lambda s: list(s.scalars(select(Quarantine).order_by(Quarantine.id))))
    return [json.loads(row.raw) for row in rows]


def test_it_works(alice: Wire, load: Load, office: Office) -> None:
    event: dict[str, Any] = {"event_id": new_id(), "kind": "\x00", "more": ["\ud800", 10**400]}
    answer = hand_over(alice, json.dumps(event).encode())
    assert (answer.status_code, answer.json["custody"]) == (200, True)
    assert kept(load) == [event]
    assert office.sees_exceptions() == ["event_quarantined"]
    assert alice.asks_status(event["event_id"]) == ["quarantined bad_envelope"]


def test_it_keeps_any_json(alice: Wire, load: Load) -> None:
    anything: list[Any] = [None, True, 0, "text", [], {}, {"event_id": 7}, [[[]]], 1.5]
    for each in anything:
        assert hand_over(alice, json.dumps(each).encode()).status_code == 200, each
    assert kept(load) == anything


def test_it_keeps_what_is_no_json_as_text(alice: Wire, load: Load) -> None:
    bodies = [b"", b"<html>", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b"9" * 10_000, b"\x00"]
    for body in bodies:
        assert hand_over(alice, body).status_code == 200, body[:20]
    assert len(kept(load)) == len(bodies)
    assert kept(load)[1] == "<html>"


def test_every_depth_is_kept(alice: Wire, load: Load) -> None:
    for depth in range(100, 1100, 50):
        assert hand_over(alice, b"[" * depth + b"]" * depth).status_code == 200, depth
    assert len(kept(load)) == 20


def test_it_is_safe_to_repeat(alice: Wire, load: Load, office: Office) -> None:
    first, again = (hand_over(alice, b'{"a": 1}') for _ in range(2))
    assert first.json == again.json
    assert kept(load) == [{"a": 1}]
    assert office.sees_exceptions() == ["event_quarantined"]


def test_two_people_each_keep_their_own(alice: Wire, wire: MakeWire, load: Load) -> None:
    hand_over(alice, b'{"a": 1}')
    hand_over(wire(people.CAROL), b'{"a": 1}')
    assert len(kept(load)) == 2


def test_the_largest_is_kept_and_more_is_not(alice: Wire, load: Load) -> None:
    most = json.dumps("x" * (256 * 1024 - 2)).encode()
    assert len(most) == 256 * 1024
    assert hand_over(alice, most).status_code == 200
    refused = hand_over(alice, most + b" ")
    assert (refused.status_code, refused.json["code"]) == (413, "too_large")
    assert len(kept(load)) == 1


def test_a_packed_body_is_unpacked_under_the_same_limit(alice: Wire, load: Load) -> None:
    packed = {"Content-Encoding": "gzip"}
    assert hand_over(alice, gzip.compress(b'{"a": 1}'), **packed).status_code == 200
    assert hand_over(alice, gzip.compress(b" " * 10**6), **packed).status_code == 413
    assert kept(load) == [{"a": 1}]


def test_it_refuses_who_is_not_signed_in(alice: Wire) -> None:
    alice.client.environ_base.pop("HTTP_AUTHORIZATION")
    assert hand_over(alice, b"{}").status_code == 401


def test_its_followers_need_not_wait(alice: Wire, office: Office) -> None:
    """The event in front of them is here, even if nobody can read it."""
    lane = alice.lane(office.issues_a_job(people.ALICE))
    unreadable, next_one = lane.add("note.added"), lane.add("note.added")
    assert alice.statuses(next_one) == ["held waiting_for"]
    hand_over(alice, json.dumps(unreadable).encode())
    assert alice.asks_status(next_one["event_id"]) == ["applied"]
