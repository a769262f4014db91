"""Pull: every committed change arrives, once, with the cursor that belongs to it."""

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from server.db.feed import Scope, touch_part, touch_stock
from server.db.house import HouseFact
from server.db.jobs import Job, lock
from tests import make, people
from tests.office import Office
from tests.wire import Wire

MakeWire = Callable[..., Wire]
Change = dict[str, Any]


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(people.ALICE)


def told(changes: list[Change]) -> list[tuple[str, str, str]]:
    return [(each["kind"], each["id"], each["change"]) for each in changes]


def why(answer: Any) -> tuple[int, str, str]:
    return answer.status_code, answer.json["code"], answer.json["details"]["why"]


def forged(**token: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(token).encode()).decode().rstrip("=")


def opened(cursor: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return found


def test_it_works(alice: Wire, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    page = alice.pull_page().json
    assert told(page["changes"]) == [("job", job_id, "upsert")]
    data = page["changes"][0]["data"]
    assert (data["id"], data["rev"], data["state"], data["received"]) == (
        job_id,
        1,
        "issued",
        "none",
    )
    assert data["customer"]["name"] == "王小明"
    assert page["more"] is False
    assert page["epoch"]
    again = alice.pull_page(page["cursor"]).json
    assert (again["changes"], again["cursor"]) == ([], page["cursor"])


def test_it_hides_the_jobs_of_others(alice: Wire, wire: MakeWire, office: Office) -> None:
    office.issues_a_job(people.ALICE)
    assert wire(people.CAROL).pulls() == []


def test_a_lead_pulls_the_jobs_of_the_team(wire: MakeWire, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    assert told(wire(people.LENA).pulls()) == [("job", job_id, "upsert")]


def test_a_change_comes_once_and_again_after_the_next(alice: Wire, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.pulls()
    office.changes(job_id, notes="The dog is friendly")
    office.changes(job_id, notes="The dog is not friendly")
    [change] = alice.pulls()
    assert (change["data"]["rev"], change["data"]["notes"]) == (3, "The dog is not friendly")
    assert alice.pulls() == []


def test_catalogue_and_own_stock_are_pulled(
    alice: Wire, wire: MakeWire, office: Office, save: Callable[..., None]
) -> None:
    save(make.make_part())
    save(make.make_movement("HINGE-110", 7, to_place=f"van:{people.ALICE.id}"))

    def touch(session: Any) -> None:
        touch_part(session, "HINGE-110")
        touch_stock(session, people.ALICE.id, "HINGE-110")

    office.write(touch)
    part, stock = alice.pulls()
    assert (part["kind"], part["data"]["name_zh"]) == ("part", "铰链")
    assert (stock["kind"], stock["data"]) == ("stock", {"sku": "HINGE-110", "quantity": 7})
    assert told(wire(people.CAROL).pulls()) == [("part", "HINGE-110", "upsert")]


def test_one_at_a_time_brings_the_same(alice: Wire, wire: MakeWire, office: Office) -> None:
    jobs = [office.issues_a_job(people.ALICE) for _ in range(5)]
    one_by_one = alice.pulls(limit=1)
    assert told(one_by_one) == told(wire(people.ALICE).pulls())
    assert {each["id"] for each in one_by_one} == set(jobs)
    assert alice.pulls(limit=1) == []


def test_a_page_says_more_only_when_there_is(alice: Wire, office: Office) -> None:
    for _ in range(3):
        office.issues_a_job(people.ALICE)
    first = alice.pull_page(limit=2).json
    second = alice.pull_page(first["cursor"], limit=2).json
    assert (len(first["changes"]), first["more"]) == (2, True)
    assert (len(second["changes"]), second["more"]) == (1, False)


def test_versions_rise_and_are_unique(alice: Wire, office: Office) -> None:
    for _ in range(4):
        office.issues_a_job(people.ALICE)
    versions = [each["version"] for each in alice.pulls(limit=1)]
    assert versions == sorted(set(versions))


def test_reassigning_removes_here_and_brings_there_in_one_go(
    alice: Wire, wire: MakeWire, office: Office
) -> None:
    carol = wire(people.CAROL)
    job_id = office.issues_a_job(people.ALICE)
    alice.pulls()
    office.reassigns(job_id, people.CAROL)
    [gone] = alice.pulls()
    assert (gone["change"], gone["reason"], "data" in gone) == ("remove", "reassigned", False)
    [come] = carol.pulls()
    assert come["data"]["assignee"]["name"] == "Carol"

    office.reassigns(job_id, people.ALICE)
    assert told(alice.pulls()) == [("job", job_id, "upsert")]
    assert told(carol.pulls()) == [("job", job_id, "remove")]


def test_a_job_that_only_came_and_went_is_a_removal(alice: Wire, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    office.reassigns(job_id, people.CAROL)
    assert told(alice.pulls()) == [("job", job_id, "remove")]


def test_a_cancelled_job_stays_and_says_so(alice: Wire, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.pulls()
    office.cancels(job_id)
    [change] = alice.pulls()
    assert (change["change"], change["data"]["state"]) == ("upsert", "cancelled")


def test_somebody_who_leaves_the_crew_loses_the_job(wire: MakeWire, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE, crew=[people.CAROL.id])
    carol = wire(people.CAROL)
    assert told(carol.pulls()) == [("job", job_id, "upsert")]
    office.changes(job_id, crew=[])
    assert told(carol.pulls()) == [("job", job_id, "remove")]


# Cursors.


def test_garbage_is_a_cursor_that_is_gone(alice: Wire, office: Office) -> None:
    office.issues_a_job(people.ALICE)
    garbage = ["x", "\x00", "长", "eyJ", "W10", "bnVsbA", "🛠", "a" * 5000, forged(), forged(e=1)]
    garbage.append(base64.urlsafe_b64encode(b"[" * 3000).decode())
    for cursor in garbage:
        assert why(alice.pull_page(cursor)) == (410, "cursor_gone", "epoch"), cursor[:20]


def test_a_forged_cursor_is_never_a_failure_of_ours(alice: Wire, office: Office) -> None:
    office.issues_a_job(people.ALICE)
    good = opened(alice.pull_page().json["cursor"])
    scopes = sorted(good["v"])
    odd: list[Any] = ["x", None, [], {}, 1.5, True, -1, 2**62, 2**63, 10**40, "\x00"]
    for version in odd:
        for scope in scopes:
            answer = alice.pull_page(forged(e=good["e"], v={**good["v"], scope: version}))
            assert answer.status_code == 410, (scope, version)
    odd = [[], "v", None, {}, {scopes[0]: 0}, {**good["v"], "person:else": 0}]
    for seen in odd:
        answer = alice.pull_page(forged(e=good["e"], v=seen))
        assert why(answer) == (410, "cursor_gone", "scope"), seen


def test_the_cursor_of_somebody_else_is_gone(alice: Wire, wire: MakeWire, office: Office) -> None:
    office.issues_a_job(people.ALICE)
    hers = alice.pull_page().json["cursor"]
    assert why(wire(people.CAROL).pull_page(hers)) == (410, "cursor_gone", "scope")


def test_a_cursor_of_another_life_is_gone(alice: Wire, office: Office) -> None:
    office.issues_a_job(people.ALICE)
    cursor = alice.pull_page().json["cursor"]
    new_life = update(HouseFact).where(HouseFact.name == "epoch").values(value="another")
    office.write(lambda session: session.execute(new_life))
    assert why(alice.pull_page(cursor)) == (410, "cursor_gone", "epoch")


def test_a_cursor_behind_the_horizon_is_gone(alice: Wire, office: Office) -> None:
    office.issues_a_job(people.ALICE)
    cursor = alice.pull_page().json["cursor"]
    office.issues_a_job(people.ALICE)
    pruned = update(Scope).where(Scope.scope == f"person:{people.ALICE.id}").values(horizon=2)
    office.write(lambda session: session.execute(pruned))
    assert why(alice.pull_page(cursor)) == (410, "cursor_gone", "horizon")


def test_a_cursor_of_the_future_is_gone(alice: Wire, office: Office) -> None:
    """The server was restored from a backup and nobody gave it a new epoch."""
    office.issues_a_job(people.ALICE)
    token = opened(alice.pull_page().json["cursor"])
    ahead = {scope: version + 1 for scope, version in token["v"].items()}
    assert why(alice.pull_page(forged(e=token["e"], v=ahead))) == (410, "cursor_gone", "epoch")


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5", "٣", "9" * 30, " 1"])
def test_it_refuses_an_odd_limit(alice: Wire, limit: str) -> None:
    refused = alice.client.get("/sync/v1/pull", query_string={"limit": limit})
    assert (refused.status_code, refused.json["code"]) == (400, "bad_request")


@pytest.mark.parametrize("call", ["pull", "snapshot"])
def test_an_unknown_protocol_cannot_receive(alice: Wire, call: str) -> None:
    alice.client.environ_base["HTTP_SYNC_PROTOCOL"] = "2"
    refused = alice.client.get(f"/sync/v1/{call}")
    assert (refused.status_code, refused.json["code"]) == (426, "client_too_old")


# Many at once.


def test_nobody_misses_a_change_while_many_push(app: Flask, office: Office, wire: MakeWire) -> None:
    """Sixteen of Alice's jobs get a note each from threads of their own while Lena, who leads, pulls."""
    writers = [wire(people.ALICE) for _ in range(16)]
    lanes = [each.lane(office.issues_a_job(people.ALICE)) for each in writers]
    lena, busy = wire(people.LENA), [True]

    def push(writer: Wire, lane: Any) -> None:
        for number in range(3):
            said = {"text": f"{lane.job_id} {number}", "audience": "office"}
            assert writer.statuses(lane.add("note.added", said)) == ["applied"]

    def pull() -> dict[str, int]:
        notes: dict[str, int] = {}
        while True:
            was_busy = busy[0]
            changes = lena.pulls(limit=3)
            notes |= {each["id"]: len(each["data"]["visit"]["notes"]) for each in changes}
            if not was_busy:
                return notes

    with ThreadPoolExecutor(17) as threads:
        reader = threads.submit(pull)
        for each in [threads.submit(push, *pair) for pair in zip(writers, lanes, strict=True)]:
            each.result()
        busy[0] = False
        assert reader.result() == {lane.job_id: 3 for lane in lanes}


def test_opposite_reassignments_at_once_both_happen(office: Office, wire: MakeWire) -> None:
    alice, lena = wire(people.ALICE), wire(people.LENA)
    hers, other = office.issues_a_job(people.ALICE), office.issues_a_job(people.LENA)
    with ThreadPoolExecutor(2) as threads:
        for _ in range(5):
            swaps = [
                threads.submit(office.reassigns, hers, people.LENA),
                threads.submit(office.reassigns, other, people.ALICE),
            ]
            for each in swaps:
                each.result()
            hers, other = other, hers
    mine = {each["id"]: each["change"] for each in alice.pulls()}
    assert mine == {hers: "upsert", other: "remove"}
    assert {each["id"] for each in lena.pulls() if each["change"] == "upsert"} >= {other}


def test_a_pull_shows_what_is_committed_while_another_writer_is_at_work(
    alice: Wire, office: Office, database_kind: str
) -> None:
    """On PostgreSQL an unfinished transaction elsewhere holds nobody up (one writer on SQLite)."""
    if database_kind == "sqlite":
        pytest.skip("one writer at a time")
    hers, carols = office.issues_a_job(people.ALICE), office.issues_a_job(people.CAROL)

    def at_work(session: Any) -> None:
        lock(session, {carols})
        session.get_one(Job, carols).notes = "not yet committed"
        session.flush()
        office.changes(hers, notes="committed meanwhile")
        [change] = alice.pulls()
        assert change["data"]["notes"] == "committed meanwhile"

    office.write(at_work)
