"""The entrance: nobody who sends slowly, or not at all, keeps anybody else waiting; and every no is heard."""

import contextlib
import json
import signal
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from flask import Flask

from tests import people, pictures
from tests.album import Album
from tests.client import Client
from tests.conftest import HandClock
from tests.live import LiveServer
from tests.office import Office
from tests.uploads import BYTES, UPLOADS, Tablet, enrol, noise, sha256

SignIn = Callable[[people.Character], Client]

THREADS = 3
PATIENCE_S = 25.0  # less than the half minute after which a silent sender is taken for gone
PHOTO = noise(400_000, seed=90)


@pytest.fixture
def server(app: Flask, alice: Tablet, tmp_path: Path) -> Iterator[LiveServer]:
    """One process with three threads."""
    config = app.extensions["doorstep"].config
    with LiveServer(config, tmp_path / "server.log", WORKERS="1", THREADS=str(THREADS)) as running:
        yield running
        assert "Traceback" not in running.log


@pytest.fixture
def alice(sign_in: SignIn, clock: HandClock) -> Tablet:
    clock.now = datetime.now(UTC)
    return enrol(sign_in(people.ALICE))


class Sender:
    """A request by hand: its head, and as much of its body as somebody sends."""

    def __init__(
        self, port: int, method: str, path: str, promised: int, headers: dict[str, str]
    ) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: doorstep",
            f"Content-Length: {promised}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def sends(self, content: bytes) -> "Sender":
        self.socket.sendall(content)
        return self

    def hears(self) -> tuple[int, str]:
        """The status of the answer, and its code where it has one."""
        with self.socket.makefile("rb") as answer:
            status = int(answer.readline().split()[1])
            length = 0
            while (line := answer.readline().strip().lower()) != b"":
                if line.startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            body = answer.read(length)
        return status, json.loads(body).get("code", "") if body else ""

    def is_gone(self) -> None:
        self.socket.close()


Sends = Callable[..., Sender]


@pytest.fixture
def sends(server: LiveServer, alice: Tablet) -> Iterator[Sends]:
    """Begins a request of Alice's tablet."""
    begun: list[Sender] = []

    def begin(method: str, path: str, promised: int, **headers: str) -> Sender:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        begun.append(Sender(server.port, method, path, promised, {**alice.headers, **said}))
        return begun[-1]

    yield begin
    for each in begun:
        each.is_gone()


def patch(sends: Sends, where: str, offset: int = 0) -> Sender:
    said = {name.replace("-", "_"): value for name, value in BYTES.items()}
    return sends("PATCH", where, len(PHOTO) - offset, Upload_Offset=str(offset), **said)


def is_well(server: LiveServer) -> bool:
    return httpx.get(f"{server.address}/healthz", timeout=PATIENCE_S).status_code == 200


def test_silent_pushes_hold_no_thread(server: LiveServer, sends: Sends) -> None:
    """More of them than threads, each with a part of its body; somebody else is answered."""
    for _ in range(2 * THREADS):
        sends("POST", "/sync/v1/push", 3_000, Content_Type="application/json").sends(b'{"events"')
    assert is_well(server)
    whole = sends("POST", "/sync/v1/media/check", 13, Content_Type="application/json")
    assert whole.sends(b'{"blobs": []}').hears() == (200, "")


def test_a_cut_push_is_told_so(sends: Sends) -> None:
    cut = sends("POST", "/sync/v1/push", 3_000, Content_Type="application/json")
    cut.sends(b'{"events"').socket.shutdown(socket.SHUT_WR)
    assert cut.hears() == (400, "body_cut")


def test_a_silent_upload_stops_nobody_and_gives_way(
    server: LiveServer, alice: Tablet, sends: Sends
) -> None:
    where = alice.begin(PHOTO)
    silent = patch(sends, where).sends(PHOTO[:100_000])
    wait_for_bytes(alice, where)
    assert is_well(server)
    # Another connection of the same tablet wants to go on: the silent one gives way.
    assert patch(sends, where).sends(PHOTO).hears()[0] in (409, 423)
    assert silent.hears() == (423, "locked")
    assert is_well(server)
    offset = alice.offset(where)
    assert 0 < offset <= 100_000
    with contextlib.suppress(ConnectionError):
        silent.sends(bytes(300_000))  # it wakes up, with other bytes
    assert patch(sends, where, offset).sends(PHOTO[offset:]).hears() == (204, "")
    assert alice.check(PHOTO) == [{"sha256": sha256(PHOTO), "state": "stored"}]


@pytest.mark.parametrize(
    ("path", "said", "heard"),
    [
        (UPLOADS, {}, (412, "tus_version_unknown")),
        ("/sync/v1/push", {"Content_Type": "application/json"}, (413, "too_large")),
        ("/api/v1/no/such/thing", {"Content_Type": "application/json"}, (413, "too_large")),
    ],
)
def test_an_early_no_is_heard_and_the_connection_goes_on(
    sends: Sends, path: str, said: dict[str, str], heard: tuple[int, str]
) -> None:
    """The whole body is sent before the answer is read, as browsers do."""
    refused = sends("POST", path, 1_500_000, **said).sends(bytes(1_500_000))
    assert refused.hears() == heard
    refused.sends(b"GET /healthz HTTP/1.1\r\nHost: doorstep\r\n\r\n")
    assert refused.hears()[0] == 200


def asked_to_end(server: LiveServer) -> None:
    """It is told, and takes no new connections any more."""
    server.process.send_signal(signal.SIGTERM)
    with contextlib.suppress(ConnectionError):
        while True:
            socket.create_connection(("127.0.0.1", server.port), PATIENCE_S).close()


def test_who_is_sending_when_the_server_ends_is_heard_out(
    server: LiveServer, alice: Tablet, sends: Sends
) -> None:
    where = alice.begin(PHOTO)
    sending = patch(sends, where).sends(PHOTO[:100_000])
    wait_for_bytes(alice, where)
    asked_to_end(server)
    assert sending.sends(PHOTO[100_000:]).hears() == (204, "")
    assert server.process.wait(PATIENCE_S) == 0
    assert alice.check(PHOTO)[0]["state"] == "stored"


def test_what_came_until_the_server_ended_is_kept(
    server: LiveServer, alice: Tablet, sends: Sends
) -> None:
    where = alice.begin(PHOTO)
    sending = patch(sends, where).sends(PHOTO[:100_000])
    wait_for_bytes(alice, where)
    asked_to_end(server)
    sending.is_gone()
    assert server.process.wait(PATIENCE_S) == 0
    offset = alice.offset(where)
    assert 0 < offset <= 100_000
    assert alice.send(where, offset, PHOTO[offset:]).status_code == 204


def wait_for_bytes(alice: Tablet, where: str) -> None:
    for _ in range(2_000):
        if alice.offset(where):
            return
    raise AssertionError("nothing came")


# Answers.


def test_a_large_original_comes_whole_and_in_ranges(
    server: LiveServer, app: Flask, office: Office, sign_in: SignIn
) -> None:
    album, content = Album(app), pictures.jpeg() + noise(600_000, seed=91)
    photo_id = album.takes(office.issues_a_job(people.ALICE), content)
    bob = {"Authorization": sign_in(people.BOB).environ_base["HTTP_AUTHORIZATION"]}
    where = f"/api/v1/photos/{photo_id}/file/original"
    with httpx.Client(base_url=server.address, headers=bob, timeout=PATIENCE_S) as desk:
        whole = desk.get(where)
        assert (whole.status_code, whole.content) == (200, content)
        assert whole.headers["Content-Length"] == str(len(content))
        part = desk.get(where, headers={"Range": "bytes=100000-499999"})
        assert (part.status_code, part.content) == (206, content[100_000:500_000])
        assert part.headers["Content-Range"] == f"bytes 100000-499999/{len(content)}"
        small = desk.get(where, headers={"Range": "bytes=-10"})
        assert (small.status_code, small.content) == (206, content[-10:])
        head = desk.head(where)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == str(len(content))
        known = desk.get(where, headers={"If-None-Match": whole.headers["ETag"]})
        assert (known.status_code, known.content) == (304, b"")


def test_a_body_in_chunks_is_read_to_its_end(server: LiveServer, alice: Tablet) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"blobs": '
        yield b"[]}"

    said = {**alice.headers, "Content-Type": "application/json"}
    check = f"{server.address}/sync/v1/media/check"
    answer = httpx.post(check, content=chunks(), headers=said, timeout=PATIENCE_S)
    assert (answer.status_code, answer.json()) == (200, {"blobs": []})


def test_a_body_in_chunks_that_never_ends_is_refused(server: LiveServer, alice: Tablet) -> None:
    said = {**alice.headers, "Content-Type": "application/json"}
    check = f"{server.address}/sync/v1/media/check"
    endless = (bytes(64_000) for _ in range(30))
    answer = httpx.post(check, content=endless, headers=said, timeout=PATIENCE_S)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_path_and_a_query_come_as_they_were_meant(server: LiveServer) -> None:
    for path in ("/api/v1/%E7%8E%8B?q=%E7%8E%8B", "/%ff%fe", "/a%2Fb%00"):
        assert httpx.get(server.address + path, timeout=PATIENCE_S).status_code == 404
