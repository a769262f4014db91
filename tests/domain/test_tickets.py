"""The close rule: a ticket closes on proof, and always says what it still waits for."""

from dataclasses import replace

import pytest

from server.domain import errors, tickets
from server.domain.tickets import Facts, JobFacts, Wait

PROVEN = JobFacts(
    job_id="J-1", state="verified", outcome="completed", received="complete", receipt="signed"
)
CLOSED = Facts(kind="repair", is_triaged=True, jobs=(PROVEN,))


def test_a_proven_job_closes_its_ticket() -> None:
    assert tickets.waits_for(CLOSED) == []
    assert tickets.state(CLOSED) == "closed"


@pytest.mark.parametrize(
    ("lacks", "waits"),
    [
        ({"state": "issued", "outcome": None}, Wait("job_running", "J-1")),
        ({"state": "on_site", "outcome": None}, Wait("job_running", "J-1")),
        ({"state": "declined", "outcome": None}, Wait("job_declined", "J-1")),
        ({"state": "finished"}, Wait("verdict", "J-1")),
        ({"state": "rework"}, Wait("job_rework", "J-1")),
        ({"outcome": "incomplete"}, Wait("job_incomplete", "J-1")),
        ({"events_missing": 2}, Wait("events_missing", "J-1")),
        ({"blobs_missing": 1}, Wait("files_missing", "J-1")),
        ({"slots_missing": ("after",)}, Wait("slot_missing", "after")),
        ({"photos_doubtful": ("p-1",)}, Wait("photo_again", "p-1")),
        ({"receipt": None}, Wait("receipt_missing", "J-1")),
        ({"receipt": "presented"}, Wait("receipt_missing", "J-1")),
        ({"receipt_is_current": False}, Wait("receipt_changed", "J-1")),
    ],
)
def test_each_gap_of_the_last_job_keeps_it_open(lacks: dict[str, object], waits: Wait) -> None:
    facts = replace(CLOSED, jobs=(replace(PROVEN, **lacks),))  # type: ignore[arg-type]
    assert tickets.waits_for(facts) == [waits]


@pytest.mark.parametrize(
    ("opened", "code"),
    [
        ("open_revisits", "revisit"),
        ("open_part_requests", "part"),
        ("open_exceptions", "exception"),
        ("open_complaints", "complaint"),
        ("open_returns", "return"),
    ],
)
def test_each_open_matter_keeps_it_open(opened: str, code: str) -> None:
    facts = replace(CLOSED, **{opened: ("x",)})  # type: ignore[arg-type]
    assert tickets.waits_for(facts) == [Wait(code, "x")]


def test_an_unsigned_receipt_with_a_reason_is_enough() -> None:
    facts = replace(CLOSED, jobs=(replace(PROVEN, receipt="unsigned"),))
    assert tickets.waits_for(facts) == []


def test_an_earlier_job_that_a_revisit_answered_owes_only_what_its_tablet_announced() -> None:
    first = JobFacts(
        job_id="J-0", state="finished", outcome="incomplete", blobs_missing=1, is_resolved=True
    )
    assert tickets.waits_for(replace(CLOSED, jobs=(first, PROVEN))) == [
        Wait("files_missing", "J-0")
    ]
    arrived = replace(first, blobs_missing=0)
    assert tickets.state(replace(CLOSED, jobs=(arrived, PROVEN))) == "closed"


def test_an_earlier_job_that_nobody_answered_still_counts() -> None:
    first = JobFacts(job_id="J-0", state="finished", outcome="incomplete")
    assert tickets.waits_for(replace(CLOSED, jobs=(first, PROVEN))) == [
        Wait("job_incomplete", "J-0")
    ]


def test_a_cancelled_job_is_as_if_it_had_never_been() -> None:
    gone = JobFacts(job_id="J-0", state="cancelled")
    assert tickets.state(replace(CLOSED, jobs=(gone, PROVEN))) == "closed"
    assert tickets.waits_for(replace(CLOSED, jobs=(gone,))) == [Wait("job_missing", "")]


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (Facts(kind="repair"), "new"),
        (Facts(kind="repair", is_triaged=True), "triaged"),
        (Facts(kind="repair", jobs=(JobFacts("J-1", "issued"),)), "planned"),
        (Facts(kind="repair", jobs=(JobFacts("J-1", "declined"),)), "planned"),
        (Facts(kind="repair", jobs=(JobFacts("J-1", "travelling"),)), "in_progress"),
        (Facts(kind="repair", jobs=(JobFacts("J-1", "finished", "completed"),)), "verifying"),
        (Facts(kind="repair", jobs=(JobFacts("J-1", "finished", "incomplete"),)), "in_progress"),
        (Facts(kind="repair", is_cancelled=True), "cancelled"),
        (Facts(kind="repair", closed_by_hand=True), "closed"),
        (replace(CLOSED, was_closed=True, open_revisits=("r",)), "reopened"),
        (Facts(kind="consultation"), "new"),
        (Facts(kind="consultation", is_answered=True), "closed"),
    ],
)
def test_the_state_follows_from_the_facts(facts: Facts, state: str) -> None:
    assert tickets.state(facts) == state


def test_every_wait_has_words_in_both_languages() -> None:
    for code in tickets.WAITS:
        english, chinese = (tickets.sentence(Wait(code, "J-7"), each) for each in ("en", "zh"))
        assert english != chinese
        assert "{" not in english + chinese


def test_closing_by_hand_needs_a_reason_while_something_is_waited_for() -> None:
    with pytest.raises(errors.TicketStillWaits):
        tickets.must_be_reasoned([Wait("verdict", "J-1")], " ")
    tickets.must_be_reasoned([Wait("verdict", "J-1")], "The customer moved away")
    tickets.must_be_reasoned([], None)
