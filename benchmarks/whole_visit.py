"""A whole visit as a tablet brings it home: twelve events, six photos of 400 KB and the signature.

All of it durable when the answer comes; afterwards the database must say of every visit that it is here
in full, and the files that were looked at must be what their names say.
"""

import random
from pathlib import Path

from sqlalchemy import func, select

from benchmarks import places, references, servers, shops, sides, visits
from benchmarks.client import Unit
from benchmarks.report import RECORDED, Line, Record
from benchmarks.settings import Settings
from benchmarks.tokens import Tokens
from benchmarks.visits import Visit, Visits
from server.db.engine import Database
from server.db.jobs import Job
from server.files import Media, digest

TOPIC = "A whole visit"
INSTALLERS, JOBS = 400, 4_000
MOST_VISITS = 400  # a round; each takes a job of its own
CONNECTIONS = 8
LOOKED_AT = 50  # files whose hash is taken again


def run(record: Record, settings: Settings) -> None:
    with places.temporary("whole_visit") as folder:
        shop = shops.on_sqlite(INSTALLERS, JOBS, folder / "shop.sqlite3")
        stock, tokens = Visits(shop), Tokens()
        sent: list[Visit] = []

        def supply() -> Unit:
            return _brought_home(stock.with_six_photos(), sent, tokens)

        with servers.doorstep(shop, folder) as ours:
            found = sides.interleaved(
                {ours: supply},
                rounds=settings.rounds,
                seconds=settings.seconds,
                connections=CONNECTIONS,
                disk=folder,
                most=MOST_VISITS,
            )[ours.name]
            record.show(TOPIC, f"12 events, 6 photos, {CONNECTIONS} connections", [found])
        _must_be_here(shop.url, sent, folder / "media")
    recorded = references.VISIT_ON_ODK_CENTRAL.per_second
    against = f"ODK Central, {RECORDED}: {recorded:.0f} /s"
    record.note(Line(TOPIC, "visits a second", found.rate, "/s", bar=80, against=against))


def _brought_home(visit: Visit, sent: list[Visit], tokens: Tokens) -> Unit:
    """Events first, then the signature, then the photos; noted as sent with its last answer."""
    photos = [visits.upload(visit.who, each, "image/jpeg", tokens) for each in visit.photos]
    last = photos.pop()

    def is_good(answer: visits.Answer) -> bool:
        sent.append(visit)
        return last.is_good(answer)

    return (
        visits.push(visit, tokens),
        visits.upload(visit.who, visit.signature, "image/png", tokens),
        *photos,
        visits.Request(last.pieces, is_good),
    )


def _must_be_here(url: str, sent: list[Visit], media: Path) -> None:
    """Raises AssertionError where something is not here in full."""
    database = Database(url)
    complete = select(func.count()).where(Job.received == "complete")
    whole = database.read(lambda session: session.scalar(complete))
    database.close()
    assert whole == len(sent), f"{whole} of {len(sent)} visits are here in full"
    files = [each for visit in sent for each in (*visit.photos, visit.signature)]
    for file in random.Random(1).sample(files, min(LOOKED_AT, len(files))):
        assert digest(Media(media).original_path(file.sha256)) == file.sha256, file.sha256
