"""Fails the Nth write, flush, open and rename below the server and the companion, for N = 1, 2, 3 …

`python -m tests.faults.nth_failure [--only server|companion]` tries every N until a run passes without
reaching the fault, with ENOSPC and with EIO, once and for good, and prints a table. After every failure:
nothing that was acknowledged is lost, the caller was told with a stable code, and the same processes do
the same work when the disk is well again. Needs Linux and a C compiler, and says so where they are missing.
A few N of each kind are part of the ordinary tests (test_nth_failure.py).
"""

import argparse
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.faults import companion_disk, server_disk, shim
from tests.faults.shim import NUMBERS

KINDS = ("write", "flush", "open", "rename")


Subject = server_disk.Subject | companion_disk.Subject

SUBJECTS: dict[str, Callable[[Path, Path], AbstractContextManager[Subject]]] = {
    "server": server_disk.subject,
    "companion": companion_disk.subject,
}


@dataclass
class Swept:
    """What came of one kind of failure under one step."""

    step: str
    what: str
    error: str
    for_good: bool
    reached: int = 0
    told: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)


def sweep(
    subject: Subject, step: str, what: str, error: str, *, for_good: bool, numbers: Iterable[int]
) -> Swept:
    """Fails the Nth call for each number, until one is not reached. Raises AssertionError."""
    swept = Swept(step, what, error, for_good)
    faults = subject.faults(step)
    for nth in numbers:
        thing: Any = subject.prepare(step)
        with faults.fail(what, NUMBERS[error], nth, for_good=for_good):
            said = subject.act(step, thing)
            if for_good and said:
                subject.act(step, thing)  # and whoever tries again is told again
        struck, place = faults.struck, faults.place
        try:
            subject.settle(step, thing)
            swept.lost += subject.lost()
        except AssertionError as failure:
            where = f"{what} {nth} ({place}, {error}, {'for good' if for_good else 'once'})"
            raise AssertionError(f"{step}: {where}, told {said!r}: {failure}") from failure
        if not struck:
            return swept
        swept.reached = nth
        swept.told[said or "done all the same"] += 1
        swept.places[place] += 1
    return swept


def main(arguments: list[str] | None = None) -> int:
    """Sweeps everything and prints what came of it; 0 when nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.nth_failure", description=__doc__)
    parser.add_argument("--only", choices=sorted(SUBJECTS))
    parser.add_argument("--step", help="only this step")
    parser.add_argument("--what", choices=KINDS, help="only this kind of call")
    args = parser.parse_args(arguments)
    reason = shim.why_not()
    if reason:
        print(f"NOT RUN: {reason}.")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nothing stays behind
    lost = 0
    for name in [args.only] if args.only else SUBJECTS:
        with tempfile.TemporaryDirectory(prefix="doorstep-faults-") as folder:
            lost += _sweep_all(name, Path(folder), args.step, args.what)
    print(f"\nLost of what was acknowledged: {lost}")
    return 1 if lost else 0


def _sweep_all(name: str, folder: Path, only_step: str | None, only_what: str | None) -> int:
    lost = 0
    print(f"\n| {name} | call | error | how | N reached | the caller was told | struck | lost |")
    print("| --- | --- | --- | --- | ---: | --- | --- | ---: |")
    with SUBJECTS[name](folder, shim.build(folder)) as subject:
        for step in [only_step] if only_step else subject.steps:
            for what in [only_what] if only_what else KINDS:
                for error in NUMBERS:
                    for for_good in (False, True):
                        swept = sweep(
                            subject, step, what, error, for_good=for_good, numbers=count(1)
                        )
                        print(_line(swept), flush=True)
                        lost += len(swept.lost)
    return lost


def _line(swept: Swept) -> str:
    how = "for good" if swept.for_good else "once"
    told, places = (
        ", ".join(f"{name} × {times}" for name, times in counted.most_common())
        for counted in (swept.told, swept.places)
    )
    cells = (swept.step, swept.what, swept.error, how, swept.reached, told, places, len(swept.lost))
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    sys.exit(main())
