"""The guarded process: reads the path of a picture on each line, answers, and can do little else.

Started by `server.images.Examiner` as `python -m server.images.child '{limits as JSON}'`. A line in
is `{"path": …}`. A line out is `{"refused", "details", "why"}`, `{"unreadable": errno}`, or
`{"measured", "large_bytes", "thumb_bytes"}`, followed by so many bytes of the two JPEGs. The
process ends with its standard input.
"""

import contextlib
import errno
import gc
import json
import os
import resource
import sys
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from server.domain import errors, photos
from server.images import Limits

OPEN_FILES = 32
TROUBLE_OF_THE_DISK = frozenset(
    {errno.ENOENT, errno.EACCES, errno.EPERM, errno.EIO, errno.EISDIR, errno.ESTALE}
)


def main() -> None:
    limits = Limits(**json.loads(sys.argv[1]))
    answers = _answers_alone()
    _enter_the_cage(limits)
    warnings.simplefilter("ignore")
    # Only now, with the cage closed, comes the code that reads what strangers wrote.
    from server.images import derive

    answers.write(b"ready\n")
    answers.flush()
    for line in sys.stdin.buffer:
        _allow_cpu(limits.cpu_s)
        _answer(answers, derive.examine, Path(json.loads(line)["path"]), limits)


def _answers_alone() -> BinaryIO:
    """The pipe to the parent, out of reach of anything that prints."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return pipe


def _enter_the_cage(limits: Limits) -> None:
    """No file may grow, no core be dumped, memory is bounded: as far as the system can."""
    for what, most in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_AS, limits.address_space),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


def _allow_cpu(seconds: int) -> None:
    """So many more seconds of CPU from now; beyond them the system sends SIGXCPU."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, hard))


def _answer(answers: BinaryIO, examine: Any, path: Path, limits: Limits) -> None:
    large = thumb = b""
    try:
        measured, large, thumb = examine(path, limits)
        answer = {
            "measured": _plain(measured),
            "large_bytes": len(large),
            "thumb_bytes": len(thumb),
        }
    except errors.DoorstepError as refusal:
        answer = _refusal(refusal, str(refusal))
    except OSError as error:
        answer = _trouble(error)
    except MemoryError:
        answer = _refusal(errors.ImageTooCostly(), "out of memory")
    except Exception as error:  # Decoders raise nearly everything on files made to hurt them.
        answer = _refusal(errors.NotAnImage(), f"{type(error).__name__}: {error}")
    gc.collect()  # An opened picture and its reader hold each other, and all those pixels.
    answer["resident_bytes"] = _resident_bytes()
    answers.write(json.dumps(answer).encode() + b"\n" + large + thumb)
    answers.flush()


def _refusal(refusal: errors.DoorstepError, why: str) -> dict[str, Any]:
    return {"refused": refusal.code, "details": refusal.details, "why": why[:300]}


def _trouble(error: OSError) -> dict[str, Any]:
    """The disk's trouble is nobody's fault; Pillow's own OSErrors have no number."""
    if error.errno in TROUBLE_OF_THE_DISK:
        return {"unreadable": error.errno}
    return _refusal(errors.NotAnImage(), str(error))


def _plain(measured: photos.Measured) -> dict[str, Any]:
    fields = asdict(measured)
    fields["taken_at"] = measured.taken_at.isoformat() if measured.taken_at else None
    return fields


def _resident_bytes() -> int:
    """Memory held now (Linux), or at most so far (elsewhere; macOS counts in bytes)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
