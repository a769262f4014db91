"""Named places between two durable steps, at which a test lets the process die.

With `DOORSTEP_CRASH_AT=capture.after_file` in the environment the process kills itself at that point, as
if somebody had pulled the battery; `capture.after_file:3` does so at the third passage. Without it
`crash_point` is an empty function.
"""

import os
import signal
from collections.abc import Callable

POINTS = (
    "open.before_migration",
    "open.after_migration",
    "login.before_enrol",
    "login.after_enrol",
    "login.after_commit",
    "capture.before_file",
    "capture.after_temporary",
    "capture.after_file",
    "capture.after_event",
    "capture.before_commit",
    "capture.after_commit",
    "sync.after_hello",
    "sync.in_epoch_change",
    "sync.after_epoch_change",
    "push.before_send",
    "push.after_send",
    "push.in_acknowledgement",
    "push.after_acknowledgement",
    "push.after_quarantine",
    "push.after_fork",
    "pull.after_answer",
    "pull.between_rows_and_cursor",
    "pull.after_page",
    "snapshot.after_page",
    "snapshot.before_sweep",
    "snapshot.after_sweep",
    "upload.after_check",
    "upload.after_create",
    "upload.after_chunk",
    "upload.before_stored",
    "upload.after_stored",
    "upload.after_lost",
    "status.after_answer",
    "refresh.after_answer",
    "refresh.after_commit",
    "clean.before_rows",
    "clean.after_rows",
    "export.after_temporary",
    "export.after_rename",
)


def _silent(name: str) -> None:
    """What runs in production."""


def _armed(wanted: str) -> Callable[[str], None]:
    name, _, nth = wanted.partition(":")
    if name not in POINTS:
        raise SystemExit(f"DOORSTEP_CRASH_AT names no crash point: {name}")
    left = int(nth or 1)

    def die_there(passed: str) -> None:
        nonlocal left
        if passed == name:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    return die_there


_wanted = os.environ.get("DOORSTEP_CRASH_AT")
crash_point: Callable[[str], None] = _armed(_wanted) if _wanted else _silent
