"""Photos: files by creation-with-upload, hashed while they arrive, fsynced, with their rows."""

from pathlib import Path

from benchmarks import places, servers, shops, sides, visits
from benchmarks.report import Line, Record
from benchmarks.settings import Settings
from benchmarks.shops import Shop
from benchmarks.sides import Side, Supply
from benchmarks.tokens import Tokens
from benchmarks.visits import PHOTO_BYTES, Files

TOPIC = "Photos"
INSTALLERS, JOBS = 400, 4_000
CONNECTIONS = 4


def run(record: Record, settings: Settings) -> None:
    with places.temporary("photos") as folder:
        shop = shops.on_sqlite(INSTALLERS, JOBS, folder / "shop.sqlite3")
        tokens = Tokens()
        with servers.doorstep(shop, folder) as ours:
            _small(record, settings, ours, new_files(shop, Files(PHOTO_BYTES), tokens), folder)


def new_files(shop: Shop, files: Files, tokens: Tokens) -> Supply:
    """Uploads of new files, by one installer after the other."""

    def make(how_many: int) -> list[sides.Unit]:
        turns = (shop.assignee(number) for number in range(how_many))
        return [(visits.upload(who, files.next(), "image/jpeg", tokens),) for who in turns]

    return make


def _small(record: Record, settings: Settings, ours: Side, supply: Supply, folder: Path) -> None:
    found = sides.interleaved(
        {ours: supply},
        rounds=settings.rounds,
        seconds=settings.seconds,
        connections=CONNECTIONS,
        disk=folder,
    )
    record.show(TOPIC, f"400 KB, {CONNECTIONS} connections", found.values())
    rate = found[ours.name].rate
    record.note(Line(TOPIC, "400 KB files a second", rate, "/s"))
