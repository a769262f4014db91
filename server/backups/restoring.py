"""Restoring a backup onto an empty machine, so that it ends whole or not at all, and may be repeated.

Everything is verified before anything is written. Then a plan is laid beside the media, the originals
are put in their places, and one transaction fills the tables and begins the new epoch: a database that
has rows has all of them, and tablets offer again what they hold. The plan goes last. A restore that was
cut short is run once more with the same words and goes on from its plan.
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from server.backups import checking, emptiness, filling, finishing, originals, targets
from server.backups.keys import mark_of
from server.backups.manifests import Manifest
from server.backups.steps import BeforeStep, Steps, nothing_before
from server.backups.targets import Target
from server.config import Config
from server.db.engine import Database
from server.files import Media

PLAN = ".restoring"
LOCK = ".restoring.lock"


@dataclass(frozen=True, slots=True)
class Plan:
    """Which backup is being restored, and the epoch that begins with it."""

    backup: str
    epoch: str


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore came to; `missing` are files that rows name and the backup did not have."""

    manifest: Manifest
    epoch: str
    missing: tuple[str, ...]
    is_same_secret: bool


def restore(
    config: Config,
    root: Path,
    passphrase: str,
    now: datetime,
    *,
    wanted: str | None = None,
    before_step: BeforeStep = nothing_before,
) -> Restored:
    """Restores a backup, by default the newest, into the empty database and media folder of `config`.

    Raises `BackupUnknown`, `BackupKeyWrong`, `BackupTooNew`, `BackupDamaged`, `RestoreNotEmpty`,
    `BackupBusy`, `BackupNoRoom`, `BackupNotKept`; nothing has changed then.
    """
    with _alone_with(config.media):
        before = _plan_of(config.media)
        done = _is_filled(config, before, wanted)
        if not done:
            emptiness.must_be_empty(config, has_plan=before is not None)
        target, manifest = checking.opened(root, passphrase, done.backup if done else wanted)
        steps = Steps(config.media, before_step)
        plan = done or _carry_out(config, target, manifest, before, steps)
        with steps.announced("finish", config.media):
            missing = finishing.finish(config, manifest, plan.epoch, now)
        (config.media / PLAN).unlink()
    is_same_secret = mark_of(config.secret) == manifest.secret_mark
    return Restored(manifest, plan.epoch, missing, is_same_secret)


@contextmanager
def _alone_with(media: Path) -> Iterator[None]:
    """Nobody else restores here meanwhile; where nothing came of it, the folder goes that it made."""
    was_there = media.exists()
    media.mkdir(parents=True, exist_ok=True)
    with targets.locked(media / LOCK, str(media)):
        try:
            yield
        finally:
            for left in (media / LOCK, *media.glob(f".{PLAN}.*")):  # a plan that was never whole
                left.unlink(missing_ok=True)
            if not was_there:
                with suppress(OSError):  # it is not empty: that is what we wanted
                    media.rmdir()


def _is_filled(config: Config, plan: Plan | None, wanted: str | None) -> Plan | None:
    """The plan whose rows are in the database already: only the end of it is missing."""
    if plan is None or wanted not in (None, plan.backup):
        return None
    return plan if emptiness.epoch_of(config) == plan.epoch else None


def _plan_of(media: Path) -> Plan | None:
    """The plan of a restore that was cut short. A plan that cannot be read was never begun with."""
    try:
        return Plan(**json.loads((media / PLAN).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _carry_out(
    config: Config, target: Target, manifest: Manifest, before: Plan | None, steps: Steps
) -> Plan:
    """Looks at all rows, then files first and rows last; what fails on the way is taken back."""
    checking.look_at_rows(target, manifest)
    if before is not None and before.backup != manifest.backup:
        _take_back_files(config.media)
    plan = Plan(manifest.backup, str(uuid.uuid4()))
    steps.write(config.media / PLAN, json.dumps(asdict(plan)).encode())
    try:
        _place_originals(config, target, manifest, steps)
        _fill_database(config, target, manifest, plan, steps)
    except Exception:
        _take_back_files(config.media)
        (config.media / PLAN).unlink(missing_ok=True)
        raise
    return plan


def _fill_database(
    config: Config, target: Target, manifest: Manifest, plan: Plan, steps: Steps
) -> None:
    database = Database(config.database_url, pool_size=1)
    try:
        with steps.announced("tables", config.media):
            filling.build(config, database, manifest.revision)
        with steps.announced("rows", config.media):
            database.write(lambda session: filling.fill(session, target, manifest, plan.epoch))
    except Exception:
        filling.take_back(database)
        raise
    finally:
        database.close()


def _place_originals(config: Config, target: Target, manifest: Manifest, steps: Steps) -> None:
    media = Media(config.media)
    for sha256, size in checking.originals_of(target, manifest):
        with steps.announced("original", media.original_path(sha256)):
            originals.copy_in(target, media, sha256, size)


def _take_back_files(media: Path) -> None:
    """The folders were empty before: whatever lies in them is ours."""
    for file in list(emptiness.files_in(media)):
        file.unlink(missing_ok=True)
    folders = [path for each in emptiness.FOLDERS for path in (media / each).rglob("*")]
    for folder in [*sorted(folders, reverse=True), *(media / each for each in emptiness.FOLDERS)]:
        with suppress(OSError):
            folder.rmdir()
