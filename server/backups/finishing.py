"""The last part of a restore: today's tables, a note of what happened, and pictures to be made again."""

import itertools
from datetime import datetime

from sqlalchemy import insert, select, union
from sqlalchemy.orm import Session

from server.backups.manifests import Manifest
from server.backups.rows import AT_ONCE
from server.config import Config
from server.db import audit, migrate
from server.db.audit import AuditLine
from server.db.customer_photos import CustomerPhoto
from server.db.engine import Database
from server.db.house import Task
from server.db.photos import Blob, Photo
from server.files import Media
from server.ids import new_id


def finish(config: Config, manifest: Manifest, epoch: str, now: datetime) -> tuple[str, ...]:
    """Brings the restored database up to date. Safe to repeat; returns the files that are not here."""
    migrate.upgrade(config.database_url)
    database = Database(config.database_url, pool_size=1)
    try:
        database.write(lambda session: _note(session, manifest, epoch, now))
        return database.read(lambda session: _missing(session, Media(config.media)))
    finally:
        database.close()


def _note(session: Session, manifest: Manifest, epoch: str, now: datetime) -> None:
    noted = select(AuditLine.id).where(AuditLine.noun == "house", AuditLine.noun_id == epoch)
    if session.scalar(noted) is not None:
        return
    audit.record(
        session,
        None,
        "house.restored",
        epoch,
        now,
        backup=manifest.backup,
        made_at=manifest.made_at,
        missing=len(manifest.missing),
    )
    _ask_for_pictures(session, now)


def _ask_for_pictures(session: Session, now: datetime) -> None:
    """Backups hold originals only: the worker makes their smaller copies again."""
    kinds = (Photo, CustomerPhoto)
    shown = union(*(select(each.sha256).where(each.state == "checked") for each in kinds))
    hashes = iter(session.scalars(shown).all())
    while group := list(itertools.islice(hashes, AT_ONCE)):
        asked = {"kind": "photo.show", "run_at": now, "tries": 0, "failure": "", "details": {}}
        session.execute(
            insert(Task), [{**asked, "id": new_id(), "subject": sha256} for sha256 in group]
        )


def _missing(session: Session, media: Media) -> tuple[str, ...]:
    kept = select(Blob.sha256, Blob.size).where(Blob.erased_at.is_(None))
    found = session.execute(kept.execution_options(yield_per=AT_ONCE))
    return tuple(sha256 for sha256, size in found if not _is_here(media, sha256, size))


def _is_here(media: Media, sha256: str, size: int) -> bool:
    try:
        return media.original_path(sha256).stat().st_size == size
    except FileNotFoundError:
        return False
