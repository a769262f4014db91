"""The main job: out to a tablet without signal, back as a closed ticket, or as a revisit."""

from collections.abc import Callable
from pathlib import Path

import pytest

from field_client import blobs
from server.demo.pictures import Scene
from tests import people, pictures
from tests.office import Office
from tests.sync.conftest import Tablet

MakeTablet = Callable[[people.Character], Tablet]


@pytest.fixture
def photo_file(tmp_path: Path) -> Callable[..., Path]:
    """A picture as a phone would hand it over."""

    def take(name: str, scene: Scene = "kitchen_after") -> Path:
        file = tmp_path / f"{name}.jpg"
        file.write_bytes(pictures.jpeg(scene))
        return file

    return take


def does_the_work(alice: Tablet, job_id: str, photo_file: Callable[..., Path]) -> None:
    alice.accept(job_id)
    alice.travel(job_id)
    alice.arrive(job_id)
    alice.photo(job_id, "before", photo_file("before", "kitchen_before"))
    alice.check(job_id, "level", True)
    alice.part(job_id, "HINGE-110", 2)
    alice.photo(job_id, "after", photo_file("after"))


def test_a_job_goes_out_and_comes_back(
    office: Office,
    tablet: MakeTablet,
    photo_file: Callable[..., Path],
    works_off: Callable[[], None],
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice = tablet(people.ALICE)
    alice.sync()
    alice.network.goes_away()
    does_the_work(alice, job_id, photo_file)
    alice.sign(job_id, "王小明", stars=5)
    alice.finish(job_id)
    assert office.sees_job(job_id).state == "issued"

    alice.network.comes_back()
    report = alice.sync()
    assert report.is_done, report
    works_off()

    job = office.sees_job(job_id)
    assert (job.state, job.outcome, job.received) == ("finished", "completed", "complete")
    assert [photo.state for photo in office.sees_photos(job_id)] == ["checked", "checked"]
    ticket = office.sees_ticket_of(job_id)
    assert office.still_waits_for(ticket.id) == ["verdict"]
    office.gives_verdict(job_id, "accept")
    assert office.sees_ticket_of(job_id).state == "closed"
    alice.sync()
    assert alice.show(job_id).state == "verified"


def test_a_missing_part_makes_a_revisit_and_the_revisit_closes_the_ticket(
    office: Office,
    tablet: MakeTablet,
    photo_file: Callable[..., Path],
    works_off: Callable[[], None],
) -> None:
    ticket_id = office.opens_a_ticket()
    first = office.issues_a_job(people.ALICE, ticket_id)
    alice = tablet(people.ALICE)
    alice.sync()
    alice.arrive(first)
    alice.photo(first, "before", photo_file("before", "damaged_panel"))
    alice.request(first, "HINGE-110", 2, "missing")
    alice.unsigned(first, "later")
    alice.finish(first, "incomplete", cause="part_missing", words="The hinge is not in the box")
    assert alice.sync().is_done
    works_off()

    assert office.sees_revisits(ticket_id) == [("part_missing", "due")]
    assert set(office.still_waits_for(ticket_id)) == {"job_incomplete", "revisit", "part"}

    second = office.issues_the_revisit(ticket_id, people.ALICE)
    office.part_arrives(ticket_id)
    alice.sync()
    sheet = alice.show(second).sheet
    assert (sheet["revisit_of"], sheet["cause"]) == (first, "part_missing")
    does_the_work(alice, second, photo_file)
    alice.sign(second, "王小明")
    alice.finish(second)
    assert alice.sync().is_done
    works_off()
    office.gives_verdict(second, "accept")
    assert office.still_waits_for(ticket_id) == []
    assert office.sees_ticket_of(second).state == "closed"


def test_bad_work_and_a_reservation_each_make_a_revisit(
    office: Office,
    tablet: MakeTablet,
    photo_file: Callable[..., Path],
    works_off: Callable[[], None],
) -> None:
    ticket_id = office.opens_a_ticket()
    job_id = office.issues_a_job(people.ALICE, ticket_id)
    alice = tablet(people.ALICE)
    alice.sync()
    does_the_work(alice, job_id, photo_file)
    alice.sign(job_id, "王小明", reservation="左门仍有划痕", stars=2)
    alice.finish(job_id)
    assert alice.sync().is_done
    works_off()
    assert sorted(office.sees_revisits(ticket_id)) == [
        ("dissatisfied", "call_first"),
        ("reservation", "proposed"),
    ]
    office.gives_verdict(job_id, "rework", "The door hangs 5 mm low")
    assert ("workmanship", "due") in office.sees_revisits(ticket_id)
    assert office.sees_job(job_id).state == "rework"
    assert "receipt_mismatch" not in office.sees_exceptions()


def test_a_photo_that_cannot_be_read_today_is_not_called_lost(
    office: Office, tablet: MakeTablet, photo_file: Callable[..., Path]
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice = tablet(people.ALICE)
    alice.sync()
    _, shot = alice.photo(job_id, "after", photo_file("after"))
    file = blobs.path(alice.store, shot.sha256)
    aside = file.rename(alice.store.home / "aside")
    file.mkdir()  # neither missing nor wrong: it cannot be read

    assert not alice.sync().is_done

    file.rmdir()
    aside.rename(file)
    assert alice.sync().is_done
    assert [photo.state for photo in office.sees_photos(job_id)] == ["stored"]
