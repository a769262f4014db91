"""A copied store: two tablets with one identity. Both deliver everything, under their own numbers."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from server.db.events import FieldEvent
from server.db.jobs import Job, Visit
from tests.conftest import HandClock
from tests.network import Network
from tests.office import Office
from tests.people import ALICE
from tests.sync.conftest import Tablet, TabletClock
from tests.wire import Wire

Load = Callable[..., Any]


@pytest.fixture
def twins(
    app: Flask, clock: HandClock, office: Office, tablet: Callable[..., Tablet], tmp_path: Path
) -> Any:
    """Alice's tablet with one note that waits, and a copy of its folder on another one."""
    job_id = office.issues_a_job(ALICE)
    first = tablet(ALICE)
    first.sync()
    first.note(job_id, "captured before the copy")
    home = Path(first.store.home)
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)
    network = Network(app)
    second = Tablet(copy, transport=network, clock=TabletClock(clock, seed=99))
    second.network = network
    with second:
        yield first, second, job_id


def texts(load: Load, job_id: str) -> list[str]:
    visit = load(lambda s: s.get(Visit, s.get(Job, job_id).visit_id).content)
    return sorted(each["text"] for each in visit["notes"])


def test_both_deliver_everything_once(twins: Any, office: Office, load: Load) -> None:
    first, second, job_id = twins
    first.note(job_id, "only on the first")
    second.note(job_id, "only on the second")
    identity = first.store.installation["device_id"]
    assert first.sync().is_done
    report = second.sync()
    assert report.is_done, report
    for each in (first, second):
        each.note(job_id, "and one more")
        assert each.sync().is_done
    assert texts(load, job_id) == [
        "and one more",
        "and one more",
        "captured before the copy",
        "only on the first",
        "only on the second",
    ]
    assert first.store.installation["device_id"] == identity
    assert second.store.installation["device_id"] != identity
    forked = load(lambda s: [each.is_forked for each in s.query(FieldEvent)])
    assert sorted(forked) == [False, False, False, False, True]


def test_an_answer_lost_while_it_gets_its_new_identity_costs_nothing(
    twins: Any, load: Load
) -> None:
    first, second, job_id = twins
    first.note(job_id, "one")
    second.note(job_id, "two")
    first.sync()
    second.network.loses_answer("/sync/v1/devices")
    second.sync()
    assert second.sync().is_done
    assert texts(load, job_id) == ["captured before the copy", "one", "two"]


def test_two_events_after_the_same_one_both_count_and_are_flagged(
    wire: Callable[..., Wire], office: Office, load: Load
) -> None:
    alice, copy = wire(ALICE), wire(ALICE)
    job_id = office.issues_a_job(ALICE)
    lane = alice.lane(job_id)
    root = lane.add("visit.arrived")
    one = lane.add("note.added", {"text": "one", "audience": "office"})
    two = copy.lane(job_id).add(
        "note.added", {"text": "two", "audience": "office"}, after=root["event_id"]
    )
    assert alice.statuses(root, one) == ["applied", "applied"]
    assert copy.statuses(two) == ["applied"]
    assert texts(load, job_id) == ["one", "two"]
    flags = load(lambda s: {each.id: each.is_forked for each in s.query(FieldEvent)})
    assert flags == {root["event_id"]: False, one["event_id"]: False, two["event_id"]: True}
