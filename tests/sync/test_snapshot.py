"""Snapshot: everything in scope, page by page, and nothing lost that changes meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import people
from tests.office import Office
from tests.sync.test_pull import forged, opened, told, why
from tests.wire import Wire

MakeWire = Callable[..., Wire]


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(people.ALICE)


def ask(tablet: Wire, page: str | None = None, limit: int | None = None) -> Any:
    asked = {"page": page, "limit": limit}
    query = {name: value for name, value in asked.items() if value is not None}
    return tablet.client.get("/sync/v1/snapshot", query_string=query)


def test_it_works(alice: Wire, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    page = ask(alice).json
    assert told(page["changes"]) == [("job", job_id, "upsert")]
    assert (page["more"], page["next"]) == (False, None)
    alice.cursor = page["cursor"]
    assert alice.pulls() == []


def test_it_names_nothing_that_is_gone(alice: Wire, office: Office) -> None:
    office.reassigns(office.issues_a_job(people.ALICE), people.CAROL)
    kept = office.issues_a_job(people.ALICE)
    assert told(ask(alice).json["changes"]) == [("job", kept, "upsert")]


def test_it_comes_in_pages(alice: Wire, office: Office) -> None:
    jobs = {office.issues_a_job(people.ALICE) for _ in range(5)}
    first = ask(alice, limit=2).json
    assert (len(first["changes"]), first["more"], first["cursor"]) == (2, True, None)
    second = ask(alice, first["next"], limit=2).json
    third = ask(alice, second["next"], limit=2).json
    assert (len(third["changes"]), third["more"], third["next"]) == (1, False, None)
    named = [each["id"] for page in (first, second, third) for each in page["changes"]]
    assert sorted(named) == sorted(jobs)


def test_what_changes_between_two_pages_comes_with_the_next_pull(
    alice: Wire, office: Office
) -> None:
    jobs = sorted(office.issues_a_job(people.ALICE) for _ in range(4))
    first = ask(alice, limit=2).json
    office.changes(jobs[0], notes="changed behind the reader")
    office.reassigns(jobs[1], people.CAROL)
    new = office.issues_a_job(people.ALICE)
    page = first
    while page["more"]:
        page = ask(alice, page["next"], limit=2).json
    alice.cursor = page["cursor"]
    changes = {each["id"]: each for each in alice.pulls()}
    assert changes[jobs[0]]["data"]["notes"] == "changed behind the reader"
    assert changes[jobs[1]]["change"] == "remove"
    assert changes[new]["change"] == "upsert"
    assert jobs[3] not in changes


def test_a_page_of_garbage_is_gone(alice: Wire, wire: MakeWire, office: Office) -> None:
    for _ in range(3):
        office.issues_a_job(people.ALICE)
    following = ask(alice, limit=2).json["next"]
    token = opened(following)
    odd_places = [None, [], ["a"], [1, 2, 3], ["a", "b", "\x00"], ["\ud800"] * 3, ["x" * 70] * 3]
    pages = [forged(**{**token, "at": at}) for at in odd_places]
    pages += [forged(**{**token, "v": seen}) for seen in (None, {}, dict.fromkeys(token["v"], "x"))]
    for page in ["x", "\x00", forged(e="another"), *pages]:
        assert why(ask(alice, page)) == (410, "cursor_gone", "epoch"), page
    assert ask(wire(people.CAROL), following).status_code == 410


def test_a_companion_whose_cursor_is_gone_sweeps_what_went_away(
    tablet: Callable[..., Any], office: Office
) -> None:
    """Alice's tablet slept so long that the removal of a job was pruned from the feed."""
    from sqlalchemy import delete, update

    from server.db.feed import Change, Scope

    lost, kept = office.issues_a_job(people.ALICE), office.issues_a_job(people.ALICE)
    alice = tablet(people.ALICE)
    alice.sync()
    office.reassigns(lost, people.CAROL)
    scope = f"person:{people.ALICE.id}"

    def prune(session: Any) -> None:
        session.execute(delete(Change).where(Change.scope == scope, Change.change == "remove"))
        session.execute(update(Scope).where(Scope.scope == scope).values(horizon=Scope.head))

    office.write(prune)
    office.changes(kept, notes="still here")
    assert alice.sync().is_done
    assert [job.job_id for job in alice.jobs()] == [kept]
    assert alice.show(kept).sheet["notes"] == "still here"
