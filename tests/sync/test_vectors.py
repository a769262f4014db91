"""The vectors at the front door: envelopes, batches and the goldens of every kind, sent as a tablet does."""

from collections.abc import Callable
from typing import Any

import pytest

from server.ids import new_id
from tests import people
from tests.domain.test_envelopes import envelope
from tests.golden import vectors
from tests.office import Office
from tests.wire import Wire, said

ENVELOPES, KINDS = vectors("envelopes"), vectors("kinds")


@pytest.fixture
def alice(wire: Callable[..., Wire]) -> Wire:
    return wire(people.ALICE)


def test_envelopes_are_answered_as_the_vectors_say(alice: Wire, office: Office) -> None:
    """All in one batch: what is wrong holds up nothing of what is right."""
    job_id = office.issues_a_job(people.ALICE)
    sent = [
        envelope(case, event_id=new_id(), seq=number, job_id=job_id)
        for number, case in enumerate(ENVELOPES["events"])
    ]
    expected = [case["expect"] for case in ENVELOPES["events"]]
    results = alice.pushes(*sent)
    assert [(each["status"], each.get("code")) for each in results] == [
        (each["status"], each["code"]) for each in expected
    ]
    again = alice.pushes(*sent)
    assert all(each["replayed"] for each in again)
    assert [said(each) for each in again] == [said(each) for each in results]


@pytest.mark.parametrize("case", ENVELOPES["batches"], ids=lambda case: str(case["name"]))
def test_batches_are_answered_as_the_vectors_say(alice: Wire, case: dict[str, Any]) -> None:
    body = case["body"].replace("{device}", alice.device_id)
    answer = alice.client.post("/sync/v1/push", data=body, content_type="application/json")
    assert answer.status_code == case["expect"]["status"]
    assert answer.json.get("code") == case["expect"]["code"]


def test_every_kind_ever_released_is_applied_as_the_vectors_say(
    alice: Wire, office: Office
) -> None:
    """Some tablet in the field has their like in its outbox: all are taken, and the pull shows the visit."""
    expected = {}
    for golden in KINDS["golden"]:
        job_id = office.issues_a_job(people.ALICE)
        lane = [{**event, "job_id": job_id} for event in golden["events"]]
        assert alice.statuses(*lane) == ["applied"] * len(lane), golden["name"]
        expected[job_id] = {**KINDS["empty"], **golden["changed"]}
    shown = {each["id"]: each["data"] for each in alice.pulls() if each["kind"] == "job"}
    assert {job_id: data["visit"] for job_id, data in shown.items()} == expected
