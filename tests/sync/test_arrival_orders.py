"""However the files of a visit come, what is told of its job is what deriving everything anew would tell."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from server.actions import settling
from server.db import feed
from tests import people
from tests.client import Client
from tests.events import Event, Lane, blob, photo, signature
from tests.office import Office
from tests.uploads import Tablet, enrol, noise

SignIn = Callable[[people.Character], Client]

BEFORE, AFTER, SIGNATURE = (noise(2_000, seed=seed) for seed in (1, 2, 3))
ORDERS = list(permutations([BEFORE, AFTER, SIGNATURE]))


@pytest.fixture
def alice(sign_in: SignIn) -> Tablet:
    return enrol(sign_in(people.ALICE))


def a_visit(job_id: str) -> Lane:
    lane = Lane(people.ALICE, job_id)
    lane.add("photo.taken", photo(BEFORE, slot="before"))
    lane.add("photo.taken", photo(AFTER, slot="after"))
    lane.add("receipt.presented")
    lane.add("receipt.signed", signature(signature=blob(SIGNATURE, "image/png")))
    lane.finish()
    return lane


def push(tablet: Tablet, events: list[Event]) -> None:
    batch = {
        "device_id": tablet.device_id,
        "batch_id": events[0]["event_id"],
        "sent_at": "2026-11-23T01:00:00.000Z",
        "events": events,
    }
    answer = tablet.client.post("/sync/v1/push", json=batch)
    assert all(each["custody"] for each in answer.json["results"])


def told_of(office: Office, job_id: str) -> Any:
    job, ticket = office.sees_job(job_id), office.sees_ticket_of(job_id)
    return job.received, job.missing, job.state, job.document, ticket.state, ticket.rev


def derived_anew(office: Office, job_id: str) -> Any:
    office.write(lambda session: settling.settle_job(session, job_id, office.clock()))
    return told_of(office, job_id)


def version_of(office: Office, job_id: str) -> int:
    shown = select(feed.Change.version).where(
        feed.Change.entity_id == job_id,
        feed.Change.scope == feed.person_scope(people.ALICE.id),
    )
    return office.read(lambda session: session.scalars(shown).one())


@pytest.mark.parametrize("order", ORDERS)
def test_files_after_their_events(alice: Tablet, office: Office, order: tuple[bytes, ...]) -> None:
    job_id = office.issues_a_job(people.ALICE)
    push(alice, a_visit(job_id).events)
    for left, content in zip((2, 1, 0), order, strict=True):
        version = version_of(office, job_id)
        alice.create(content, body=content)
        told = told_of(office, job_id)
        assert len(told[1]["blobs"]) == left
        assert version_of(office, job_id) > version
        assert told == derived_anew(office, job_id)
    assert office.sees_job(job_id).received == "complete"


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("first", [0, 1, 3, 4])
def test_events_between_files(
    alice: Tablet, office: Office, order: tuple[bytes, ...], first: int
) -> None:
    """Some of the events, a file, the other events, the other files."""
    job_id = office.issues_a_job(people.ALICE)
    events = a_visit(job_id).events
    if first:
        push(alice, events[:first])
    alice.create(order[0], body=order[0])
    assert told_of(office, job_id) == derived_anew(office, job_id)
    push(alice, events[first:])
    for content in order[1:]:
        alice.create(content, body=content)
        assert told_of(office, job_id) == derived_anew(office, job_id)
    assert office.sees_job(job_id).received == "complete"


def test_the_end_before_what_it_names(alice: Tablet, office: Office) -> None:
    """The end says which files there are before any event shows them; one event is still to come."""
    job_id = office.issues_a_job(people.ALICE)
    *earlier, end = a_visit(job_id).events
    push(alice, [{**end, "after": None}])
    for content in (BEFORE, AFTER, SIGNATURE):
        alice.create(content, body=content)
        assert told_of(office, job_id) == derived_anew(office, job_id)
    assert office.sees_job(job_id).missing["blobs"] == []
    assert office.sees_job(job_id).received == "partial"
    push(alice, earlier)
    assert told_of(office, job_id) == derived_anew(office, job_id)
    assert office.sees_job(job_id).received == "complete"


def test_one_file_of_two_jobs(alice: Tablet, office: Office) -> None:
    jobs = [office.issues_a_job(people.ALICE) for _ in range(2)]
    lanes = [a_visit(job_id) for job_id in jobs]
    for number, lane in enumerate(lanes):
        for event in lane.events:
            event["seq"] += 100 * number
        push(alice, lane.events)
    for content in (SIGNATURE, AFTER, BEFORE):
        alice.create(content, body=content)
        for job_id in jobs:
            assert told_of(office, job_id) == derived_anew(office, job_id)
    assert [office.sees_job(job_id).received for job_id in jobs] == ["complete", "complete"]
