"""What the commands say of a backup: a sentence for people, figures for machines, and warnings."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from server.backups.making import Made
from server.backups.manifests import Manifest
from server.backups.restoring import Restored


@dataclass(frozen=True, slots=True)
class Told:
    """`is_well` is False where the command did its work and found something that wants a person."""

    sentence: str
    figures: dict[str, Any]
    warnings: tuple[str, ...] = ()
    is_well: bool = True


def of_made(target: str, act: Callable[[], Made]) -> Told:
    begun = time.monotonic()
    made = act()
    manifest = made.manifest
    figures = {
        **_figures(target, manifest, begun),
        "copied": made.copied,
        "bytes_copied": made.bytes_copied,
    }
    sentence = (
        f"Backup {manifest.backup} is whole and was read back: {_content(manifest)}, of which "
        f"{made.copied:,} files with {_size(made.bytes_copied)} were new; "
        f"{figures['seconds']} s, in {target}."
    )
    warnings = tuple(
        f"the file {sha256} is missing or damaged in the media folder, and no backup here has it"
        for sha256 in manifest.missing
    )
    return Told(sentence, figures, warnings, not manifest.missing)


def of_verified(target: str, act: Callable[[], Manifest]) -> Told:
    begun = time.monotonic()
    manifest = act()
    figures = _figures(target, manifest, begun)
    sentence = (
        f"Backup {manifest.backup} of {manifest.made_at} is whole: {_content(manifest)}; "
        f"{figures['seconds']} s, in {target}."
    )
    return Told(sentence, figures)


def of_restored(target: str, act: Callable[[], Restored]) -> Told:
    begun = time.monotonic()
    restored = act()
    manifest = restored.manifest
    figures = {
        **_figures(target, manifest, begun),
        "epoch": restored.epoch,
        "missing": list(restored.missing),
        "is_same_secret": restored.is_same_secret,
    }
    sentence = (
        f"Restored and read back as of {manifest.made_at} (backup {manifest.backup}): "
        f"{_content(manifest)}; {figures['seconds']} s. A new epoch has begun, {restored.epoch}: "
        "tablets offer again what they still hold. Start the server and the worker."
    )
    warnings = []
    if not restored.is_same_secret:
        warnings.append(
            "DOORSTEP_SECRET is not the one that the backup was made under: everybody signs in "
            "again, and black boxes of before cannot be opened. Set the old one if you have it."
        )
    warnings += [
        f"the backup has no copy of the file {sha256}; a tablet may still have it"
        for sha256 in restored.missing
    ]
    return Told(sentence, figures, tuple(warnings))


def _figures(target: str, manifest: Manifest, begun: float) -> dict[str, Any]:
    return {
        "backup": manifest.backup,
        "made_at": manifest.made_at,
        "target": target,
        "database": manifest.database,
        "revision": manifest.revision,
        "tables": len(manifest.tables),
        "rows": manifest.rows,
        "files": manifest.originals,
        "bytes": manifest.size,
        "missing": list(manifest.missing),
        "audit_anchor": manifest.audit_anchor,
        "seconds": round(time.monotonic() - begun, 2),
    }


def _content(manifest: Manifest) -> str:
    return (
        f"{manifest.rows:,} rows in {len(manifest.tables)} tables and {manifest.originals:,} files "
        f"with {_size(manifest.size)}"
    )


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
