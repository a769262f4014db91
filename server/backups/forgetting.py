"""What was erased in the house goes from a target, too, as soon as no backup there needs it any more."""

from server.backups import manifests, originals
from server.backups.manifests import Manifest
from server.backups.targets import Target


def forget(target: Target, newest: Manifest) -> int:
    """Removes the originals that the newest backup calls erased and that none in the target names; how many.

    An older backup that still names one keeps it until that backup is thinned out: it stays whole.
    """
    gone = {
        sha256
        for sha256 in originals.erased_in(target, target.folder(newest.backup), newest)
        if target.original(sha256).exists()
    }
    for backup in target.backups():
        if gone:
            manifest = manifests.read(target, backup)
            gone -= {
                each for each, _ in originals.named_by(target, target.folder(backup), manifest)
            }
    for sha256 in gone:
        target.original(sha256).unlink(missing_ok=True)
    return len(gone)
