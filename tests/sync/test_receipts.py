"""Receipts: what the customer signed on the tablet is what the server builds from the same events."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from field_client import Companion
from server.db.exceptions import FieldException
from server.db.receipts import Receipt
from server.domain import receipts as rules
from tests import events, people, uploads
from tests.conftest import HandClock
from tests.events import Lane
from tests.network import Network
from tests.office import CHECKLIST, Office
from tests.people import ALICE, LENA
from tests.sync.conftest import Tablet, TabletClock
from tests.wire import Wire

MakeWire = Callable[..., Wire]
MakeTablet = Callable[..., Tablet]
Load = Callable[..., Any]

PARTS = [{"sku": "HINGE-110", "quantity": 2, "charge": "customer"}]
STEPS = [
    *CHECKLIST["steps"],  # type: ignore[misc]
    {"step_id": "gap", "kind": "number", "label": "Gap", "label_zh": "缝隙", "required": False},
    {"step_id": "words", "kind": "text", "label": "Words", "label_zh": "说明", "required": False},
]


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(ALICE)


@pytest.fixture
def job_id(office: Office) -> str:
    return office.issues_a_job(ALICE, slots=[])


@pytest.fixture
def lane(alice: Wire, job_id: str) -> Lane:
    return alice.lane(job_id)


def versions(load: Load, job_id: str) -> list[Receipt]:
    of_job = select(Receipt).where(Receipt.job_id == job_id).order_by(Receipt.version)
    return load(lambda session: list(session.scalars(of_job)))


def states(load: Load, job_id: str) -> list[str]:
    return [each.state for each in versions(load, job_id)]


def mismatches(load: Load, job_id: str) -> list[FieldException]:
    of_job = select(FieldException).where(
        FieldException.job_id == job_id, FieldException.kind == "receipt_mismatch"
    )
    return load(lambda session: list(session.scalars(of_job)))


def digest(tablet: Wire, lane: Lane, **said: Any) -> str:
    """What a tablet computes for its lane and the sheet that it pulled."""
    sheet = tablet.pulls_job(lane.job_id)
    return rules.digest(rules.build(sheet, lane.events, **{"language": "zh", **said}))


def present(tablet: Wire, lane: Lane) -> dict[str, Any]:
    said = {"receipt_digest": digest(tablet, lane), "language": "zh"}
    return lane.add("receipt.presented", said)


def sign(tablet: Wire, lane: Lane, **said: Any) -> dict[str, Any]:
    covered = digest(tablet, lane, reservation=said.get("reservation"))
    return lane.add("receipt.signed", events.signature(covered, **said))


def test_it_works(tablet: MakeTablet, office: Office, load: Load, job_id: str) -> None:
    alice = tablet(ALICE)
    alice.sync()
    alice.arrive(job_id)
    alice.check(job_id, "level", True, "水平,已复核")
    alice.note(job_id, "门已校正", audience="customer")
    shown = alice.present(job_id)
    _event, signed = alice.sign(job_id, "王小明", stars=5, reservation="左门仍有划痕")
    alice.finish(job_id)
    assert alice.sync().is_done
    presented, final = versions(load, job_id)
    assert (presented.state, presented.digest) == ("presented", rules.digest(shown))
    assert (final.state, final.digest) == ("signed", rules.digest(signed))
    assert final.signed_digest == final.digest
    assert (final.signer_name, final.stars, final.reservation) == ("王小明", 5, "左门仍有划痕")
    assert office.sees_exceptions() == []


def test_signed_without_a_reservation_is_the_version_that_was_presented(
    alice: Wire, lane: Lane, load: Load
) -> None:
    lane.add("visit.arrived")
    present(alice, lane)
    sign(alice, lane)
    alice.pushes(*lane.events)
    [only] = versions(load, lane.job_id)
    assert (only.version, only.state) == (1, "signed")


def test_it_rests_on_the_event_on_record_not_on_another_with_its_id(
    alice: Wire, lane: Lane, load: Load
) -> None:
    lane.add("visit.arrived")
    used = lane.add("part.used")
    alice.pushes(*lane.events)
    shown = present(alice, lane)
    other = {**used, "data": {**used["data"], "quantity": used["data"]["quantity"] + 1}}

    said = alice.statuses(lane.events[0], other, shown)
    assert said == ["applied", "quarantined event_id_reused", "applied"]

    [only] = versions(load, lane.job_id)
    assert only.digest == shown["data"]["receipt_digest"]
    assert mismatches(load, lane.job_id) == []


def test_another_digest_is_put_before_the_office(
    alice: Wire, lane: Lane, load: Load, office: Office
) -> None:
    lane.add("visit.arrived")
    forged = lane.add("receipt.signed", events.signature("f" * 64))
    assert alice.statuses(*lane.events) == ["applied", "applied"]
    assert office.sees_exceptions() == ["receipt_mismatch"]
    [kept] = versions(load, lane.job_id)
    assert (kept.state, kept.signed_digest) == ("signed", "f" * 64)
    assert kept.digest != kept.signed_digest
    alice.pushes(forged)
    assert office.sees_exceptions() == ["receipt_mismatch"]


def test_a_change_after_the_signature_makes_a_new_version_unsigned(
    alice: Wire, lane: Lane, load: Load
) -> None:
    lane.add("visit.arrived")
    present(alice, lane)
    sign(alice, lane)
    lane.add("note.added", {"text": "for the office", "audience": "office"})
    lane.add("photo.taken")
    alice.pushes(*lane.events)
    assert states(load, lane.job_id) == ["signed"]
    alice.pushes(lane.add("part.used"))
    assert states(load, lane.job_id) == ["signed", "changed"]
    alice.pushes(sign(alice, lane))
    assert states(load, lane.job_id) == ["signed", "signed"]


def test_an_edit_of_the_office_between_capture_and_sync_changes_nothing_that_was_signed(
    tablet: MakeTablet, office: Office, load: Load, job_id: str
) -> None:
    """Receipts are rebuilt from the sheet that the tablet had: `base_rev`."""
    alice = tablet(ALICE)
    alice.sync()
    alice.network.goes_away()
    alice.arrive(job_id)
    alice.check(job_id, "level", True)
    alice.sign(job_id, "王小明")
    office.changes(job_id, work="Also look at the drawer", care_card="Oil it once a year")
    alice.network.comes_back()
    assert alice.sync().is_done
    assert office.sees_exceptions() == []
    [signed] = versions(load, job_id)
    assert (signed.base_rev, signed.content["rev"]) == (1, 1)
    assert signed.content["work"] == "The hood rattles"


def test_an_edit_in_the_middle_of_a_visit(
    tablet: MakeTablet, office: Office, load: Load, job_id: str
) -> None:
    alice = tablet(ALICE)
    alice.sync()
    alice.arrive(job_id)
    office.changes(job_id, work="Also look at the drawer")
    alice.sync()
    alice.check(job_id, "level", True)
    alice.sign(job_id, "王小明")
    office.changes(job_id, work="And at the hinge")
    assert alice.sync().is_done
    assert office.sees_exceptions() == []
    assert versions(load, job_id)[-1].base_rev == 2


def test_nobody_signed_and_why(alice: Wire, lane: Lane, load: Load) -> None:
    lane.add("visit.arrived")
    present(alice, lane)
    lane.add("receipt.unsigned", {"reason": "refused", "words": "不同意收费"})
    alice.pushes(*lane.events)
    [kept] = versions(load, lane.job_id)
    assert (kept.state, kept.unsigned_reason, kept.words) == ("unsigned", "refused", "不同意收费")


def test_a_signature_stands_against_a_later_unsigned(alice: Wire, lane: Lane, load: Load) -> None:
    present(alice, lane)
    sign(alice, lane)
    lane.add("receipt.unsigned")
    alice.pushes(*lane.events)
    assert states(load, lane.job_id) == ["signed"]


def test_what_nobody_could_read_stands_in_the_lane_all_the_same(
    alice: Wire, lane: Lane, office: Office
) -> None:
    """A newer app wrote a kind that this server does not know; both sides leave it out."""
    lane.add("visit.arrived")
    lane.add("tea.made", {"sugar": 2})
    lane.add("checklist.answered", {"step_id": "level", "answer": True})
    present(alice, lane)
    alice.pushes(*lane.events)
    assert office.sees_exceptions() == ["event_quarantined"]


def test_each_of_two_lanes_has_its_own_receipt(wire: MakeWire, office: Office, load: Load) -> None:
    job_id = office.issues_a_job(ALICE, crew=[LENA.id], slots=[])
    for who in (ALICE, LENA):
        tablet = wire(who)
        lane = tablet.lane(job_id)
        lane.add("note.added", {"text": f"{who.name} was here", "audience": "customer"})
        present(tablet, lane)
        tablet.pushes(*lane.events)
    assert office.sees_exceptions() == []
    assert [each.content["notes"] for each in versions(load, job_id)] == [
        ["Alice was here"],
        ["Lena was here"],
    ]


# Any visit at all.

WORDS = st.text(
    st.sampled_from('门已校正 The hinge 🛠️é\u0301\u200b\x00\ud83d"\\\n<>&\u2028'), max_size=12
)
SAID = WORDS.filter(lambda text: text.strip("\x00 \n\u2028\ud83d") != "")
MONEY = st.integers(0, 10**7)


def _check(companion: Companion, job: str, draw: Any) -> None:
    step, answer = draw(
        st.one_of(
            st.tuples(st.just("level"), st.booleans()),
            st.tuples(st.just("gap"), st.integers(-(10**9), 10**9)),
            st.tuples(st.just("gap"), st.floats(-(10**6), 10**6, allow_nan=False)),
            st.tuples(st.just("words"), SAID),
        )
    )
    companion.check(job, step, answer, draw(st.none() | WORDS))


def _part(companion: Companion, job: str, draw: Any) -> None:
    sku = draw(st.sampled_from(["HINGE-110", "SCREW", "无编号"]))
    charge = draw(st.sampled_from(["customer", "warranty", "goodwill"]))
    price = draw(st.none() | MONEY)
    companion.part(
        job,
        sku,
        draw(st.integers(1, 9)),
        charge=charge,
        unit_price=price,
        currency=draw(st.sampled_from(["CNY", "EUR"])) if price is not None else None,
        serial=draw(st.none() | SAID),
    )


def _void(companion: Companion, job: str, draw: Any) -> None:
    lines = sorted(companion.show(job).visit["parts"])
    if lines:
        companion.void(job, draw(st.sampled_from(lines)), draw(WORDS))


CAPTURES: list[Callable[[Companion, str, Any], Any]] = [
    lambda c, job, draw: c.arrive(job),
    lambda c, job, draw: c.travel(job),
    lambda c, job, draw: c.assess(job, "major", draw(st.lists(WORDS, max_size=3)), draw(WORDS)),
    lambda c, job, draw: c.note(job, draw(SAID), draw(st.sampled_from(["office", "customer"]))),
    lambda c, job, draw: c.lead(job, draw(SAID)),
    lambda c, job, draw: c.swap(job, draw(SAID), draw(SAID)),
    lambda c, job, draw: c.request(job, "HINGE-110", draw(st.integers(1, 9)), "missing"),
    lambda c, job, draw: c.present(job, draw(st.sampled_from(["zh", "en"]))),
    lambda c, job, draw: c.sign(job, draw(SAID), reservation=draw(st.none() | WORDS)),
    _check,
    _part,
    _void,
]
NUMBERS = count(1)


@pytest.fixture
def ready(app: Flask, clock: HandClock, office: Office, tmp_path: Path) -> Iterator[Companion]:
    """Alice's tablet, on which many visits are made one after the other."""
    with Companion(
        tmp_path / "tablet", transport=Network(app), clock=TabletClock(clock)
    ) as companion:
        companion.login(ALICE.username, people.PASSWORD, "https://office.example")
        yield companion


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # to shrink a whole visit takes too long
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_both_sides_build_the_same_receipt(
    ready: Companion, office: Office, load: Load, data: st.DataObject
) -> None:
    job = office.issues_a_job(ALICE, slots=[], checklist={**CHECKLIST, "steps": STEPS})
    ready.sync()
    for capture in data.draw(st.lists(st.sampled_from(CAPTURES), min_size=3, max_size=18)):
        capture(ready, job, data.draw)
        if data.draw(st.integers(0, 9)) == 0:
            office.changes(job, notes=f"changed {next(NUMBERS)}")
            if data.draw(st.booleans()):
                ready.sync()
    _event, signed = ready.sign(job, "王小明", reservation=data.draw(st.none() | WORDS))
    ready.finish(job, anyway=True)
    report = ready.sync()
    assert report.is_done, report
    assert report.by_status.keys() == {"applied"}, report.by_status
    assert mismatches(load, job) == []
    assert rules.digest(signed) in [each.digest for each in versions(load, job)]
    assert office.sees_job(job).received == "complete"


# What has arrived.


def test_received_goes_from_none_by_partial_to_complete(
    alice: Wire, lane: Lane, office: Office
) -> None:
    photo = lane.add("photo.taken", events.photo(b"a picture"))
    signed = lane.add("receipt.signed", events.signature())
    alice.pushes(photo)
    assert office.sees_job(lane.job_id).received == "none"
    end = lane.finish()
    end["data"]["manifest"]["events"].append(events.new_id())
    absent = end["data"]["manifest"]["events"][-1]
    alice.pushes(signed, end)
    job = office.sees_job(lane.job_id)
    blobs = sorted([photo["data"]["sha256"], signed["data"]["signature"]["sha256"]])
    assert (job.received, job.missing) == ("partial", {"events": [absent], "blobs": blobs})
    told = alice.pulls_job(lane.job_id)
    assert (told["received"], told["missing"]) == (job.received, job.missing)

    camera = uploads.Tablet(alice.client, "", alice.device_id)
    camera.upload(b"a picture")
    assert office.sees_job(lane.job_id).missing["blobs"] == [signed["data"]["signature"]["sha256"]]
    camera.upload(b"a signature")
    assert office.sees_job(lane.job_id).missing == {"events": [absent], "blobs": []}
    alice.pushes(lane.add("note.added", event_id=absent))
    assert office.sees_job(lane.job_id).received == "complete"


def test_a_quarantined_event_is_here(alice: Wire, lane: Lane, office: Office) -> None:
    """Nobody understands it, but it is in custody; the ticket waits for the decision on it."""
    lane.add("tea.made", {})
    broken = lane.add("note.added")
    lane.finish("completed")
    alice.pushes(lane.events[0], {**broken, "seq": -1}, lane.events[2])
    assert office.sees_job(lane.job_id).received == "complete"
    ticket = office.sees_ticket_of(lane.job_id)
    assert office.still_waits_for(ticket.id).count("exception") == 2


def test_a_photo_taken_after_the_end_makes_it_partial_again(
    alice: Wire, lane: Lane, office: Office
) -> None:
    alice.pushes(lane.finish())
    assert office.sees_job(lane.job_id).received == "complete"
    late = lane.add("photo.taken", events.photo(b"a late picture"))
    assert alice.statuses(late) == ["applied"]
    job = office.sees_job(lane.job_id)
    assert (job.received, job.missing["blobs"]) == ("partial", [late["data"]["sha256"]])
    uploads.Tablet(alice.client, "", alice.device_id).upload(b"a late picture")
    assert office.sees_job(lane.job_id).received == "complete"


def test_a_photo_that_is_lost_is_waited_for_no_longer(
    alice: Wire, lane: Lane, office: Office
) -> None:
    photo = lane.add("photo.taken")
    alice.pushes(*lane.events, lane.finish())
    assert office.sees_job(lane.job_id).received == "partial"
    gone = {"photo_id": photo["data"]["photo_id"], "reason": "file damaged"}
    alice.pushes(lane.add("photo.lost", gone))
    assert office.sees_job(lane.job_id).received == "complete"
    assert office.sees_exceptions() == ["photo_lost"]
    assert [each.state for each in office.sees_photos(lane.job_id)] == ["lost"]


def test_a_photo_that_was_dropped_before_it_was_taken_is_not_awaited(
    alice: Wire, lane: Lane, office: Office
) -> None:
    """Two lanes of a copied store: the one that took it back came first."""
    photo = lane.add("photo.taken")
    other = alice.lane(lane.job_id)
    gone = {"photo_id": photo["data"]["photo_id"], "reason": "blurred"}
    alice.pushes(other.add("photo.discarded", gone), photo)
    assert [each.state for each in office.sees_photos(lane.job_id)] == ["discarded"]


def test_one_file_in_two_photos_and_two_jobs(alice: Wire, lane: Lane, office: Office) -> None:
    other = alice.lane(office.issues_a_job(ALICE))
    for each in (lane, lane, other):
        each.add("photo.taken", events.photo(b"the same bytes"))
    alice.pushes(*lane.events, *other.events)
    uploads.Tablet(alice.client, "", alice.device_id).upload(b"the same bytes")
    assert [each.state for each in office.sees_photos(lane.job_id)] == ["stored", "stored"]
    assert [each.state for each in office.sees_photos(other.job_id)] == ["stored"]
