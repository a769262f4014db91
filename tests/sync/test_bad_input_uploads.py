"""Uploads that go wrong in every way: what was acknowledged holds, and a repeat ends with the file here.

Beside tests/sync/test_tus.py (each refusal) and test_tus_peers.py (real wires, zombies among them).
"""

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server.db.photos import Blob
from server.house import House
from server.worker import run_once
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.uploads import BYTES, Tablet, enrol, metadata, noise, sha256

SignIn = Callable[[people.Character], Client]
Load = Callable[..., Any]

PHOTO = noise(90_000, seed=7)
MOST_POINTS = 40


@pytest.fixture
def alice(sign_in: SignIn) -> Tablet:
    return enrol(sign_in(people.ALICE))


@pytest.fixture
def house(app: Flask) -> House:
    found: House = app.extensions["doorstep"]
    return found


class PowerCut(ConnectionAbortedError):
    """Nothing more happens on this machine."""


class Power:
    """Of one server: it goes before the step or commit of this number and stays away until it is back."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.points: list[str] = []
        self.goes_before: int | None = None
        house.media._before_step = lambda step, path: self._point(f"{step} {path.parent.name}")
        house.database.before_commit.append(lambda session: self._point("commit"))

    def goes(self, before: int) -> None:
        self.points, self.goes_before = [], before

    def is_back(self) -> bool:
        """Whether it had gone at all."""
        had_gone = self.goes_before is not None and len(self.points) > self.goes_before
        self.goes_before = None
        return had_gone

    def _point(self, name: str) -> None:
        self.points.append(name)
        if self.goes_before is not None and len(self.points) > self.goes_before:
            raise PowerCut(name)


@pytest.fixture
def power(house: House) -> Iterator[Power]:
    found = Power(house)
    yield found
    house.database.before_commit.pop()


def is_whole(house: House, load: Load, content: bytes) -> bool:
    """The bytes under their hash, and a row that says so."""
    known = load(lambda s: list(s.scalars(select(Blob.size).where(Blob.sha256 == sha256(content)))))
    return known == [len(content)] and house.media.verify(sha256(content))


def goes_on(tablet: Tablet, content: bytes) -> None:
    """What the companion does after anything: check, create or resume, until it is stored."""
    for _ in range(5):
        [told] = tablet.check(content)
        if told["state"] == "stored":
            return
        where, offset = told.get("upload"), told.get("offset", 0)
        if where is None:
            created = tablet.create(content)
            where, offset = created.headers["Location"], int(created.headers["Upload-Offset"])
        if offset < len(content):
            tablet.send(where, offset, content[offset:])
    raise AssertionError(tablet.check(content))


# A finish that is cut.


@pytest.mark.parametrize("keeps_house", [False, True], ids=["asked", "worker_first"])
def test_wherever_the_last_piece_is_cut_it_ends_here(
    alice: Tablet, house: House, power: Power, clock: HandClock, load: Load, keeps_house: bool
) -> None:
    """The power goes before the first step of the last piece, the second … until it goes before none:
    between write and flush, flush and rename, rename and commit. After it nothing runs, not even a
    clean-up; the turn to write is lost with it and runs out."""
    cut_at: list[str] = []
    for number in range(MOST_POINTS):
        content = noise(9_000, seed=1000 + number)
        where = alice.begin(content)
        assert alice.send(where, 0, content[:8_000]).status_code == 204
        power.goes(before=number)
        answer = alice.send(where, 8_000, content[8_000:])
        if not power.is_back():
            assert answer.status_code == 204
            break
        cut_at.append(power.points[number])
        assert answer.status_code == 500
        clock.go_on(seconds=31)

        [told] = alice.check(content)
        assert told["state"] == "stored" or told["offset"] >= 8_000, "what was acknowledged holds"
        if keeps_house:
            run_once(house)
        goes_on(alice, content)
        assert is_whole(house, load, content), cut_at
        assert not house.media.incoming_path(where.rpartition("/")[2]).exists()
    else:
        pytest.fail("it never ends")
    steps = {point.split()[0] for point in cut_at}
    assert {"write", "flush", "rename", "flush_folder", "commit"} <= steps, cut_at


def test_a_finish_that_is_cut_again_and_again_ends_here(
    alice: Tablet, house: House, power: Power, clock: HandClock, load: Load
) -> None:
    """Every repeat is cut, too, one point later than the one before."""
    where = alice.begin(PHOTO)
    assert alice.send(where, 0, PHOTO[:-1]).status_code == 204
    for number in range(MOST_POINTS):
        power.goes(before=number)
        alice.ask(where)
        alice.send(where, len(PHOTO) - 1, PHOTO[-1:])
        if not power.is_back():
            break
        clock.go_on(seconds=31)
    assert alice.check(PHOTO)[0]["state"] == "stored"
    assert is_whole(house, load, PHOTO)


# Another length, another hash.


def test_a_length_that_is_too_long_is_never_whole(alice: Tablet, house: House, load: Load) -> None:
    said = {"Upload-Length": str(len(PHOTO) + 1)}
    where = alice.create(PHOTO, headers=said).headers["Location"]
    assert alice.send(where, 0, PHOTO).status_code == 204
    assert alice.check(PHOTO)[0]["state"] == "partial", "one byte is still to come"
    assert alice.send(where, len(PHOTO), b"!").status_code == 460, "and then it is another file"
    assert alice.check(PHOTO)[0]["state"] == "absent"
    goes_on(alice, PHOTO)
    assert is_whole(house, load, PHOTO)


def test_a_length_that_is_too_short_is_another_file(
    alice: Tablet, house: House, load: Load
) -> None:
    said = {"Upload-Length": str(len(PHOTO) - 1)}
    where = alice.create(PHOTO, headers=said).headers["Location"]
    assert alice.send(where, 0, PHOTO).status_code == 413
    assert alice.send(where, 0, PHOTO[:-1]).status_code == 460
    goes_on(alice, PHOTO)
    assert is_whole(house, load, PHOTO)


def test_who_corrects_the_length_begins_anew(alice: Tablet, house: House, load: Load) -> None:
    wrong = alice.create(PHOTO, headers={"Upload-Length": "5"}).headers["Location"]
    alice.send(wrong, 0, PHOTO[:4])
    right = alice.create(PHOTO)
    assert (right.status_code, right.headers["Upload-Offset"]) == (201, "0")
    assert right.headers["Location"] != wrong
    assert alice.ask(wrong).status_code == 404
    goes_on(alice, PHOTO)
    assert is_whole(house, load, PHOTO)


def test_a_hash_of_another_file_stores_neither(alice: Tablet, house: House, load: Load) -> None:
    other = noise(len(PHOTO), seed=8)
    said = {"Upload-Metadata": metadata(sha256=sha256(other))}
    where = alice.create(PHOTO, headers=said).headers["Location"]
    assert alice.send(where, 0, PHOTO).status_code == 460
    assert load(lambda s: list(s.scalars(select(Blob)))) == []
    for content in (PHOTO, other):
        assert alice.check(content)[0]["state"] == "absent"
        goes_on(alice, content)
        assert is_whole(house, load, content)


# Two at one offset, and one that slept.


def test_a_rotten_twin_at_the_same_offset_never_passes_for_the_file(
    alice: Tablet, app: Flask, house: House, load: Load
) -> None:
    """Two requests send to the same place at once, one of them other bytes."""
    content, rotten = noise(700_000, seed=9), noise(700_000, seed=10)
    where = alice.begin(content)
    answers: dict[str, Any] = {}

    def send(name: str, body: bytes) -> None:
        own = Client(app, app.response_class)
        own.environ_base.update(alice.client.environ_base)
        answers[name] = Tablet(own, alice.token, alice.device_id).send(where, 0, body)

    threads = [
        threading.Thread(target=send, args=each)
        for each in (("sound", content), ("rotten", rotten))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers["sound"].status_code in (204, 404, 409, 423)
    assert answers["rotten"].status_code in (404, 409, 423, 460), "it is never taken for the file"
    for _ in range(3):  # what was mixed is found out at the end, thrown away and sent anew
        goes_on_or_begins_anew(alice, content)
    assert is_whole(house, load, content)
    assert not house.media.original_path(sha256(rotten)).exists()


def goes_on_or_begins_anew(tablet: Tablet, content: bytes) -> None:
    [told] = tablet.check(content)
    if told["state"] == "partial":
        tablet.send(told["upload"], told["offset"], content[told["offset"] :])
    elif told["state"] == "absent":
        tablet.upload(content)


class Sleeper(io.BytesIO):
    """A request's body whose sender sleeps in the middle, while `meanwhile` happens."""

    def __init__(self, content: bytes, at: int, meanwhile: Callable[[], None]) -> None:
        super().__init__(content)
        self.at = at
        self.meanwhile: Callable[[], None] | None = meanwhile

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= self.at and self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            happens()
        return super().read(size)

    def readinto(self, buffer: Any) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


class Another:
    """A second request of the same tablet, half a minute after one that fell asleep while it wrote."""

    def __init__(self, app: Flask, alice: Tablet, clock: HandClock, where: str) -> None:
        client = Client(app, app.response_class)
        client.environ_base.update(alice.client.environ_base)
        self.tablet, self._clock, self._where = (
            Tablet(client, alice.token, alice.device_id),
            clock,
            where,
        )
        self.heard: list[int] = []

    def finishes(self) -> None:
        self._does(lambda: self._send(len(PHOTO)))

    def goes_on(self) -> None:
        """As far as the last thousand bytes."""
        self._does(lambda: self._send(len(PHOTO) - 1_000))

    def asks(self) -> None:
        """Where it stands; what only lacks its last step is finished by that."""
        self._does(lambda: self.tablet.ask(self._where))

    def _does(self, act: Callable[[], Any]) -> None:
        self._clock.go_on(seconds=31)
        other = threading.Thread(target=lambda: self.heard.append(act().status_code))
        other.start()
        other.join()

    def _send(self, to: int) -> Any:
        offset = self.tablet.offset(self._where)
        return self.tablet.send(self._where, offset, PHOTO[offset:to])


@pytest.fixture
def where(alice: Tablet) -> str:
    """An upload that has begun."""
    return alice.begin(PHOTO)


@pytest.fixture
def another(app: Flask, alice: Tablet, clock: HandClock, where: str) -> Another:
    return Another(app, alice, clock, where)


def sends_asleep(alice: Tablet, where: str, body: Sleeper, size: int) -> tuple[int, str]:
    answer = alice.client.patch(
        where,
        input_stream=body,
        headers={**BYTES, "Upload-Offset": "0", "Content-Length": str(size)},
    )
    return answer.status_code, answer.json["code"]


@pytest.mark.parametrize("asleep_at", [0, 40_000])
@pytest.mark.parametrize("content", [noise(len(PHOTO), seed=11), PHOTO], ids=["rotten", "sound"])
def test_a_holder_that_slept_past_its_turn_writes_nothing_more(
    alice: Tablet,
    house: House,
    load: Load,
    where: str,
    another: Another,
    asleep_at: int,
    content: bytes,
) -> None:
    """It wakes up after another request has finished the file, and its descriptor is still open."""
    sleeper = Sleeper(content, asleep_at, another.finishes)
    answer = sends_asleep(alice, where, sleeper, len(content))
    assert answer == (423, "locked")
    if another.heard == [460]:  # what the sleeper wrote before was rotten, and that was found out
        goes_on(alice, PHOTO)
    else:
        assert another.heard == [204]
    assert is_whole(house, load, PHOTO)
    assert alice.check(PHOTO)[0]["state"] == "stored"


def test_a_holder_that_slept_leaves_alone_what_another_one_goes_on_with(
    alice: Tablet, house: House, load: Load, where: str, another: Another
) -> None:
    """It brings less than the rest, so that nothing but its turn can tell it that it is late."""
    rotten = noise(30_000, seed=12)
    sleeper = Sleeper(rotten, 0, another.goes_on)
    assert sends_asleep(alice, where, sleeper, len(rotten)) == (423, "locked")
    assert another.heard == [204]
    assert alice.offset(where) == len(PHOTO) - 1_000
    assert alice.send(where, len(PHOTO) - 1_000, PHOTO[-1_000:]).status_code == 204
    assert is_whole(house, load, PHOTO)


@pytest.mark.parametrize("content", [noise(len(PHOTO), seed=13), PHOTO], ids=["rotten", "sound"])
def test_a_holder_that_slept_before_its_finish_finishes_nothing(
    alice: Tablet, house: House, load: Load, where: str, another: Another, content: bytes
) -> None:
    """All its bytes are on the disk when it falls asleep."""
    pending = [another.asks]

    def before_step(step: str, path: Path) -> None:
        if step == "flush" and path.parent.name == "incoming" and pending:
            pending.pop()()

    house.media._before_step = before_step
    sleeper = Sleeper(content, len(content) + 1, lambda: None)
    assert sends_asleep(alice, where, sleeper, len(content)) == (423, "locked")
    assert another.heard == [200 if content == PHOTO else 410]
    goes_on(alice, PHOTO)
    assert is_whole(house, load, PHOTO)
    assert house.media.original_path(sha256(content)).exists() is (content == PHOTO)


def test_an_upload_that_ran_out_while_its_sender_was_away_begins_anew(
    alice: Tablet, house: House, clock: HandClock, load: Load, sign_in: SignIn
) -> None:
    where = alice.begin(PHOTO)
    alice.send(where, 0, PHOTO[:50_000])
    clock.go_on(days=31)
    back = enrol(sign_in(people.ALICE))
    assert back.send(where, 50_000, PHOTO[50_000:]).status_code == 410
    run_once(house)
    assert back.send(where, 50_000, PHOTO[50_000:]).status_code == 404
    goes_on(back, PHOTO)
    assert is_whole(house, load, PHOTO)
