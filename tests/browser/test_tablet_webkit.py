"""Alice's day once more, in the engine of Safari: WebKitGTK, against the real server.

The network is cut for real, by a proxy: this engine has no switch for it. The camera is the engine's own imitation
of one, whose pictures look alike; what a lens, a lamp and a permission do on an iPad is not seen here.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests import people, pictures
from tests.browser.days import completes_the_job, finds_a_part_missing
from tests.browser.proxies import Proxy
from tests.browser.webkits import Hands, webkit
from tests.office import Office

# Safari itself listens to WebDriver only after somebody allowed it by hand, and imitates no camera.
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="WebKitGTK exists on Linux only")

UPRIGHT = (900, 1200)
LIES_ON_ITS_SIDE = 6  # the EXIF orientation of a phone that is held upright


@pytest.fixture
def alice(proxy: Proxy, tmp_path: Path) -> Iterator[Hands]:
    """Her iPad, as near as Debian comes to one. The test fails when a script on it does."""
    with webkit(tmp_path) as browser:
        hands = Hands(browser, proxy)
        yield hands
        assert hands.failures() == ""


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """A photo of a phone, upright only by what is written beside its pixels."""
    file = tmp_path / "snapshot.jpg"
    file.write_bytes(pictures.jpeg(size=UPRIGHT, orientation=LIES_ON_ITS_SIDE))
    return file


def test_a_day_without_a_network_closes_one_ticket_and_opens_a_revisit(
    alice: Hands, snapshot: Path, office: Office, works_off: Callable[[], object]
) -> None:
    closing, staying = office.opens_a_ticket(), office.opens_a_ticket()
    first = office.issues_a_job(people.ALICE, closing)
    later = {
        "window_start": office.at() + timedelta(hours=4),
        "window_end": office.at() + timedelta(hours=6),
    }
    second = office.issues_a_job(people.ALICE, staying, **later)
    alice.opens_the_app()
    alice.signs_in(people.ALICE)
    assert "A new version" not in alice.words(), "what was opened a moment ago is the newest"
    alice.loses_the_network()

    completes_the_job(alice, first)
    alice.goes_to(f"job/{second}/camera/after")
    alice.picks_photo(snapshot)
    alice.goes_to("")
    finds_a_part_missing(alice, second)
    assert office.sees_job(first).state == "issued", "nothing has gone out yet"

    alice.reloads()
    alice.unlocks()
    alice.sees("It goes to the office by itself")  # where she was, without a network
    alice.finds_the_network()
    alice.goes_to("status")
    alice.taps("Send now")
    alice.sees("All with the office")
    works_off()

    done, open_ = office.sees_job(first), office.sees_job(second)
    assert (done.state, done.outcome, done.received) == ("finished", "completed", "complete")
    assert (open_.state, open_.outcome, open_.received) == ("finished", "incomplete", "complete")
    assert [photo.state for photo in office.sees_photos(first)] == ["checked", "checked"]
    [picked] = [photo for photo in office.sees_photos(second) if photo.source == "gallery"]
    assert (picked.width, picked.height) == UPRIGHT
    office.gives_verdict(first, "accept")
    assert office.sees_ticket_of(first).state == "closed"
    assert office.sees_revisits(staying) == [("part_missing", "due")]
    waits = set(office.still_waits_for(staying)) - {"exception"}  # this camera's pictures are alike
    assert waits == {"job_incomplete", "revisit", "part"}

    office.issues_the_revisit(staying, people.ALICE)
    alice.taps("Send now")
    alice.goes_to("")
    alice.sees("Second visit: part missing")
    alice.sees("Accepted by the office")
    assert set(office.sees_exceptions()) <= {"photo_seen_before"}
