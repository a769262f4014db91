"""A tablet whose disk is full, breaks or loses its power, in the real browser: what it called saved is there."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests import people, pictures
from tests.browser.chromiums import kill_all_of, launched, promise
from tests.browser.tablets import Hands, hands_with
from tests.faults import shim
from tests.faults.shim import NUMBERS, Faults
from tests.live import LiveServer
from tests.office import Office

MB = 1024 * 1024
SMALL_DISK = 24 * MB  # a browser gives six tenths of it to an app
HELD_BACK = 5  # pieces, of which the last is not for photos


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    reason = shim.why_not()
    if reason:
        assert sys.platform != "linux", f"{reason} python3 dev.py test installs it."
        pytest.skip(f"NOT RUN: {reason}")
    return shim.build(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def disk(library: Path, tmp_path: Path) -> Faults:
    """What the browser's profile lies on."""
    below = tmp_path / "disk"
    below.mkdir()
    return Faults(library, tmp_path / "faults", below)


@pytest.fixture
def starts(
    chromium: Browser, live_server: LiveServer, disk: Faults, tmp_path: Path
) -> Iterator[Callable[[], Hands]]:
    """Starts Alice's browser over the disk; one that runs is killed."""
    profile = tmp_path / "disk" / "profile"
    promise(profile, live_server.address)
    started: list[BrowserContext] = []

    def start() -> Hands:
        kill_all_of(profile)
        started.append(launched(chromium.browser_type, profile, **disk.environment))
        return hands_with(started[-1], live_server.address)

    yield start
    kill_all_of(profile)


def test_a_full_tablet_takes_no_photo_and_every_entry(
    starts: Callable[[], Hands], disk: Faults, office: Office, tmp_path: Path
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    disk.shrink(SMALL_DISK)
    alice = starts()
    alice.comes_to_work(people.ALICE, job_id)
    alice.assesses("Minor")
    waits_for_pieces(alice, HELD_BACK)

    photos = takes_photos_until_full(alice, job_id, tmp_path)
    assert photos >= HELD_BACK - 1, "what is held back is for photos, too, but for the last"
    alice.goes_to(f"job/{job_id}/checklist")
    alice.sees("This tablet is getting full")
    alice.page.evaluate(TAKE_THE_REST)

    alice = starts()
    alice.loses_the_network()
    alice.opens_the_app(f"#/job/{job_id}/checklist")
    alice.unlocks()
    assert pieces(alice) == 1
    alice.goes_to(f"job/{job_id}/checklist")
    for answers in range(1, 21):  # the rest of a kilobyte may take some
        alice.chooses("Yes" if answers % 2 else "No")
        alice.sees(f"{4 + 2 * photos + answers} saved here")
        if pieces(alice) == 0:
            break
    assert pieces(alice) == 0, "given up for her answers"
    alice.goes_to(f"job/{job_id}/signing")
    alice.taps("Hand over for the receipt")
    alice.signs("王小明")
    alice.takes_the_tablet_back()
    alice.goes_to(f"job/{job_id}/finish")
    alice.chooses("Incomplete")
    alice.chooses("customer absent")
    alice.taps("Finish the visit")
    alice.sees("It goes to the office by itself")
    alice.finds_the_network()
    alice.sees("All with the office")
    assert office.sees_job(job_id).received == "complete"
    assert len(office.sees_photos(job_id)) == photos
    assert office.sees_exceptions() == []

    disk.shrink(4 * SMALL_DISK)  # somebody has cleared up
    alice = starts()
    alice.opens_the_app()
    alice.unlocks()
    waits_for_pieces(alice, HELD_BACK)
    assert alice.page.get_by_text("This tablet is getting full").count() == 0


def takes_photos_until_full(alice: Hands, job_id: str, folder: Path) -> int:
    """How many were saved before the app said that no more will do."""
    file = folder / "large.jpg"
    full = alice.page.get_by_text("This tablet is too full for photos")
    kept = alice.page.get_by_role("region", name="Photos")
    for taken in range(2 * HELD_BACK):
        file.write_bytes(pictures.noisy())
        alice.goes_to(f"job/{job_id}/camera/before")
        alice.opens_the_gallery().set_input_files(file)
        kept.or_(full).first.wait_for()
        if full.is_visible():
            alice.sees("no_room_for_photo")
            alice.taps("Understood")
            return taken
    raise AssertionError("the disk is never full")


def pieces(alice: Hands) -> int:
    """Of what the app holds back for the time when nothing fits any more."""
    found: int = alice.page.evaluate(PIECES)
    return found


def waits_for_pieces(alice: Hands, count: int) -> None:
    alice.page.wait_for_function(f"async (count) => (await ({PIECES})()) === count", arg=count)


# Other things of the same address, until not a kilobyte more finds room.
TAKE_THE_REST = """async () => {
    const cache = await caches.open("other");
    for (let size = 2 ** 20, number = 0; size >= 2 ** 10; number++) {
        const put = cache.put(`/other/${number}`, new Response(new Uint8Array(size)));
        await put.catch(() => (size /= 2));
    }
}"""
PIECES = 'async () => (await (await caches.open("reserve")).keys()).length'


def test_a_disk_that_takes_nothing_more_is_told_and_all_can_be_read(
    starts: Callable[[], Hands], disk: Faults, office: Office
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice = starts()
    alice.comes_to_work(people.ALICE, job_id)
    alice.assesses("Minor")
    alice.sees("4 saved here")
    yes = alice.page.get_by_role("radio", name="Yes", exact=True)
    with disk.fail("change", NUMBERS["EIO"], 1, for_good=True):
        alice.goes_to(f"job/{job_id}/checklist")
        yes.click(force=True)
        alice.sees("store_broken")
        alice.taps("Understood")
        alice.goes_to(f"job/{job_id}")
        alice.sees("4 saved here")
        assert alice.opens_stage("Assessment").get_by_text("Minor").first.is_visible()
        assert disk.struck > 0

    alice.goes_to(f"job/{job_id}/checklist")
    alice.chooses("Yes")  # it is chosen already where the disk came back in time
    alice.sees("5 saved here")
    alice.finds_the_network()
    alice.sees("All with the office")
    assert office.sees_job(job_id).state == "on_site"


def test_a_browser_that_throws_all_away_is_not_taken_for_a_new_tablet(
    alice: Hands, office: Office
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.comes_to_work(people.ALICE, job_id)
    alice.assesses("Minor")
    browser = alice.context.new_cdp_session(alice.page)
    kinds = "indexeddb,cache_storage"
    browser.send("Storage.clearDataForOrigin", {"origin": alice.address, "storageTypes": kinds})
    alice.goes_to(f"job/{job_id}/camera/before")
    alice.sees("The browser has emptied this app")

    alice.finds_the_network()
    alice.page.reload()
    alice.sees("The browser has emptied this app")
    alice.signs_in(people.ALICE)
    alice.opens_job(job_id)
    alice.does_next("Accept the job")
    alice.button("Set out").wait_for()
    alice.sees("All with the office")
    assert office.sees_job(job_id).state == "accepted"


def test_a_cache_that_a_power_cut_has_spoilt_is_in_nobodys_way_and_is_made_anew(
    chromium: Browser, live_server: LiveServer, office: Office, tmp_path: Path
) -> None:
    """Browsers flush what they keep in IndexedDB, and not what they keep in their cache."""
    job_id = office.issues_a_job(people.ALICE)
    profile = tmp_path / "profile"
    alice = hands_with(launched(chromium.browser_type, profile), live_server.address)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    waits_for_pieces(alice, HELD_BACK)
    alice.page.wait_for_function("() => navigator.serviceWorker.ready")
    kill_all_of(profile)
    spoilt = [each for each in profile.glob(CACHED) if each.is_file()]
    for each in spoilt:
        os.truncate(each, 0)
    assert spoilt

    alice = hands_with(launched(chromium.browser_type, profile), live_server.address)
    alice.opens_the_app()
    alice.unlocks()
    alice.opens_job(job_id)
    alice.does_next("Accept the job")
    alice.button("Set out").wait_for()
    waits_for_pieces(alice, HELD_BACK)
    alice.page.wait_for_function(IS_READY_TO_LEAVE)
    alice.loses_the_network()
    alice.reloads()
    alice.unlocks()
    kill_all_of(profile)


def test_what_is_saved_after_a_power_cut_is_there_at_the_start_after_it(
    chromium: Browser, live_server: LiveServer, office: Office, tmp_path: Path
) -> None:
    """The browser's journal ends in bytes that never reached the disk, and it goes on behind them."""
    job_id = office.issues_a_job(people.ALICE)
    profile = tmp_path / "profile"
    promise(profile, live_server.address)
    alice = hands_with(launched(chromium.browser_type, profile), live_server.address)
    alice.comes_to_work(people.ALICE, job_id)
    alice.assesses("Minor")
    alice.sees("4 saved here")
    alice.page.wait_for_function(IS_READY_TO_LEAVE)
    kill_all_of(profile)
    journal = max(profile.glob(JOURNALS))
    with journal.open("ab") as torn:
        torn.write(bytes(86))

    for answer, saved in (("Yes", 5), ("No", 6)):
        alice = hands_with(launched(chromium.browser_type, profile), live_server.address)
        alice.loses_the_network()
        alice.opens_the_app(f"#/job/{job_id}/checklist")
        alice.unlocks()
        alice.sees(f"{saved - 1} saved here")
        alice.goes_to(f"job/{job_id}/checklist")
        alice.chooses(answer)
        alice.sees(f"{saved} saved here")
        kill_all_of(profile)


JOURNALS = "Default/IndexedDB/*.indexeddb.leveldb/*.log"
CACHED = "Default/Service Worker/CacheStorage/*/*/**/*"
IS_READY_TO_LEAVE = 'async () => Boolean(await caches.match("/tablet/index.html"))'
