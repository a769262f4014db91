"""A bad network: whatever is lost, cut or answered by somebody else, all arrives, and once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from field_client import Answer
from server.db.events import FieldEvent
from server.db.parts import Movement
from server.db.people import Device, SignIn
from server.db.photos import Blob, Photo
from tests import pictures
from tests.conftest import HandClock
from tests.office import Office
from tests.people import ALICE, PASSWORD
from tests.sync.conftest import Tablet

MakeTablet = Callable[..., Tablet]
Load = Callable[..., Any]

CALLS = [
    "/sync/v1/hello",
    "/sync/v1/push",
    "/sync/v1/pull",
    "/sync/v1/media/check",
    "POST /sync/v1/media/uploads",
]


@pytest.fixture
def at_work(tablet: MakeTablet, office: Office, tmp_path: Path) -> tuple[Tablet, str]:
    """Alice has done a job without a network: four events and a photo wait."""
    job_id = office.issues_a_job(ALICE)
    alice = tablet(ALICE)
    alice.sync()
    picture = tmp_path / "after.jpg"
    picture.write_bytes(pictures.jpeg("kitchen_after"))
    alice.arrive(job_id)
    alice.photo(job_id, "after", picture)
    alice.part(job_id, "HINGE-110", 2)
    alice.finish(job_id, anyway=True)
    return alice, job_id


def all_is_there_once(office: Office, load: Load, job_id: str) -> None:
    job = office.sees_job(job_id)
    assert (job.state, job.received) == ("finished", "complete")
    count = [
        load(lambda s, table=table: s.scalar(select(func.count()).select_from(table)))
        for table in (FieldEvent, Photo, Movement, Blob)
    ]
    assert count == [4, 1, 1, 1]


def syncs_until_done(alice: Tablet) -> None:
    for _ in range(6):
        if alice.sync().is_done:
            return
    raise AssertionError(alice.sync())


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("trouble", ["loses_request", "loses_answer"])
def test_what_is_lost_is_sent_again(
    at_work: tuple[Tablet, str], office: Office, load: Load, call: str, trouble: str
) -> None:
    alice, job_id = at_work
    getattr(alice.network, trouble)(call)
    syncs_until_done(alice)
    all_is_there_once(office, load, job_id)


@pytest.mark.parametrize("call", ["/sync/v1/push", "POST /sync/v1/media/uploads"])
@pytest.mark.parametrize("after", [0, 400])
def test_a_body_that_is_cut_never_looks_whole(
    at_work: tuple[Tablet, str], office: Office, load: Load, call: str, after: int
) -> None:
    alice, job_id = at_work
    alice.network.cuts(call, after)
    alice.sync()
    syncs_until_done(alice)
    all_is_there_once(office, load, job_id)


@pytest.mark.parametrize("call", [*CALLS[:2], *CALLS[3:], "PATCH /sync/v1/media/uploads"])
def test_a_body_that_a_proxy_cuts_is_sent_again_and_nobody_is_blamed(
    at_work: tuple[Tablet, str], office: Office, load: Load, call: str
) -> None:
    """The server says `body_cut`: the events in it are sound and must not end in quarantine."""
    alice, job_id = at_work
    alice.network.shortens(call, 100)
    if call.startswith("PATCH"):  # what is small comes with its creation, unless that was cut
        alice.network.shortens("POST /sync/v1/media/uploads", 100)
    alice.sync()
    syncs_until_done(alice)
    all_is_there_once(office, load, job_id)
    assert "event_quarantined" not in office.sees_exceptions()


PORTAL = Answer(200, {"content-type": "text/html"}, b"<html>Welcome to the hotel</html>")
LIAR = Answer(200, {"content-type": "application/json"}, b'{"results": []}')
EMPTY = Answer(200, {"sync-server": "doorstep/1"}, b"{}")
STRANGE = Answer(200, {"sync-server": "doorstep/1"}, b'{"results": "all fine", "changes": 7}')
MOVED = Answer(302, {"location": "https://portal.example"}, b"")
GATEWAY = Answer(502, {"content-type": "text/html"}, b"<html>Bad gateway</html>")
BUSY = Answer(503, {"retry-after": "3"}, b"")
NEVER = Answer(503, {"content-type": "application/json"}, b'{"retry_after_s": Infinity}')
LATER = Answer(429, {"retry-after": "9" * 400}, b"")


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_of_somebody_else_is_none(
    at_work: tuple[Tablet, str], office: Office, load: Load, call: str
) -> None:
    alice, job_id = at_work
    for answer in (PORTAL, LIAR, EMPTY, STRANGE, MOVED, GATEWAY, BUSY, NEVER, LATER):
        alice.network.says_instead(call, answer)
        alice.sync(patience_s=0)
    syncs_until_done(alice)
    all_is_there_once(office, load, job_id)


def test_a_portal_before_everything_keeps_everything(
    at_work: tuple[Tablet, str], office: Office, load: Load
) -> None:
    alice, job_id = at_work
    for _ in range(20):
        alice.network.says_instead("/", PORTAL)
    for _ in range(20):
        report = alice.sync(patience_s=0)
        assert (report.waiting_events, report.waiting_files) == (4, 1)
    syncs_until_done(alice)
    all_is_there_once(office, load, job_id)


def test_a_proxy_that_takes_only_little_at_once(
    at_work: tuple[Tablet, str], office: Office, load: Load
) -> None:
    alice, job_id = at_work
    for _ in range(2):
        alice.network.says_instead("/sync/v1/push", Answer(413, {}, b"too large"))
    syncs_until_done(alice)
    all_is_there_once(office, load, job_id)


# Tokens.


def test_a_token_that_has_run_out_is_renewed_in_the_middle(
    at_work: tuple[Tablet, str], office: Office, load: Load, clock: HandClock
) -> None:
    alice, job_id = at_work
    clock.go_on(hours=9)
    alice.network.asked.clear()
    assert alice.sync().is_done
    assert sum("auth/refresh" in line for line in alice.network.asked) == 1
    all_is_there_once(office, load, job_id)


@pytest.mark.parametrize("trouble", ["loses_request", "loses_answer"])
@pytest.mark.parametrize("hours", [0, 72])
def test_a_lost_renewal_signs_nobody_out(
    at_work: tuple[Tablet, str],
    office: Office,
    load: Load,
    clock: HandClock,
    trouble: str,
    hours: int,
) -> None:
    alice, job_id = at_work
    clock.go_on(hours=9)
    getattr(alice.network, trouble)("auth/refresh")
    alice.sync(patience_s=0)
    clock.go_on(hours=hours)
    syncs_until_done(alice)
    all_is_there_once(office, load, job_id)
    links = load(lambda s: s.scalar(select(func.count()).select_from(SignIn)))
    assert links <= 5


def test_a_sign_in_that_has_ended_keeps_the_work_until_the_next(
    at_work: tuple[Tablet, str], office: Office, load: Load, clock: HandClock
) -> None:
    alice, job_id = at_work
    clock.go_on(days=100)
    report = alice.sync()
    assert type(report.problem).__name__ == "SignInNeeded"
    assert report.waiting_events == 4
    alice.login(ALICE.username, PASSWORD)
    syncs_until_done(alice)
    all_is_there_once(office, load, job_id)


def test_a_quarter_of_everything_is_lost(
    at_work: tuple[Tablet, str], office: Office, load: Load
) -> None:
    """Every fourth request or answer is lost, for as long as it takes."""
    alice, job_id = at_work
    for number in range(12):
        spoil = alice.network.loses_request if number % 2 else alice.network.loses_answer
        spoil("/")
        alice.sync(patience_s=0)
    syncs_until_done(alice)
    all_is_there_once(office, load, job_id)


def test_the_office_sees_how_much_waits(at_work: tuple[Tablet, str], load: Load) -> None:
    alice, _job_id = at_work
    alice.network.loses_request("/sync/v1/push")
    alice.sync(patience_s=0)
    device_id = alice.store.installation["device_id"]
    outbox = load(lambda s: s.get(Device, device_id).report["outbox"])
    assert (outbox["events"], outbox["blobs"]) == (4, 1)
