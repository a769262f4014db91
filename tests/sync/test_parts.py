"""Parts: every use is taken from the van once, also when the van has nothing left."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from server.db.customers import Asset
from server.db.jobs import Job
from server.db.parts import Movement, PartRequest, SerialSwap, stock_at
from tests import events, make
from tests.office import Office
from tests.people import ALICE, LENA
from tests.wire import Wire

MakeWire = Callable[..., Wire]
Load = Callable[..., Any]
VAN = f"van:{ALICE.id}"


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(ALICE)


@pytest.fixture
def job_id(office: Office, save: Callable[..., None]) -> str:
    save(make.make_part(), make.make_movement("HINGE-110", 5, to_place=VAN))
    return office.issues_a_job(ALICE)


def in_van(load: Load) -> int:
    return load(lambda session: stock_at(session, VAN).get("HINGE-110", 0))


def moves(load: Load) -> list[tuple[str, int]]:
    since = select(Movement).where(Movement.kind != "receive").order_by(Movement.id)
    return load(lambda s: [(each.kind, each.quantity) for each in s.scalars(since)])


def test_it_works(alice: Wire, load: Load, job_id: str) -> None:
    used = alice.lane(job_id).add("part.used", events.part(quantity=2))
    assert alice.statuses(used) == ["applied"]
    assert in_van(load) == 3
    [stock] = [each for each in alice.pulls() if each["kind"] == "stock"]
    assert stock["data"] == {"sku": "HINGE-110", "quantity": 3}


def test_less_than_nothing_is_accepted_and_shown(
    alice: Wire, load: Load, office: Office, job_id: str
) -> None:
    used = alice.lane(job_id).add("part.used", events.part(quantity=7))
    assert alice.statuses(used) == ["applied"]
    assert in_van(load) == -2
    assert office.sees_exceptions() == ["stock_negative"]
    alice.pushes(used)
    assert (in_van(load), office.sees_exceptions()) == (-2, ["stock_negative"])


def test_a_voided_line_goes_back_into_the_van(alice: Wire, load: Load, job_id: str) -> None:
    lane = alice.lane(job_id)
    used = lane.add("part.used", events.part(quantity=2))
    void = {"line_id": used["data"]["line_id"], "reason": "the wrong hinge"}
    lane.add("part.voided", void)
    lane.add("part.voided", void)
    assert alice.statuses(*lane.events) == ["applied"] * 3
    assert in_van(load) == 5
    assert moves(load) == [("use", 2), ("return", 2)]


def test_a_line_voided_before_it_was_used_moves_nothing(
    alice: Wire, load: Load, job_id: str
) -> None:
    """Two lanes of a copied store: the one with the void came first."""
    used = alice.lane(job_id).add("part.used", events.part(quantity=2))
    other = alice.lane(job_id)
    other.add("part.voided", {"line_id": used["data"]["line_id"], "reason": "not needed"})
    assert alice.statuses(*other.events, used) == ["applied", "applied"]
    assert alice.pulls_job(job_id)["visit"]["parts"][used["data"]["line_id"]]["voided"] is True
    assert (in_van(load), moves(load)) == (5, [])


def test_one_line_is_taken_once(alice: Wire, load: Load, job_id: str) -> None:
    lane, line = alice.lane(job_id), events.part(quantity=2)
    assert alice.statuses(lane.add("part.used", line), lane.add("part.used", line)) == [
        "applied",
        "applied",
    ]
    assert in_van(load) == 3


def test_a_part_that_lay_at_the_site_leaves_the_van_alone(
    alice: Wire, load: Load, job_id: str
) -> None:
    alice.pushes(alice.lane(job_id).add("part.used", events.part(**{"from": "site"})))
    assert (in_van(load), moves(load)) == (5, [])


def test_crew_use_their_own_van(
    wire: MakeWire, load: Load, office: Office, save: Callable[..., None]
) -> None:
    job_id = office.issues_a_job(ALICE, crew=[LENA.id])
    lena = wire(LENA)
    assert lena.statuses(lena.lane(job_id).add("part.used")) == ["applied"]
    place = f"van:{LENA.id}"
    assert load(lambda session: stock_at(session, place)) == {"HINGE-110": -2}


def test_what_only_counts_apart_leaves_the_van_alone(
    alice: Wire, load: Load, office: Office, job_id: str
) -> None:
    office.cancels(job_id)
    alice.pushes(alice.lane(job_id).add("part.used"))
    assert in_van(load) == 5


def test_a_swap_is_a_pair(alice: Wire, load: Load, job_id: str) -> None:
    swap = {"old_serial": "SN-1", "new_serial": "SN-2"}
    event = alice.lane(job_id).add("serial.swapped", swap)
    for _ in range(2):
        assert alice.statuses(event) == ["applied"]
    [row] = load(lambda session: list(session.scalars(select(SerialSwap))))
    assert (row.old_serial, row.new_serial, row.job_id) == ("SN-1", "SN-2", job_id)
    asset = load(lambda session: session.get(Asset, session.get(Job, job_id).asset_id))
    assert row.asset_id == asset.id


def test_a_part_that_is_asked_for_keeps_the_ticket_waiting(
    alice: Wire, load: Load, office: Office, job_id: str
) -> None:
    asked = events.request(quantity=2)
    lane = alice.lane(job_id)
    event = lane.add("part.requested", asked)
    for _ in range(2):
        assert alice.statuses(event) == ["applied"]
    [row] = load(lambda session: list(session.scalars(select(PartRequest))))
    assert (row.id, row.quantity, row.state) == (asked["request_id"], 2, "requested")
    alice.pushes(lane.finish("incomplete", cause="part_missing"))
    ticket = office.sees_ticket_of(job_id)
    assert set(office.still_waits_for(ticket.id)) >= {"part", "revisit"}


def test_a_part_without_a_number_is_asked_for_in_words(
    alice: Wire, load: Load, job_id: str
) -> None:
    asked = events.request(sku=None, words="左侧铰链的小弹簧")
    assert alice.statuses(alice.lane(job_id).add("part.requested", asked)) == ["applied"]
    [row] = load(lambda session: list(session.scalars(select(PartRequest))))
    assert (row.sku, row.words) == (None, "左侧铰链的小弹簧")
