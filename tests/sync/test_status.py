"""Events/status: what the server has of one's own events, and nothing of anybody else's."""

from collections.abc import Callable
from typing import Any

import pytest

from server.ids import new_id
from tests import people
from tests.office import Office
from tests.wire import Wire

MakeWire = Callable[..., Wire]


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(people.ALICE)


def test_it_works(alice: Wire, office: Office) -> None:
    lane = alice.lane(office.issues_a_job(people.ALICE))
    good, odd = lane.add("job.accepted"), lane.add("tea.made", {})
    missing, early = lane.add("note.added"), lane.add("note.added")
    broken = lane.add("note.added", job_id="\x00")
    told = alice.pushes(good, odd, early, broken)
    assert alice.asks_status(
        *(each["event_id"] for each in (good, odd, missing, early, broken))
    ) == [
        "applied",
        "quarantined unknown_kind",
        "unknown",
        "held waiting_for",
        "quarantined envelope_invalid",
    ]
    body = {"event_ids": [good["event_id"], early["event_id"]]}
    answer = alice.client.post("/sync/v1/events/status", json=body).json
    assert answer["results"] == [told[0], told[2]]
    assert answer["epoch"]


def test_it_never_tells_of_the_events_of_others(
    alice: Wire, wire: MakeWire, office: Office
) -> None:
    lane = alice.lane(office.issues_a_job(people.ALICE))
    sent = [lane.add("job.accepted"), lane.add("tea.made", {}), lane.add("note.added", seq=-1)]
    alice.pushes(*sent)
    ids = [each["event_id"] for each in sent]
    assert wire(people.CAROL).asks_status(*ids) == ["unknown"] * 3
    assert wire(people.LENA).asks_status(*ids) == ["unknown"] * 3
    assert "unknown" not in wire(people.ALICE).asks_status(*ids)


def test_an_unknown_event_is_not_in_custody(alice: Wire) -> None:
    answer = alice.client.post("/sync/v1/events/status", json={"event_ids": [new_id()]})
    assert answer.json["results"][0]["custody"] is False


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event_ids": None},
        {"event_ids": "all"},
        {"event_ids": ["x"]},
        {"event_ids": [7]},
        {"event_ids": [new_id()] * 201},
        {"event_ids": [], "of": "carol"},
    ],
    ids=lambda body: str(body)[:30],
)
def test_it_refuses_nonsense(alice: Wire, body: Any) -> None:
    assert alice.client.post("/sync/v1/events/status", json=body).status_code == 422
