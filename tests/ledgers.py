"""What a house has of the field's work, to be compared before and after a machine was lost."""

from typing import Any, NamedTuple

from sqlalchemy import select

from server.db.engine import Database
from server.db.events import FieldEvent
from server.db.parts import Movement
from server.db.photos import Blob, Photo
from server.db.receipts import Receipt
from server.files import Media, digest


class Ledger(NamedTuple):
    """Events, and what they did; files by their hash, and whether the bytes on the disk are right."""

    events: dict[str, tuple[str, str, str | None, str]]  # id -> job, status, code, what it says
    movements: list[tuple[Any, ...]]
    photos: dict[str, tuple[str, str]]
    receipts: list[tuple[Any, ...]]
    files: dict[str, bool]

    def of_jobs(self, *jobs: str) -> "Ledger":
        """The part of it that these jobs have; files are nobody's part."""
        return Ledger(
            {key: event for key, event in self.events.items() if event[0] in jobs},
            [each for each in self.movements if each[0] in jobs],
            {key: photo for key, photo in self.photos.items() if photo[0] in jobs},
            [each for each in self.receipts if each[0] in jobs],
            {},
        )

    def without_events(self, *event_ids: str) -> "Ledger":
        rest = {key: event for key, event in self.events.items() if key not in event_ids}
        return self._replace(events=rest)


def ledger_of(database: Database, media: Media) -> Ledger:
    def read(session: Any) -> Ledger:
        events = session.scalars(select(FieldEvent))
        moved = select(Movement.job_id, Movement.sku, Movement.quantity, Movement.line_id)
        signed = select(Receipt.job_id, Receipt.version, Receipt.signed_digest)
        return Ledger(
            {e.id: (e.job_id, e.status, e.code, e.fingerprint) for e in events},
            sorted(tuple(row) for row in session.execute(moved)),
            {p.id: (p.job_id, p.sha256) for p in session.scalars(select(Photo))},
            sorted(tuple(map(str, row)) for row in session.execute(signed)),
            {sha256: _is_right(media, sha256) for sha256 in session.scalars(select(Blob.sha256))},
        )

    return database.read(read)


def _is_right(media: Media, sha256: str) -> bool:
    place = media.original_path(sha256)
    return place.exists() and digest(place) == sha256
