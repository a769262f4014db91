"""Push: one visit of twelve events a request, durable before the answer.

Sign-in, permission, validation, every effect and the feed on our side; documents stored as they come on
the peers'. New visits and repeats of stored ones take turns, too.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import Connection

from benchmarks import client, compare, places, references, servers, shops, sides, visits
from benchmarks.client import Request, Unit
from benchmarks.peers import kinto, pouchdb
from benchmarks.peers.installing import NotInstalled
from benchmarks.postgres import DurablePostgres
from benchmarks.report import Line, Record
from benchmarks.settings import Settings
from benchmarks.shops import Shop
from benchmarks.sides import Round, Rounds, Side, Supply
from benchmarks.statistics import median, ratios
from benchmarks.tokens import Tokens
from benchmarks.visits import Visit, Visits
from server.db.engine import Database
from server.db.tables import Table

TOPIC = "Push"
INSTALLERS, JOBS = 400, 60_000
MOST_VISITS = 1_500  # a round; each takes a job of its own
CONNECTIONS, MANY_CONNECTIONS = 8, 16
REPEATED = 40


def run(record: Record, settings: Settings) -> None:
    with places.temporary("push") as folder, DurablePostgres() as postgres, ExitStack() as stack:
        shop = shops.on_sqlite(INSTALLERS, JOBS, folder / "shop.sqlite3")
        stock, tokens = Visits(shop), Tokens()
        ours = stack.enter_context(servers.doorstep(shop, folder))
        ask = Push(record, settings, tokens, folder)
        ask.beside_peers(ours, stock, postgres)
        ask.with_many_connections(ours, stock)
        ask.of_repeats(ours, stock)
        record.note(_rows_of_repeats(shop.url, ours, stock, tokens))
        ask.on_postgresql(ours, stock, postgres)


def new_visits(stock: Visits, tokens: Tokens) -> Supply:
    return lambda: _pushed(stock.usual(), tokens)


def _pushed(visit: Visit, tokens: Tokens, *, replayed: bool = False) -> Unit:
    return (visits.push(visit, tokens, replayed=replayed),)


class Push:
    """The questions about push, and what all of them need."""

    def __init__(self, record: Record, settings: Settings, tokens: Tokens, folder: Path) -> None:
        self.record, self.settings, self.tokens, self.folder = record, settings, tokens, folder

    def _measure(self, setting: str, of: dict[Side, Supply], connections: int) -> dict[str, Rounds]:
        found = sides.interleaved(
            of,
            rounds=self.settings.rounds,
            seconds=self.settings.seconds,
            connections=connections,
            disk=self.folder,
            most=MOST_VISITS,
        )
        self.record.show(TOPIC, f"{setting}, {connections} connections", found.values())
        return found

    def beside_peers(self, ours: Side, stock: Visits, postgres: DurablePostgres) -> None:
        of = {ours: new_visits(stock, self.tokens)}
        with ExitStack() as stack:
            if self.settings.has_peers:
                for serving, unit in (
                    (pouchdb.serving(self.folder), pouchdb.bulk),
                    (kinto.serving(postgres, self.folder), kinto.batch),
                ):
                    try:
                        peer = stack.enter_context(serving)
                        of[peer] = _peer_visits(stock.shop, unit)
                    except NotInstalled as missing:
                        self.record.warn(
                            f"A peer is not here, recorded figures stand in: {missing}"
                        )
            found = self._measure("a visit", of, CONNECTIONS)
        us = found[ours.name]
        beside = compare.peer(found, pouchdb.NAME, references.VISIT_ON_POUCHDB)
        self.record.note(beside.rate(TOPIC, us, bar=0.8))
        self.record.note(beside.cpu(TOPIC, us, bar=1.0))
        beside = compare.peer(found, kinto.NAME, references.VISIT_ON_KINTO)
        self.record.note(beside.rate(TOPIC, us, bar=20))
        p99 = us.latency_ms(0.99)
        self.record.note(Line(TOPIC, "p99 at 8 connections", p99, "ms", bar=30, at_most=True))

    def with_many_connections(self, ours: Side, stock: Visits) -> None:
        found = self._measure("a visit", {ours: new_visits(stock, self.tokens)}, MANY_CONNECTIONS)
        us = found[ours.name]
        what, against = "flushes a visit at 16 connections", f"others: {us.others:.0f} a second"
        self.record.note(Line(TOPIC, what, us.flushes, bar=0.5, at_most=True, against=against))

    def of_repeats(self, ours: Side, stock: Visits) -> None:
        """A round of new visits, then the same ones again."""
        new, again = Rounds("new visits"), Rounds("the same again")
        wanted = sides.FIRST_UNITS
        for number in range(self.settings.rounds + 1):
            made = [stock.usual() for _ in range(wanted)]
            first = self._round(ours, [_pushed(each, self.tokens) for each in made])
            stored = made[: first.run.units]
            second = self._round(
                ours, [_pushed(each, self.tokens, replayed=True) for each in stored]
            )
            wanted = min(MOST_VISITS, int(1.2 * first.run.rate * self.settings.seconds) + 1)
            if number > 0:  # the first warms up
                new.rounds.append(first)
                again.rounds.append(second)
        self.record.show(TOPIC, f"repeats, {CONNECTIONS} connections", (new, again))
        ratio = median(ratios(again.cpus, new.cpus))
        self.record.note(
            Line(TOPIC, "CPU of a repeat by that of a new visit", ratio, "×", bar=0.7, at_most=True)
        )

    def _round(self, side: Side, units: list[Unit]) -> Round:
        return sides.measure(
            side,
            units,
            connections=CONNECTIONS,
            seconds=self.settings.seconds,
            disk=self.folder,
        )

    def on_postgresql(self, ours: Side, stock: Visits, postgres: DurablePostgres) -> None:
        """The same work on the other database, in turns with SQLite."""
        folder = self.folder / "postgresql"
        folder.mkdir()
        shop = shops.fill(postgres.create_database("doorstep"), INSTALLERS, JOBS // 3)
        name, root = "Doorstep on PostgreSQL", postgres.root
        with servers.doorstep(shop, folder, name=name, more=(root,)) as other:
            of = {
                ours: new_visits(stock, self.tokens),
                other: new_visits(Visits(shop), self.tokens),
            }
            found = self._measure("a visit on either database", of, CONNECTIONS)
        there, here = found[name], found[ours.name]
        rate = median(ratios(there.rates, here.rates))
        self.record.note(Line(TOPIC, "rate on PostgreSQL by that on SQLite", rate, "×"))
        p99 = there.latency_ms(0.99)
        self.record.note(Line(TOPIC, "p99 at 8 connections on PostgreSQL", p99, "ms"))
        self.record.note(Line(TOPIC, "CPU a visit on PostgreSQL", there.cpu_ms, "ms"))


def _peer_visits(shop: Shop, unit: Callable[[Visit], Request]) -> Supply:
    """Visits for a peer, who asks nothing of their jobs."""
    stock = Visits(shop)
    return lambda: (unit(stock.usual()),)


def _rows_of_repeats(url: str, ours: Side, stock: Visits, tokens: Tokens) -> Line:
    """How many rows of all tables together a few repeats add or take away; at least one where the
    database says that anything was committed at all. They come within the minute in which a tablet
    need not be noted as seen again.
    """
    made = [stock.usual() for _ in range(REPEATED)]
    client.run(ours.port, [_pushed(each, tokens) for each in made], connections=CONNECTIONS)
    again = [_pushed(each, tokens, replayed=True) for each in made]
    database = Database(url)
    with database.reading.connect() as connection:
        before, version = _rows(connection), _version(connection)
        client.run(ours.port, again, connections=CONNECTIONS)
        connection.rollback()
        after, is_changed = _rows(connection), _version(connection) != version
    database.close()
    changed = sum(abs(after[name] - before[name]) for name in before)
    what = f"rows written by {REPEATED} repeats"
    return Line(TOPIC, what, max(changed, int(is_changed)), bar=0, at_most=True)


def _rows(connection: Connection) -> dict[str, int]:
    """The number of rows of each table."""
    return {
        name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()
        for name in Table.metadata.tables
    }


def _version(connection: Connection) -> int:
    """Another one after any commit of anybody else that changed something (SQLite)."""
    version: int = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
    return version
