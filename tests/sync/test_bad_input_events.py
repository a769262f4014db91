"""Events that are wrong in every way, at every place of a batch: kept as they came, and in nobody's way."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from server.db.events import FieldEvent
from server.ids import new_id
from tests import people
from tests.client import Client
from tests.events import Event, Lane
from tests.office import Office
from tests.wire import Wire, said

Load = Callable[..., Any]

DEEP: Any = "deep"
for _ in range(100):
    DEEP = [DEEP]

# What is wrong, and the stable code that the answer has for it.
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "NUL": ({"kind": "note\x00added"}, "envelope_invalid"),
    "NUL as a name": ({"\x00": "\x00", "seq": None}, "envelope_invalid"),
    "a lone surrogate": ({"actor": "\ud800"}, "envelope_invalid"),
    "a lone surrogate as a name": ({"\udfff": 1, "kind": "tea.made"}, "unknown_kind"),
    "2^53 + 1": ({"seq": 2**53 + 1}, "envelope_invalid"),
    "2^53 + 1 in the data": ({"data": {"text": 2**53 + 1, "audience": "office"}}, "data_invalid"),
    "deep nesting": ({"data": DEEP}, "envelope_invalid"),
    "deep nesting where an id stands": ({"after": DEEP}, "envelope_invalid"),
    "a wrong actor": ({"actor": people.LENA.id}, "actor_mismatch"),
    "an unknown kind": ({"kind": "tea.made", "data": {"sugar": 2}}, "unknown_kind"),
    "a future version": ({"v": 2, "data": {"words": ["left", "right"]}}, "unknown_kind"),
    "a distant future version": ({"v": 10**6}, "unknown_kind"),
    "a reused id": ({"data": {"text": "Ring once", "audience": "office"}}, "event_id_reused"),
}


@pytest.fixture
def alice(wire: Callable[..., Wire]) -> Wire:
    return wire(people.ALICE)


@pytest.fixture
def lane(alice: Wire, office: Office) -> Lane:
    return alice.lane(office.issues_a_job(people.ALICE))


@pytest.fixture
def sun(sign_in: Callable[[people.Character], Client]) -> Client:
    return sign_in(people.SUN)


def as_the_office_reads_them(sun: Client) -> list[Event]:
    """The raw events behind all exceptions, the oldest first."""
    found: list[Event] = []
    asked = {"kind": "event_quarantined", "limit": "200"}
    for each in sun.get("/api/v1/exceptions", query_string=asked).json["items"]:
        shown = sun.get(f"/api/v1/exceptions/{each['id']}")
        assert shown.status_code == 200
        found.append(shown.json["event"]["raw"])
    return found


@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "in the middle", "last"])
def test_it_is_kept_as_it_came_and_its_neighbours_are_applied(
    alice: Wire, lane: Lane, sun: Client, place: int
) -> None:
    sent: list[Event] = []
    told: list[str] = []
    bad: list[Event] = []
    for name, (change, code) in BAD.items():
        three = [lane.add("note.added") for _ in range(3)]
        if code == "event_id_reused":
            alice.pushes(three[place])
        three[place] = {**three[place], **change}
        results = alice.statuses(*three)
        assert results[place] == f"quarantined {code}", name
        assert results[:place] + results[place + 1 :] == ["applied", "applied"], name
        sent, told, bad = [*sent, *three], [*told, *results], [*bad, three[place]]

    again = alice.pushes(*sent)
    assert all(each["replayed"] for each in again)
    assert [said(each) for each in again] == told
    of_known_id = bad.pop()  # the status of that id is told of the one that came first
    codes = [f"quarantined {code}" for _, code in BAD.values()][:-1]
    assert alice.asks_status(*(each["event_id"] for each in bad)) == codes
    assert alice.asks_status(of_known_id["event_id"]) == ["applied"]
    kept = as_the_office_reads_them(sun)
    assert [json.dumps(each) for each in kept] == [json.dumps(each) for each in [*bad, of_known_id]]


def test_a_whole_batch_of_nothing_else_is_kept(alice: Wire, lane: Lane, sun: Client) -> None:
    sent = [{**lane.add("note.added"), **change} for change, _ in BAD.values()][:-1]
    results = alice.pushes(*sent)
    assert [said(each) for each in results] == [
        f"quarantined {code}" for _, code in BAD.values() if code != "event_id_reused"
    ]
    assert [json.dumps(each) for each in as_the_office_reads_them(sun)] == [
        json.dumps(each) for each in sent
    ]


def test_odd_text_that_counts_is_kept_as_it_came_too(alice: Wire, lane: Lane, load: Load) -> None:
    """NUL and half characters: what others are shown is clean, on every database; the raw is not touched."""
    odd = lane.add("note.added", {"text": "left\x00right \ud83d", "audience": "office"})
    assert alice.statuses(odd) == ["applied"]
    assert json.loads(load(lambda s: s.get_one(FieldEvent, odd["event_id"]).raw)) == odd
    [note] = alice.pulls_job(lane.job_id)["visit"]["notes"]
    assert note["text"] == "left\ufffdright \ufffd"
    [again] = alice.pushes(odd)
    assert (said(again), again["replayed"]) == ("applied", True)


def read_by_anybody(answer: Any) -> Any:
    """What a reader makes of an answer that takes JSON and nothing else."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return json.loads(answer.get_data().decode("utf-8"), parse_constant=no_constant)


def test_a_number_that_nobody_can_hold_does_not_hide_the_event(alice: Wire, sun: Client) -> None:
    """1e999 is JSON; read by most programs it is infinite, and written again it is no JSON any more."""
    strange = alice.lane("J-9999").add("tea.made", {"sugar": "1e999"})
    body = json.dumps(alice.batch(strange)).replace('"1e999"', "1e999")
    alice.client.post("/sync/v1/push", data=body, content_type="application/json")
    alice.client.post("/sync/v1/quarantine", data=b'{"sugar": [1e999, -1e999]}')
    first, second = sun.get("/api/v1/exceptions").json["items"]
    [event, handed_over] = [
        read_by_anybody(sun.get(f"/api/v1/exceptions/{each['id']}"))["event"]["raw"]
        for each in (first, second)
    ]
    assert event["data"] == {"sugar": "inf"}
    assert handed_over == {"sugar": ["inf", "-inf"]}


def test_half_a_character_does_not_hide_the_ticket(
    alice: Wire, lane: Lane, office: Office, sun: Client
) -> None:
    """A keyboard that cut an emoji in two; the page of the ticket still tells its story."""
    lane.add("note.added", {"text": "done \ud83d", "audience": "customer", "more": "\x00"})
    lane.add("lead.noted", {"text": "x", "more": "1e999"})
    lane.add("receipt.presented")
    body = json.dumps(alice.batch(*lane.events)).replace('"1e999"', "1e999")
    sent = alice.client.post("/sync/v1/push", data=body, content_type="application/json")
    assert [said(each) for each in sent.json["results"]] == ["applied"] * 3
    ticket = office.sees_ticket_of(lane.job_id).id
    story = read_by_anybody(sun.get(f"/api/v1/tickets/{ticket}/timeline"))["items"]
    told = {each["what"]: each["details"] for each in story}
    assert told["note.added"]["text"] == "done \ud83d"
    assert told["lead.noted"]["more"] == "inf"
    for where in (f"tickets/{ticket}", f"jobs/{lane.job_id}", "receipts", "visits"):
        read_by_anybody(sun.get(f"/api/v1/{where}"))


def no_constant(name: str) -> None:
    pytest.fail(f"{name} is no JSON")


def test_the_same_id_from_two_people_is_two_events(
    wire: Callable[..., Wire], alice: Wire, lane: Lane, office: Office, sun: Client
) -> None:
    """Whoever comes second is kept apart, and neither hears of the other's."""
    hers = lane.add("note.added")
    carol = wire(people.CAROL)
    foreign = carol.lane(office.issues_a_job(people.CAROL)).add(
        "note.added", event_id=hers["event_id"]
    )
    assert alice.statuses(hers) == ["applied"]
    assert carol.statuses(foreign) == ["quarantined event_id_reused"]
    assert carol.asks_status(hers["event_id"]) == ["quarantined event_id_reused"]
    assert alice.asks_status(hers["event_id"]) == ["applied"]
    assert as_the_office_reads_them(sun) == [foreign]


def test_an_event_that_nobody_can_read_alone_is_quarantined_by_hand(
    alice: Wire, sun: Client
) -> None:
    """What makes a whole batch unreadable is handed over as it is, and the office reads that."""
    unreadable = b'{"event_id": "' + new_id().encode() + b'", "data": ' + b"[" * 5000 + b"}"
    refused = alice.client.post("/sync/v1/push", data=unreadable, content_type="application/json")
    assert (refused.status_code, refused.json["code"]) == (400, "bad_envelope")
    for _ in range(2):
        kept = alice.client.post("/sync/v1/quarantine", data=unreadable)
        assert (kept.status_code, kept.json["custody"]) == (200, True)
    assert as_the_office_reads_them(sun) == [unreadable.decode()]
