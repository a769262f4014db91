"""Jobs: derived states, and the checks before one is issued."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from server.domain import errors, jobs, visits
from server.domain.jobs import Assignee, Certificate, Needs, Warning, Window

NINE = datetime(2026, 11, 23, 1, tzinfo=UTC)
MORNING = Window(NINE, NINE + timedelta(hours=2))
GAS = Certificate("gas", date(2026, 1, 1), date(2026, 12, 31))
ALICE = Assignee("Alice", frozenset({"plumbing"}), (GAS,), (), {"HINGE": 2})
NEEDS = Needs(
    frozenset({"plumbing"}), frozenset({"gas"}), MORNING, {"HINGE": 2}, date(2026, 11, 23)
)


def test_nothing_stands_in_the_way() -> None:
    assert jobs.check_issue(NEEDS, ALICE) == []


@pytest.mark.parametrize(
    ("who", "warning"),
    [
        (replace(ALICE, skills=frozenset()), Warning("skill_missing", "plumbing")),
        (replace(ALICE, van={"HINGE": 1}), Warning("part_not_in_van", "HINGE")),
        (replace(ALICE, windows=(("J-7", MORNING),)), Warning("window_overlaps", "J-7")),
    ],
)
def test_a_doubt_is_named_and_a_reason_overrides_it(who: Assignee, warning: Warning) -> None:
    found = jobs.check_issue(NEEDS, who)
    assert found == [warning]
    with pytest.raises(errors.JobHasWarnings):
        jobs.must_be_reasoned(found, None)
    jobs.must_be_reasoned(found, "She picks it up on the way")


def test_windows_that_only_touch_do_not_overlap() -> None:
    after = Window(MORNING.end, MORNING.end + timedelta(hours=1))
    assert jobs.check_issue(NEEDS, replace(ALICE, windows=(("J-7", after),))) == []


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2027, 1, 1)])
def test_a_certificate_counts_only_on_its_days(day: date) -> None:
    with pytest.raises(errors.CertificateMissing):
        jobs.check_issue(replace(NEEDS, day=day), ALICE)


@pytest.mark.parametrize("day", [GAS.valid_from, GAS.valid_until])
def test_both_days_named_count(day: date) -> None:
    assert jobs.check_issue(replace(NEEDS, day=day), ALICE) == []


@pytest.mark.parametrize(
    ("visit", "verdict", "is_cancelled", "state"),
    [
        ("issued", None, False, "issued"),
        ("on_site", None, False, "on_site"),
        ("finished", None, False, "finished"),
        ("finished", "accept", False, "verified"),
        ("finished", "rework", False, "rework"),
        ("on_site", "accept", False, "on_site"),
        ("declined", None, False, "declined"),
        ("on_site", None, True, "cancelled"),
    ],
)
def test_the_state_is_derived(
    visit: str, verdict: str | None, is_cancelled: bool, state: str
) -> None:
    assert jobs.state({**visits.empty(), "state": visit}, verdict, is_cancelled) == state


@pytest.mark.parametrize("state", ["finished", "verified", "rework", "cancelled"])
def test_what_is_over_cannot_be_moved(state: str) -> None:
    with pytest.raises(errors.StepNotPossible):
        jobs.must_be_movable(state)


CENTRE, NEXT_DOOR, AIRPORT = (30.657, 104.066), (30.658, 104.066), (30.319, 104.441)


@pytest.mark.parametrize(
    ("there", "hours_between", "is_too_far"),
    [
        (AIRPORT, 1, True),
        (AIRPORT, 3, False),
        (AIRPORT, -1 - 4, True),  # the stop before
        (NEXT_DOOR, 0, False),
    ],
)
def test_the_way_to_the_stops_beside_it_takes_its_time(
    there: jobs.Position, hours_between: int, is_too_far: bool
) -> None:
    start = MORNING.end + timedelta(hours=hours_between)
    beside = Window(start, start + timedelta(hours=2))
    who = replace(ALICE, windows=(("J-7", beside),), places={"J-7": there})
    found = jobs.doubts(replace(NEEDS, place=CENTRE), who)
    assert [(each.code, each.subject) for each in found] == [
        ("travel_too_short", "J-7")
    ] * is_too_far
    assert all("about 140 min" in jobs.sentence(each) for each in found)


def test_only_the_stops_beside_it_count() -> None:
    """Who goes home in between has the whole way to go, but not from here."""
    noon = Window(MORNING.end, MORNING.end + timedelta(minutes=30))
    far = Window(noon.end, noon.end + timedelta(hours=1))
    places = {"J-7": CENTRE, "J-8": AIRPORT}
    who = replace(ALICE, windows=(("J-8", far), ("J-7", noon)), places=places)
    assert jobs.doubts(replace(NEEDS, place=CENTRE), who) == []


@pytest.mark.parametrize(
    ("state", "hours", "standing"),
    [
        ("issued", -1, "issued"),
        ("accepted", 1, "late"),
        ("travelling", 1, "travelling"),
        ("travelling", 3, "late"),
        ("on_site", 1, "on_site"),
        ("on_site", 3, "overtime"),
        ("declined", 3, "declined"),
        ("verified", 3, "verified"),
    ],
)
def test_a_job_stands_as_a_dispatcher_sees_it(state: str, hours: int, standing: str) -> None:
    now = NINE + timedelta(hours=hours)
    assert jobs.standing(state, None, "none", MORNING, now) == standing


@pytest.mark.parametrize(
    ("outcome", "received", "standing"),
    [
        ("completed", "complete", "waiting_for_verdict"),
        ("completed", "partial", "waiting_for_proof"),
        ("incomplete", "complete", "incomplete"),
    ],
)
def test_after_the_work_it_waits_for_proof_or_a_verdict(
    outcome: str, received: str, standing: str
) -> None:
    assert jobs.standing("finished", outcome, received, MORNING, NINE) == standing
