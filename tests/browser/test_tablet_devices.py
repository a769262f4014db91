"""A tablet that the office takes out of service, in the real browser: emptied, and never of work that waits."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import devices
from server.db.people import Device, Person
from tests import people
from tests.browser.tablets import Hands, hands_with
from tests.office import Office

COUNT = """store => new Promise((done, failed) => {
    const asked = indexedDB.open("doorstep")
    asked.onerror = failed
    asked.onsuccess = () => {
        const count = asked.result.transaction(store).objectStore(store).count()
        count.onsuccess = () => { asked.result.close(); done(count.result) }
    }
})"""


def take_out(office: Office, mode: str) -> None:
    """Bob takes the one tablet out of service."""

    def act(session: Session) -> None:
        device = session.scalars(select(Device).where(Device.status == "active")).one()
        devices.revoke(
            session, session.get_one(Person, people.BOB.id), device, mode, office.clock()
        )

    office.write(act)


def rows(alice: Hands, *stores: str) -> list[int]:
    return [alice.page.evaluate(COUNT, store) for store in stores]


def works_without_a_network(alice: Hands, job_id: str) -> None:
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.opens_job(job_id)
    alice.loses_the_network()
    alice.does_next("Accept the job")
    alice.sees("1 saved here")


def test_a_collected_tablet_delivers_and_empties_itself(alice: Hands, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    works_without_a_network(alice, job_id)
    take_out(office, "collect")
    assert office.sees_exceptions() == []

    alice.finds_the_network()
    alice.sees("nothing is left here")
    assert office.sees_exceptions() == ["device_revoked"], "what waited is with the office"
    assert rows(alice, "people", "base", "events", "bytes", "drafts") == [0, 0, 0, 0, 0]
    alice.page.reload()
    alice.sees("nothing is left here")


def test_every_window_of_a_collected_tablet_is_left(alice: Hands, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    other = hands_with(alice.context, alice.address)
    other.opens_the_app()
    other.unlocks()
    other.opens_job(job_id)
    take_out(office, "collect")
    alice.goes_to("status")
    alice.taps("Send now")
    for window in (alice, other):
        window.sees("nothing is left here")
        assert window.page.get_by_text("王小明").count() == 0


def test_a_lost_tablet_shows_nothing_and_delivers_after_a_sign_in(
    alice: Hands, office: Office
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    works_without_a_network(alice, job_id)
    take_out(office, "lost")

    alice.finds_the_network()
    alice.sees("The office reported this tablet as lost")
    assert rows(alice, "base", "events", "drafts") == [0, 1, 0], "the work stays, sealed"
    assert office.sees_exceptions() == []

    alice.writes("Username", people.ALICE.username)
    alice.writes("Password", people.PASSWORD)
    alice.taps("Sign in", exact=True)
    for heading in ("Choose a PIN", "Enter the PIN once more"):
        alice.page.get_by_role("heading", name=heading).wait_for()
        alice.types_pin()
    alice.sees("nothing is left here")
    assert office.sees_exceptions() == ["device_revoked"]
    assert office.sees_job(job_id).state == "issued"


def test_a_locked_tablet_says_what_waits_and_is_emptied_once_it_was_opened(
    alice: Hands, office: Office
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    works_without_a_network(alice, job_id)
    alice.locks()
    alice.sees("Saved on this tablet: 1 entry. Open to send.")
    take_out(office, "collect")
    alice.finds_the_network()
    alice.sees("The office collects this tablet")
    assert rows(alice, "people", "events") == [1, 1], "without her nothing of hers can go out"

    alice.types_pin()
    alice.sees("nothing is left here")
    assert office.sees_exceptions() == ["device_revoked"], "what waited is with the office"


def test_a_locked_tablet_that_was_lost_is_cleared_without_its_pin(
    alice: Hands, office: Office
) -> None:
    office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.locks()
    alice.loses_the_network()
    take_out(office, "lost")
    alice.finds_the_network()
    alice.sees("The office reported this tablet as lost")
    assert rows(alice, "base", "events", "drafts") == [0, 0, 0]
    alice.page.reload()
    alice.sees("The office reported this tablet as lost")
