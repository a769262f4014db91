"""Slow senders: photos that take long never keep events waiting, and lose nothing by giving way."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from server.house import House
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.live import LiveServer
from tests.office import Office
from tests.uploads import UPLOADS, Tablet, enrol, metadata, noise, sha256
from tests.wire import Wire

SignIn = Callable[[people.Character], Client]

SLOW = 3  # as many as there are threads
PATIENCE_S = 25.0  # less than the half minute after which a silent sender is taken for gone


@pytest.fixture
def server(app: Flask, clock: HandClock, tmp_path: Path) -> Iterator[LiveServer]:
    """One process with three threads."""
    clock.now = datetime.now(UTC)
    config = app.extensions["doorstep"].config
    with LiveServer(config, tmp_path / "server.log", WORKERS="1", THREADS="3") as running:
        yield running


class SlowSender:
    """Begins to send a photo with its creation and is carried into a lift."""

    def __init__(self, server: LiveServer, tablet: Tablet, content: bytes) -> None:
        self.content = content
        self._socket = socket.create_connection(("127.0.0.1", server.port), PATIENCE_S)
        lines = [
            f"POST {UPLOADS} HTTP/1.1",
            "Host: doorstep",
            *(f"{name}: {value}" for name, value in tablet.headers.items()),
            "Tus-Resumable: 1.0.0",
            "Content-Type: application/offset+octet-stream",
            f"Upload-Length: {len(content)}",
            f"Upload-Metadata: {metadata(sha256=sha256(content))}",
            f"Content-Length: {len(content)}",
        ]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode() + content[:5_000])

    def hears(self) -> bytes:
        """The answer that was given meanwhile; nothing where the server is still waiting."""
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError, ConnectionResetError):
            return self._socket.recv(65_536)
        return b""

    def is_gone(self) -> None:
        self._socket.close()


@pytest.fixture
def alice(sign_in: SignIn, server: LiveServer) -> Tablet:
    return enrol(sign_in(people.ALICE))


@pytest.fixture
def slow_ones(server: LiveServer, alice: Tablet) -> Iterator[list[SlowSender]]:
    senders = [SlowSender(server, alice, noise(300_000, seed=70 + n)) for n in range(SLOW)]
    yield senders
    for sender in senders:
        sender.is_gone()


def test_events_do_not_wait_behind_slow_photos(
    server: LiveServer,
    alice: Tablet,
    slow_ones: list[SlowSender],
    office: Office,
    sign_in: SignIn,
    clock: HandClock,
) -> None:
    """As many slow photos as threads; somebody's finished visit gets through all the same."""
    lena = Wire(sign_in(people.LENA), people.LENA, clock)
    lane = lena.lane(office.issues_a_job(people.LENA))
    lane.add("visit.arrived")
    lane.finish("incomplete", cause="out_of_time")
    headers = {
        "Authorization": lena.client.environ_base["HTTP_AUTHORIZATION"],
        "Sync-Device": lena.device_id,
    }
    with httpx.Client(base_url=server.address, headers=headers, timeout=PATIENCE_S) as phone:
        pushed = phone.post("/sync/v1/push", json=lena.batch(*lane.events))
        assert [each["status"] for each in pushed.json()["results"]] == ["applied", "applied"]
        told = wait_until_it_is_full(phone)
        assert (told["code"], told["retry_after_s"] > 0) == ("busy", True)
        again = phone.post("/sync/v1/push", json=lena.batch(*lane.events))
        assert all(each["replayed"] for each in again.json()["results"])
    answers = [sender.hears() for sender in slow_ones]
    assert answers.count(b"") >= 2, "two of them are still waited for"


def wait_until_it_is_full(phone: httpx.Client) -> Any:
    """What a device is told, before it sends a byte, while slow photos take all but one thread."""
    for _ in range(200):
        asked = {"blobs": [{"sha256": "0" * 64, "size": 1}]}
        answer = phone.post("/sync/v1/media/check", json=asked)
        if answer.status_code == 503:
            assert answer.headers["Retry-After"] == str(answer.json()["retry_after_s"])
            return answer.json()
    raise AssertionError("it never was")


def test_what_slow_senders_sent_is_kept(
    slow_ones: list[SlowSender], alice: Tablet, app: Flask
) -> None:
    """Some were told to give way, some are cut off now; each goes on from where it stands."""
    for sender in slow_ones:
        sender.is_gone()
    house: House = app.extensions["doorstep"]
    for sender in slow_ones:
        while (told := alice.check(sender.content)[0])["state"] != "stored":
            if told["state"] == "absent":
                alice.create(sender.content)
            else:
                offset = told["offset"]
                answer = alice.send(told["upload"], offset, sender.content[offset:])
                assert answer.status_code in (204, 409, 423), "the cut one may still be under way"
        assert house.media.verify(sha256(sender.content))
