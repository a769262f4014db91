"""Pull: what a tablet asks for all day, from a database in which a million jobs lie.

Twenty changed jobs as ready documents, and the answer that there is nothing new. The peer answers
`_changes` with documents of the same size, out of 20,000.
"""

import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle
from typing import Any

from benchmarks import client, compare, places, references, servers, shops, sides
from benchmarks.client import Answer, Request, request
from benchmarks.peers import pouchdb
from benchmarks.peers.installing import NotInstalled
from benchmarks.report import Line, Record
from benchmarks.settings import Settings
from benchmarks.shops import Installer, Shop
from benchmarks.sides import Side, Supply
from benchmarks.statistics import median, ratios
from benchmarks.tokens import Tokens
from server.db.engine import Database

TOPIC = "Pull"
LARGE = (10_000, 1_000_000)  # installers, jobs
SMALL = (100, 10_000)
CHANGED = 20
CONNECTIONS = 8
ASKING = 400  # installers whose tablets ask, spread over all
DOCUMENTS = 20_000


def run(record: Record, settings: Settings) -> None:
    large, small = shops.cached(*LARGE), shops.cached(*SMALL)
    tokens = Tokens()
    with places.temporary("pull") as folder, ExitStack() as stack:
        name, other = "Doorstep, 1 million jobs", "Doorstep, 10,000 jobs"
        ours = stack.enter_context(servers.doorstep(large, folder, name=name))
        (folder / "small").mkdir()
        fewer = stack.enter_context(servers.doorstep(small, folder / "small", name=other))
        of: dict[Side, Supply] = {
            ours: _changes(ours, large, tokens),
            fewer: _changes(fewer, small, tokens),
        }
        if settings.has_peers:
            try:
                peer = stack.enter_context(pouchdb.serving(folder))
                pouchdb.fill(peer, _documents(large))
                of[peer] = _peer_changes()
            except NotInstalled as missing:
                record.warn(f"A peer is not here, recorded figures stand in: {missing}")
        found = sides.interleaved(
            of,
            rounds=settings.rounds,
            seconds=settings.seconds,
            connections=CONNECTIONS,
            disk=folder,
        )
        record.show(TOPIC, f"{CHANGED} changed jobs, {CONNECTIONS} connections", found.values())
        us = found[name]
        beside = compare.peer(found, pouchdb.NAME, references.CHANGES_ON_POUCHDB)
        record.note(beside.rate(TOPIC, us, bar=3.0))
        p99 = us.latency_ms(0.99)
        record.note(Line(TOPIC, "p99 at 8 connections", p99, "ms", bar=8, at_most=True))
        halves = [
            each.values(lambda one: sides.percentile(one.run.latencies, 0.5))
            for each in (us, found[other])
        ]
        growth = median(ratios(*halves))
        what = "p50 by that with 10,000 jobs"
        record.note(Line(TOPIC, what, growth, "×", bar=1.3, at_most=True))
        _nothing_new(record, settings, ours, large, tokens, folder)


def _asking(shop: Shop) -> list[Installer]:
    """Installers from all over the shop, in no order."""
    found = [
        shops.installer(number)
        for number in range(0, shop.installers, max(1, shop.installers // ASKING))
    ]
    random.Random(1).shuffle(found)
    return found


def _changes(side: Side, shop: Shop, tokens: Tokens) -> Supply:
    """Each tablet asks from the place where the last twenty of its jobs are new to it."""
    each_has = shop.jobs // shop.installers
    asked = []
    for who in _asking(shop):
        first = client.ask(
            side.port, _pull(who, tokens, limit=each_has - CHANGED, jobs=each_has - CHANGED)
        )
        asked.append(_pull(who, tokens, cursor=_cursor(first), jobs=CHANGED))
    turns = cycle(asked)
    return lambda: (next(turns),)


def _nothing_new(
    record: Record, settings: Settings, ours: Side, shop: Shop, tokens: Tokens, folder: Any
) -> None:
    asked = []
    for who in _asking(shop):
        everything = client.ask(ours.port, _pull(who, tokens, jobs=shop.jobs // shop.installers))
        asked.append(_pull(who, tokens, cursor=_cursor(everything), jobs=0))
    turns = cycle(asked)
    found = sides.interleaved(
        {ours: lambda: (next(turns),)},
        rounds=settings.rounds,
        seconds=settings.seconds,
        connections=CONNECTIONS,
        disk=folder,
    )
    record.show(TOPIC, f"nothing new, {CONNECTIONS} connections", found.values())
    cpu = found[ours.name].cpu_ms
    record.note(Line(TOPIC, "nothing new: CPU", cpu, "ms", bar=0.5, at_most=True))


def _pull(
    who: Installer, tokens: Tokens, *, cursor: str = "", limit: int = 200, jobs: int
) -> Request:
    """Must bring exactly so many jobs."""

    def has_them(answer: Answer) -> bool:
        return answer.status == 200 and answer.body.count(b'"upsert"') == jobs

    query = f"limit={limit}" + (f"&cursor={cursor}" if cursor else "")
    return request("GET", f"/sync/v1/pull?{query}", tokens.headers(who), is_good=has_them)


def _cursor(answer: Answer) -> str:
    return str(json.loads(answer.body)["cursor"])


def _documents(shop: Shop) -> Iterator[dict[str, Any]]:
    """The jobs' own, as our pull hands them out."""
    database = Database(shop.url)
    try:
        with database.reading.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT id, document FROM jobs WHERE id LIKE 'J-b%' ORDER BY id LIMIT ?",
                (DOCUMENTS,),
            )
            for job_id, document in rows:
                yield {"_id": job_id, **json.loads(document)}
    finally:
        database.close()


def _peer_changes() -> Supply:
    chance = random.Random(1)
    last = DOCUMENTS - CHANGED
    return lambda: (pouchdb.changes(chance.randrange(last), CHANGED),)
