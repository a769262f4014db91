"""The close rule: a ticket closes on proof, and always says what it still waits for."""

from dataclasses import asdict
from typing import Any

import pytest

from server.domain import errors, tickets
from server.domain.tickets import Facts, JobFacts, Wait
from tests.golden import vectors


def facts_of(given: dict[str, Any]) -> Facts:
    """Lists become tuples, as facts have them."""

    def settled(entries: dict[str, Any]) -> dict[str, Any]:
        return {
            name: tuple(entry) if isinstance(entry, list) else entry
            for name, entry in entries.items()
        }

    facts = settled({name: entry for name, entry in given.items() if name != "jobs"})
    return Facts(**facts, jobs=tuple(JobFacts(**settled(job)) for job in given.get("jobs", ())))


@pytest.mark.parametrize("case", vectors("closing"), ids=lambda case: str(case["name"]))
def test_it_closes_as_the_vectors_say(case: dict[str, Any]) -> None:
    facts = facts_of(case["given"])
    waits = [asdict(wait) for wait in tickets.waits_for(facts)]
    assert {"waits": waits, "state": tickets.state(facts)} == case["expect"]


def test_the_vectors_wait_for_everything_that_can_be_waited_for() -> None:
    told = {wait["code"] for case in vectors("closing") for wait in case["expect"]["waits"]}
    assert told == tickets.WAITS.keys()


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
