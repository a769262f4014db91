"""A real tablet and the real server, with a network between them that does what networks do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from field_client import Companion, blobs, errors
from field_client import people as people_of
from field_client.pull import Pull
from field_client.transport import Answer
from server.actions import jobs, settings, sign_ins, tickets
from server.db import feed
from server.db.events import FieldEvent
from server.db.jobs import Job, current_visit
from server.db.people import Chain, Device, Person
from server.db.photos import Blob
from server.domain import settings as setting_rules
from tests import make, people, pictures
from tests.conftest import HandClock
from tests.field_client import device
from tests.field_client.network import Network

LOGIN = (people.ALICE.username, people.PASSWORD, "https://office.example")


class Office:
    """What the office does to a job, and how it looks at what came in."""

    def __init__(self, app: Flask) -> None:
        self.house = app.extensions["doorstep"]

    def issues(self, **changes: Any) -> str:
        customer = make.make_customer()
        site = make.make_site(customer)
        ticket = make.make_ticket(customer, site)
        job, visit = make.make_job(ticket, site, **changes)

        def write(session: Any) -> str:
            for row in (customer, site, ticket, job, visit):
                session.add(row)
                session.flush()
            feed.touch_sheet(session, job.id)
            return str(job.id)

        return str(self.house.database.write(write))

    def job(self, job_id: str) -> Any:
        def read(session: Any) -> dict[str, Any]:
            job = session.get_one(Job, job_id)
            visit = current_visit(session, job).content
            return {"state": job.state, "received": job.received, "visit": visit}

        return self.house.database.read(read)

    def events(self) -> list[tuple[str, str]]:
        def read(session: Any) -> list[tuple[str, str]]:
            rows = session.query(FieldEvent).order_by(FieldEvent.received_at, FieldEvent.seq)
            return [(row.kind, row.status) for row in rows]

        return list(self.house.database.read(read))

    def ends_sign_ins(self, person_id: str) -> None:
        def write(session: Any) -> None:
            for chain in session.query(Chain).filter_by(person_id=person_id):
                sign_ins.end(session, chain, "signed_out", person_id, self.house.clock())

        self.house.database.write(write)

    def changes(self, table: Any, key: str, **values: Any) -> None:
        """Writes columns of a row, as nobody may through the front door."""

        def write(session: Any) -> None:
            row = session.get_one(table, key)
            for name, value in values.items():
                setattr(row, name, value)

        self.house.database.write(write)

    def files(self) -> set[str]:
        return {row for (row,) in self.house.database.read(lambda s: s.query(Blob.sha256).all())}


@pytest.fixture
def clock() -> HandClock:
    """Now: tokens are judged by the machine's own clock."""
    clock = HandClock()
    clock.now = datetime.now(UTC).replace(microsecond=0)
    return clock


@pytest.fixture
def office(app: Flask) -> Office:
    return Office(app)


@pytest.fixture
def network(app: Flask) -> Network:
    return Network(app)


@pytest.fixture
def new_tablet(
    network: Network, tmp_path: Path, clock: HandClock
) -> Iterator[Callable[..., Companion]]:
    opened: list[Companion] = []

    def make_one(name: str = "tablet", transport: Any = network) -> Companion:
        still = device.StillClock(clock.now, seed=len(opened))
        opened.append(Companion(tmp_path / name, transport=transport, clock=still))
        return opened[-1]

    yield make_one
    for each in opened:
        each.close()


@pytest.fixture
def tablet(new_tablet: Callable[..., Companion]) -> Companion:
    companion = new_tablet()
    companion.login(*LOGIN)
    return companion


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "shot.jpg"
    file.write_bytes(pictures.jpeg(size=(1600, 1200)))
    return file


def visit(tablet: Companion, job_id: str, picture: Path) -> None:
    """A whole visit, as somebody on site does it."""
    tablet.accept(job_id)
    tablet.travel(job_id)
    tablet.arrive(job_id)
    tablet.photo(job_id, "after", picture)
    tablet.note(job_id, "The wall is damp", "customer")
    tablet.sign(job_id, "李娜", stars=5, reservation="门还有点响")
    tablet.finish(job_id, anyway=True)


def test_it_works(tablet: Companion, office: Office, picture: Path) -> None:
    job_id = office.issues()
    tablet.sync()
    assert [job.job_id for job in tablet.jobs()] == [job_id]
    visit(tablet, job_id, picture)
    report = tablet.sync()
    assert report.problem is None
    assert report.is_done
    assert report.by_status == {"applied": 8}
    assert report.files == 2
    told = office.job(job_id)
    assert (told["state"], told["received"]) == ("finished", "complete")
    assert tablet.sync().changes >= 0
    shown = tablet.show(job_id)
    assert (shown.state, shown.sheet["received"]) == ("finished", "complete")
    assert [note["text"] for note in shown.visit["notes"]] == ["The wall is damp"]


def test_it_is_safe_to_repeat(tablet: Companion, office: Office, picture: Path) -> None:
    job_id = office.issues()
    tablet.sync()
    visit(tablet, job_id, picture)
    tablet.sync()
    before = office.events()
    tablet.outbox.offer_again()
    report = tablet.sync()
    assert report.is_done
    assert office.events() == before


def test_the_receipt_of_the_server_is_the_one_that_was_signed(
    tablet: Companion, office: Office, picture: Path
) -> None:
    job_id = office.issues()
    tablet.sync()
    visit(tablet, job_id, picture)
    tablet.sync()
    tablet.sync()
    receipt = tablet.show(job_id).sheet["receipt"]
    signed = [e for e in tablet.outbox.lane(job_id) if e["kind"] == "receipt.signed"]
    assert receipt["digest"] == signed[0]["data"]["receipt_digest"]
    assert receipt["state"] == "signed"


def test_a_lost_answer_is_made_good(
    tablet: Companion, office: Office, network: Network, picture: Path
) -> None:
    job_id = office.issues()
    tablet.sync()
    visit(tablet, job_id, picture)
    for lost in range(1, 14):
        network.loses_answers(lost)
        tablet.sync(patience_s=0)
    network.comes_back()
    report = tablet.sync()
    assert report.is_done
    assert sorted(office.events()) == sorted(
        (event["kind"], "applied") for event in tablet.outbox.lane(job_id)
    )
    assert office.job(job_id)["received"] == "complete"
    assert len(office.job(job_id)["visit"]["notes"]) == 1


def test_a_slow_network_is_waited_for(tablet: Companion, office: Office, network: Network) -> None:
    job_id = office.issues()
    tablet.sync()
    tablet.accept(job_id)
    calls = iter(range(100))

    def falters(method: str, path: str, body: bytes | None) -> Answer | None:
        if "push" in path and next(calls) < 2:
            return Answer(503, {"retry-after": "7"})
        return None

    network.answers_with(falters)
    assert tablet.sync(patience_s=60).is_done
    slept = tablet.clock.slept  # type: ignore[attr-defined]
    assert len(slept) == 2
    assert all(pause >= 7 for pause in slept)


def test_without_a_network_it_says_so_at_once(
    tablet: Companion, office: Office, network: Network
) -> None:
    job_id = office.issues()
    tablet.sync()
    tablet.accept(job_id)
    network.goes_away()
    report = tablet.sync(patience_s=600)
    assert isinstance(report.problem, errors.NetworkDown)
    assert report.waiting_events == 1
    assert tablet.clock.slept == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "portal",
    [
        Answer(200, {"content-type": "text/html"}, b"<html>Welcome to Coffee Wi-Fi</html>"),
        Answer(200, {"content-type": "application/json"}, b'{"results": [], "changes": []}'),
        Answer(200, {"sync-server": "doorstep/1"}, b"[]"),
        Answer(200, {"sync-server": "doorstep/1"}, b"{"),
        Answer(302, {"location": "http://login.wifi"}),
        Answer(204, {}),
        Answer(401, {"www-authenticate": "Basic"}, b"who are you"),
        Answer(403, {}, b"blocked"),
        Answer(410, {}, b'{"code": "cursor_gone"}'),
    ],
)
def test_a_captive_portal_is_no_network(
    tablet: Companion, office: Office, network: Network, portal: Answer
) -> None:
    job_id = office.issues()
    tablet.sync()
    tablet.accept(job_id)
    for only in ("/sync/v1/hello", "/sync/v1/push", "/sync/v1/pull"):
        network.answers_with(lambda m, path, b, only=only: portal if only in path else None)  # type: ignore[misc]
        report = tablet.sync(patience_s=0)
        assert isinstance(report.problem, errors.NetworkDown)
        assert tablet.show(job_id).job_id == job_id
    assert tablet.person["signed_in"]
    network.comes_back()
    assert tablet.sync().is_done


def test_one_event_that_nobody_can_read_holds_nothing_up(
    tablet: Companion, office: Office, network: Network
) -> None:
    job_id = office.issues()
    tablet.sync()
    for n in range(20):
        tablet.note(job_id, "poison" if n == 7 else f"note {n}")

    def chokes(method: str, path: str, body: bytes | None) -> Answer | None:
        import gzip

        text = gzip.decompress(body) if body and body[:2] == b"\x1f\x8b" else body or b""
        if path.endswith("/push") and b"poison" in text:
            return Answer(400, {"sync-server": "doorstep/1"}, b'{"code": "bad_envelope"}')
        return None

    network.answers_with(chokes)
    report = tablet.sync()
    assert report.is_done
    assert report.by_status["quarantined"] == 1
    assert len(office.job(job_id)["visit"]["notes"]) == 19


def test_a_proxy_that_takes_little_gets_little(
    tablet: Companion, office: Office, network: Network, picture: Path
) -> None:
    job_id = office.issues()
    tablet.sync()
    visit(tablet, job_id, picture)

    def narrow(method: str, path: str, body: bytes | None) -> Answer | None:
        too_large = body and len(body) > 40_000
        return Answer(413, {}, b"<html>413</html>") if too_large else None

    network.answers_with(narrow)
    report = tablet.sync()
    assert report.is_done
    assert office.job(job_id)["received"] == "complete"


def test_an_upload_goes_on_where_it_was_cut(
    tablet: Companion, office: Office, network: Network, picture: Path
) -> None:
    job_id = office.issues()
    tablet.sync()
    tablet.store.set_installation(hello=json.dumps({"limits": {"chunk_bytes": 50_000}}))
    tablet.photo(job_id, "after", picture)
    size = tablet.store.value("SELECT size FROM blob")
    patches = iter(range(1000))

    def cuts(method: str, path: str, body: bytes | None) -> Answer | None:
        if method == "PATCH" and next(patches) % 2:
            raise errors.NetworkDown(why="cut")
        if path.endswith("/hello"):
            return None
        return None

    from field_client import plan

    real = plan.Limits.of
    try:
        plan.Limits.of = classmethod(lambda cls, hello: cls(chunk_bytes=50_000))  # type: ignore[method-assign, assignment]
        network.answers_with(cuts)
        report = tablet.sync(patience_s=3_000)
    finally:
        plan.Limits.of = real  # type: ignore[method-assign]
    assert report.is_done
    assert report.bytes_sent == size
    assert len(office.files()) == 1


def test_a_damaged_copy_is_told_of(tablet: Companion, office: Office, picture: Path) -> None:
    job_id = office.issues()
    tablet.sync()
    _, shot = tablet.photo(job_id, "after", picture)
    file = blobs.path(tablet.store, shot.sha256)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    report = tablet.sync()
    assert report.is_done
    assert [kind for kind, _ in office.events()] == ["photo.taken", "photo.lost"]
    assert tablet.status()["photos"] == {"lost": 1}


def test_a_missing_copy_is_told_of(tablet: Companion, office: Office, picture: Path) -> None:
    job_id = office.issues()
    tablet.sync()
    visit(tablet, job_id, picture)
    for file in list(blobs.files(tablet.store)):
        file.unlink()
    report = tablet.sync()
    assert report.is_done
    assert [kind for kind, _ in office.events()][-2:] == ["note.added", "photo.lost"]


def test_tokens_that_ran_out_are_renewed(
    tablet: Companion, office: Office, network: Network
) -> None:
    job_id = office.issues()
    tablet.sync()
    tablet.accept(job_id)
    people_of.note(tablet.store, people.ALICE.id, access_token="run.out.token")
    assert tablet.sync().is_done
    assert network.count("POST", "/api/v1/auth/refresh") == 1


def test_a_lost_renewal_does_not_sign_anybody_out(
    tablet: Companion, office: Office, network: Network
) -> None:
    job_id = office.issues()
    tablet.sync()
    tablet.accept(job_id)
    for _ in range(3):
        people_of.note(tablet.store, people.ALICE.id, access_token="run.out.token")
        network.loses_answers(2)  # the refusal, and the renewal
        tablet.sync(patience_s=0)
        network.comes_back()
    assert tablet.sync().is_done


def test_a_sign_in_that_ended_asks_for_a_new_one_and_keeps_the_queue(
    tablet: Companion, office: Office
) -> None:
    job_id = office.issues()
    tablet.sync()
    tablet.accept(job_id)
    office.ends_sign_ins(people.ALICE.id)
    report = tablet.sync()
    assert isinstance(report.problem, errors.SignInNeeded)
    tablet.arrive(job_id)
    assert device.waiting(tablet) == ["job.accepted", "visit.arrived"]
    tablet.login(*LOGIN)
    assert tablet.sync().is_done


def test_a_wrong_password_changes_nothing(new_tablet: Callable[..., Companion]) -> None:
    companion = new_tablet()
    with pytest.raises(errors.WrongPassword):
        companion.login("alice", "guess", "https://office.example")
    with pytest.raises(errors.SignInNeeded):
        companion.jobs()


def test_a_copied_store_becomes_a_device_of_its_own(
    tablet: Companion, office: Office, tmp_path: Path, new_tablet: Callable[..., Companion]
) -> None:
    job_id = office.issues()
    tablet.sync()
    copy_store(tablet, tmp_path / "copy")
    copy = new_tablet("copy")
    tablet.accept(job_id)
    assert tablet.sync().is_done
    copy.note(job_id, "from the copy")
    copy.note(job_id, "and another")
    report = copy.sync()
    assert report.is_done
    assert copy.status()["device_id"] != tablet.status()["device_id"]
    assert {kind for kind, _ in office.events()} == {"job.accepted", "note.added"}
    assert len(office.events()) == 3


def copy_store(tablet: Companion, home: Path) -> None:
    home.mkdir()
    tablet.store.db.conn.execute("VACUUM INTO ?", [str(home / "store.sqlite3")])


def test_a_restored_server_is_offered_everything_again(
    tablet: Companion,
    office: Office,
    picture: Path,
    app: Flask,
    new_database: Callable[..., str],
    town: Path | str,
    tmp_path: Path,
) -> None:
    job_id = office.issues()
    tablet.sync()
    visit(tablet, job_id, picture)
    tablet.sync()
    with tablet.store.writing():
        tablet.store.execute("UPDATE person SET epoch = 'of another life'")
    before = office.events()
    report = tablet.sync()
    assert report.is_done
    assert sum(report.by_status.values()) == len(before)
    assert office.events() == before
    assert tablet.show(job_id).sheet["received"] == "complete"


def test_a_job_that_went_to_somebody_else_stays_until_its_work_is_sent(
    tablet: Companion, office: Office, app: Flask
) -> None:
    job_id = office.issues()
    tablet.sync()
    tablet.accept(job_id)
    device.pull(
        tablet,
        {"kind": "job", "id": job_id, "version": 99, "change": "remove", "reason": "reassigned"},
        epoch=tablet.person["epoch"] or tablet.store.value("SELECT epoch FROM person"),
        cursor=tablet.store.value("SELECT cursor FROM person"),
    )
    job = tablet.show(job_id)
    assert (job.standing, job.reason) == ("leaving", "reassigned")
    with pytest.raises(errors.JobReadOnly):
        tablet.arrive(job_id)
    assert tablet.sync().is_done
    with pytest.raises(errors.JobUnknown):
        tablet.show(job_id)
    assert office.events() == [("job.accepted", "applied")]


def test_what_is_received_for_long_enough_leaves_the_device(
    tablet: Companion, office: Office, picture: Path, clock: HandClock
) -> None:
    job_id = office.issues()
    tablet.sync()
    visit(tablet, job_id, picture)
    tablet.sync()
    tablet.sync()
    assert len(list(blobs.files(tablet.store))) == 2
    clock.go_on(days=13)
    tablet.sync()
    assert len(list(blobs.files(tablet.store))) == 2
    clock.go_on(days=2)
    tablet.sync()
    assert list(blobs.files(tablet.store)) == []
    assert tablet.show(job_id).visit["photos"]


def test_two_people_share_a_tablet(tablet: Companion, office: Office, picture: Path) -> None:
    job_id = office.issues()
    other = office.issues(assignee=people.LENA)
    tablet.sync()
    tablet.accept(job_id)
    tablet.login(people.LENA.username, people.PASSWORD)
    tablet.sync()
    tablet.photo(other, "after", picture)
    assert tablet.sync().is_done
    assert [kind for kind, _ in office.events()] == ["photo.taken"]
    tablet.login(*LOGIN)
    assert tablet.sync().is_done
    assert [status for _, status in office.events()] == ["applied", "applied"]


def test_signing_out_keeps_what_waits(tablet: Companion, office: Office) -> None:
    job_id = office.issues()
    tablet.sync()
    tablet.accept(job_id)
    assert tablet.logout()["events"] == 1
    with pytest.raises(errors.SignInNeeded):
        tablet.arrive(job_id)
    tablet.login(*LOGIN)
    assert device.waiting(tablet) == ["job.accepted"]
    assert tablet.sync().is_done


def test_the_clock_is_compared_with_the_server(
    tablet: Companion, office: Office, clock: HandClock
) -> None:
    job_id = office.issues()
    tablet.sync()
    clock.go_on(seconds=300)
    tablet.sync()
    event = tablet.accept(job_id)
    assert event is not None
    assert event["clock"]["offset_ms"] == 300_000
    assert tablet.status()["clock"]["is_suspect"]


def test_the_office_opens_the_black_box(
    tablet: Companion, office: Office, picture: Path, tmp_path: Path, app: Flask
) -> None:
    from server import black_box

    job_id = office.issues()
    tablet.sync()
    visit(tablet, job_id, picture)
    counts = tablet.export(tmp_path / "box")
    assert (counts["events"], counts["blobs"]) == (8, 2)
    secret = office.house.config.secret
    with (tmp_path / "box").open("rb") as file, black_box.open_box(file, secret) as box:
        assert [e["kind"] for e in box.events()[people.ALICE.id]] == device.waiting(tablet)
        assert {blobs.digest(content) for _, content in box.files()} == {n for n, _ in box.files()}
    assert picture.read_bytes()[:50] not in (tmp_path / "box").read_bytes()


@pytest.mark.parametrize(
    ("status", "result"), [("draining", "recorded"), ("revoked", "quarantined")]
)
def test_a_device_taken_out_of_service_still_delivers(
    tablet: Companion, office: Office, picture: Path, status: str, result: str
) -> None:
    job_id = office.issues()
    tablet.sync()
    tablet.accept(job_id)
    tablet.photo(job_id, "after", picture)
    office.changes(Device, tablet.status()["device_id"], status=status)
    report = tablet.sync()
    assert report.is_done
    assert report.notices == ["device_revoked"]
    assert report.by_status == {result: 2}
    assert len(office.files()) == 1
    assert tablet.show(job_id).job_id == job_id


def test_a_cursor_that_is_too_old_brings_a_snapshot_and_no_ghosts(
    tablet: Companion, office: Office
) -> None:
    kept, ghost, busy = office.issues(), office.issues(), office.issues()
    tablet.sync()
    tablet.accept(busy)
    with tablet.store.writing():
        tablet.store.execute("UPDATE person SET cursor = 'of-no-use'")
        tablet.store.execute("UPDATE base SET id = 'J-ghost' WHERE id = ?", [ghost])
    report = tablet.sync()
    assert report.is_done
    assert {job.job_id for job in tablet.jobs()} == {kept, ghost, busy}


def test_unsent_work_outlives_a_snapshot_that_does_not_name_its_job(
    tablet: Companion, office: Office, network: Network
) -> None:
    job_id = office.issues()
    tablet.sync()
    tablet.accept(job_id)
    with tablet.store.writing():
        tablet.store.execute("UPDATE person SET cursor = NULL")

    talk = tablet._talk(people.ALICE.id)
    epoch = tablet.store.value("SELECT epoch FROM person")
    page = {"epoch": epoch, "changes": [], "next": None, "cursor": "c", "more": False}
    network.answers_with(
        lambda m, path, b: Answer(200, {"sync-server": "doorstep/1"}, json.dumps(page).encode())
    )
    Pull(tablet.outbox, talk).snapshot()
    assert tablet.show(job_id).standing == "leaving"
    assert device.waiting(tablet) == ["job.accepted"]


def test_work_of_a_later_order_is_held_until_the_first_comes(
    tablet: Companion, office: Office
) -> None:
    job_id = office.issues()
    tablet.sync()
    first = tablet.accept(job_id)
    assert first is not None
    tablet.outbox.settle([{"event_id": first["event_id"], "status": "applied", "custody": True}])
    tablet.arrive(job_id)
    assert tablet.sync().by_status == {"held": 1}
    assert tablet.status()["events"] == {"applied": 1, "held": 1}
    assert tablet.show(job_id).state == "on_site"
    tablet.outbox.offer_again([first["event_id"]])
    tablet.sync()
    tablet.sync()
    assert tablet.status()["events"] == {"applied": 2}


def test_a_published_checklist_comes_with_the_next_job(
    tablet: Companion, office: Office, clock: HandClock
) -> None:
    """As a supervisor has put it together, with what nobody may leave out."""
    first = str(office.house.database.write(lambda session: _publishes_and_issues(session, clock)))
    tablet.sync()
    shown = tablet.show(first).sheet
    assert shown["checklist"]["version"] == 2
    assert [each["step_id"] for each in shown["checklist"]["steps"]] == ["pressure"]
    with pytest.raises(errors.NotValid):
        tablet.check(first, "pressure", 9)
    tablet.check(first, "pressure", 3)


def _publishes_and_issues(session: Any, clock: HandClock) -> str:
    sun, wei, bob = (
        session.get_one(Person, each.id) for each in (people.SUN, people.WEI, people.BOB)
    )
    step = {"step_id": "pressure", "kind": "number", "label": "Pressure", "label_zh": "水压"}
    steps = [{**step, "required": True, "minimum": 1, "maximum": 6, "unit": "bar"}]
    document = {**setting_rules.default("checklist.repair"), "steps": steps}
    settings.put(session, sun, "checklist.repair", None, document, clock(), was=1)
    customer = make.make_customer()
    session.add(customer)
    session.flush()
    site = make.make_site(customer)
    session.add(site)
    session.flush()
    form = {"customer_id": customer.id, "site_id": site.id, "kind": "repair", "summary": "It drips"}
    ticket = tickets.open_ticket(session, wei, form, clock())
    job, _ = jobs.issue(session, bob, ticket, {"assignee_id": people.ALICE.id}, clock())
    return job.id
