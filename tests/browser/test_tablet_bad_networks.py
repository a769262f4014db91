"""Bad networks and a closed door: a proxy that is too small, a browser killed while it sends, a sign-in that ended."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import people, pictures
from tests.browser.chromiums import kill_all_of, launched
from tests.browser.proxies import Proxy
from tests.browser.tablets import Hands, hands_with
from tests.office import Office

MIB = 1024 * 1024


@pytest.fixture
def large_photos(tmp_path: Path) -> list[Path]:
    """Pictures that stay larger than one piece of an upload, whatever the tablet makes of them."""
    files = [tmp_path / f"large-{number}.jpg" for number in range(3)]
    for file in files:
        file.write_bytes(pictures.noisy())
    return files


def test_a_proxy_that_takes_half_a_megabyte_gets_smaller_pieces(
    alice_behind: Hands, office: Office, proxy: Proxy, large_photos: list[Path]
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice = alice_behind
    alice.comes_to_work(people.ALICE, job_id)
    alice.assesses("Minor")
    alice.does_next("Take photo: Before")
    alice.picks_photo(large_photos[0])
    proxy.takes_at_most(MIB // 2)

    alice.finds_the_network()
    alice.sees("All with the office")
    [photo] = office.sees_photos(job_id)
    assert photo.state == "stored"
    assert photo.size > MIB
    assert proxy.refused == 1, "once is enough to learn it"
    assert max(piece.size for piece in proxy.sent) == MIB // 2
    assert sum(piece.size for piece in proxy.sent) == photo.size, "and nothing was sent twice"


@pytest.mark.skipif(os.name != "posix", reason="kills by process id")
def test_a_browser_killed_while_it_sends_goes_on_where_it_was(
    office: Office, chromium: Browser, proxy: Proxy, large_photos: list[Path], tmp_path: Path
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    profile = tmp_path / "profile"
    alice = hands_with(launched(chromium.browser_type, profile), proxy.address)
    alice.comes_to_work(people.ALICE, job_id)
    alice.assesses("Minor")
    for file in large_photos:
        alice.goes_to(f"job/{job_id}/camera/before")
        alice.picks_photo(file)
    proxy.sticks_in_piece(2)
    alice.finds_the_network()
    assert proxy.stuck.wait(15)
    first, cut = proxy.sent
    kill_all_of(profile)

    again = hands_with(launched(chromium.browser_type, profile), proxy.address)
    again.opens_the_app()
    again.unlocks()
    again.sees("All with the office")
    photos = office.sees_photos(job_id)
    assert [photo.state for photo in photos] == ["stored"] * 3
    sent_again = proxy.sent[2:]
    assert sent_again[0].offset >= first.size, "what had arrived stays there"
    whole = sum(photo.size for photo in photos)
    assert first.size + sum(piece.size for piece in sent_again) <= whole
    assert cut.offset <= sent_again[0].offset <= cut.offset + cut.size
    again.context.close()


def test_a_sign_in_that_has_ended_stops_nobody_and_loses_nothing(
    alice: Hands, office: Office
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.comes_to_work(people.ALICE, job_id)
    office.ends_sign_ins_of(people.ALICE)
    alice.finds_the_network()
    alice.sees("The office asks you to sign in again")
    alice.assesses("Minor")
    alice.does_next("Take photo: Before")
    alice.takes_photo()
    alice.page.reload()
    alice.unlocks()
    alice.sees("6 saved here")
    assert office.sees_job(job_id).state == "issued"

    alice.taps("Sign in", exact=True)
    alice.writes("Password", people.PASSWORD)
    alice.page.get_by_role("dialog").get_by_role("button", name="Sign in", exact=True).click()
    alice.sees("All with the office")
    assert office.sees_job(job_id).state == "on_site"
    assert [photo.state for photo in office.sees_photos(job_id)] == ["stored"]
