"""The drill: a backup, more work after it, the machine lost, a new one from the backup, tablets that were
ahead of it. What the office had acknowledged is all there again, and nothing of it twice."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from field_client import errors as told
from server.app import furnish
from server.db.exceptions import FieldException
from server.db.people import Device
from server.db.photos import Upload
from server.house import House
from tests import ledgers, people, pictures
from tests.conftest import HandClock
from tests.drills.restore import Drill
from tests.ledgers import Ledger
from tests.office import Office
from tests.people import ALICE, LENA
from tests.safes import Safe, empty_machine
from tests.sync.conftest import Tablet

MakeTablet = Callable[..., Tablet]


def ledger_of(house: House) -> Ledger:
    return ledgers.ledger_of(house.database, house.media)


class Town:
    """The house that the tablets talk to: one machine, until it is lost."""

    def __init__(
        self, app: Flask, clock: HandClock, safe: Safe, new_machine: Callable[[], Any]
    ) -> None:
        self.app, self.clock, self.safe, self._new_machine = app, clock, safe, new_machine

    @property
    def house(self) -> House:
        found: House = self.app.extensions["doorstep"]
        return found

    @property
    def office(self) -> Office:
        return Office(self.app, self.clock)

    def is_backed_up(self) -> None:
        self.safe.backs_up(self.house.config)

    def is_lost_and_restored(self) -> None:
        lost = self.house
        lost.database.close()
        if lost.config.media.exists():
            shutil.rmtree(lost.config.media)
        machine = self._new_machine()
        self.safe.restores_onto(machine)
        furnish(self.app, machine, self.clock)


@pytest.fixture
def town(
    app: Flask,
    clock: HandClock,
    new_database: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Town]:
    like = app.extensions["doorstep"].config
    first = app.extensions["doorstep"].database
    town = Town(
        app,
        clock,
        Safe(tmp_path, monkeypatch, clock),
        lambda: empty_machine(like, new_database, tmp_path / "new-media"),
    )
    yield town
    if town.house.database is not first:
        town.house.database.close()


@pytest.fixture
def works(tmp_path: Path) -> Callable[..., None]:
    """A whole visit: arrives, two photos, a part, a signature, the end."""
    sizes = iter(range(640, 2000, 16))

    def work(tablet: Tablet, job_id: str) -> None:
        tablet.arrive(job_id)
        for slot in ("before", "after"):
            file = tmp_path / f"{slot}.jpg"
            file.write_bytes(pictures.jpeg("kitchen_after", size=(next(sizes), 480)))
            tablet.photo(job_id, slot, file)
        tablet.check(job_id, "level", True)
        tablet.part(job_id, "HINGE-110", 2)
        tablet.sign(job_id, "王小明")
        tablet.finish(job_id)

    return work


def signs_in_again(tablet: Tablet, who: people.Character) -> None:
    """Its sign-in was renewed after the backup: the restored house does not know that one."""
    before = tablet.status()
    report = tablet.sync()
    assert isinstance(report.problem, told.SignInNeeded)
    assert tablet.status()["waiting"] == before["waiting"]
    tablet.login(who.username, people.PASSWORD)


def test_nothing_acknowledged_is_lost_and_nothing_doubled(
    town: Town,
    tablet: MakeTablet,
    works: Callable[[Tablet, str], None],
    works_off: Callable[[], object],
    clock: HandClock,
) -> None:
    before, after, hers = (town.office.issues_a_job(who) for who in (ALICE, ALICE, LENA))
    alice, lena = tablet(ALICE), tablet(LENA)
    for each in (alice, lena):
        each.sync()
    works(alice, before)
    assert alice.sync().is_done
    works_off()
    town.is_backed_up()

    clock.go_on(hours=2)  # access tokens have run out: both tablets renew
    works(alice, after)
    works(lena, hers)
    unknown = town.office.issues_a_job(ALICE)
    assert alice.sync().is_done
    works(alice, unknown)
    alice.note(before, "The hinge was worn out, too")
    for each in (alice, lena):
        assert each.sync().is_done
    acknowledged = ledger_of(town.house)
    lanes = [alice.outbox.lane(job_id) for job_id in (before, after, unknown)]
    assert len(acknowledged.events) == sum(map(len, lanes)) + len(lena.outbox.lane(hers))
    assert all(acknowledged.files.values())
    assert len(acknowledged.files) == 4 * 2 + 1  # everybody signs with the same stroke

    alice.note(after, "captured, not yet sent")
    town.is_lost_and_restored()
    assert len(ledger_of(town.house).events) == len(lanes[0]) - 1
    clock.go_on(hours=1)
    for each, who in ((alice, ALICE), (lena, LENA)):
        signs_in_again(each, who)
        assert each.sync().is_done
    works_off()

    found = ledger_of(town.house)
    assert set(found.events) - set(acknowledged.events) == {
        alice.outbox.lane(after)[-1]["event_id"]
    }
    assert set(acknowledged.events) - set(found.events) == set()
    known = (before, after, hers)
    [new] = set(found.events) - set(acknowledged.events)
    assert found.without_events(new).of_jobs(*known) == acknowledged.of_jobs(*known)
    assert found.files == acknowledged.files
    for job_id in known:
        job = town.office.sees_job(job_id)
        assert (job.state, job.outcome, job.received) == ("finished", "completed", "complete")
    for each in (alice, lena):
        assert each.sync().by_status == {}
    assert ledger_of(town.house) == found


def test_work_on_a_job_that_the_backup_does_not_have_is_kept_for_a_person(
    town: Town, tablet: MakeTablet, works: Callable[[Tablet, str], None], clock: HandClock
) -> None:
    alice = tablet(ALICE)
    alice.sync()
    town.is_backed_up()
    unknown = town.office.issues_a_job(ALICE)
    alice.sync()
    works(alice, unknown)
    assert alice.sync().is_done
    acknowledged = ledger_of(town.house)
    raw = {event["event_id"]: event for event in alice.outbox.lane(unknown)}

    town.is_lost_and_restored()
    report = alice.sync()
    assert report.by_status == {"quarantined": len(raw)}
    assert report.is_done
    found = ledger_of(town.house)
    assert {key: event[3] for key, event in found.events.items()} == {
        key: event[3] for key, event in acknowledged.events.items()
    }
    assert {event[1:3] for event in found.events.values()} == {("quarantined", "job_unknown")}
    assert found.files == acknowledged.files
    assert (found.movements, found.photos, found.receipts) == ([], {}, [])
    kinds = select(FieldException.kind, FieldException.state, FieldException.event_id)
    before_office = town.house.database.read(lambda s: s.execute(kinds).all())
    assert {(kind, state) for kind, state, _ in before_office} == {("event_quarantined", "open")}
    assert {event_id for _, _, event_id in before_office} == set(raw)
    assert alice.sync().by_status == {}


def test_who_has_not_renewed_since_need_not_sign_in(
    town: Town, tablet: MakeTablet, works: Callable[[Tablet, str], None], clock: HandClock
) -> None:
    job_id = town.office.issues_a_job(ALICE)
    alice = tablet(ALICE)
    alice.sync()
    town.is_backed_up()
    works(alice, job_id)
    town.is_lost_and_restored()
    clock.go_on(days=3)
    assert alice.sync().is_done
    assert town.office.sees_job(job_id).received == "complete"


def test_a_tablet_that_was_enrolled_after_the_backup(
    town: Town, tablet: MakeTablet, works: Callable[[Tablet, str], None]
) -> None:
    job_id = town.office.issues_a_job(ALICE)
    town.is_backed_up()
    alice = tablet(ALICE)
    alice.sync()
    works(alice, job_id)
    assert alice.sync().is_done
    acknowledged = ledger_of(town.house)
    town.is_lost_and_restored()
    assert town.house.database.read(lambda s: s.scalars(select(Device)).all()) == []
    signs_in_again(alice, ALICE)
    assert alice.sync().is_done
    assert ledger_of(town.house) == acknowledged


def test_a_photo_that_was_on_its_way_begins_anew(
    town: Town, tablet: MakeTablet, tmp_path: Path
) -> None:
    """The backup knows of an upload whose bytes it does not have."""
    job_id = town.office.issues_a_job(ALICE)
    alice = tablet(ALICE)
    alice.sync()
    file = tmp_path / "after.jpg"
    file.write_bytes(pictures.jpeg("kitchen_after"))
    alice.arrive(job_id)
    alice.photo(job_id, "after", file)
    alice.network.cuts("media/uploads", after_bytes=5_000)
    assert not alice.sync(patience_s=0).is_done
    uploads = town.house.database.read(lambda s: s.scalars(select(Upload)).all())
    assert [upload.finished_at for upload in uploads] == [None]
    town.is_backed_up()
    town.is_lost_and_restored()
    assert alice.sync().is_done
    [right] = ledger_of(town.house).files.values()
    assert right


def test_the_real_thing(tmp_path: Path, new_database: Callable[..., str]) -> None:
    """`doorstep serve`, `backup` and `restore` in processes of their own, as `make drill` does at length."""
    outcome = Drill(tmp_path, new_database, tablets=2, visits=1).run()
    assert (outcome.lost, outcome.doubled) == ([], [])
    figures = outcome.figures
    assert figures["offered_again"] == figures["events_acknowledged"] == 2 * 4 * 8
    assert figures["events_in_the_backup"] < figures["events_acknowledged"]
    assert figures["events_in_quarantine"] == 2 * 8  # of the jobs that the backup does not have
    assert figures["offered_a_second_time"] == 0
