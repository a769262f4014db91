"""Photos: files by creation-with-upload, hashed while they arrive, fsynced, with their rows.

@tus/server, in two processes, does none of these three.
"""

import random
import socket
import struct
import time
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from benchmarks import (
    client,
    compare,
    derivatives,
    places,
    references,
    servers,
    shops,
    sides,
    visits,
)
from benchmarks.client import Request
from benchmarks.peers import tus
from benchmarks.peers.installing import NotInstalled
from benchmarks.report import Line, Record
from benchmarks.settings import Settings
from benchmarks.shops import Installer, Shop
from benchmarks.sides import Side, Supply
from benchmarks.tokens import Tokens
from benchmarks.visits import PHOTO_BYTES, Files
from benchmarks.watches import Watch

TOPIC = "Photos"
INSTALLERS, JOBS = 400, 4_000
CONNECTIONS = 8
LARGE_BYTES, LARGE_AT_ONCE, LARGE_FILES = 50_000_000, 2, 16
CHUNK = 1024 * 1024
CUTS = 24


def run(record: Record, settings: Settings) -> None:
    with places.temporary("photos") as folder, ExitStack() as stack:
        shop = shops.on_sqlite(INSTALLERS, JOBS, folder / "shop.sqlite3")
        tokens = Tokens()
        ours = stack.enter_context(servers.doorstep(shop, folder))
        peer = None
        if settings.has_peers:
            try:
                peer = stack.enter_context(tus.serving(folder))
            except NotInstalled as missing:
                record.warn(f"A peer is not here, recorded figures stand in: {missing}")
        _small(record, settings, ours, peer, shop, tokens, folder)
        _large(record, settings, ours, peer, shop, tokens, folder)
        record.note(_growth(ours, shop, tokens))
        record.note(_sent_again(ours, shop.assignee(0), tokens))
    derivatives.run(record, settings)


def new_files(shop: Shop, size: int, tokens: Tokens) -> Supply:
    """Uploads of new files, by one installer after the other."""
    files, turns = Files(size), count()
    return lambda: (visits.upload(shop.assignee(next(turns)), files.next(), "image/jpeg", tokens),)


def _peer_files(size: int) -> Supply:
    files = Files(size)
    return lambda: (tus.upload(files.next()),)


def _small(
    record: Record,
    settings: Settings,
    ours: Side,
    peer: Side | None,
    shop: Shop,
    tokens: Tokens,
    folder: Path,
) -> None:
    of: dict[Side, Supply] = {ours: new_files(shop, PHOTO_BYTES, tokens)}
    if peer:
        of[peer] = _peer_files(PHOTO_BYTES)
    found = sides.interleaved(
        of,
        rounds=settings.rounds,
        seconds=settings.seconds,
        connections=CONNECTIONS,
        disk=folder,
    )
    record.show(TOPIC, f"400 KB, {CONNECTIONS} connections", found.values())
    beside = compare.peer(found, tus.NAME, references.SMALL_FILE_ON_TUS)
    record.note(beside.rate(TOPIC, found[ours.name], bar=1.5, what="400 KB: rate"))
    record.note(beside.cpu(TOPIC, found[ours.name], bar=0.6, what="400 KB: CPU a MB"))


def _large(
    record: Record,
    settings: Settings,
    ours: Side,
    peer: Side | None,
    shop: Shop,
    tokens: Tokens,
    folder: Path,
) -> None:
    of: dict[Side, Supply] = {ours: new_files(shop, LARGE_BYTES, tokens)}
    if peer:
        of[peer] = _peer_files(LARGE_BYTES)
    found = sides.interleaved(
        of,
        rounds=settings.rounds,
        seconds=settings.seconds,
        connections=LARGE_AT_ONCE,
        disk=folder,
        most=LARGE_FILES,
    )
    record.show(TOPIC, f"50 MB, {LARGE_AT_ONCE} connections", found.values())
    beside = compare.peer(found, tus.NAME, references.LARGE_FILE_ON_TUS)
    record.note(beside.rate(TOPIC, found[ours.name], bar=0.9, what="50 MB: MB/s"))


def _growth(ours: Side, shop: Shop, tokens: Tokens) -> Line:
    """How much more memory the server needs at most while 50 MB come in than when it rests."""
    make = new_files(shop, LARGE_BYTES, tokens)
    uploads = [make() for _ in range(4)]
    with Watch(ours) as watch:
        client.run(ours.port, uploads, connections=1)
    return Line(TOPIC, "50 MB: memory growth", watch.growth / 1e6, "MB", bar=8, at_most=True)


# What is sent again after a connection broke.


def _sent_again(ours: Side, who: Installer, tokens: Tokens) -> Line:
    """Chunks cut at any byte, half of them with the connection reset: the most that goes twice."""
    chance, most = random.Random(1), 0
    file = Files(CUTS * CHUNK).next()
    answer = client.ask(ours.port, visits.creation(who, file, tokens))
    where = visits.address(answer)
    offset = 0
    for number in range(CUTS):
        piece = min(CHUNK, file.size - offset)
        sent = chance.randrange(1, piece)
        chunk = visits.chunk(who, where, file, offset, piece, tokens)
        _send_a_part(ours.port, chunk, piece - sent, is_reset=number % 2 == 1)
        here = _offset(ours.port, visits.question(who, where, tokens))
        most, offset = max(most, offset + sent - here), here
    what = f"sent again after a cut, the most of {CUTS}"
    return Line(
        TOPIC, what, most / 1024, "KiB", bar=CHUNK / 1024, at_most=True, against="one chunk"
    )


def _send_a_part(port: int, whole: Request, unsent: int, *, is_reset: bool) -> None:
    """All of a request but its last bytes; then the connection is gone."""
    data = b"".join(bytes(piece) for piece in whole.pieces)
    with socket.create_connection(("127.0.0.1", port), client.ANSWER_S) as connection:
        connection.sendall(data[: len(data) - unsent])
        if is_reset:
            now = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)


def _offset(port: int, question: Request) -> int:
    """What the server has of the upload, once it has noticed that nothing more comes."""
    deadline = time.monotonic() + client.ANSWER_S
    while time.monotonic() < deadline:
        answer = client.ask(port, question)
        if answer.status == 200:
            return int(visits.header(answer, "Upload-Offset"))
        time.sleep(0.05)
    raise TimeoutError("the upload is held by a connection that has gone")
