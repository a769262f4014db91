"""Push: every event gets its own answer, is kept, and has its effect once."""

import gzip
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, literal_column, select, update

from server.db.events import FieldEvent, Quarantine
from server.db.house import Task
from server.db.jobs import Job, Visit
from server.db.parts import Movement
from server.db.photos import Photo
from server.db.revisits import Revisit
from server.ids import new_id
from tests import events, people
from tests.events import DATA, Lane
from tests.office import Office
from tests.wire import Wire, said

MakeWire = Callable[..., Wire]
Load = Callable[..., Any]

DEEP: Any = "deep"
for _ in range(40):
    DEEP = [DEEP]


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(people.ALICE)


@pytest.fixture
def job_id(office: Office) -> str:
    return office.issues_a_job(people.ALICE)


@pytest.fixture
def lane(alice: Wire, job_id: str) -> Lane:
    return alice.lane(job_id)


def visit_of(load: Load, job_id: str) -> dict[str, Any]:
    """What the office sees of the visit."""
    return load(lambda s: s.get(Visit, s.get(Job, job_id).visit_id).content)


def rows(load: Load, table: Any) -> int:
    return load(lambda s: s.scalar(select(func.count()).select_from(table)))


# The five results.


def test_it_works(alice: Wire, lane: Lane, office: Office) -> None:
    [accepted] = alice.pushes(lane.add("job.accepted"))
    assert accepted["status"] == "applied"
    assert accepted["custody"] is True
    assert office.sees_job(lane.job_id).state == "accepted"


def test_every_kind_is_applied(alice: Wire, office: Office) -> None:
    for kind in DATA:
        lane = alice.lane(office.issues_a_job(people.ALICE))
        assert alice.statuses(lane.add(kind)) == ["applied"], kind


def test_what_comes_after_the_end_is_recorded(alice: Wire, lane: Lane) -> None:
    alice.pushes(lane.finish())
    assert alice.statuses(lane.add("visit.arrived")) == ["recorded already_over"]


def test_what_comes_too_early_is_held(alice: Wire, lane: Lane) -> None:
    first, second = lane.add("job.accepted"), lane.add("visit.arrived")
    [held] = alice.pushes(second)
    assert said(held) == "held waiting_for"
    assert held["waits_for"] == first["event_id"]


def test_what_nobody_understands_is_quarantined(alice: Wire, lane: Lane) -> None:
    assert alice.statuses(lane.add("tea.made", {})) == ["quarantined unknown_kind"]


def test_a_number_that_was_taken_says_retry_and_keeps_nothing(
    alice: Wire, lane: Lane, load: Load
) -> None:
    first = lane.add("job.accepted")
    alice.pushes(first)
    [copied] = alice.pushes(lane.add("visit.arrived", seq=first["seq"]))
    assert said(copied) == "retry device_forked"
    assert copied["custody"] is False
    assert rows(load, FieldEvent) == 1
    assert rows(load, Quarantine) == 0


def test_an_applied_event_says_from_which_version_on_the_pull_shows_it(
    alice: Wire, lane: Lane
) -> None:
    [accepted] = alice.pushes(lane.add("job.accepted"))
    alice.cursor = None
    shown = next(each for each in alice.pulls() if each["id"] == lane.job_id)
    assert shown["version"] == accepted["effect_version"]


# Sent again.


def test_a_repeat_gives_the_same_results_and_no_second_effect(
    alice: Wire, lane: Lane, load: Load, office: Office
) -> None:
    lane.add("visit.arrived")
    lane.add("photo.taken")
    lane.add("part.used", events.part(quantity=3))
    lane.add("note.added")
    lane.add("part.requested")
    lane.finish("incomplete", cause="part_missing")
    first = alice.pushes(*lane.events)
    assert {said(each) for each in first} == {"applied"}
    again = alice.pushes(*lane.events)
    assert again == [{**each, "replayed": True} for each in first]

    assert rows(load, FieldEvent) == 6
    assert rows(load, Photo) == 1
    assert load(lambda s: list(s.scalars(select(Movement.quantity)))) == [3]
    assert rows(load, Revisit) == 1
    assert len(visit_of(load, lane.job_id)["notes"]) == 1


def test_a_repeat_within_one_batch_is_a_repeat(alice: Wire, lane: Lane, load: Load) -> None:
    used = lane.add("part.used")
    first, again = alice.pushes(used, used)
    assert (first["status"], again["status"]) == ("applied", "applied")
    assert "replayed" not in first
    assert again["replayed"] is True
    assert rows(load, Movement) == 1


def test_a_repeat_writes_no_row(alice: Wire, lane: Lane, app: Flask) -> None:
    lane.add("visit.arrived")
    lane.add("tea.made", {})
    lane.add("note.added", job_id="J-\x00")
    lane.finish("incomplete", cause="part_missing")
    alice.pushes(*lane.events)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement.split()[0])

    engine = app.extensions["doorstep"].database.engine
    event.listen(engine, "before_cursor_execute", note)
    again = alice.pushes(*lane.events)
    event.remove(engine, "before_cursor_execute", note)
    assert all(each["replayed"] for each in again)
    assert not {"INSERT", "UPDATE", "DELETE"} & set(asked)


def test_a_new_identity_of_the_device_sends_the_same_event(
    alice: Wire, lane: Lane, wire: MakeWire
) -> None:
    note = lane.add("note.added")
    alice.pushes(note)
    renewed = wire(people.ALICE)
    [again] = renewed.pushes({**note, "seq": 1, "clock": {"boot": "another"}})
    assert (again["status"], again.get("replayed")) == ("applied", True)


def test_another_content_under_a_known_id_is_kept_in_quarantine(
    alice: Wire, lane: Lane, load: Load, office: Office
) -> None:
    note = lane.add("note.added", {"text": "Ring twice", "audience": "office"})
    changed = {**note, "data": {"text": "Ring once", "audience": "office"}}
    alice.pushes(note)
    assert alice.statuses(changed) == ["quarantined event_id_reused"]
    assert visit_of(load, lane.job_id)["notes"][0]["text"] == "Ring twice"
    [aside] = load(lambda s: list(s.scalars(select(Quarantine))))
    assert json.loads(aside.raw)["data"]["text"] == "Ring once"
    assert office.sees_exceptions() == ["event_quarantined"]

    [again] = alice.pushes(changed)
    assert (said(again), again["replayed"]) == ("quarantined event_id_reused", True)
    [kept] = alice.pushes(note)
    assert (said(kept), kept["replayed"]) == ("applied", True)
    assert rows(load, Quarantine) == 1


# Poison: kept, and in nobody's way.

LONG = "长" * 20_000
POISON: dict[str, tuple[dict[str, Any], str]] = {
    "a kind of the future": ({"kind": "tea.made"}, "unknown_kind"),
    "a version of the future": ({"v": 2}, "unknown_kind"),
    "somebody else as the actor": ({"actor": people.CAROL.id}, "actor_mismatch"),
    "a job that never was": ({"job_id": "J-9999"}, "job_unknown"),
    "no kind": ({"kind": None}, "envelope_invalid"),
    "a number as kind": ({"kind": 7}, "envelope_invalid"),
    "a list as kind": ({"kind": ["note.added"]}, "envelope_invalid"),
    "NUL in the kind": ({"kind": "note.added\x00"}, "envelope_invalid"),
    "an endless kind": ({"kind": LONG}, "envelope_invalid"),
    "a text as version": ({"v": "1"}, "envelope_invalid"),
    "true as version": ({"v": True}, "envelope_invalid"),
    "a negative version": ({"v": -1}, "envelope_invalid"),
    "no seq": ({"seq": None}, "envelope_invalid"),
    "a text as seq": ({"seq": "7"}, "envelope_invalid"),
    "a broken seq": ({"seq": 7.5}, "envelope_invalid"),
    "a seq beyond 2^53": ({"seq": 2**53}, "envelope_invalid"),
    "a negative seq": ({"seq": -7}, "envelope_invalid"),
    "no job": ({"job_id": None}, "envelope_invalid"),
    "an object as job": ({"job_id": {"id": "J-1001"}}, "envelope_invalid"),
    "NUL in the job": ({"job_id": "J-1001\x00"}, "envelope_invalid"),
    "half a character in the job": ({"job_id": "J-\ud800"}, "envelope_invalid"),
    "an endless job": ({"job_id": LONG}, "envelope_invalid"),
    "a number as actor": ({"actor": 7}, "envelope_invalid"),
    "NUL in the actor": ({"actor": "\x00"}, "envelope_invalid"),
    "half a character in the actor": ({"actor": "\udfff"}, "envelope_invalid"),
    "a time without a zone": ({"captured_at": "2026-11-23T09:00:00"}, "envelope_invalid"),
    "no time": ({"captured_at": "yesterday"}, "envelope_invalid"),
    "a number as time": ({"captured_at": 1_795_000_000}, "envelope_invalid"),
    "NUL in the time": ({"captured_at": "2026-11-23\x0009:00:00+08:00"}, "envelope_invalid"),
    "a time before the first day": (
        {"captured_at": "0001-01-01T00:00:00+14:00"},
        "envelope_invalid",
    ),
    "a name as predecessor": ({"after": "the one before"}, "envelope_invalid"),
    "NUL in the predecessor": ({"after": "\x00"}, "envelope_invalid"),
    "a list as predecessor": ({"after": []}, "envelope_invalid"),
    "a text as rev": ({"base_rev": "17"}, "envelope_invalid"),
    "a negative rev": ({"base_rev": -1}, "envelope_invalid"),
    "a text as clock": ({"clock": "off"}, "envelope_invalid"),
    "a list as position": ({"position": [30.66, 104.06]}, "envelope_invalid"),
    "no data": ({"data": None}, "data_invalid"),
    "a text as data": ({"data": "note"}, "data_invalid"),
    "a list as data": ({"data": [1, 2]}, "data_invalid"),
    "a number as data": ({"data": 2**53 + 1}, "data_invalid"),
    "data without its text": ({"data": {"audience": "office"}}, "data_invalid"),
    "endless text": ({"data": {"text": LONG, "audience": "office"}}, "data_invalid"),
    "NaN as text": ({"kind": "part.used", "data": events.part(quantity="NaN")}, "data_invalid"),
    "a quantity beyond 2^53": (
        {"kind": "part.used", "data": events.part(quantity=2**53 + 1)},
        "data_invalid",
    ),
    "a number of 400 digits": (
        {"kind": "checklist.answered", "data": {"step_id": "level", "answer": 10**400}},
        "data_invalid",
    ),
    "deep nesting": (
        {"data": {"text": "x", "audience": "office", "more": DEEP}},
        "envelope_invalid",
    ),
}


@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "in the middle", "last"])
def test_poison_is_quarantined_and_its_neighbours_go_on(
    alice: Wire, lane: Lane, load: Load, office: Office, place: int
) -> None:
    for name, (change, code) in POISON.items():
        three = [lane.add("note.added") for _ in range(3)]
        three[place] = {**three[place], **change}
        results = alice.statuses(*three)
        assert results.pop(place) == f"quarantined {code}", name
        assert results == ["applied", "applied"], name
        again = alice.pushes(*three)[place]
        assert (said(again), again["replayed"]) == (f"quarantined {code}", True), name
    assert len(visit_of(load, lane.job_id)["notes"]) == 2 * len(POISON)
    assert office.sees_exceptions() == ["event_quarantined"] * len(POISON)


ODD: dict[str, tuple[str, dict[str, Any]]] = {
    "NUL in a text": ("note.added", {"text": "left\x00right", "audience": "office"}),
    "half a character in a text": ("note.added", {"text": "\ud83d", "audience": "customer"}),
    "NUL in a name": ("checklist.answered", {"step_id": "le\x00vel", "answer": True}),
    "NUL in a name of data": ("lead.noted", {"text": "x", "\x00": "\x00"}),
    "a whole emoji": ("note.added", {"text": "🛠️ 好了", "audience": "customer"}),
    "a number too large for a float": ("lead.noted", {"text": "x", "more": 10**400}),
    "infinity by digits": ("lead.noted", {"text": "x", "more": "1e999"}),
    "a slot of 200 letters": ("photo.taken", events.photo(slot="槽" * 200)),
    "a photo of petabytes": ("photo.taken", events.photo(size=2**53 - 1)),
    "a huge picture": ("photo.taken", events.photo(width=100_000, height=100_000)),
    "NUL in a slot": ("photo.taken", events.photo(slot="a\x00b")),
    "a part that nobody knows": ("part.used", events.part(sku="no such part")),
    "a part with a long name": ("part.used", events.part(sku="长" * 200)),
    "NUL in a part": ("part.used", events.part(sku="HINGE\x00")),
    "a long serial": ("part.used", events.part(serial="S" * 200)),
    "the dearest part": (
        "part.used",
        events.part(quantity=100_000, unit_price=10**11, currency="CNY", charge="customer"),
    ),
    "a request with a long name": ("part.requested", events.request(sku="长" * 200)),
    "a request for many": ("part.requested", events.request(quantity=100_000)),
    "long serials": ("serial.swapped", {"old_serial": "长" * 200, "new_serial": "N" * 200}),
    "a long relation": ("receipt.signed", events.signature(relation="长" * 200)),
    "a signature of petabytes": (
        "receipt.signed",
        events.signature(signature={**events.blob(b"x", "image/png"), "size": 2**53 - 1}),
    ),
    "a number as an answer": ("checklist.answered", {"step_id": "gap", "answer": 0.1 + 0.2}),
    "an empty list as an answer": ("checklist.answered", {"step_id": "gap", "answer": []}),
}


def test_odd_but_sound_data_counts(alice: Wire, lane: Lane, load: Load) -> None:
    for name, (kind, data) in ODD.items():
        three = [lane.add(kind, data), lane.add("note.added"), lane.add("receipt.presented")]
        body = json.dumps(alice.batch(*three)).replace('"1e999"', "1e999")
        answer = alice.client.post("/sync/v1/push", data=body, content_type="application/json")
        assert [said(each) for each in answer.json["results"]] == ["applied"] * 3, name
        event_id = three[0]["event_id"]
        kept = load(lambda s, its_id=event_id: json.loads(s.get(FieldEvent, its_id).raw))
        assert kept["data"].keys() == data.keys(), name
    assert len(alice.pulls_job(lane.job_id)["visit"]["notes"]) >= len(ODD)


ODD_ENVELOPES: list[dict[str, Any]] = [
    {"seq": 2**53 - 1},
    {"v": 1, "base_rev": 2**31 - 1},
    {"tz": 17, "unknown": {"words": ["of", "a", "later", "app"]}},
    {"clock": None, "position": None},
    {"clock": {"offset_ms": "soon", "offset_age_s": []}},
    {"clock": {"offset_ms": 10**13, "offset_age_s": -(10**13)}},
    {"clock": {"offset_ms": -(10**13), "offset_age_s": 10**13}},
    {"captured_at": "0001-01-01T00:00:00Z", "clock": {"offset_ms": -(10**9)}},
    {"captured_at": "0001-01-01T00:00:00Z"},
    {"captured_at": "9999-12-31T23:59:59Z", "clock": {"offset_ms": 10**9}},
    {"position": {"lat": "north", "lon": True}},
    {"position": {"lat": 10**400, "lon": -91, "accuracy_m": -1}},
    {"position": {"lat": 30.66, "lon": 104.06, "accuracy_m": 10**400}},
]


def test_odd_but_sound_envelopes_count(alice: Wire, lane: Lane) -> None:
    for change in ODD_ENVELOPES:
        odd, usual = lane.add("photo.taken", **change), lane.add("note.added")
        assert alice.statuses(odd, usual) == ["applied", "applied"], change
    assert len(alice.pulls_job(lane.job_id)["visit"]["photos"]) == len(ODD_ENVELOPES)


def test_a_job_of_somebody_else_looks_like_one_that_never_was(
    alice: Wire, wire: MakeWire, office: Office, load: Load
) -> None:
    hers = office.issues_a_job(people.ALICE)
    carol = wire(people.CAROL)
    [foreign] = carol.pushes(carol.lane(hers).add("visit.arrived"))
    [unknown] = carol.pushes(carol.lane("J-9999").add("visit.arrived"))
    for result in (foreign, unknown):
        del result["event_id"]
    assert foreign == unknown
    assert office.sees_job(hers).state == "issued"


def test_fifty_events_with_every_poison_drain(alice: Wire, lane: Lane, load: Load) -> None:
    sent = []
    for change, _code in POISON.values():
        sent.append({**lane.add("note.added"), **change})
        lane.events.pop()
        sent.append(lane.add("note.added"))
    small = [each for each in sent if len(json.dumps(each)) < 100_000]
    for start in range(0, len(small), 50):
        results = alice.pushes(*small[start : start + 50])
        assert all(each["custody"] for each in results)
    good = [each for each in small if each in lane.events]
    assert len(visit_of(load, lane.job_id)["notes"]) == len(good)


def test_two_quarantined_events_make_two_exceptions(
    alice: Wire, lane: Lane, office: Office
) -> None:
    alice.pushes(lane.add("tea.made", {}), lane.add("tea.drunk", {}))
    assert office.sees_exceptions() == ["event_quarantined", "event_quarantined"]


# Bodies that are no batch.


def test_a_batch_may_be_empty(alice: Wire) -> None:
    answer = alice.sends()
    assert (answer.status_code, answer.json["results"]) == (200, [])
    assert answer.json["epoch"]


FRAMES: list[dict[str, Any]] = [
    {"events": None},
    {"events": {}},
    {"events": "many"},
    {"events": [7]},
    {"events": [None]},
    {"events": [[]]},
    {"events": [{}]},
    {"events": [{"event_id": 7}]},
    {"events": [{"event_id": "not an id"}]},
    {"events": [{"event_id": "0197F3D0-5A10-7C31-9C55-3D2F8F0A11E2"}]},
    {"events": [{"event_id": "0197f3d0-5a10-7c31-9c55-3d2f8f0a11e2\n"}]},
    {"device_id": None},
    {"device_id": "0197f3d0-5a10-7c31-9c55-3d2f8f0a11e2"},
    {"batch_id": 7},
    {"sent_at": {}},
]


def test_a_batch_without_its_frame_is_a_bad_envelope(alice: Wire) -> None:
    for change in FRAMES:
        refused = alice.sends(**change)
        assert (refused.status_code, refused.json["code"]) == (400, "bad_envelope"), change


NO_JSON = [
    b"",
    b"{",
    b"<html>",
    b"[]",
    b"null",
    b'"events"',
    b"\xff\xfe\xfd",
    b'{"events": NaN}',
    b'{"events": [Infinity]}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"seq": ' + b"9" * 10_000 + b"}",
]


def test_what_is_no_json_is_a_bad_envelope(alice: Wire) -> None:
    for body in NO_JSON:
        refused = alice.client.post("/sync/v1/push", data=body, content_type="application/json")
        assert (refused.status_code, refused.json["code"]) == (400, "bad_envelope"), body[:20]
        assert refused.headers["Sync-Server"] == "doorstep/1"


def test_odd_texts_beside_the_events_do_no_harm(alice: Wire, lane: Lane) -> None:
    answer = alice.sends(lane.add("job.accepted"), batch_id="\x00\ud800" * 50, sent_at="\x00" * 99)
    assert [said(each) for each in answer.json["results"]] == ["applied"]


def test_too_many_events_are_too_large(alice: Wire, lane: Lane) -> None:
    many = [lane.add("note.added") for _ in range(101)]
    refused = alice.sends(*many)
    assert (refused.status_code, refused.json["code"]) == (413, "too_large")
    assert alice.asks_status(many[0]["event_id"]) == ["unknown"]


def test_a_body_over_the_limit_is_too_large(alice: Wire) -> None:
    refused = alice.client.post("/sync/v1/push", data=b" " * (1024 * 1024 + 1))
    assert (refused.status_code, refused.json["code"]) == (413, "too_large")


def test_nesting_is_kept_or_refused_but_never_a_failure_of_ours(alice: Wire, lane: Lane) -> None:
    """Between what our reader takes and what our writer takes there may be a gap."""
    for depth in range(100, 1000, 20):
        body = json.dumps(alice.batch(lane.add("note.added")))
        deep = body.replace('"audience"', f'"deep": {"[" * depth}{"]" * depth}, "audience"')
        answer = alice.client.post("/sync/v1/push", data=deep, content_type="application/json")
        assert answer.status_code in (200, 400), (depth, answer.json)
        if answer.status_code == 200:
            assert said(answer.json["results"][0]) == "quarantined envelope_invalid", depth


# gzip.


def test_a_packed_batch_is_unpacked(alice: Wire, lane: Lane) -> None:
    body = gzip.compress(json.dumps(alice.batch(lane.add("job.accepted"))).encode())
    answer = alice.client.post("/sync/v1/push", data=body, headers={"Content-Encoding": "gzip"})
    assert [said(each) for each in answer.json["results"]] == ["applied"]


def test_a_gzip_bomb_is_too_large(alice: Wire) -> None:
    body = gzip.compress(b" " * (200 * 1024 * 1024))
    assert len(body) < 1024 * 1024
    refused = alice.client.post("/sync/v1/push", data=body, headers={"Content-Encoding": "gzip"})
    assert (refused.status_code, refused.json["code"]) == (413, "too_large")


NO_GZIP = {
    "no gzip": b"no gzip at all",
    "a head alone": b"\x1f\x8b",
    "cut": gzip.compress(b'{"events": []}')[:-9],
    "wrong sum": gzip.compress(b'{"events": []}')[:-8] + b"\x00" * 8,
    "garbage behind it": gzip.compress(b'{"events": []}') + b"garbage",
}


def test_gzip_garbage_is_a_bad_envelope(alice: Wire) -> None:
    for name, body in NO_GZIP.items():
        packed = {"Content-Encoding": "gzip"}
        refused = alice.client.post("/sync/v1/push", data=body, headers=packed)
        assert (refused.status_code, refused.json["code"]) == (400, "bad_envelope"), name


# Who sends.


def test_it_refuses_who_is_not_signed_in(alice: Wire, lane: Lane) -> None:
    alice.client.environ_base.pop("HTTP_AUTHORIZATION")
    assert alice.sends(lane.add("job.accepted")).status_code == 401


def test_it_refuses_a_sign_in_of_another_device(alice: Wire, lane: Lane) -> None:
    alice.client.environ_base["HTTP_SYNC_DEVICE"] = new_id()
    refused = alice.sends(lane.add("job.accepted"))
    assert (refused.status_code, refused.json["code"]) == (403, "device_unknown")


def test_every_protocol_may_push(alice: Wire, lane: Lane) -> None:
    for protocol in ("0", "1", "2", "99", "", "one"):
        alice.client.environ_base["HTTP_SYNC_PROTOCOL"] = protocol
        assert alice.statuses(lane.add("note.added")) == ["applied"], protocol


def test_an_advisor_who_was_an_installer_still_delivers(
    wire: MakeWire, office: Office, job_id: str
) -> None:
    wei = wire(people.WEI)
    assert wei.statuses(wei.lane(job_id).add("visit.arrived")) == ["quarantined job_unknown"]


# Many at once.


def together(acts: list[Callable[[], Any]]) -> list[Any]:
    """Does them at the same time, each in a thread of its own; their answers in order."""
    with ThreadPoolExecutor(len(acts)) as threads:
        return [each.result() for each in [threads.submit(act) for act in acts]]


def test_the_same_batch_from_eight_threads_has_one_effect(
    alice: Wire, lane: Lane, load: Load
) -> None:
    lane.add("visit.arrived")
    lane.add("part.used", events.part(quantity=3))
    lane.add("note.added")
    lane.add("tea.made", {})
    lane.add("note.added", job_id="J-\x00")
    lane.finish("incomplete", cause="part_missing")
    answers = together([lambda: alice.sends(*lane.events)] * 8)
    assert [each.status_code for each in answers] == [200] * 8
    told = [[said(result) for result in each.json["results"]] for each in answers]
    assert told[0][:4] == ["applied", "applied", "applied", "quarantined unknown_kind"]
    assert all(each == told[0] for each in told)
    first = [each for each in answers if "replayed" not in each.json["results"][0]]
    assert len(first) == 1
    assert load(lambda s: list(s.scalars(select(Movement.quantity)))) == [3]
    assert rows(load, Revisit) == 1
    assert len(visit_of(load, lane.job_id)["notes"]) == 1
    assert rows(load, Quarantine) == 1


def test_two_people_push_on_one_job_at_once(office: Office, wire: MakeWire, load: Load) -> None:
    job_id = office.issues_a_job(people.ALICE, crew=[people.LENA.id])
    alice, lena = wire(people.ALICE), wire(people.LENA)
    lanes = (alice.lane(job_id), lena.lane(job_id))
    batches = [
        lambda who=who, lane=lane, n=n: who.pushes(
            *(
                lane.add("note.added", {"text": f"{who.who.name} {n}.{k}", "audience": "office"})
                for k in range(3)
            )
        )
        for n in range(4)
        for who, lane in zip((alice, lena), lanes, strict=True)
    ]
    for pair in zip(batches[::2], batches[1::2], strict=True):
        together(list(pair))
    notes = [each["text"] for each in visit_of(load, job_id)["notes"]]
    assert sorted(notes) == sorted(
        f"{name} {n}.{k}" for name in ("Alice", "Lena") for n in range(4) for k in range(3)
    )


# Our own code stumbles: here because a row was damaged, as by a disk.


def test_a_visit_that_cannot_be_read_takes_no_other_job_along(
    alice: Wire, lane: Lane, office: Office, load: Load
) -> None:
    other = alice.lane(office.issues_a_job(people.ALICE))
    broken = lane.add("note.added")
    before, after = other.add("visit.arrived"), other.add("note.added")
    visit_id = load(lambda s: s.get(Job, lane.job_id).visit_id)
    damaged = update(Visit).where(Visit.id == visit_id).values(content=literal_column("'{'"))
    office.write(lambda s: s.execute(damaged))

    told = alice.statuses(before, broken, after)
    assert told == ["applied", "quarantined internal", "applied"]
    assert len(visit_of(load, other.job_id)["notes"]) == 1
    assert office.sees_exceptions() == ["event_quarantined"]
    [waiting] = load(lambda s: list(s.scalars(select(Task.subject).where(Task.done_at.is_(None)))))
    assert waiting == lane.job_id, "the worker settles it when the row is mended"
    assert alice.statuses(before, broken, after) == told
