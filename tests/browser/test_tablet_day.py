"""Alice's day with the tablet app, in a real browser against the real server: out, offline, and back."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from server.worker import run_once
from tests import people
from tests.browser.tablets import Hands, hands_on
from tests.conftest import HandClock
from tests.live import LiveServer
from tests.office import Office


@pytest.fixture
def office(app: Flask, clock: HandClock) -> Office:
    return Office(app, clock)


@pytest.fixture
def works_off(app: Flask) -> Callable[[], object]:
    """The worker does all that is due."""
    return lambda: run_once(app.extensions["doorstep"])


@pytest.fixture
def alice(chromium: Browser, live_server: LiveServer) -> Iterator[Hands]:
    """Her tablet; the test fails when a script on it does."""
    hands = hands_on(chromium, live_server.address)
    failures: list[str] = []
    hands.page.on("pageerror", lambda error: failures.append(str(error)))
    yield hands
    hands.context.close()
    assert failures == []


def test_a_visit_without_a_network_goes_out_by_itself(
    alice: Hands, office: Office, clock: HandClock, works_off: Callable[[], object]
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.opens_job(job_id)
    alice.loses_the_network()

    alice.does_next("Accept the job")
    alice.does_next("Set out")
    alice.does_next("I have arrived")
    alice.does_next("Assess the fault")
    alice.chooses("Minor")
    alice.taps("Save the assessment")
    alice.does_next("Take photo: Before")
    alice.takes_photo()
    alice.does_next("Checklist: Is it level?")
    alice.chooses("Yes")
    alice.does_next("Take photo: After")
    alice.takes_photo()
    alice.does_next("Hand over for the receipt")
    alice.signs("王小明")
    alice.takes_the_tablet_back()
    alice.does_next("Finish the visit")
    alice.chooses("Completed")
    alice.taps("Finish the visit")
    alice.sees("It goes to the office by itself")
    assert office.sees_job(job_id).state == "issued", "nothing has gone out yet"

    alice.page.reload()
    alice.unlocks()
    alice.finds_the_network()
    alice.sees("All with the office")
    clock.go_on(minutes=5)
    works_off()

    job = office.sees_job(job_id)
    assert (job.state, job.outcome, job.received) == ("finished", "completed", "complete")
    assert [photo.state for photo in office.sees_photos(job_id)] == ["checked", "checked"]


def test_a_signed_receipt_that_is_opened_again_can_only_be_read(
    alice: Hands, office: Office
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.opens_job(job_id)
    alice.does_next("Accept the job")
    alice.goes_to(f"job/{job_id}/signing")
    alice.taps("Hand over for the receipt")
    alice.signs("王小明")
    code = alice.page.locator(".receipt-code").inner_text()
    alice.takes_the_tablet_back()
    alice.sees("All with the office")

    alice.goes_to(f"job/{job_id}/signing")
    alice.taps("Show the signed receipt")
    alice.sees("王小明 已签字,现在只能查看。")
    assert alice.page.locator(".receipt-code").inner_text() == code
    alice.page.get_by_role("img", name="您的签字").wait_for()
    assert alice.page.locator("main").locator("input, textarea, canvas, button").count() == 0
    alice.taps("交还师傅")
    alice.takes_the_tablet_back()
    alice.sees("All with the office")
