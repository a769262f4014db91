"""Push: one visit of twelve events a request, durable before the answer.

Sign-in, permission, validation, every effect and the feed on our side; documents stored as they come on
the peers'. New visits and repeats of stored ones take turns, too.
"""

from contextlib import ExitStack
from pathlib import Path

from benchmarks import places, servers, shops, sides, visits
from benchmarks.client import Unit
from benchmarks.report import Line, Record
from benchmarks.settings import Settings
from benchmarks.sides import Rounds, Side, Supply
from benchmarks.statistics import median, ratios
from benchmarks.tokens import Tokens
from benchmarks.visits import Visit, Visits
from server.db.engine import Database
from server.db.tables import Table

TOPIC = "Push"
INSTALLERS, JOBS = 400, 40_000
CONNECTIONS, MANY_CONNECTIONS = 8, 16
REPEATED = 40


def run(record: Record, settings: Settings) -> None:
    with places.temporary("push") as folder, ExitStack() as stack:
        shop = shops.on_sqlite(INSTALLERS, JOBS, folder / "shop.sqlite3")
        stock, tokens = Visits(shop), Tokens()
        ours = stack.enter_context(servers.doorstep(shop, folder))
        _beside_peers(record, settings, ours, stock, tokens, folder)
        _many_connections(record, settings, ours, stock, tokens, folder)
        _repeats(record, settings, ours, stock, tokens, folder)
        record.note(_rows_of_repeats(shop.url, ours, stock, tokens))


def new_visits(stock: Visits, tokens: Tokens) -> Supply:
    return lambda how_many: [_pushed(stock.usual(), tokens) for _ in range(how_many)]


def _pushed(visit: Visit, tokens: Tokens, *, replayed: bool = False) -> Unit:
    return (visits.push(visit, tokens, replayed=replayed),)


def _beside_peers(
    record: Record, settings: Settings, ours: Side, stock: Visits, tokens: Tokens, folder: Path
) -> None:
    found = sides.interleaved(
        {ours: new_visits(stock, tokens)},
        rounds=settings.rounds,
        seconds=settings.seconds,
        connections=CONNECTIONS,
        disk=folder,
    )
    record.show(TOPIC, f"a visit, {CONNECTIONS} connections", found.values())
    p99 = found[ours.name].latency_ms(0.99)
    record.note(Line(TOPIC, "p99 at 8 connections", p99, "ms", bar=30, at_most=True))


def _many_connections(
    record: Record, settings: Settings, ours: Side, stock: Visits, tokens: Tokens, folder: Path
) -> None:
    found = sides.interleaved(
        {ours: new_visits(stock, tokens)},
        rounds=settings.rounds,
        seconds=settings.seconds,
        connections=MANY_CONNECTIONS,
        disk=folder,
    )
    record.show(TOPIC, f"a visit, {MANY_CONNECTIONS} connections", found.values())
    flushes = found[ours.name].flushes
    record.note(Line(TOPIC, "flushes a visit at 16 connections", flushes, bar=0.5, at_most=True))


def _repeats(
    record: Record, settings: Settings, ours: Side, stock: Visits, tokens: Tokens, folder: Path
) -> None:
    """A round of new visits, then the same ones again."""
    new, again = Rounds("new visits"), Rounds("the same again")
    pace = sides.Pace(settings.seconds, 40)
    for number in range(settings.rounds + 1):
        made = [stock.usual() for _ in range(pace.next)]
        first = sides.measure(
            ours,
            [_pushed(each, tokens) for each in made],
            connections=CONNECTIONS,
            seconds=settings.seconds,
            disk=folder,
        )
        stored = made[: first.run.units]
        second = sides.measure(
            ours,
            [_pushed(each, tokens, replayed=True) for each in stored],
            connections=CONNECTIONS,
            seconds=settings.seconds,
            disk=folder,
        )
        pace.learns(first.run)
        if number > 0:
            new.rounds.append(first)
            again.rounds.append(second)
    record.show(TOPIC, f"repeats, {CONNECTIONS} connections", (new, again))
    ratio = median(ratios(again.cpus, new.cpus))
    record.note(
        Line(TOPIC, "CPU of a repeat by that of a new visit", ratio, "×", bar=0.7, at_most=True)
    )


def _rows_of_repeats(url: str, ours: Side, stock: Visits, tokens: Tokens) -> Line:
    """How many rows of all tables together a few repeats add or take away."""
    made = [stock.usual() for _ in range(REPEATED)]
    sides.client.run(ours.port, [_pushed(each, tokens) for each in made], connections=CONNECTIONS)
    before = _rows(url)
    again = [_pushed(each, tokens, replayed=True) for each in made]
    sides.client.run(ours.port, again, connections=CONNECTIONS)
    after = _rows(url)
    changed = sum(abs(after[name] - before[name]) for name in before)
    return Line(TOPIC, f"rows written by {REPEATED} repeats", changed, bar=0, at_most=True)


def _rows(url: str) -> dict[str, int]:
    """The number of rows of each table."""
    database = Database(url)
    try:
        with database.reading.connect() as connection:
            return {
                name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()
                for name in Table.metadata.tables
            }
    finally:
        database.close()
