"""What goes wrong on a tablet, in the real browser against the real server: nothing that was saved is lost."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Route

from tests import people
from tests.browser.chromiums import kill_all_of, launched
from tests.browser.tablets import Hands, hands_with
from tests.live import LiveServer
from tests.office import Office


def test_the_server_is_gone_and_the_app_starts_all_the_same(
    alice: Hands, office: Office, live_server: LiveServer, app: Flask, tmp_path: Path
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    live_server.kill()

    alice.opens_the_app(f"#/job/{job_id}")
    alice.page.reload()
    alice.page.get_by_role("group", name="Enter your PIN").wait_for()
    alice.types_pin()
    alice.does_next("Accept the job")
    alice.sees("1 saved here")

    config = app.extensions["doorstep"].config
    with LiveServer(config, tmp_path / "again.log", PORT=str(live_server.port)):
        alice.goes_to("status")
        alice.taps("Send now")
        alice.sees("All with the office")
        assert office.sees_job(job_id).state == "accepted"


def test_a_job_that_was_cancelled_meanwhile_keeps_what_was_done(
    alice: Hands, office: Office, works_off: Callable[[], object]
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.comes_to_work(people.ALICE, job_id)
    alice.assesses("Major")
    office.cancels(job_id)

    alice.finds_the_network()
    alice.sees("All with the office")
    alice.sees("The office cancelled this job")
    assert office.sees_exceptions() == ["work_on_cancelled"]


def test_a_job_that_was_given_away_meanwhile_goes_once_all_is_sent(
    alice: Hands, office: Office
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.comes_to_work(people.ALICE, job_id)
    office.reassigns(job_id, people.LENA)

    alice.finds_the_network()
    alice.sees("All with the office")
    alice.goes_to("")
    alice.sees("No jobs yet")
    assert office.sees_exceptions() == ["work_on_reassigned"]


def test_a_wifi_sign_in_page_is_not_the_office(alice: Hands, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)

    def portal(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body="<h1>Hotel Wi-Fi</h1>")

    alice.context.route("**/sync/**", portal)
    alice.opens_job(job_id)
    alice.does_next("Accept the job")
    alice.goes_to("status")
    alice.taps("Send now")
    alice.sees("1 saved here")
    assert office.sees_job(job_id).state == "issued"

    alice.context.unroute("**/sync/**", portal)
    alice.taps("Send now")
    alice.sees("All with the office")
    assert office.sees_job(job_id).state == "accepted"


def test_signing_out_with_waiting_work_says_so_and_keeps_it(alice: Hands, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.comes_to_work(people.ALICE, job_id)
    alice.goes_to("account")
    alice.taps("Sign out", exact=True)
    alice.sees("3 entries and 0 files")
    alice.taps("Sign out all the same")

    alice.finds_the_network()
    alice.writes("Username", people.ALICE.username)
    alice.writes("Password", people.PASSWORD)
    alice.taps("Sign in", exact=True)
    for _ in ("chosen", "repeated"):
        alice.page.get_by_role("group").get_by_role("button", name="1", exact=True).wait_for()
        alice.types_pin("135790")
    alice.sees("All with the office")
    assert office.sees_job(job_id).state == "on_site"


def test_carol_on_the_same_tablet_sees_nothing_of_alices_work(alice: Hands, office: Office) -> None:
    hers, carols = office.issues_a_job(people.ALICE), office.issues_a_job(people.CAROL)
    alice.comes_to_work(people.ALICE, hers)
    alice.locks()
    alice.finds_the_network()
    alice.taps("Sign in as somebody else")
    alice.signs_in(people.CAROL)
    alice.page.locator(f"a[href*='{carols}']").wait_for()
    assert alice.page.locator(f"a[href*='{hers}']").count() == 0
    alice.sees("All with the office")
    assert office.sees_job(hers).state == "issued", "Alice's work waits for Alice"


def test_three_tabs_at_once_lose_nothing(alice: Hands, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.opens_job(job_id)
    second, third = (hands_with(alice.context, alice.address) for _ in range(2))
    for tab in (second, third):
        tab.opens_the_app()
        tab.unlocks()
        tab.opens_job(job_id)
    alice.does_next("Accept the job")
    second.does_next("Set out")
    third.does_next("I have arrived")
    alice.sees("On site")
    alice.sees("All with the office")
    assert office.sees_job(job_id).state == "on_site"
    assert office.sees_exceptions() == []


@pytest.mark.skipif(os.name != "posix", reason="kills by process id")
def test_a_browser_that_was_killed_has_kept_what_it_called_saved(
    office: Office, live_server: LiveServer, chromium: Browser, tmp_path: Path
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    profile = tmp_path / "profile"
    alice = hands_with(launched(chromium.browser_type, profile), live_server.address)
    alice.comes_to_work(people.ALICE, job_id)
    alice.assesses("Minor")
    alice.does_next("Take photo: Before")
    alice.takes_photo()
    alice.sees("6 saved here")
    kill_all_of(profile)

    again = hands_with(launched(chromium.browser_type, profile), live_server.address)
    again.opens_the_app()
    again.unlocks()
    again.sees("All with the office")
    assert [photo.state for photo in office.sees_photos(job_id)] == ["stored"]
    assert office.sees_job(job_id).state == "on_site"
    again.context.close()
